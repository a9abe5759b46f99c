"""Milesight VS133 and VS135: people counters that see in depth (AI ToF).

Elements of `_milesight`: up to four lines and four regions, the channel of the
readings. Children are counted apart and here left out: whether they are also
among all people is not documented. Dwell times are in seconds. Source:
Milesight-IoT/SensorDecoders vs-series/vs133, vs135.
"""

from collections.abc import Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from . import _milesight
from ._checks import checked

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


def _lines() -> Iterator[tuple[int, int, _milesight.Read]]:
    """Give the three channels of each line: in, out, and both since the last report."""
    for line in _LINES:
        period = _milesight.two_counts(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD, line)
        yield 3 * line, 0xD2, _count(Quantity.PEOPLE_IN, line)
        yield 3 * line + 1, 0xD2, _count(Quantity.PEOPLE_OUT, line)
        yield 3 * line + 2, 0xCC, period


_LIVE: Final[_milesight.Elements] = {
    **{(channel, kind): (4, read) for channel, kind, read in _lines()},
    # Children: the same order of channels, fourteen further on.
    **{(channel + 14, kind): (4, _milesight.nothing) for channel, kind, _ in _lines()},
    (0x0F, 0xE3): (4, _people),
    (0x1D, 0xE3): (4, _milesight.nothing),
    (0x10, 0xE4): (5, _dwell(Quantity.DWELL_TIME, Quantity.DWELL_TIME_MAX)),
    (0x1E, 0xE4): (5, _milesight.nothing),
    (0x50, 0xFC): (3, _occluded),
}

_STORED: Final[Mapping[int, tuple[int, _milesight.Read]]] = {
    **{channel: (4, read) for (channel, kind), (_, read) in _LIVE.items() if kind in {0xCC, 0xD2}},
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


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _milesight.decode(uplink.payload, _ELEMENTS))


def _codec(model: str) -> Codec:
    return Codec(
        key=f"milesight_{model.lower()}",
        manufacturer="Milesight",
        model=model,
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                Quantity.PEOPLE_IN,
                Quantity.PEOPLE_OUT,
                Quantity.PEOPLE_IN_PERIOD,
                Quantity.PEOPLE_OUT_PERIOD,
                Quantity.PEOPLE,
                Quantity.DWELL_TIME,
                Quantity.DWELL_TIME_MAX,
                Quantity.OBSTRUCTED,
                Quantity.BATTERY,
                Quantity.RESTART,
            }
        ),
        decode=_decode,
        catalogue=(f"milesight-iot/{model.lower()}",),
        modulus={Quantity.PEOPLE_IN: 2**32, Quantity.PEOPLE_OUT: 2**32},
    )


CODECS: Final[tuple[Codec, ...]] = (_codec("VS133"), _codec("VS135"))
