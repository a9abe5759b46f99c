"""Elsys ERS Eye room sensor: elements of one byte and data, most significant byte first."""

import struct

F_PORT = 5
FREE, PENDING, TAKEN = range(3)


def encode(  # noqa: PLR0913 - one argument for each element
    *,
    temperature: int,
    humidity: int,
    light: int,
    movements: int,
    occupancy: int,
    battery: int | None = None,
) -> bytes:
    """Encode 0.1 °C, percent, lux, movements since the last message, occupancy, mV."""
    room = struct.pack(">BhBBBHBB", 1, temperature, 2, humidity, 4, light, 5, min(movements, 255))
    supply = b"" if battery is None else struct.pack(">BH", 7, battery)
    return room + supply + bytes((0x11, occupancy))
