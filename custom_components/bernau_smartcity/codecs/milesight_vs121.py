"""Milesight VS121: camera that counts people in a room, in regions and between edges.

Elements of `_milesight`. Up to 16 regions are the channels; channel 0 is the whole
view. A flow has the numbers of its edges as channel: 12 is from A to B. What
10 F7 counts is not documented beyond its name, so it is left out. Sources:
Milesight-IoT/SensorDecoders vs-series/vs121, the maker's user guide.
"""

from collections.abc import Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _milesight
from ._counts import counted

_REGIONS: Final = 16
_EDGES: Final = range(1, 5)


def _present(data: bytes) -> Iterator[Reading]:
    """Read all people, the number of regions and in which of them somebody is."""
    people, regions, taken = struct.unpack(">BBH", data)
    if regions > _REGIONS:
        msg = f"there are no {regions} regions"
        raise DecodeError(msg)
    yield Reading(Quantity.PEOPLE, people)
    for region in range(regions):
        yield Reading(Quantity.OCCUPIED, taken >> region & 1, region + 1)


def _most(data: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.PEOPLE_MAX, data[0])


def _people(first: int) -> _milesight.Read:
    """Read the people in as many regions as there are bytes."""

    def read(data: bytes) -> Iterator[Reading]:
        for region, people in enumerate(data, first):
            yield Reading(Quantity.PEOPLE, people, region)

    return read


def _flow(edge: int, first: int = 1) -> _milesight.Read:
    """Read the flows from one edge to as many others as there are numbers."""

    def read(data: bytes) -> Iterator[Reading]:
        for other, (people,) in enumerate(struct.iter_unpack("<H", data), first):
            yield Reading(Quantity.PEOPLE_FLOW_PERIOD, people, 10 * edge + other)

    return read


def _dwell(data: bytes) -> Iterator[Reading]:
    region, mean, longest = struct.unpack("<BHH", data)
    if region > _REGIONS:
        msg = f"there is no region {region}"
        raise DecodeError(msg)
    yield Reading(Quantity.DWELL_TIME, mean, region)
    yield Reading(Quantity.DWELL_TIME_MAX, longest, region)


_PERIOD: Final = _milesight.two_counts(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD)
_TOTAL: Final = _milesight.two_counts(Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT)

_STORED: Final[Mapping[int, tuple[int, _milesight.Read]]] = {
    0x01: (4, _present),
    0x02: (4, _PERIOD),
    0x03: (1, _most),
    **{0x04 + place: (4, _people(4 * place + 1)) for place in range(4)},
    **{0x06 + 2 * edge: (4, _flow(edge)) for edge in _EDGES},
    **{0x07 + 2 * edge: (4, _flow(edge, 3)) for edge in _EDGES},
    0x10: (4, _TOTAL),
    0x11: (5, _dwell),
    0x12: (4, _milesight.nothing),
}
"""Stored values by their kind: length behind time and kind, and how to read them."""

_HEAD: Final = 5


def _stored(data: bytes) -> Iterator[Reading]:
    _, read = _STORED[data[4]]
    yield from _milesight.stored(data, read(data[_HEAD:]))


_ELEMENTS: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    **_milesight.cleared(0x51),
    (0xFF, 0x0A): (4, _milesight.nothing),  # version of the firmware, longer than in others
    (0xF8, 0xD8): (2, _milesight.restart),
    (0xF9, 0xD8): (1, _milesight.restart),
    (0x04, 0xC9): (4, _present),
    (0x05, 0xCC): (4, _PERIOD),
    (0x06, 0xCD): (1, _most),
    (0x07, 0xD5): (8, _people(1)),
    (0x08, 0xD5): (8, _people(9)),
    **{(0x08 + edge, 0xDA): (8, _flow(edge)) for edge in _EDGES},
    (0x0D, 0xCC): (4, _TOTAL),
    (0x0E, 0xE4): (5, _dwell),
    (0x0F, 0x85): (4, _milesight.clock),
    (0x10, 0xF7): (4, _milesight.nothing),
    (0x20, 0xCE): ({kind: _HEAD + length for kind, (length, _) in _STORED.items()}, _stored),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return counted(uplink, _milesight.decode(uplink.payload, _ELEMENTS))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="milesight_vs121",
        manufacturer="Milesight",
        model="VS121",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.PEOPLE, Quantity.PEOPLE_MAX, Quantity.OCCUPIED),
                *(Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT),
                *(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD),
                *(Quantity.PEOPLE_FLOW_PERIOD, Quantity.DWELL_TIME, Quantity.DWELL_TIME_MAX),
                *(Quantity.BATTERY, Quantity.CLOCK, Quantity.RESTART),
            }
        ),
        decode=_decode,
        names=("VS121-P",),
        catalogue=("milesight-iot/vs121",),
        modulus={Quantity.PEOPLE_IN: 2**16, Quantity.PEOPLE_OUT: 2**16},
        settings=(Setting.SWAP,),
    ),
)
