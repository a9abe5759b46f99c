"""Milesight VS321: how many people are in a room, or which of ten desks are taken.

Elements of `_milesight`; the desks are the channels. Where it is too dark to trust
what it sees, it says so, and the fault comes with what it last saw. Source:
Milesight-IoT/SensorDecoders vs-series/vs321, vs321_v102.
"""

from collections.abc import Iterable, Iterator
import struct
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Uplink
from . import _milesight
from ._checks import checked

_DESKS: Final = 10
_PEOPLE_KIND, _DESKS_KIND = 0, 1
"""Kinds of stored values."""
_STORED_LENGTHS: Final = {_PEOPLE_KIND: 7, _DESKS_KIND: 9}


_NO_TEMPERATURE: Final = b"\xff\xff"


def _temperature(data: bytes) -> Iterator[Reading]:
    if data[:2] != _NO_TEMPERATURE:
        yield from _milesight.temperature(data)


def _people(data: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.PEOPLE, int.from_bytes(data, "little"))


def _desks(data: bytes) -> Iterator[Reading]:
    """Read which desks are watched, and which of them are taken."""
    watched, taken = struct.unpack("<HH", data)
    for desk in range(_DESKS):
        if watched >> desk & 1:
            yield Reading(Quantity.OCCUPIED, taken >> desk & 1, desk + 1)


def _sight(data: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.FAULT, data[1] == 1)


def _stored(data: bytes) -> Iterator[Reading]:
    read = _people if data[4] == _PEOPLE_KIND else _desks
    yield from _milesight.stored(data, read(data[5:]))


_ELEMENTS: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    (0x03, 0x67): (2, _temperature),
    (0x83, 0x67): (3, _temperature),
    (0x04, 0x68): (1, _milesight.humidity),
    (0x84, 0x68): (2, _milesight.humidity),
    (0x05, 0xFD): (2, _people),
    (0x06, 0xFE): (4, _desks),
    (0x07, 0xFF): (1, _milesight.flag(Quantity.BRIGHT)),
    (0x08, 0xF4): (2, _sight),
    (0x0A, 0xEF): (4, _milesight.clock),
    (0x20, 0xCE): (_STORED_LENGTHS, _stored),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _milesight.decode(uplink.payload, _ELEMENTS))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="milesight_vs321",
        manufacturer="Milesight",
        model="VS321",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.PEOPLE, Quantity.OCCUPIED, Quantity.BRIGHT, Quantity.FAULT),
                *(Quantity.TEMPERATURE, Quantity.HUMIDITY, Quantity.BATTERY),
                *(Quantity.CLOCK, Quantity.RESTART),
            }
        ),
        decode=_decode,
        catalogue=("milesight-iot/vs321",),
    ),
)
