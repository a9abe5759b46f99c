"""How many people are in a zone, from who came and who went.

Counters miss people, so the balance of entries and exits drifts, and can fall
below zero. What was missing then is remembered as a correction until the day's
reset: without that memory, those who come next would not be seen.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import repeat
from math import sqrt
from typing import Final, NamedTuple

from .bins import QUARTER, Grid
from .increments import LONGEST_SPREAD
from .reasons import Reason

PATIENCE: Final = 1.5
"""Intervals of the counters after which a bin must be known."""
MOST_BLURRED: Final = LONGEST_SPREAD // QUARTER
"""Bins in a row that can be part of one longer time."""
MOST_DRIFT: Final = 0.1
"""Share of a day's entries by which a sound counter does not drift."""
DAYS_OF_DRIFT: Final = 3
"""So many days in a row are no chance."""
FEWEST_EXITS: Final = 0.8
MOST_EXITS: Final = 1.25
"""For one entry; beyond, a counter is set up wrongly."""


class Level(NamedTuple):
    """How many were present when a bin ended."""

    raw: float
    """Entries less exits since the reset."""
    correction: float
    """Entries that must have been missed since the reset."""

    @property
    def people(self) -> float:
        """How many are present; never below zero, and not cut at a capacity."""
        return self.raw + self.correction


class Drift(NamedTuple):
    """What was counted between two resets, between which nobody should be left."""

    entries: int
    exits: int

    @property
    def people(self) -> int:
        """Who would still be there."""
        return self.entries - self.exits

    @property
    def is_large(self) -> bool:
        """Whether a sound counter does not drift so far."""
        return abs(self.people) > MOST_DRIFT * self.entries


def levels(
    net: Iterable[float | Reason], sharp: Iterable[bool] = repeat(object=True)
) -> list[Level | Reason]:
    """Give who was present when each bin since the reset ended.

    `net` is by how many the zone has gained since then. Where a longer time was
    spread, it is not sharp: a number below zero may come from that alone, so it
    tells nothing of entries that were missed. No longer than such a time can
    be, for one of its numbers is sharp after all, and none is above the highest.
    """
    return [
        raw if isinstance(raw, Reason) else Level(raw, correction)
        for raw, correction in _corrected(net, sharp)
    ]


def people(net: Iterable[float], sharp: Iterable[bool] = repeat(object=True)) -> list[float]:
    """Give only how many were present when each bin ended, where all is known; see `levels`."""
    return [raw + correction for raw, correction in _corrected(net, sharp)]


def _corrected[Raw: (float, float | Reason)](
    net: Iterable[Raw], sharp: Iterable[bool]
) -> Iterator[tuple[Raw, float]]:
    """Give each sum with the entries that must have been missed by then."""
    lowest = 0.0
    blurred: list[float] = []
    for raw, is_sharp in zip(net, sharp, strict=False):
        if isinstance(raw, Reason):
            yield raw, 0.0
            continue
        if is_sharp:
            lowest = min(lowest, raw)
            blurred.clear()
        else:
            blurred.append(raw)
            if len(blurred) == MOST_BLURRED:
                lowest = min(lowest, max(blurred))
                blurred.clear()
        yield raw, max(-lowest, -raw)


def present(
    found: Sequence[Level | Reason], grid: Grid, now: datetime, interval: timedelta
) -> Level | Reason:
    """Give who is present: the last level that all counters of the zone told.

    None of it holds once a later bin should be known, for a stale number is
    none. Before the first bin after a reset is due, the zone is empty. There
    are no levels of a zone whose boundary is open.
    """
    if not found:
        return Reason.OPEN_BOUNDARY
    due = grid.ended(now - PATIENCE * interval)
    known = [n for n, level in enumerate(found) if isinstance(level, Level)]
    last = known[-1] if known else -1
    if last < due - 1:
        return found[due - 1]
    return found[last] if known else Level(0, 0)


def needs_check(drifts: Sequence[Drift]) -> bool:
    """Tell whether somebody should look at the counters of a zone, from its days, oldest first."""
    latest = drifts[-DAYS_OF_DRIFT:]
    return len(latest) == DAYS_OF_DRIFT and all(drift.is_large for drift in latest)


def balancing_factor(entries: float, exits: float) -> float | Reason:
    """Give the factor for entries, by which exits are divided, that makes both equal.

    For what is told afterwards: the number present is never changed by it.
    """
    if not entries or not exits:
        return Reason.NO_FLOW
    if not FEWEST_EXITS <= exits / entries <= MOST_EXITS:
        return Reason.UNBALANCED
    return sqrt(exits / entries)
