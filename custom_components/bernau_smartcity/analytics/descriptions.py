"""How figures of gates, zones and the town appear as sensors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTime

from ..ledger.state import suffix_of
from ..visitors.dwell import Dwell
from ..visitors.figures import GateFigures, TownFigures, ZoneDay, ZoneFigures
from ..visitors.flows import Mode, Share
from ..visitors.increments import Flag
from ..visitors.modes import Split
from ..visitors.occupancy import Drift, Level
from ..visitors.parking import Parked
from ..visitors.reasons import Reason
from .layout import Zone
from .reckoning import Figures, ParkedIn
from .totals import KEY, WHOLE_TOWN

type Told = float | str | Reason | None
"""A value, or why there is none."""

FLOWS_TOLD: Final = 10
LOWER_BOUND: Final = frozenset({Flag.RESET, Flag.LOST, Flag.IMPLAUSIBLE})
"""What was counted may be less than what passed."""


@dataclass(frozen=True, slots=True)
class ZoneView:
    """All that is told of a zone."""

    zone: Zone
    today: ZoneFigures
    before: ZoneDay
    total: float | Reason
    """Who has come into it, all in all."""


@dataclass(frozen=True, slots=True)
class TownView:
    """All that is told of the town."""

    figures: Figures
    names: Mapping[str, str]
    """Of zones, and of what lies outside."""
    smallest: int

    @property
    def today(self) -> TownFigures:
        """Give who came today."""
        return self.figures.town

    @property
    def strongest(self) -> list[Share]:
        """Give the strongest flows of today, without small ones."""
        return [each for each in self.today.flows if each.passed >= self.smallest][:FLOWS_TOLD]

    def way(self, flow: Share) -> str:
        """Name a flow."""
        return " → ".join(self.names[zone] for zone in flow.edge)


@dataclass(frozen=True, kw_only=True)
class FigureDescription[Of](SensorEntityDescription):
    """How a figure appears."""

    value_fn: Callable[[Of], Told]
    more_fn: Callable[[Of], Mapping[str, Any]] = lambda _: {}
    exists_fn: Callable[[Of], bool] = lambda _: True


_DIAGNOSTIC: Final = EntityCategory.DIAGNOSTIC
_PERCENT: Final = UnitOfRatio.PERCENTAGE
_NOW: Final = SensorStateClass.MEASUREMENT
_MINUTE: Final = timedelta(minutes=1)


def _rounded(value: float | Reason) -> Told:
    return value if isinstance(value, Reason) else round(value)


def _minutes(stay: Dwell | Parked | Reason) -> Told:
    return stay if isinstance(stay, Reason) else stay.mean / _MINUTE


def _stay[Of](
    key: str,
    value_fn: Callable[[Of], Told],
    more_fn: Callable[[Of], Mapping[str, Any]],
) -> FigureDescription[Of]:
    """Show a mean stay."""
    return FigureDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        value_fn=value_fn,
        more_fn=more_fn,
    )


def _bound(flags: frozenset[Flag], coverage: float) -> dict[str, Any]:
    """Tell how much of the time is known, and whether more may have passed."""
    incomplete = bool(flags & LOWER_BOUND) or coverage < 1 - 1e-9
    return {"coverage": round(100 * coverage, 1), "lower_bound": incomplete}


def _as_of(at: datetime) -> dict[str, Any]:
    return {"as_of": at.isoformat()}


def _gate_more(gate: GateFigures) -> dict[str, Any]:
    return {
        **_as_of(gate.as_of),
        **_bound(gate.passage.flags, gate.passage.coverage),
    }


TOTAL_ENTRIES: Final = FigureDescription[ZoneView](
    key=suffix_of(KEY),
    translation_key="entries_total",
    state_class=SensorStateClass.TOTAL_INCREASING,
    suggested_display_precision=0,
    value_fn=lambda zone: zone.total,
    more_fn=lambda zone: _as_of(zone.today.span.as_of),
)
TOTAL_VISITS: Final = FigureDescription[TownView](
    key=suffix_of(KEY),
    translation_key="visits_total",
    state_class=SensorStateClass.TOTAL_INCREASING,
    suggested_display_precision=0,
    value_fn=lambda town: town.figures.totals[WHOLE_TOWN],
    more_fn=lambda town: _as_of(town.today.span.as_of),
)

GATE_FORWARD: Final = FigureDescription[GateFigures](
    key="gate_forward",
    value_fn=lambda gate: _rounded(gate.passed(forward=True)),
    more_fn=_gate_more,
)
GATE_BACKWARD: Final = FigureDescription[GateFigures](
    key="gate_backward",
    value_fn=lambda gate: _rounded(gate.passed(forward=False)),
    more_fn=_gate_more,
)
GATE_COVERAGE: Final = FigureDescription[GateFigures](
    key="gate_coverage",
    translation_key="coverage",
    native_unit_of_measurement=_PERCENT,
    suggested_display_precision=0,
    entity_category=_DIAGNOSTIC,
    value_fn=lambda gate: 100 * gate.passage.coverage,
    more_fn=lambda gate: _as_of(gate.as_of),
)


@dataclass(frozen=True, slots=True)
class ParkingView:
    """All that is told of a parking area."""

    today: GateFigures
    taken: Sequence[bool]
    """Of each space that tells."""
    bays: int
    yesterday: ParkedIn
    so_far: ParkedIn
    """Of today."""


def _cars(parking: ParkingView) -> Told:
    cars = parking.today.passage.forward.total.passed
    if cars is None:
        return Reason.NOT_REPORTED if parking.today.passage.forward.grid.count else 0
    return cars


def _spaces_more(parking: ParkingView) -> dict[str, Any]:
    return {"bays": parking.bays, "known": len(parking.taken)}


def _parked_more(stays: ParkedIn) -> dict[str, Any]:
    span, parked = stays
    told: dict[str, Any] = {"since": span.start.isoformat(), "until": span.as_of.isoformat()}
    if not isinstance(parked, Reason):
        told |= {"cars": parked.cars, "excluded": round(100 * parked.excluded)}
    return told


def _parking_time(
    key: str, stays: Callable[[ParkingView], ParkedIn]
) -> FigureDescription[ParkingView]:
    return _stay(
        key,
        value_fn=lambda parking: _minutes(stays(parking).parked),
        more_fn=lambda parking: _parked_more(stays(parking)),
    )


PARKING: Final = (
    FigureDescription[ParkingView](
        key="spaces_free",
        translation_key="spaces_free",
        state_class=_NOW,
        value_fn=lambda parking: (
            parking.taken.count(False) if parking.taken else Reason.NOT_REPORTED
        ),
        more_fn=_spaces_more,
    ),
    FigureDescription[ParkingView](
        key="spaces_taken",
        translation_key="spaces_taken",
        state_class=_NOW,
        value_fn=lambda parking: (
            parking.taken.count(True) if parking.taken else Reason.NOT_REPORTED
        ),
        more_fn=_spaces_more,
    ),
    FigureDescription[ParkingView](
        key="cars_today",
        translation_key="cars_today",
        value_fn=_cars,
        more_fn=lambda parking: _gate_more(parking.today),
    ),
    _parking_time("parked_yesterday", lambda parking: parking.yesterday),
    _parking_time("parked_today", lambda parking: parking.so_far),
)
"""Of each parking area."""


def _dwell_more(dwell: Dwell | Reason) -> dict[str, Any]:
    if isinstance(dwell, Reason):
        return {}
    return {
        "people": round((dwell.entered + dwell.left) / 2),
        "error": round(100 * dwell.error),
        "lower_bound": bool(dwell.flags & LOWER_BOUND),
    }


def _level(zone: ZoneView) -> Told:
    level = zone.today.level
    return _rounded(level.people) if isinstance(level, Level) else level


def _share_of_capacity(zone: ZoneView) -> Told:
    level, capacity = zone.today.level, zone.zone.capacity
    if isinstance(level, Reason):
        return level
    return 100 * level.people / capacity if capacity else None


def _correction(zone: ZoneView) -> Told:
    level = zone.today.level
    return _rounded(level.correction) if isinstance(level, Level) else level


def _drift(zone: ZoneView) -> Told:
    drift = zone.before.drift
    return drift.people if isinstance(drift, Drift) else drift


def _drift_more(zone: ZoneView) -> dict[str, Any]:
    drift = zone.before.drift
    if isinstance(drift, Reason):
        return {}
    return {"entries": drift.entries, "exits": drift.exits}


def _zone_more(zone: ZoneView) -> dict[str, Any]:
    span = zone.today.span
    return {
        **_as_of(span.as_of),
        "since": span.start.isoformat(),
        **_bound(zone.today.flags, zone.today.coverage),
    }


def _peak(zone: ZoneView) -> Told:
    peak = zone.today.peak
    return peak if isinstance(peak, Reason) else _rounded(peak.people)


def _peak_more(zone: ZoneView) -> dict[str, Any]:
    peak = zone.today.peak
    reached = {} if isinstance(peak, Reason) else {"reached": peak.at.isoformat()}
    return {**_zone_more(zone), **reached}


ZONE: Final[Sequence[FigureDescription[ZoneView]]] = (
    FigureDescription[ZoneView](
        key="occupancy",
        translation_key="occupancy",
        state_class=_NOW,
        value_fn=_level,
        more_fn=_zone_more,
    ),
    FigureDescription[ZoneView](
        key="zone_entries",
        translation_key="zone_entries",
        value_fn=lambda zone: _rounded(zone.today.entered),
        more_fn=_zone_more,
    ),
    FigureDescription[ZoneView](
        key="capacity_share",
        translation_key="capacity_share",
        native_unit_of_measurement=_PERCENT,
        suggested_display_precision=0,
        state_class=_NOW,
        value_fn=_share_of_capacity,
        more_fn=_zone_more,
        exists_fn=lambda zone: zone.zone.capacity is not None,
    ),
    FigureDescription[ZoneView](
        key="peak",
        translation_key="peak",
        value_fn=_peak,
        more_fn=_peak_more,
    ),
    _stay(
        "dwell_yesterday",
        value_fn=lambda zone: _minutes(zone.before.dwell),
        more_fn=lambda zone: {
            "since": zone.before.span.start.isoformat(),
            "until": zone.before.span.as_of.isoformat(),
            **_dwell_more(zone.before.dwell),
        },
    ),
    _stay(
        "dwell_now",
        value_fn=lambda zone: _minutes(zone.today.dwell),
        more_fn=lambda zone: {**_as_of(zone.today.span.as_of), **_dwell_more(zone.today.dwell)},
    ),
    FigureDescription[ZoneView](
        key="missing_entries",
        translation_key="missing_entries",
        entity_category=_DIAGNOSTIC,
        value_fn=_correction,
        more_fn=_zone_more,
    ),
    FigureDescription[ZoneView](
        key="drift",
        translation_key="drift",
        entity_category=_DIAGNOSTIC,
        value_fn=_drift,
        more_fn=_drift_more,
    ),
    FigureDescription[ZoneView](
        key="zone_coverage",
        translation_key="coverage",
        native_unit_of_measurement=_PERCENT,
        suggested_display_precision=0,
        entity_category=_DIAGNOSTIC,
        value_fn=lambda zone: 100 * zone.today.coverage,
        more_fn=lambda zone: _as_of(zone.today.span.as_of),
    ),
)
"""Of each zone."""


def _town_more(view: TownView) -> dict[str, Any]:
    town = view.today
    return {**_as_of(town.span.as_of), **_bound(town.flags, town.coverage)}


def _compared_more(view: TownView) -> dict[str, Any]:
    earlier = view.figures.earlier
    mean = {"earlier": round(sum(earlier) / len(earlier))} if earlier else {}
    return {**_as_of(view.today.span.as_of), "days": len(earlier), **mean}


def _strongest(view: TownView) -> Told:
    if view.strongest:
        return view.way(view.strongest[0])
    return Reason.TOO_FEW if view.today.flows else Reason.NO_FLOW


def _strongest_more(view: TownView) -> dict[str, Any]:
    flows = [
        {"way": view.way(each), "people": round(each.passed), "share": round(100 * each.share, 1)}
        for each in view.strongest
    ]
    first = {key: flows[0][key] for key in ("people", "share")} if flows else {}
    return {**_town_more(view), **first, "flows": flows}


TOWN: Final = (
    FigureDescription[TownView](
        key="visits_today",
        translation_key="visits_today",
        value_fn=lambda town: _rounded(town.today.visits),
        more_fn=_town_more,
    ),
    FigureDescription[TownView](
        key="visits_this_hour",
        translation_key="visits_this_hour",
        value_fn=lambda town: _rounded(town.today.visits_this_hour),
        more_fn=lambda town: {"since": town.today.hour.start.isoformat(), **_town_more(town)},
    ),
    FigureDescription[TownView](
        key="compared_weekday",
        translation_key="compared_weekday",
        native_unit_of_measurement=_PERCENT,
        suggested_display_precision=0,
        value_fn=lambda town: town.figures.compared,
        more_fn=_compared_more,
    ),
    FigureDescription[TownView](
        key="strongest_flow",
        translation_key="strongest_flow",
        value_fn=_strongest,
        more_fn=_strongest_more,
    ),
    FigureDescription[TownView](
        key="balance",
        translation_key="balance",
        entity_category=_DIAGNOSTIC,
        value_fn=lambda town: round(sum(map(abs, town.figures.before.values()))),
        more_fn=lambda town: {
            "zones": {town.names[zone]: round(n) for zone, n in town.figures.before.items()}
        },
    ),
    FigureDescription[TownView](
        key="zones_per_visit",
        translation_key="zones_per_visit",
        suggested_display_precision=2,
        value_fn=lambda town: town.today.zones_per_visit,
        more_fn=_town_more,
    ),
    FigureDescription[TownView](
        key="town_coverage",
        translation_key="coverage",
        native_unit_of_measurement=_PERCENT,
        suggested_display_precision=0,
        entity_category=_DIAGNOSTIC,
        value_fn=lambda town: 100 * town.today.coverage,
        more_fn=lambda town: _as_of(town.today.span.as_of),
    ),
)
"""Of the town."""


def _share(split: Split | Reason, mode: Mode) -> Told:
    return split if isinstance(split, Reason) else split.tenths.get(mode, 0) / 10


def _share_more(split: Split | Reason, mode: Mode) -> dict[str, Any]:
    if isinstance(split, Reason) or mode not in split.arrivals:
        return {}
    return {"standard_error": round(split.error(mode), 1)}


def _of_mode(mode: Mode, arrivals: str, share: str) -> tuple[FigureDescription[TownView], ...]:
    return (
        FigureDescription[TownView](
            key=arrivals,
            translation_key=arrivals,
            value_fn=lambda town: round(town.today.arrivals.get(mode, 0)),
            more_fn=_town_more,
        ),
        FigureDescription[TownView](
            key=share,
            translation_key=share,
            native_unit_of_measurement=_PERCENT,
            suggested_display_precision=1,
            value_fn=lambda town: _share(town.today.split, mode),
            more_fn=lambda town: {**_town_more(town), **_share_more(town.today.split, mode)},
        ),
    )


MODES: Final = {
    mode: _of_mode(mode, arrivals, share)
    for mode, arrivals, share in (
        (Mode.TRAIN, "arrivals_train", "share_train"),
        (Mode.BUS, "arrivals_bus", "share_bus"),
        (Mode.CAR, "arrivals_car", "share_car"),
        (Mode.BIKE, "arrivals_bike", "share_bike"),
        (Mode.WALK, "arrivals_walk", "share_walk"),
        (Mode.UNKNOWN, "arrivals_unknown", "share_unknown"),
    )
}
"""Of the town, by how people arrive."""
