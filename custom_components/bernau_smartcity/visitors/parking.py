"""Cars on single parking spaces: when they came, and how long they stayed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .bins import Tally
from .reasons import Reason

SHORTEST: Final = timedelta(minutes=2)
"""A shorter change is a car that manoeuvres, or an error of the sensor."""
FEWEST: Final = 15
"""Cars of which a mean stay is told."""
LEAST_RESOLVED: Final = 0.9
"""Share of the time in which the spaces were watched: when a car left meanwhile nobody knows."""

_MINUTE: Final = timedelta(minutes=1)

type States = Iterable[tuple[datetime, bool]]
"""Whether a space was occupied, and since when that was known; in any order."""


@dataclass(frozen=True, slots=True)
class Parked:
    """The mean time for which cars stood."""

    mean: timedelta
    cars: int
    excluded: float
    """Share of the cars that left, of which nobody knows how long they had stood."""


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


def parked(left: Tally, stays: Tally, minutes: Tally) -> Parked | Reason:
    """Give the mean stay of the cars that left and of which is known when they came.

    `minutes` is for how long these stood, all together. Cars that never move
    are no part of it, however many spaces they take.
    """
    cars, gone = stays.passed or 0, left.passed or 0
    conditions = (
        (stays.resolved < LEAST_RESOLVED, Reason.COVERAGE),
        (not gone, Reason.NO_FLOW),
        (cars < FEWEST, Reason.TOO_FEW),
    )
    if reason := next((reason for holds, reason in conditions if holds), None):
        return reason
    return Parked((minutes.passed or 0) / cars * _MINUTE, cars, 1 - cars / gone)


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
