"""How many people (vehicles, …) passed between two messages of a counter.

A counter's register may roll over, be cleared at a set time, or begin anew
after a power loss; messages get lost, come twice, or in another order. What is
told here follows from the set of messages alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from .rounding import apportion

MOST_PER_MINUTE: Final = 100
"""More people cannot pass one line."""
ALLOWANCE: Final = 10
"""For messages in quick succession."""
LONGEST_SPREAD: Final = timedelta(hours=2)
"""Over a longer silence nobody can tell when people passed."""

_GRID: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Bins begin at multiples of their length since then."""
_TICK: Final = timedelta.resolution


@dataclass(frozen=True, slots=True, order=True)
class Count:
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
        return self.most_per_minute * (span / timedelta(minutes=1)) + ALLOWANCE


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


def increments(counts: Iterable[Count], line: Line) -> list[Increment]:
    """Give the increments between the messages of a cumulative counter.

    The first message is where counting begins: it says nothing about how many
    passed before.
    """
    return [_between(last, count, line) for last, count in pairwise(_distinct(counts))]


def period_increments(counts: Iterable[Count], interval: timedelta) -> list[Increment]:
    """Give the increments of a counter that only tells how many passed since its last message.

    Each tells of the time since the message before, the first of one interval.
    Nothing is made up for messages that got lost.
    """
    found: list[Increment] = []
    last: Count | None = None
    for count in _distinct(counts):
        since = count.at - interval if last is None else last.at
        lost = _lost(last, count)
        flag = Flag.LOST if lost else None
        found.append(Increment(since, count.at, count.value, flag, 1 / (1 + lost)))
        last = count
    return found


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


def total_increments(totals: Sequence[Shown]) -> list[Increment]:
    """Give the increments of a total in order of time, and what was made of its register."""
    return [_shown(last, shown) for last, shown in pairwise(totals)]


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
    span = until - since
    start = since - (since - _GRID) % length
    interpolated = span > length * 3 / 2
    bounds = [since]
    bound = start
    while (bound := bound + length) < until:
        bounds.append(bound)
    bounds.append(until)
    overlaps = [(end - begin) // _TICK for begin, end in pairwise(bounds)]
    parts: Sequence[int | None]
    if passed is None or span > LONGEST_SPREAD:
        parts = [None] * len(overlaps)
    else:
        parts = apportion(passed, overlaps)
    whole = length // _TICK
    for part, overlap in zip(parts, overlaps, strict=True):
        yield Bin(start, part, flag, interpolated, overlap / whole)
        start += length


def _distinct(counts: Iterable[Count]) -> list[Count]:
    """Put messages in order, without those that came twice."""
    found: list[Count] = []
    for count in sorted(counts):
        if found and _repeats(found[-1], count):
            continue
        found.append(count)
    return found


def _repeats(last: Count, count: Count) -> bool:
    return count.at == last.at or (count.f_cnt is not None and count.f_cnt == last.f_cnt)


def _between(last: Count, count: Count, line: Line) -> Increment:
    passed, flag = _passed(last, count, line)
    if passed > line.cap(count.at - last.at):
        return Increment(last.at, count.at, None, Flag.IMPLAUSIBLE)
    return Increment(last.at, count.at, passed, flag)


def _passed(last: Count, count: Count, line: Line) -> tuple[int, Flag | None]:
    if count.value >= last.value:
        return count.value - last.value, None
    across = count.value + 2**line.bits - last.value
    announced = count.restarted or any(last.at < at <= count.at for at in line.cleared)
    if announced or across > line.cap(count.at - last.at):
        return count.value, Flag.RESET
    return across, Flag.ROLLOVER


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
