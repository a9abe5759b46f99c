"""Parametric TCR radar counter, first generation: four classes of speed in two directions."""

from collections.abc import Sequence
import struct

F_PORT = 15
CLASSES = 4

type Passed = tuple[int, int]
"""How many, and their mean speed in km/h."""


def encode(
    *, battery: int, solar: int, temperature: int, classes: Sequence[tuple[Passed, Passed]]
) -> bytes:
    """Encode mV, mW, 0.1 °C, and for each class what passed from the left and from the right."""
    head = struct.pack(">3sHHh", b"\xbe\x02\x02", battery, solar, temperature)
    return head + b"".join(struct.pack(">HBHB", *left, *right) for left, right in classes)
