"""Parametric PCR2 radar counter, extended payload of version 4."""

import struct

F_PORT = 14


def encode(
    *, period: tuple[int, int], total: tuple[int, int], battery: int, solar: int, temperature: int
) -> bytes:
    """Encode passages (left to right, right to left), mV, mW and 0.1 °C."""
    totals = (count % 65536 for count in total)
    return struct.pack(">3s4HHHh", b"\xbe\x01\x04", *period, *totals, battery, solar, temperature)
