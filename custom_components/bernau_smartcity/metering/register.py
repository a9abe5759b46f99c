"""A register made safe: the total continues where the register does not.

The total is a fold over the samples of a register in order of measurement, so
it depends on the set of samples alone, not on the order in which they came.
Where a device shows no register, but tells what it has counted since its
previous message, the total is the sum of what it told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from .plausibility import Limits


@dataclass(frozen=True, slots=True, order=True)
class Sample:
    """What a register showed."""

    at: datetime
    value: float
    meter: str = ""
    """Number of the meter, where it is known."""
    restarted: bool = False
    """The device said that it had restarted."""
    period: bool = False
    """No register: what was counted since the previous message."""
    f_cnt: int = -1
    """Of a period: the frame counter of its message, -1 where that does not tell it."""

    def repeats(self, last: Sample) -> bool:
        """Tell whether it is the same message once more."""
        return self.f_cnt >= 0 and self.f_cnt == last.f_cnt


class Kind(StrEnum):
    """What was made of a sample that did not simply continue."""

    ROLLOVER = "rollover"
    RESTART = "restart"
    EXCHANGE = "exchange"
    DIP = "dip"
    QUARANTINED = "quarantined"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, to be explained to a person."""

    kind: Kind
    at: datetime
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Total:
    """A total and what is needed to continue it."""

    value: float
    """Never falls."""
    last: Sample
    """The newest sample that counted."""
    suspect: Sample | None = None
    """A sample in quarantine until the next one confirms or refutes it."""


class Point(NamedTuple):
    """What a total was at a time."""

    at: datetime
    total: float


class Folded(NamedTuple):
    """A total after samples, and how it came to it."""

    total: Total | None
    decisions: tuple[Decision, ...]
    points: tuple[Point, ...]
    """One for each sample that counted, in order of measurement."""
    confirmed: frozenset[datetime] = frozenset()
    """When those were that count only because a later one confirmed them."""
    above: float | None = None
    """By how much the first register after a sum stands above that."""


type Step = tuple[Total, tuple[Decision, ...]]


def advance(total: Total | None, sample: Sample, limits: Limits) -> Step:
    """Continue the total with a sample that is not older than its last.

    Stated rules, in this order: another meter number is an exchange; a
    believable increase counts; a fall by less than the dip is ignored; a fall
    that a rollover explains counts across it; a fall that the device announced
    is a restart. Anything else waits in quarantine: the next sample confirms
    it by continuing it, or refutes it by continuing what was before.
    """
    if total is None or sample.period or total.last.period:
        return _without_register(total, sample), ()
    last = total.last
    if sample.meter and last.meter and sample.meter != last.meter:
        return _continue(total, sample, 0.0), (_told(Kind.EXCHANGE, last, sample),)
    counted = _counted(last, sample, limits)
    if counted is not None:
        increase, kind = counted
        told = () if kind is None else (_told(kind, last, sample),)
        return _continue(total, sample, increase), (*_refuted(total, sample, limits), *told)
    if last.value * (1 - limits.dip) <= sample.value < last.value:
        refuted = _refuted(total, sample, limits)
        return Total(total.value, last), (*refuted, _told(Kind.DIP, last, sample))
    if total.suspect is not None and _continues(total.suspect, sample, limits):
        return _confirmed(total, total.suspect, sample, limits)
    return (
        Total(total.value, last, sample),
        (*_refuted(total, sample, limits), _told(Kind.QUARANTINED, last, sample)),
    )


def _without_register(total: Total | None, sample: Sample) -> Total:
    """Begin, or sum up periods; as soon as a register is shown, that alone counts."""
    if total is None:
        return Total(sample.value, sample)
    if not sample.period:
        return _continue(total, sample, 0.0)
    if not total.last.period or sample.repeats(total.last):
        return total
    return _continue(total, sample, sample.value)


def fold(total: Total | None, samples: Iterable[Sample], limits: Limits) -> Folded:
    """Continue a total with samples in any order; see `advance`."""
    decisions: list[Decision] = []
    points: list[Point] = []
    confirmed: set[datetime] = set()
    above: float | None = None
    for sample in sorted(samples):
        before = total
        total, made = advance(before, sample, limits)
        decisions += made
        if total.last is not sample:
            continue
        if before is not None and before.last.period and not sample.period:
            above = sample.value - total.value
        suspect = before.suspect if before else None
        if before is not None and suspect is not None and _confirms(made, suspect):
            since = total.value - (sample.value - suspect.value)
            points.append(Point(suspect.at, max(before.value, since)))
            confirmed.add(suspect.at)
        points.append(Point(sample.at, total.value))
    return Folded(total, tuple(decisions), tuple(points), frozenset(confirmed), above)


def _counted(last: Sample, sample: Sample, limits: Limits) -> tuple[float, Kind | None] | None:
    """Give what was counted since the last sample, None if that cannot be told yet."""
    span = sample.at - last.at
    if limits.believable(sample.value - last.value, span):
        return sample.value - last.value, None
    announced = sample.restarted and sample.value < last.value
    if announced and limits.believable(sample.value, span):
        return sample.value, Kind.RESTART
    across = limits.across_rollover(last.value, sample.value)
    if across is not None and limits.believable(across, span):
        return across, Kind.ROLLOVER
    return None


def _confirmed(total: Total, suspect: Sample, sample: Sample, limits: Limits) -> Step:
    """Accept what was in quarantine: a counter begun anew, or another meter."""
    begun_anew = (
        limits.restarts
        and suspect.value < total.last.value
        and limits.believable(suspect.value, suspect.at - total.last.at)
    )
    kind = Kind.RESTART if begun_anew else Kind.EXCHANGE
    since = suspect.value if begun_anew else 0.0
    increase = sample.value - suspect.value
    return (
        _continue(total, sample, since + increase),
        (_told(kind, total.last, suspect),),
    )


def _confirms(made: Iterable[Decision], suspect: Sample) -> bool:
    return any(told.at == suspect.at and told.kind is not Kind.REFUTED for told in made)


def _refuted(total: Total, sample: Sample, limits: Limits) -> tuple[Decision, ...]:
    suspect = total.suspect
    if suspect is None or _continues(suspect, sample, limits):
        return ()
    return (_told(Kind.REFUTED, total.last, suspect),)


def _continues(suspect: Sample, sample: Sample, limits: Limits) -> bool:
    return limits.believable(sample.value - suspect.value, sample.at - suspect.at)


def _continue(total: Total, sample: Sample, increase: float) -> Total:
    return Total(total.value + increase, sample)


def _told(kind: Kind, last: Sample, sample: Sample) -> Decision:
    return Decision(kind, sample.at, last.value, sample.value)
