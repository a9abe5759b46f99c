"""How many people (vehicles, …) passed between two messages of a counter.

A counter's register may roll over, be cleared at a set time, or begin anew
after a power loss; messages get lost, come twice, or in another order. What is
told here follows from the set of messages alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from .rounding import divided

MOST_PER_MINUTE: Final = 100
"""More people cannot pass one line."""
ALLOWANCE: Final = 10
"""For messages in quick succession."""
LONGEST_SPREAD: Final = timedelta(hours=2)
"""Over a longer silence nobody can tell when people passed."""

FIRST_PERIOD: Final = timedelta(minutes=15)

_GRID: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Bins begin at multiples of their length since then."""
_TICK: Final = timedelta.resolution
_MINUTE: Final = timedelta(minutes=1)
_LAST_QUARTER: Final = 3 / 4
"""A register that was below this share of its range did not reach the end of it."""


class Count(NamedTuple):
    """What a counter showed."""

    at: datetime
    value: int
    f_cnt: int | None = None
    """Frame counter of the message, where it is known."""
    restarted: bool = False
    """The device said that it had restarted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is known of a counter's register."""

    bits: int
    """Its width; it begins at zero again after `2 ** bits - 1`."""
    most_per_minute: float = MOST_PER_MINUTE
    cleared: Sequence[datetime] = field(default_factory=tuple)
    """When the device clears it by its own schedule."""

    def cap(self, span: timedelta) -> float:
        """Give how many can have passed in this time."""
        return self.most_per_minute * (span / _MINUTE) + ALLOWANCE

    def between(self, last: Count | None, count: Count) -> Increment | None:
        """Give the increment between two messages of the cumulative counter.

        The first message is where counting begins: it says nothing about how
        many passed before.
        """
        if last is None:
            return None
        passed, flag = self._passed(last, count)
        if passed > self.cap(count.at - last.at):
            return Increment(last.at, count.at, None, Flag.IMPLAUSIBLE)
        return Increment(last.at, count.at, passed, flag)

    def _passed(self, last: Count, count: Count) -> tuple[int, Flag | None]:
        if count.value >= last.value:
            return count.value - last.value, None
        end = 2**self.bits
        across = count.value + end - last.value
        announced = count.restarted or any(last.at < at <= count.at for at in self.cleared)
        early = last.value < _LAST_QUARTER * end
        if announced or early or across > self.cap(count.at - last.at):
            return count.value, Flag.RESET
        return across, Flag.ROLLOVER


class Flag(StrEnum):
    """What must be known of a number to judge it."""

    ROLLOVER = "rollover"
    RESET = "reset"
    """A lower bound: whoever passed between the last message and the reset is lost."""
    IMPLAUSIBLE = "implausible"
    """No number: the counter was exchanged, or its decoder is wrong."""
    LOST = "lost"
    """A lower bound: messages with counts of their own never came."""


class Increment(NamedTuple):
    """How many passed after one time until another."""

    since: datetime
    until: datetime
    passed: int | None
    """None where nobody can tell."""
    flag: Flag | None = None
    coverage: float = 1.0
    """Share of the messages that came."""


type Step = Callable[[Count | None, Count], Increment | None]
"""Tells what passed between a message and the one before it, if there is one."""


def increments(counts: Iterable[Count], line: Line) -> list[Increment]:
    """Give the increments between the messages of a cumulative counter."""
    return _stepwise(counts, line.between)


def period_increments(counts: Iterable[Count], interval: timedelta) -> list[Increment]:
    """Give the increments of a counter that only tells how many passed since its last message.

    Each tells of the time since the message before, the first of one interval.
    Nothing is made up for messages that got lost.
    """
    return _stepwise(counts, _periods(interval))


def _periods(interval: timedelta) -> Step:
    """Tell what passed by the messages of a counter that tells no totals."""

    def between(last: Count | None, count: Count) -> Increment:
        since = count.at - interval if last is None else last.at
        lost = _lost(last, count)
        flag = Flag.LOST if lost else None
        return Increment(since, count.at, count.value, flag, 1 / (1 + lost))

    return between


class Shown(NamedTuple):
    """A total that is safe already, and what the counter itself showed."""

    at: datetime
    total: float
    value: float | None = None
    """Of the register, where it tells more than the total."""
    period: bool = False
    """What was counted since the message before, instead of a register."""
    f_cnt: int = -1
    """Of the message of a period."""


def total_increments(totals: Sequence[Shown], *, whole: bool = False) -> list[Increment]:
    """Give the increments of a total in order of time, and what was made of its register.

    Where the whole total is given, and its first message tells of a period,
    that counts as well, in the quarter of an hour before: how long the period
    was could only be guessed from messages that may still come.
    """
    found = [_shown(last, shown) for last, shown in pairwise(totals)]
    if whole and totals and totals[0].period:
        at, _, value, *_ = totals[0]
        found.insert(0, Increment(at - FIRST_PERIOD, at, round(value or 0)))
    return found


class Bin(NamedTuple):
    """How many passed in a stretch of time."""

    start: datetime
    passed: int | None
    flag: Flag | None = None
    interpolated: bool = False
    """Spread: it is not known when within a longer time they passed."""
    share: float = 1.0
    """Of the bin, that the increment tells of."""


def spread(increment: Increment, length: timedelta) -> Iterator[Bin]:
    """Divide an increment among the bins in which it lies.

    Bins of the given length begin at multiples of it since 1970. The parts add
    up to the whole; after a longer silence nobody can tell them.
    """
    since, until, passed, flag, _ = increment
    start = since - (since - _GRID) % length
    whole = length // _TICK
    overlaps = parted((since - start) // _TICK, (until - start) // _TICK, whole)
    parts: Sequence[int | None] = [None] * len(overlaps)
    if passed is not None and until - since <= LONGEST_SPREAD:
        parts = divided(passed, overlaps)
    interpolated = is_interpolated(sum(overlaps), whole)
    for part, overlap in zip(parts, overlaps, strict=True):
        yield Bin(start, part, flag, interpolated, overlap / whole)
        start += length


def parted(begin: int, end: int, whole: int) -> list[int]:
    """Cut a stretch at the multiples of a length."""
    first, last = begin // whole, (end - 1) // whole
    overlaps = [whole] * (last - first + 1)
    overlaps[0] -= begin - first * whole
    overlaps[-1] -= (last + 1) * whole - end
    return overlaps


def is_interpolated(span: int, whole: int) -> bool:
    """Tell whether a message of its own is missing for some bin."""
    return 2 * span > 3 * whole


def _repeats(last: Count, count: Count) -> bool:
    return count.at == last.at or (count.f_cnt is not None and count.f_cnt == last.f_cnt)


def _stepwise(counts: Iterable[Count], step: Step) -> list[Increment]:
    found: list[Increment] = []
    last: Count | None = None
    for count in sorted(counts, key=_order):
        if last is None or not _repeats(last, count):
            if increment := step(last, count):
                found.append(increment)
            last = count
    return found


def _order(count: Count) -> tuple[datetime, int, int, bool]:
    """Put messages of the same time always in the same order."""
    return count.at, count.value, -1 if count.f_cnt is None else count.f_cnt, count.restarted


def _lost(last: Count | None, count: Count) -> int:
    if last is None or last.f_cnt is None or count.f_cnt is None:
        return 0
    return max(0, count.f_cnt - last.f_cnt - 1)


def _shown(last: Shown, shown: Shown) -> Increment:
    passed = round(shown.total) - round(last.total)
    if shown.period:
        lost = max(0, shown.f_cnt - last.f_cnt - 1) if last.f_cnt >= 0 else 0
        flag = Flag.LOST if lost else None
        return Increment(last.at, shown.at, passed, flag, 1 / (1 + lost))
    flag = _made(last, shown, passed)
    known = None if flag is Flag.IMPLAUSIBLE else passed
    return Increment(last.at, shown.at, known, flag)


def _made(last: Shown, shown: Shown, passed: int) -> Flag | None:
    """Tell what was made of a register that did not simply continue."""
    if last.value is None or shown.value is None or last.period:
        return None
    if round(shown.value - last.value) == passed:
        return None
    if not passed and shown.value:
        return Flag.IMPLAUSIBLE
    return Flag.RESET if round(shown.value) == passed else Flag.ROLLOVER
