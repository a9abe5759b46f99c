"""All figures of an entry as of now; what is over is not worked out again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo

from ..visitors.days import day_of
from ..visitors.figures import (
    Counted,
    GateFigures,
    TownFigures,
    ZoneDay,
    ZoneFigures,
    at_zone,
    day_before,
    gate_figures,
    town_figures,
    zone_day,
    zone_figures,
)
from ..visitors.occupancy import DAYS_OF_DRIFT, Drift, needs_check
from .book import Book
from .const import AT_HAND
from .layout import Layout


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of each gate, each zone and the town."""

    gates: Mapping[str, GateFigures]
    zones: Mapping[str, ZoneFigures]
    days: Mapping[str, ZoneDay]
    """By zone: the day that is over."""
    town: TownFigures
    drifting: Sequence[str]
    """Zones whose counters should be looked at."""


class Reckoning:
    """Works out the figures of a layout; blocks."""

    def __init__(self, layout: Layout, book: Book) -> None:
        """Look at the lines of a book."""
        self._layout = layout
        self._counted = Counted(book.records)
        self._gates = {zone: at_zone(layout.counted, zone) for zone in layout.zones}

    def figures(self, now: datetime, zone: tzinfo) -> Figures:
        """Work out all figures."""
        self._counted.forget_before(now - AT_HAND)
        zones = self._layout.zones.values()
        past = {each.id: self._past(each.id, now, zone, each.reset) for each in zones}
        days = {name: kept[-1] for name, kept in past.items()}
        return Figures(
            {
                gate.id: gate_figures(self._counted, gate.counted, now, zone)
                for gate in self._layout.gates.values()
            },
            {each.id: self._zone(each.id, now, zone, each.reset, days[each.id]) for each in zones},
            days,
            town_figures(self._counted, self._layout.counted, now, zone),
            [name for name, kept in past.items() if needs_check(_drifts(kept))],
        )

    def _past(self, name: str, now: datetime, zone: tzinfo, reset: time) -> list[ZoneDay]:
        """Give the days of a zone that are over, oldest first."""
        found: list[ZoneDay] = []
        for _ in range(DAYS_OF_DRIFT):
            span = day_before(now, zone, reset)
            found.insert(0, zone_day(self._counted, self._gates[name], name, span))
            now = span.start
        return found

    def _zone(
        self, name: str, now: datetime, zone: tzinfo, reset: time, before: ZoneDay
    ) -> ZoneFigures:
        gates = self._gates[name]
        start, _ = day_of(now, zone, reset)
        span = self._counted.span(start, gates, now)
        return zone_figures(self._counted, gates, name, span, before.drift)


def _drifts(days: Iterable[ZoneDay]) -> list[Drift]:
    return [day.drift for day in days if isinstance(day.drift, Drift)]
