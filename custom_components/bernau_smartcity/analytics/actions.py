"""Actions that give tables of ways, ready for a chart: flows, journeys, paths."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio

from ..const import DOMAIN
from ..entries import is_analytics
from ..visitors.bins import QUARTER, Grid
from ..visitors.figures import Counted
from ..visitors.flows import OUTSIDE
from ..visitors.journeys import LONGEST
from ..visitors.reasons import Reason
from ..visitors.reports import (
    Discretion,
    Row,
    arrival_rows,
    coverage_of,
    estimated,
    flags_of,
    flow_rows,
    journey_rows,
    walks,
)
from ..visitors.zones import Passage
from .const import CONF_SMALLEST
from .coordinator import AnalyticsCoordinator
from .descriptions import LOWER_BOUND
from .layout import Survey
from .words import async_words

ATTR_FIRST_DAY: Final = "first_day"
ATTR_LAST_DAY: Final = "last_day"
ATTR_SMALLEST: Final = "smallest"
ATTR_ROUND_TO: Final = "round_to"
ATTR_PATHS: Final = "paths"
MOST_DAYS: Final = 92
"""Of one table: a quarter of a year."""

_COMMON: Final = {
    probatio.Required(ATTR_CONFIG_ENTRY_ID): cv.string,
    probatio.Optional(ATTR_FIRST_DAY): cv.date,
    probatio.Optional(ATTR_LAST_DAY): cv.date,
    probatio.Optional(ATTR_SMALLEST): probatio.All(probatio.Coerce(int), probatio.Range(1, 1000)),
    probatio.Optional(ATTR_ROUND_TO, default=1): probatio.All(
        probatio.Coerce(int), probatio.Range(1, 1000)
    ),
}
_TABLE: Final = probatio.Schema(_COMMON)
_PATHS: Final = probatio.Schema(
    {
        **_COMMON,
        probatio.Optional(ATTR_PATHS, default=10): probatio.All(
            probatio.Coerce(int), probatio.Range(1, 100)
        ),
    }
)

type Report = Callable[[Asked], dict[str, Any] | Reason]
"""Works a table out; blocks."""


class Wrong(StrEnum):
    """Why nothing can be told; each has a text with the next step."""

    TOWN_NOT_LOADED = "town_not_loaded"
    DAY_NOT_OVER = "day_not_over"
    DAYS_WRONG = "days_wrong"


@dataclass(slots=True)
class Asked:
    """What somebody wants to know."""

    coordinator: AnalyticsCoordinator
    grid: Grid
    discretion: Discretion
    paths: int = 0
    passages: list[Passage] = field(default_factory=list)
    """At all gates in this time."""
    parked: list[Passage] = field(default_factory=list)

    @property
    def names(self) -> dict[str, str]:
        """Give the names of zones and of outside."""
        return {**self.coordinator.layout.names, OUTSIDE: self.coordinator.outside}


@callback
def async_register_analytics_actions(hass: HomeAssistant) -> None:
    """Register all actions."""
    for name, report, schema in (
        ("get_visitor_flows", _flows, _TABLE),
        ("get_visitor_journeys", _journeys, _TABLE),
        ("get_visitor_paths", _paths, _PATHS),
        ("get_visitor_arrivals", _arrivals, _TABLE),
    ):
        hass.services.async_register(
            DOMAIN,
            name,
            _action(report),
            schema=schema,
            supports_response=SupportsResponse.ONLY,
        )


def _action(report: Report) -> Callable[[ServiceCall], Any]:
    async def answer(call: ServiceCall) -> ServiceResponse:
        asked = _asked(call)

        def work() -> dict[str, Any]:
            layout = asked.coordinator.layout
            counted = Counted(asked.coordinator.book.kept(asked.grid, layout.lines))
            asked.passages = counted.passages(layout.counted, asked.grid)
            asked.parked = counted.passages(layout.parked, asked.grid)
            found = report(asked)
            told = {"reason": str(found)} if isinstance(found, Reason) else found
            return {**_frame(asked), **told}

        found = await call.hass.async_add_executor_job(work)
        if "reason" in found:
            texts = await async_words(call.hass, "reason")
            found["reason_text"] = texts[found["reason"]]
        return found

    return answer


def _asked(call: ServiceCall) -> Asked:
    """Read what somebody wants to know: whole days, by local time, that are over."""
    entry: ConfigEntry[Any] | None = call.hass.config_entries.async_get_entry(
        call.data[ATTR_CONFIG_ENTRY_ID]
    )
    if (
        entry is None
        or entry.domain != DOMAIN
        or not is_analytics(entry)
        or entry.state is not ConfigEntryState.LOADED
    ):
        raise _refused(Wrong.TOWN_NOT_LOADED)
    yesterday = dt_util.now().date() - timedelta(days=1)
    last = call.data.get(ATTR_LAST_DAY, call.data.get(ATTR_FIRST_DAY, yesterday))
    first = call.data.get(ATTR_FIRST_DAY, last)
    if last > yesterday:
        raise _refused(Wrong.DAY_NOT_OVER)
    if not timedelta() <= last - first < timedelta(days=MOST_DAYS):
        raise _refused(Wrong.DAYS_WRONG, most=str(MOST_DAYS))
    start = _midnight(first)
    grid = Grid(start, (_midnight(last + timedelta(days=1)) - start) // QUARTER)
    smallest = max(call.data.get(ATTR_SMALLEST, 0), entry.options[CONF_SMALLEST])
    discretion = Discretion(smallest, call.data[ATTR_ROUND_TO])
    return Asked(entry.runtime_data, grid, discretion, call.data.get(ATTR_PATHS, 0))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), dt_util.get_default_time_zone()).astimezone(UTC)


def _refused(key: Wrong, **words: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=words
    )


def _frame(asked: Asked) -> dict[str, Any]:
    """Tell of which time a table is, and how well that is known."""
    grid, passages = asked.grid, (*asked.passages, *asked.parked)
    coverage = coverage_of(passages)
    return {
        "start": dt_util.as_local(grid.start).isoformat(),
        "end": dt_util.as_local(grid.end).isoformat(),
        "coverage": round(100 * coverage, 1),
        "lower_bound": bool(flags_of(passages) & LOWER_BOUND) or coverage < 1 - 1e-9,
    }


def _flows(asked: Asked) -> dict[str, Any]:
    rows = flow_rows(asked.passages, asked.discretion)
    return {"estimated": _has_factor(asked.passages), **_table(rows, asked.names, asked.discretion)}


def _journeys(asked: Asked) -> dict[str, Any] | Reason:
    found = estimated(asked.passages)
    if isinstance(found, Reason):
        return found
    survey = asked.coordinator.layout.survey
    rows = journey_rows(found, asked.discretion, None if survey is None else survey.rows)
    counted = {
        "entries": _margin(found.entries, asked),
        "exits": _margin(found.exits, asked),
    }
    basis = {"basis": "counts"} if survey is None else {"basis": "survey", **_prior(survey, asked)}
    if isinstance(rows, Reason):
        return rows
    return {
        "estimated": True,
        **basis,
        "counted": counted,
        **_table(rows, asked.names, asked.discretion),
    }


def _margin(margin: Mapping[str, float], asked: Asked) -> list[dict[str, Any]]:
    """Tell who was counted at each zone, as little of few people as elsewhere."""
    return [
        {"zone": asked.names[zone], "people": asked.discretion.number(people)}
        for zone, people in margin.items()
    ]


def _prior(survey: Survey, asked: Asked) -> dict[str, Any]:
    """Tell what does not come from counters: which share left by which zone, as people said."""
    return {
        "survey": {
            "name": survey.name,
            "rows": [
                {
                    "from": asked.names[origin],
                    "to": asked.names[target],
                    "share": round(100 * told / sum(row.values()), 1),
                }
                for origin, row in survey.rows.items()
                for target, told in row.items()
                if any(row.values())
            ],
        }
    }


def _arrivals(asked: Asked) -> dict[str, Any] | Reason:
    found = arrival_rows(asked.passages, asked.parked, asked.discretion)
    if isinstance(found, Reason):
        return found
    return {
        "estimated": True,
        "rows": [
            {
                "mode": str(row.mode),
                "people": row.people,
                "share": row.share,
                "standard_error": round(row.error, 1),
                "without_transfers": row.without_transfers,
            }
            for row in found
        ],
    }


def _paths(asked: Asked) -> dict[str, Any] | Reason:
    found = estimated(asked.passages)
    if isinstance(found, Reason):
        return found
    told = walks(found, asked.discretion, asked.paths, LONGEST)
    return {
        "estimated": True,
        "covered": round(100 * told.covered, 1),
        "rows": [
            {
                "zones": [asked.names[zone] for zone in walk.zones],
                "people": walk.people,
                "share": round(100 * walk.share, 1),
            }
            for walk in told.walks
        ],
    }


def _has_factor(passages: list[Passage]) -> bool:
    """Tell whether for some counts more or fewer people are taken than were counted."""
    return any(passage.gate.people != 1 for passage in passages)


def _table(rows: list[Row], names: Mapping[str, str], discretion: Discretion) -> dict[str, Any]:
    """Give a table as rows, and as a matrix of the same numbers."""
    numbers = {row.edge: row.people for row in rows}
    origins = list(dict.fromkeys(origin for origin, _ in numbers))
    targets = list(dict.fromkeys(target for _, target in numbers))
    return {
        "smallest": discretion.smallest,
        "suppressed": sum(number is None for number in numbers.values()),
        "rows": [_row(row, names) for row in rows],
        "origins": [names[zone] for zone in origins],
        "targets": [names[zone] for zone in targets],
        "matrix": [[numbers.get((one, other), 0) for other in targets] for one in origins],
    }


def _row(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    origin, target = row.edge
    told: dict[str, Any] = {"from": names[origin], "to": names[target], "people": row.people}
    if row.bounds is not None:
        told |= {"at_least": row.bounds.least, "at_most": row.bounds.most}
    return told
