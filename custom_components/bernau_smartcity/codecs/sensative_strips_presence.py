"""Sensative Strips Presence: sees whether somebody is near.

Most significant byte first. fPort 1: number of the newest stored value, then elements
of one byte and data, whose highest bit only says that the value is stored too. fPort
2: number of the first stored value, then for each how many seconds ago it was, and
its element. Source: akenza-io/device-type-library types/sensative/presence.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from . import _elements
from ._checks import checked

_NOW, _STORED = 1, 2
_NUMBER: Final = 2
_AGE: Final = 4
_IS_STORED_TOO: Final = 0x80

_NOTHING: Final = _elements.nothing
_TEMPERATURE: Final = _elements.number(Quantity.TEMPERATURE, 10, signed=True)


def _closed(data: bytes) -> Iterator[Reading]:
    """Read a door: 0 is closed."""
    yield Reading(Quantity.CONTACT, not any(data))


def _climate(data: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.HUMIDITY, data[0] / 2)
    yield from _TEMPERATURE(data[1:])


def _closed_and_warm(data: bytes) -> Iterator[Reading]:
    yield from _closed(data[:1])
    yield from _TEMPERATURE(data[1:])


_KINDS: Final[dict[int, tuple[int, _elements.Read]]] = {
    0x00: (0, _NOTHING),
    0x01: (1, _elements.number(Quantity.BATTERY)),
    0x02: (2, _TEMPERATURE),
    0x03: (1, _NOTHING),  # too warm or too cold
    0x04: (2, _NOTHING),  # mean temperature
    0x05: (1, _NOTHING),
    0x06: (1, _elements.number(Quantity.HUMIDITY, 2)),
    0x07: (2, _elements.number(Quantity.ILLUMINANCE)),
    0x08: (2, _NOTHING),  # light, in a wider range
    0x09: (1, _closed),
    0x0A: (1, _NOTHING),  # door alarm
    0x0B: (1, _NOTHING),  # tampering, without its end
    0x0C: (1, _elements.flag(Quantity.TAMPER)),
    0x0D: (1, _NOTHING),  # wetness
    0x0E: (1, _elements.flag(Quantity.LEAK)),
    0x0F: (2, _NOTHING),  # oil
    0x10: (1, _NOTHING),  # switch of the owner
    0x11: (2, _elements.number(Quantity.MOVEMENTS)),
    0x12: (1, _elements.flag(Quantity.OCCUPIED)),
    0x13: (2, _NOTHING),  # reflected infrared light
    0x14: (2, _NOTHING),
    0x15: (1, _elements.flag(Quantity.OBSTRUCTED)),
    0x16: (1, _NOTHING),  # cleaning
    0x50: (3, _climate),
    0x51: (3, _NOTHING),  # humidity and mean temperature
    0x52: (3, _closed_and_warm),
    0x6E: (8, _NOTHING),  # versions and starts
    0x70: (2, _NOTHING),  # raw values
    0x71: (2, _NOTHING),
    0x72: (2, _NOTHING),
}
_ELEMENTS: Final[_elements.Elements] = {
    bytes([kind | stored]): how for kind, how in _KINDS.items() for stored in (0, _IS_STORED_TOO)
}


def _stored(uplink: Uplink) -> Iterator[Reading]:
    payload, position = uplink.payload, _NUMBER
    while position < len(payload):
        ago = timedelta(seconds=int.from_bytes(payload[position : position + _AGE]))
        readings, position = _elements.read_one(payload, position + _AGE, _ELEMENTS)
        for each in readings:
            yield Reading(each.quantity, each.value, each.channel, uplink.received_at - ago)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port not in {_NOW, _STORED} or len(uplink.payload) <= _NUMBER:
        msg = f"{len(uplink.payload)} bytes on fPort {uplink.f_port} are none of this model"
        raise DecodeError(msg)
    if uplink.f_port == _STORED:
        return checked(uplink, _stored(uplink))
    return checked(uplink, _elements.decode(uplink.payload[_NUMBER:], _ELEMENTS))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="sensative_strips_presence",
        manufacturer="Sensative",
        model="Strips Presence",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.OCCUPIED, Quantity.MOVEMENTS, Quantity.OBSTRUCTED, Quantity.TAMPER),
                *(Quantity.CONTACT, Quantity.LEAK, Quantity.ILLUMINANCE),
                *(Quantity.TEMPERATURE, Quantity.HUMIDITY, Quantity.BATTERY),
            }
        ),
        decode=_decode,
        names=("Sensative Strips Lora Presence", "Strips MS-LoRa Presence"),
        modulus={Quantity.MOVEMENTS: 2**16},
    ),
)
