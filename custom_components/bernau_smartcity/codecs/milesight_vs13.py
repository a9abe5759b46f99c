"""Milesight VS132, VS133 and VS135: people counters that see in depth (ToF).

Elements of `_milesight`. The VS132 has one line; the others have up to four lines
and four regions, the channel of the readings. Children are told apart, how many
of them are in a region and for how long is left out. Dwell times are in seconds.
Source: Milesight-IoT/SensorDecoders vs-series/vs132, vs133, vs135.
"""

from collections.abc import Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _milesight
from ._counts import counted, once, sighted

_LINES: Final = range(1, 5)
_REGIONS: Final = range(1, 5)


def _count(quantity: Quantity, line: int) -> _milesight.Read:
    def read(data: bytes) -> Iterator[Reading]:
        yield Reading(quantity, int.from_bytes(data, "little"), line)

    return read


def _people(data: bytes) -> Iterator[Reading]:
    for region, people in zip(_REGIONS, data, strict=True):
        yield Reading(Quantity.PEOPLE, people, region)


def _dwell(*quantities: Quantity) -> _milesight.Read:
    def read(data: bytes) -> Iterator[Reading]:
        if data[0] not in _REGIONS:
            msg = f"there is no region {data[0]}"
            raise DecodeError(msg)
        for place, quantity in enumerate(quantities):
            (seconds,) = struct.unpack_from("<H", data, 1 + 2 * place)
            yield Reading(quantity, seconds, data[0])

    return read


def _occluded(data: bytes) -> Iterator[Reading]:
    """Read which device of a group (0 is the first) cannot see."""
    yield Reading(Quantity.OBSTRUCTED, data[2] == 1, data[1])


type _Line = tuple[Quantity, Quantity, Quantity, Quantity]
"""In, out, and both since the last report."""

_ALL: Final = (
    *(Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT),
    *(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD),
)
_CHILDREN: Final = (
    *(Quantity.CHILDREN_IN, Quantity.CHILDREN_OUT),
    *(Quantity.CHILDREN_IN_PERIOD, Quantity.CHILDREN_OUT_PERIOD),
)


def _line(first: int, quantities: _Line, line: int = 0) -> _milesight.Elements:
    """Give the three elements of a line."""
    came, went, came_lately, went_lately = quantities
    return {
        (first, 0xD2): (4, _count(came, line)),
        (first + 1, 0xD2): (4, _count(went, line)),
        (first + 2, 0xCC): (4, _milesight.two_counts(came_lately, went_lately, line)),
    }


_LINE_ELEMENTS: Final[_milesight.Elements] = {
    element: how
    for line in _LINES
    for first, quantities in ((3 * line, _ALL), (3 * line + 14, _CHILDREN))
    for element, how in _line(first, quantities, line).items()
}

_LIVE: Final[_milesight.Elements] = {
    **_LINE_ELEMENTS,
    (0x0F, 0xE3): (4, _people),
    (0x1D, 0xE3): (4, _milesight.nothing),  # children in the regions
    (0x10, 0xE4): (5, _dwell(Quantity.DWELL_TIME, Quantity.DWELL_TIME_MAX)),
    (0x1E, 0xE4): (5, _milesight.nothing),  # and for how long
    (0x50, 0xFC): (3, _occluded),
}

_STORED: Final[Mapping[int, tuple[int, _milesight.Read]]] = {
    **{channel: (4, read) for (channel, _), (_, read) in _LINE_ELEMENTS.items()},
    0x0F: (4, _people),
    0x1D: (4, _milesight.nothing),
    0x10: (3, _dwell(Quantity.DWELL_TIME)),
    0x20: (3, _dwell(Quantity.DWELL_TIME_MAX)),
    0x1E: (3, _milesight.nothing),
    0x3C: (3, _milesight.nothing),
}
"""Stored values by their kind: length behind time and kind, and how to read them."""

_HEAD: Final = 5


def _stored(data: bytes) -> Iterator[Reading]:
    _, read = _STORED[data[4]]
    yield from _milesight.stored(data, read(data[_HEAD:]))


_ELEMENTS: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    **_LIVE,
    **_milesight.cleared(0x51),
    (0x20, 0xCE): ({kind: _HEAD + length for kind, (length, _) in _STORED.items()}, _stored),
}


_VS132: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    **_milesight.cleared(0x51),
    **_line(0x03, _ALL),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return counted(uplink, sighted(_milesight.decode(uplink.payload, _ELEMENTS)))


def _decode_vs132(uplink: Uplink) -> Iterable[Reading]:
    """Read one line, that tells its totals each time."""
    return counted(uplink, once(_milesight.decode(uplink.payload, _VS132)))


_MAINS: Final = frozenset({*_ALL, Quantity.BATTERY, Quantity.RESTART})
"""The battery percentage is an element of every model, though these have mains."""


def _codec(model: str) -> Codec:
    return Codec(
        key=f"milesight_{model.lower()}",
        manufacturer="Milesight",
        model=model,
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(*_MAINS, *_CHILDREN),
                *(Quantity.PEOPLE, Quantity.DWELL_TIME, Quantity.DWELL_TIME_MAX),
                Quantity.OBSTRUCTED,
            }
        ),
        decode=_decode,
        catalogue=(f"milesight-iot/{model.lower()}",),
        modulus=dict.fromkeys((*_ALL[:2], *_CHILDREN[:2]), 2**32),
        settings=(Setting.SWAP,),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec("VS133"),
    _codec("VS135"),
    Codec(
        key="milesight_vs132",
        manufacturer="Milesight",
        model="VS132",
        medium=Medium.PEOPLE,
        quantities=_MAINS,
        decode=_decode_vs132,
        catalogue=("milesight-iot/vs132",),
        modulus=dict.fromkeys(_ALL[:2], 2**32),
        settings=(Setting.SWAP,),
    ),
)
