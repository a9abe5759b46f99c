"""All figures of an entry as of now; what is over is not worked out again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from ..visitors.balancing import residuals
from ..visitors.bins import QUARTER
from ..visitors.days import day_of
from ..visitors.dwell import LEAST_COVERAGE
from ..visitors.figures import (
    Counted,
    GateFigures,
    Span,
    TownFigures,
    ZoneDay,
    ZoneFigures,
    at_boundary,
    at_zone,
    compared,
    day_before,
    gate_figures,
    town_figures,
    visits_by_bin,
    zone_day,
    zone_drift,
    zone_figures,
)
from ..visitors.occupancy import DAYS_OF_DRIFT, Drift, needs_check
from ..visitors.parking import Parked, parked
from ..visitors.reasons import Reason
from ..visitors.reports import coverage_of
from ..visitors.zones import town_flows
from .book import Book
from .layout import Layout, Parking, Zone
from .totals import WHOLE_TOWN


class ParkedIn(NamedTuple):
    """For how long the cars stood that left in a stretch of time."""

    span: Span
    parked: Parked | Reason


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of each gate, each zone and the town."""

    gates: Mapping[str, GateFigures]
    """And of each parking area."""
    parked: Mapping[str, tuple[ParkedIn, ParkedIn]]
    """By parking area: for how long cars stood yesterday, and today so far."""
    zones: Mapping[str, ZoneFigures]
    days: Mapping[str, ZoneDay]
    """By zone: the day that is over."""
    town: TownFigures
    before: Mapping[str, float]
    """By how many more were counted into each zone than out of it on the day before."""
    compared: float | Reason
    """Percent by which more came than on earlier days of the same kind."""
    earlier: Sequence[float]
    """Who had come on these by the same time."""
    drifting: Sequence[str]
    """Zones whose counters should be looked at."""
    totals: Mapping[str, float | Reason]
    """Who has come to the town, and into each zone, all in all."""


WEEKS: Final = 4
"""Earlier days of the same kind with which a day is compared."""


class Reckoning:
    """Works out the figures of a layout; blocks."""

    def __init__(self, layout: Layout, book: Book) -> None:
        """Look at the lines of a book."""
        self._layout = layout
        self._counted = Counted(book.records)
        self._book = book
        self._weekday: tuple[datetime, tzinfo, int] | None = None
        self._visits: list[tuple[datetime, list[float]]] = []
        self._parts = layout.parts
        self._gates = {zone: at_zone(layout.counted, zone) for zone in layout.zones}

    def figures(self, now: datetime, zone: tzinfo) -> Figures:
        """Work out all figures."""
        self._counted.begin()
        zones = self._layout.zones.values()
        days = {each.id: self._before(each.id, now, zone, each.reset) for each in zones}
        town = town_figures(self._counted, self._layout.counted, now, zone, self._layout.parked)
        earlier = self._earlier(town.span, zone)
        visits = town.visits
        told = {
            each.id: self._zone(each.id, now, zone, each.reset, days[each.id]) for each in zones
        }
        return Figures(
            {
                key: gate_figures(self._counted, gate, now, zone)
                for key, gate in self._layout.counted_by_id.items()
            },
            {
                each.id: self._parked(each, day_before(now, zone, time()), town.span.start, now)
                for each in self._layout.parkings.values()
            },
            told,
            days,
            town,
            self._residuals(now, zone),
            visits if isinstance(visits, Reason) else compared(visits, earlier),
            earlier,
            [each.id for each in zones if self._drifts(days[each.id], zone, each)],
            self._totals({WHOLE_TOWN: town, **told}),
        )

    def _totals(self, parts: Mapping[str, TownFigures | ZoneFigures]) -> dict[str, float | Reason]:
        """Give all totals, as of when the other figures are."""
        found = self._book.totals.told({part: each.span.as_of for part, each in parts.items()})
        return {
            part: found.get(part, Reason.NOT_REPORTED if lines else Reason.OPEN_BOUNDARY)
            for part, lines in self._parts.items()
        }

    def _parked(
        self, area: Parking, before: Span, start: datetime, now: datetime
    ) -> tuple[ParkedIn, ParkedIn]:
        """Tell for how long cars stood yesterday and today."""
        lines = (area.counted.backward, *area.stays)
        today = self._counted.span(start, [area.counted], now)
        yesterday, so_far = (
            ParkedIn(span, parked(*(self._counted.series(line, span.grid).total for line in lines)))
            for span in (before, today)
        )
        return yesterday, so_far

    def _residuals(self, now: datetime, zone: tzinfo) -> dict[str, float]:
        """Tell how far yesterday's counts were from adding up."""
        span = day_before(now, zone, time())
        return residuals(town_flows(self._counted.passages(self._layout.counted, span.grid)))

    def _earlier(self, span: Span, zone: tzinfo) -> list[float]:
        """Give the visits of earlier days of the same kind by the same time, of those known."""
        local = span.as_of.astimezone(zone)
        key = (span.start, zone, self._book.history)
        if self._weekday != key:
            self._weekday = key
            self._visits = [
                (start, visits)
                for weeks in range(1, WEEKS + 1)
                if (visits := self._day(start := _weeks_before(local, weeks, zone), zone))
            ]
        found = []
        for start, visits in self._visits:
            until = datetime.combine(start.astimezone(zone).date(), local.time(), zone)
            bins = (until.astimezone(UTC) - start) // QUARTER
            if span.as_of > span.start:
                found.append(visits[min(bins, len(visits)) - 1])
        return found

    def _day(self, start: datetime, zone: tzinfo) -> list[float]:
        """Give how many had come when each bin of an earlier day ended; nothing if unknown."""
        gates = at_boundary(self._layout.counted)
        span = Span(*day_of(start, zone))
        counted = Counted(self._book.kept(span.grid, {n for gate in gates for n in gate.lines}))
        passages = counted.passages(gates, span.grid)
        if coverage_of(passages) < LEAST_COVERAGE:
            return []
        return visits_by_bin(passages)

    def _before(self, name: str, now: datetime, zone: tzinfo, reset: time) -> ZoneDay:
        """Give the newest day of a zone that is over."""
        span = day_before(now, zone, reset)
        return zone_day(self._counted, self._gates[name], name, span)

    def _drifts(self, newest: ZoneDay, zone: tzinfo, of: Zone) -> bool:
        """Tell whether somebody should look at the counters of a zone, by its last days."""
        found = [newest.drift]
        span = newest.span
        while len(found) < DAYS_OF_DRIFT and _is_large(found[0]):
            span = day_before(span.start, zone, of.reset)
            found.insert(0, zone_drift(self._counted, self._gates[of.id], of.id, span))
        return needs_check([each for each in found if isinstance(each, Drift)])

    def _zone(
        self, name: str, now: datetime, zone: tzinfo, reset: time, before: ZoneDay
    ) -> ZoneFigures:
        gates = self._gates[name]
        start, _ = day_of(now, zone, reset)
        span = self._counted.span(start, gates, now)
        return zone_figures(self._counted, gates, name, span, before.drift)


def _weeks_before(local: datetime, weeks: int, zone: tzinfo) -> datetime:
    """Give when the same day of an earlier week began."""
    date = local.date() - timedelta(weeks=weeks)
    return datetime.combine(date, time(), zone).astimezone(UTC)


def _is_large(drift: Drift | Reason) -> bool:
    return isinstance(drift, Drift) and drift.is_large
