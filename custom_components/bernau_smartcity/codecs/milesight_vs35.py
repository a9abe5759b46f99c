"""Milesight VS350 and VS351: people counters for a passage.

Elements of `_milesight`; totals of two bytes and what was counted since the
previous report. Source: Milesight-IoT/SensorDecoders vs-series/vs350, vs351.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Uplink
from . import _milesight
from ._checks import checked

_TOTAL: Final = _milesight.two_counts(Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT)
_PERIOD: Final = _milesight.two_counts(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD)
_WITH_TOTAL: Final = 1
"""Kind of a stored value; 0 has the period alone."""


def _stored(data: bytes) -> Iterator[Reading]:
    """Time, kind, period and perhaps total: the other way round than in a live frame."""
    total = _TOTAL(data[9:13]) if data[4] == _WITH_TOTAL else ()
    yield from _milesight.stored(data, (*_PERIOD(data[5:9]), *total))


_ELEMENTS: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    (0x03, 0x67): (2, _milesight.temperature),
    (0x83, 0x67): (3, _milesight.temperature),
    (0x04, 0xCC): (4, _TOTAL),
    (0x84, 0xCC): (5, _TOTAL),
    (0x05, 0xCC): (4, _PERIOD),
    (0x85, 0xCC): (5, _PERIOD),
    (0x0A, 0xEF): (4, _milesight.clock),
    (0x81, 0xEE): (1, _milesight.nothing),  # sensitivity
    **_milesight.cleared(0xA8),
    (0x20, 0xCE): ({0: 9, _WITH_TOTAL: 13}, _stored),
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
                Quantity.TEMPERATURE,
                Quantity.BATTERY,
                Quantity.CLOCK,
                Quantity.RESTART,
            }
        ),
        decode=_decode,
        catalogue=(f"milesight-iot/{model.lower()}",),
        modulus={Quantity.PEOPLE_IN: 2**16, Quantity.PEOPLE_OUT: 2**16},
    )


CODECS: Final[tuple[Codec, ...]] = (_codec("VS350"), _codec("VS351"))
