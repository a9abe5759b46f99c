"""Cars on single parking spaces: when they came, and how long they stayed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .reasons import Reason

SHORTEST: Final = timedelta(minutes=2)
"""A shorter change is a car that manoeuvres, or an error of the sensor."""

type States = Iterable[tuple[datetime, bool]]
"""Whether a space was occupied, and since when that was known; in any order."""


@dataclass(frozen=True, slots=True)
class Parked:
    """The mean time for which cars stood."""

    mean: timedelta
    cars: int
    excluded: float
    """Share of the cars that stood for longer than their sensor can tell."""


def changes(states: States, until: datetime) -> list[tuple[datetime, bool]]:
    """Give when a space became occupied or free, without short changes.

    It begins with its first known state. Between two messages is one change at
    most: nobody knows how many cars came and went in a gap.
    """
    known = sorted(state for state in states if state[0] <= until)
    return _alternating(_lasting(_alternating(known), until))


def arrivals(states: States, until: datetime) -> list[datetime]:
    """Give when cars came to a space."""
    return [at for at, occupied in changes(states, until)[1:] if occupied]


def parked(spaces: Iterable[States], since: datetime, until: datetime) -> timedelta | Reason:
    """Estimate the mean stay: the time for which spaces were occupied, by departure."""
    occupied, departures = timedelta(), 0
    for states in spaces:
        found = changes(states, until)
        for (begin, is_occupied), end in zip(found, _ends(found, until), strict=True):
            if is_occupied:
                occupied += max(timedelta(), end - max(begin, since))
                departures += since <= end < until
    return occupied / departures if departures else Reason.NO_FLOW


def parked_as_told(stays: Iterable[timedelta | None]) -> Parked | Reason:
    """Give the mean of stays that sensors measured; None: longer than they can tell."""
    told = list(stays)
    known = [stay for stay in told if stay is not None]
    if not known:
        return Reason.NO_FLOW
    mean = sum(known, timedelta()) / len(known)
    return Parked(mean, len(known), 1 - len(known) / len(told))


def _alternating(states: Iterable[tuple[datetime, bool]]) -> list[tuple[datetime, bool]]:
    found: list[tuple[datetime, bool]] = []
    for at, occupied in states:
        if not found or found[-1][1] is not occupied:
            found.append((at, occupied))
    return found


def _lasting(states: list[tuple[datetime, bool]], until: datetime) -> list[tuple[datetime, bool]]:
    ends = _ends(states, until)
    return [state for state, end in zip(states, ends, strict=True) if end - state[0] >= SHORTEST]


def _ends(states: list[tuple[datetime, bool]], until: datetime) -> list[datetime]:
    """Give when each state ends: where the next begins."""
    return [*(at for at, _ in states), until][1:]
