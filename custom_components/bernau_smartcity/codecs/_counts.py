"""Counts of people and vehicles: in the right direction, never twice, never of a blind counter."""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Kind, Quantity, Reading, Setting, Uplink
from ._checks import checked

_OPPOSITES: Final = (
    (Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT),
    (Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD),
    (Quantity.CHILDREN_IN, Quantity.CHILDREN_OUT),
    (Quantity.CHILDREN_IN_PERIOD, Quantity.CHILDREN_OUT_PERIOD),
    (Quantity.VEHICLES_IN, Quantity.VEHICLES_OUT),
    (Quantity.VEHICLES_IN_PERIOD, Quantity.VEHICLES_OUT_PERIOD),
    (Quantity.SPEED_IN, Quantity.SPEED_OUT),
)
OPPOSITE: Final = {one: other for pair in _OPPOSITES for one, other in (pair, pair[::-1])}
"""The same in the other direction."""

_TOTAL_OF: Final = {
    Quantity.PEOPLE_IN_PERIOD: Quantity.PEOPLE_IN,
    Quantity.PEOPLE_OUT_PERIOD: Quantity.PEOPLE_OUT,
    Quantity.PULSES_PERIOD: Quantity.PULSES,
}
"""Which total counts the same as what was counted since the last message."""

_FAILURES: Final = frozenset({Quantity.FAULT, Quantity.OBSTRUCTED})
_COUNTED: Final = frozenset(
    {
        *(quantity for quantity in Quantity if quantity.kind in {Kind.REGISTER, Kind.PERIOD}),
        *(Quantity.PEOPLE, Quantity.PEOPLE_MAX, Quantity.OCCUPIED),
        *(Quantity.DWELL_TIME, Quantity.DWELL_TIME_MAX),
    }
)


def counted(uplink: Uplink, readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Give what a counter with directions tells, as it hangs, or refuse it as a whole."""
    is_swapped = uplink.settings.get(Setting.SWAP, "").strip().lower() == "yes"
    return checked(uplink, map(_opposite, readings) if is_swapped else readings)


def _opposite(reading: Reading) -> Reading:
    return reading._replace(quantity=OPPOSITE.get(reading.quantity, reading.quantity))


def once(readings: Iterable[Reading]) -> Iterator[Reading]:
    """Leave out counts since the last message where the total of the same people is there too."""
    told = list(readings)
    totals = {(each.quantity, each.channel, each.at) for each in told}
    for each in told:
        if (_TOTAL_OF.get(each.quantity), each.channel, each.at) not in totals:
            yield each


def sighted(readings: Iterable[Reading]) -> Iterator[Reading]:
    """Leave out counts of a message that ends with a counter that cannot count.

    Nobody seen by a blind counter is not nobody. What it counted before comes
    with the next total; what it stored before it went blind stays.
    """
    told = list(readings)
    states = {(each.quantity, each.channel): each.value for each in told}
    blind = any(value for (quantity, _), value in states.items() if quantity in _FAILURES)
    for each in told:
        if not (blind and each.at is None and each.quantity in _COUNTED):
            yield each
