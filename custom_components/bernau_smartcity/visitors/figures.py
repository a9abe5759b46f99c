"""What is told of gates, zones and the town at a time, from the bins of their lines.

Everything is told as of the end of a bin: as soon as all counters concerned
have told of it, or those that have not are overdue.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import accumulate
from typing import Any, Final, NamedTuple

from .balancing import residuals
from .bins import QUARTER, Grid
from .days import day_of, hour_of
from .dwell import LEAST_COVERAGE, Dwell, Traffic, day_dwell, live_dwell
from .flows import OUTSIDE, Counting, Gate, Mode, Share, inflow, ranked, visitors, zones_per_visit
from .increments import Flag
from .modes import Split, arrivals_by_mode, modal_split
from .occupancy import PATIENCE, Drift, Level
from .reasons import Reason
from .record import Record, number_of, series_of, start_of
from .zones import Passage, Series, town_arrivals, town_flows, zone_levels, zone_traffic

_TICK: Final = timedelta.resolution
_EMPTY: Final = Record()


@dataclass(frozen=True, slots=True)
class GateLines:
    """A gate, and the lines that count at it."""

    gate: Gate
    forward: str
    backward: str = ""
    """None where the counter tells only one direction, or none."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Give the lines that there are."""
        return (self.forward, self.backward) if self.backward else (self.forward,)


class Span(NamedTuple):
    """A stretch of time from its beginning to as far as it is told."""

    start: datetime
    as_of: datetime

    @property
    def grid(self) -> Grid:
        """Its bins."""
        return Grid(self.start, max(0, (self.as_of - self.start) // QUARTER))


@dataclass(frozen=True, slots=True)
class GateFigures:
    """Who passed a gate today."""

    as_of: datetime
    passage: Passage

    def passed(self, *, forward: bool) -> float | Reason:
        """Give how many people went to its target, or from it."""
        line = self.passage.forward if forward else self.passage.backward
        if line.total.passed is None:
            return Reason.NOT_REPORTED if line.grid.count else 0.0
        return line.total.passed * self.passage.gate.people


class Peak(NamedTuple):
    """The most that were present."""

    people: float
    at: datetime


@dataclass(frozen=True, slots=True)
class ZoneFigures:
    """Who is in a zone, and who came since its reset."""

    span: Span
    level: Level | Reason
    entered: float | Reason
    peak: Peak | Reason
    dwell: Dwell | Reason
    """An approximation from the last hours."""
    coverage: float
    flags: frozenset[Flag]


@dataclass(frozen=True, slots=True)
class ZoneDay:
    """What is known of a zone's day once it is over."""

    span: Span
    drift: Drift | Reason
    dwell: Dwell | Reason


@dataclass(frozen=True, slots=True)
class TownFigures:
    """Who came to the town today."""

    span: Span
    hour: Span
    visits: float | Reason
    visits_this_hour: float | Reason
    arrivals: Mapping[Mode, float]
    split: Split | Reason
    flows: Sequence[Share]
    zones_per_visit: float | Reason
    residuals: Mapping[str, float]
    coverage: float
    flags: frozenset[Flag]


class Counted:
    """The lines of a town, by name; what was asked for lately and has not changed is kept."""

    def __init__(self, records: Mapping[str, Record]) -> None:
        """Look at records, which change while it does."""
        self._records = records
        self._kept: dict[Hashable, tuple[Hashable, Any]] = {}
        self._used: dict[Hashable, tuple[Hashable, Any]] = {}

    def record(self, line: str) -> Record:
        """Give what a line has counted."""
        return self._records.get(line, _EMPTY)

    def span(self, start: datetime, gates: Iterable[GateLines], now: datetime) -> Span:
        """Tell how far all of these gates have told, or are overdue."""
        lines = {line for gate in gates for line in gate.lines}
        told = min((self.record(line).told_until(now, PATIENCE) for line in lines), default=now)
        return Span(start, max(start, start_of(number_of(told))))

    def passage(self, gate: GateLines, grid: Grid) -> Passage:
        """Sum up a stretch of time at a gate."""
        return Passage(gate.gate, self.series(gate.forward, grid), self.series(gate.backward, grid))

    def passages(self, gates: Iterable[GateLines], grid: Grid) -> list[Passage]:
        """Sum up a stretch of time at several gates."""
        return [self.passage(gate, grid) for gate in gates]

    def series(self, line: str, grid: Grid) -> Series:
        """Sum up a stretch of time of a line."""
        record = self.record(line)
        key = (line, grid.start, grid.count)
        return self.kept(key, record.revision(grid.end), lambda: series_of(record, grid))

    def revisions(self, gates: Iterable[GateLines], span: Span) -> tuple[int, ...]:
        """Give numbers of which one differs once anything in or before a span has changed."""
        end = span.as_of
        return tuple(self.record(line).revision(end) for gate in gates for line in gate.lines)

    def kept[T](self, key: Hashable, of: Hashable, make: Callable[[], T]) -> T:
        """Give what follows from something, worked out again only if that has changed."""
        known = self._used.get(key) or self._kept.get(key)
        if known is None or known[0] != of:
            known = (of, make())
        self._used[key] = known
        found: T = known[1]
        return found

    def begin(self) -> None:
        """Forget what nobody has asked for since the last time."""
        self._kept, self._used = self._used, {}


def gate_figures(counted: Counted, gate: GateLines, now: datetime, zone: tzinfo) -> GateFigures:
    """Tell who passed a gate today."""
    start, _ = day_of(now, zone)
    span = counted.span(start, [gate], now)
    return GateFigures(span.as_of, counted.passage(gate, span.grid))


def at_zone(gates: Iterable[GateLines], name: str) -> list[GateLines]:
    """Give the gates of a zone."""
    return [each for each in gates if name in {each.gate.origin, each.gate.target}]


def zone_day(counted: Counted, gates: Sequence[GateLines], name: str, span: Span) -> ZoneDay:
    """Tell what is known of a zone's day that is over."""
    of = counted.revisions(gates, span)
    return counted.kept(("day", name, span), of, lambda: _zone_day(counted, gates, name, span))


def zone_drift(
    counted: Counted, gates: Sequence[GateLines], name: str, span: Span
) -> Drift | Reason:
    """Tell how far the counts of a zone's day that is over differ."""
    of = counted.revisions(gates, span)
    return counted.kept(("drift", name, span), of, lambda: _zone_drift(counted, gates, name, span))


def _zone_drift(
    counted: Counted, gates: Sequence[GateLines], name: str, span: Span
) -> Drift | Reason:
    traffic = zone_traffic(counted.passages(gates, span.grid), name)
    return traffic if isinstance(traffic, Reason) else _drift(traffic)


def _zone_day(counted: Counted, gates: Sequence[GateLines], name: str, span: Span) -> ZoneDay:
    traffic = zone_traffic(counted.passages(gates, span.grid), name)
    if isinstance(traffic, Reason):
        return ZoneDay(span, traffic, traffic)
    return ZoneDay(span, _drift(traffic), day_dwell(traffic))


def day_before(now: datetime, zone: tzinfo, reset: time) -> Span:
    """Give the day of a zone before the present one."""
    start, _ = day_of(now, zone, reset)
    return Span(*day_of(start - _TICK, zone, reset))


def _drift(traffic: Traffic) -> Drift | Reason:
    if not traffic.enclosed:
        return Reason.OPEN_BOUNDARY
    if traffic.coverage < LEAST_COVERAGE:
        return Reason.COVERAGE
    return Drift(round(sum(traffic.entered)), round(sum(traffic.left)))


def zone_figures(
    counted: Counted, gates: Sequence[GateLines], name: str, span: Span, before: Drift | Reason
) -> ZoneFigures:
    """Tell who is in a zone, given how well its counters counted the day before."""
    of = (counted.revisions(gates, span), before)
    return counted.kept(
        ("now", name, span), of, lambda: _zone_figures(counted, gates, name, span, before)
    )


def _zone_figures(
    counted: Counted, gates: Sequence[GateLines], name: str, span: Span, before: Drift | Reason
) -> ZoneFigures:
    passages = counted.passages(gates, span.grid)
    found = zone_levels(passages, name)
    traffic = zone_traffic(passages, name)
    if isinstance(traffic, Reason):
        return ZoneFigures(span, traffic, traffic, traffic, traffic, 0.0, frozenset())
    level: Level | Reason = Level(0, 0)
    if found:
        level = found[-1]
    elif not traffic.enclosed:
        level = Reason.OPEN_BOUNDARY
    return ZoneFigures(
        span,
        level,
        _entered(passages, name),
        level if level is Reason.OPEN_BOUNDARY else _peak(found, span.start),
        live_dwell(traffic, before),
        traffic.coverage,
        traffic.flags,
    )


def _entered(passages: Sequence[Passage], name: str) -> float | Reason:
    if _untold(passages):
        return Reason.NOT_REPORTED
    return inflow(town_flows(passages), name)


def _untold(passages: Iterable[Passage]) -> bool:
    """Tell whether time has passed and no line has told anything of it."""
    lines = [line for each in passages for line in (each.forward, each.backward)]
    return all(line.total.passed is None for line in lines) and any(
        line.grid.count for line in lines
    )


def _peak(found: Sequence[Level | Reason], start: datetime) -> Peak | Reason:
    known = [(level.people, -n) for n, level in enumerate(found, 1) if isinstance(level, Level)]
    if not known:
        return next((each for each in found if isinstance(each, Reason)), Reason.NO_FLOW)
    people, number = max(known)
    return Peak(people, start - number * QUARTER)


def town_figures(
    counted: Counted,
    gates: Sequence[GateLines],
    now: datetime,
    zone: tzinfo,
    parked: Sequence[GateLines] = (),
) -> TownFigures:
    """Tell who came to the town today and in the newest hour of which is told.

    Those who parked arrived; who of them walks where is counted at gates.
    """
    start, _ = day_of(now, zone)
    span = counted.span(start, (*gates, *parked), now)
    begun, _ = hour_of(max(start, span.as_of - _TICK))
    hour = Span(begun, span.as_of)
    passages = counted.passages(gates, span.grid)
    arrived = town_arrivals((*passages, *counted.passages(parked, span.grid)))
    flows = town_flows(passages)
    coverages = [each.coverage for each in passages]
    return TownFigures(
        span=span,
        hour=hour,
        visits=visits_of(passages),
        visits_this_hour=visits_of(counted.passages(gates, hour.grid)),
        arrivals=arrivals_by_mode(arrived),
        split=modal_split(arrived),
        flows=ranked(flows),
        zones_per_visit=zones_per_visit(flows),
        residuals=residuals(flows),
        coverage=sum(coverages) / len(coverages) if coverages and span.grid.count else 0.0,
        flags=frozenset().union(*(each.flags for each in passages)),
    )


def visits_of(passages: Iterable[Passage]) -> float | Reason:
    """Give how many came from outside, each time counted."""
    boundary = [each for each in passages if OUTSIDE in {each.gate.origin, each.gate.target}]
    if not boundary:
        return Reason.OPEN_BOUNDARY
    return Reason.NOT_REPORTED if _untold(boundary) else visitors(town_flows(boundary))


def visits_by_bin(passages: Iterable[Passage]) -> list[float]:
    """Give how many had come from outside when each bin ended."""
    arrived = [
        [people * (each.passed or 0) for each in line.bins]
        for passage in passages
        for people, line in _arriving(passage)
    ]
    return list(accumulate(map(sum, zip(*arrived, strict=True))))


def _arriving(passage: Passage) -> Iterator[tuple[float, Series]]:
    """Give the lines at which people arrive, and how many each count stands for."""
    gate = passage.gate
    if gate.counting is Counting.EITHER:
        yield gate.people / 2, passage.forward
    elif gate.origin == OUTSIDE:
        yield gate.people, passage.forward
    else:
        yield gate.people, passage.backward


def at_boundary(gates: Iterable[GateLines]) -> list[GateLines]:
    """Give the gates at which people arrive from outside."""
    return at_zone(gates, OUTSIDE)


def compared(visits: float, earlier: Sequence[float]) -> float | Reason:
    """Give by how many percent more came than on the mean of earlier days."""
    total = sum(earlier)
    if not earlier:
        return Reason.NO_HISTORY
    if not total:
        return Reason.NO_FLOW
    return 100 * (visits * len(earlier) / total - 1)
