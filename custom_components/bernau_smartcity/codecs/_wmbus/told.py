"""What the telegram of any maker's meter tells."""

from collections.abc import Iterator, Sequence
from typing import Final

from ...model import Medium, Quantity, Reading, Remember, Uplink
from .._mbus import Record, error_flags, readings
from .address import LENGTH, Address
from .layers import Content

_POWER_LOW, _PERMANENT, _TEMPORARY = 0x04, 0x08, 0x10
_APPLICATION, _BUSY = 0x03, 0x01
"""Bits of the status; the lowest two count up to "alarm"."""
_REMEMBERED: Final = "address"


def health(records: Sequence[Record], status: int | None) -> dict[Quantity, bool]:
    """Give what the status in the header and the standard's error flags tell."""
    told: dict[Quantity, bool] = {}
    flags = error_flags(records)
    if flags is not None:
        told[Quantity.FAULT] = flags != 0
    if status is not None:
        fault = status & (_PERMANENT | _TEMPORARY) or status & _APPLICATION > _BUSY
        told[Quantity.FAULT] = bool(fault or flags)
        told[Quantity.BATTERY_LOW] = bool(status & _POWER_LOW)
    return told


def measured(
    content: Content, records: Sequence[Record], uplink: Uplink, medium: Medium, meter: str = ""
) -> Iterator[Reading]:
    """Give the readings and the health of a meter."""
    yield from readings(records, medium, meter=meter, until=uplink.received_at)
    for quantity, value in health(records, content.status).items():
        yield Reading(quantity, value, meter=meter)


def remembered_address(uplink: Uplink) -> Address | None:
    """Give the address that an earlier message of the device told."""
    try:
        raw = bytes.fromhex(uplink.memory.get(_REMEMBERED, ""))
    except ValueError:
        return None
    return Address(raw) if len(raw) == LENGTH else None


def remember_address(address: Address) -> Remember:
    """Keep an address for later messages without one."""
    return Remember(_REMEMBERED, address.raw.hex())
