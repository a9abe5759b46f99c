"""What Milesight's counters for a passage have in common: VS350, VS351 and VS360.

Totals of two bytes, which can be switched off, and what was counted since the
previous report. Source: Milesight-IoT/SensorDecoders vs-series/vs350, vs351, vs360.
"""

from collections.abc import Iterator
from typing import Final

from ..model import Quantity, Reading
from . import _milesight

_TOTAL: Final = _milesight.two_counts(Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT)
_PERIOD: Final = _milesight.two_counts(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD)
_WITH_TOTAL: Final = 1
"""Kind of a stored value; 0 has the period alone."""


def _stored(data: bytes) -> Iterator[Reading]:
    """Time, kind, period and perhaps total: the other way round than in a live frame."""
    total = _TOTAL(data[9:13]) if data[4] == _WITH_TOTAL else ()
    yield from _milesight.stored(data, (*_PERIOD(data[5:9]), *total))


ELEMENTS: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    **_milesight.cleared(0xA8),
    (0x04, 0xCC): (4, _TOTAL),
    (0x84, 0xCC): (5, _TOTAL),
    (0x05, 0xCC): (4, _PERIOD),
    (0x85, 0xCC): (5, _PERIOD),
    (0x0A, 0xEF): (4, _milesight.clock),
    (0x20, 0xCE): ({0: 9, _WITH_TOTAL: 13}, _stored),
}

QUANTITIES: Final = frozenset(
    {
        *(Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT),
        *(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD),
        *(Quantity.BATTERY, Quantity.CLOCK, Quantity.RESTART),
    }
)
MODULUS: Final = {Quantity.PEOPLE_IN: 2**16, Quantity.PEOPLE_OUT: 2**16}
