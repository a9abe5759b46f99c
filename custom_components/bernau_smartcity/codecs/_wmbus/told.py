"""What the telegram of any maker's meter tells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ...model import Medium, Quantity, Reading, Remember, Uplink
from .._mbus import Record, error_flags, readings
from .address import LENGTH, Address
from .compact import whole
from .layers import LONG, is_telegram, layers, telegram
from .security import Keys

_POWER_LOW, _PERMANENT, _TEMPORARY = 0x04, 0x08, 0x10
_APPLICATION, _BUSY = 0x03, 0x01
"""Bits of the status; the lowest two count up to "alarm"."""
_REMEMBERED: Final = "address"

HEALTH: Final = frozenset({Quantity.FAULT, Quantity.BATTERY_LOW})
"""What `health` may tell."""


@dataclass(frozen=True, slots=True)
class Message:
    """A LoRaWAN message of a meter, from the transport header on."""

    records: Sequence[Record]
    status: int | None
    """Of the meter, where a header tells it."""
    sender: Address | None
    """None: an earlier message told it, and the meter may have been exchanged since."""
    told: tuple[Remember, ...]
    """What is to be kept of it."""

    @property
    def meter(self) -> str:
        """The meter's number, where it is certain."""
        return self.sender.number if self.sender else ""


def message(uplink: Uplink) -> Message:
    """Read and open a message of a meter that is itself the LoRaWAN device."""
    keys, has_link = Keys(uplink), is_telegram(uplink.payload)
    address: Address | None
    if has_link:
        address, content = telegram(uplink.payload, keys)
    else:
        content = layers(uplink.payload, keys, _remembered(uplink))
        address = content.address
    is_told = has_link or content.kind == LONG
    kept = (Remember(_REMEMBERED, address.raw.hex()),) if address and is_told else ()
    # Only the meter whose address it is can have encrypted a message with it.
    sender = address if is_told or content.is_proven else None
    return Message(whole(content, keys), content.status, sender, kept)


def _remembered(uplink: Uplink) -> Address | None:
    """Give the address that an earlier message of the device told."""
    try:
        raw = bytes.fromhex(uplink.memory.get(_REMEMBERED, ""))
    except ValueError:
        return None
    return Address(raw) if len(raw) == LENGTH else None


def measured(
    records: Sequence[Record], status: int | None, uplink: Uplink, medium: Medium, meter: str = ""
) -> Iterator[Reading]:
    """Give the readings and the health of any maker's meter."""
    yield from readings(records, medium, meter=meter, until=uplink.received_at)
    for quantity, value in health(records, status).items():
        yield Reading(quantity, value, meter=meter)


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
