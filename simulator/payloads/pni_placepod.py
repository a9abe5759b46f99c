"""PNI PlacePod parking sensor and vehicle counter."""

import struct

F_PORT = 1
_MODULUS = 128


def encode(*, centivolts: int, temperature: int, taken: bool, vehicles: int | None = None) -> bytes:
    """Encode 0.01 V, 0.1 °C, state, and perhaps the vehicles, a counter of seven bits."""
    count = b"" if vehicles is None else struct.pack(">2sB", b"\x21\x00", vehicles % _MODULUS)
    return b"".join(
        (
            struct.pack(">2sh", b"\x03\x02", centivolts),
            struct.pack(">2sh", b"\x02\x67", temperature),
            struct.pack(">2sB", b"\x15\x66", taken),
            count,
        )
    )
