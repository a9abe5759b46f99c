"""Frames of fixed layout, and status bits."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from struct import Struct
from typing import Any, Final

from ..model import DecodeError, Quantity, Reading

CUBIC_METRES: Final[Mapping[int, float]] = {0x13: 1e-3, 0x14: 1e-2, 0x15: 0.1, 0x16: 1}
"""What one unit of a volume is worth, by the code of the M-Bus standard (VIF)."""


def unpack(layout: Struct, frame: bytes, what: str) -> tuple[Any, ...]:
    """Give the fields of a frame that has exactly this layout."""
    if len(frame) != layout.size:
        msg = f"{what} has {layout.size} bytes, not {len(frame)}"
        raise DecodeError(msg)
    return layout.unpack(frame)


def unpack_begin(layout: Struct, frame: bytes, what: str) -> tuple[Any, ...]:
    """Give the fields that a frame begins with."""
    if len(frame) < layout.size:
        msg = f"{what} has at least {layout.size} bytes, not {len(frame)}"
        raise DecodeError(msg)
    return layout.unpack_from(frame)


def flags(
    status: int, masks: Mapping[Quantity, int], at: datetime | None = None, meter: str = ""
) -> Iterator[Reading]:
    """Tell of each quantity whether one of its bits is set."""
    for quantity, mask in masks.items():
        yield Reading(quantity, bool(status & mask), 0, at, meter)


def unknown_port(f_port: int) -> DecodeError:
    """Give the error for a message on an fPort that the device does not use for values."""
    return DecodeError(f"fPort {f_port} is not known of this device")
