"""Milesight VS373: radar that sees whether somebody is in a room, made for care.

Elements of `_milesight`; regions are the channels. Falls, beds and breath are of
one person's health: they are dropped here and go nowhere. Source:
Milesight-IoT/SensorDecoders vs-series/vs373 (firmware 1.0.1 and 1.0.2).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Uplink
from . import _milesight
from ._checks import checked

_VACANT: Final = 1
_BITS: Final = 32


def _room(width: int) -> _milesight.Read:
    """Read the state and for how many seconds (of `width` bytes) the room is in use."""

    def read(data: bytes) -> Iterator[Reading]:
        yield Reading(Quantity.OCCUPIED, data[0] != _VACANT)
        yield Reading(Quantity.OCCUPIED_TIME, int.from_bytes(data[2 : 2 + width], "little"))

    return read


def _regions(data: bytes) -> Iterator[Reading]:
    """Read four regions, where 1 says that there is nobody; more than 1, that it is not known."""
    for region, state in enumerate(data, 1):
        if state <= _VACANT:
            yield Reading(Quantity.OCCUPIED, state != _VACANT, region)


def _region_bits(data: bytes) -> Iterator[Reading]:
    bits = int.from_bytes(data[1:], "little")
    for region in range(min(data[0], _BITS)):
        yield Reading(Quantity.OCCUPIED, bits >> region & 1, region + 1)


_ELEMENTS: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    (0x03, 0xF8): (6, _room(2)),
    (0x07, 0xB0): (8, _room(3)),
    (0x04, 0xF9): (4, _regions),
    (0x0A, 0xB3): (5, _region_bits),
    (0x09, 0xB2): (6, _milesight.nothing),  # kinds of regions
    (0x05, 0xFA): (8, _milesight.nothing),  # out of bed
    (0x0B, 0xB4): (9, _milesight.nothing),
    (0x0C, 0xB4): (9, _milesight.nothing),
    (0x08, 0xB1): (3, _milesight.nothing),  # breath
    (0x06, 0xFB): (5, _milesight.nothing),  # alarm
    (0x20, 0xCE): (9, _milesight.nothing),  # stored alarm
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _milesight.decode(uplink.payload, _ELEMENTS))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="milesight_vs373",
        manufacturer="Milesight",
        model="VS373",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.OCCUPIED, Quantity.OCCUPIED_TIME),
                *(Quantity.BATTERY, Quantity.RESTART),
            }
        ),
        decode=_decode,
        catalogue=("milesight-iot/vs373",),
    ),
)
