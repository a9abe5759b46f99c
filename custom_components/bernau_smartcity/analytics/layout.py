"""What people have set up: zones, and gates between them."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.util import dt as dt_util

from ..visitors.entering import entries, visits
from ..visitors.figures import GateLines
from ..visitors.flows import OUTSIDE, Counting, Gate, Mode
from .const import (
    CONF_AREA,
    CONF_BAYS,
    CONF_CAPACITY,
    CONF_COUNTER,
    CONF_MODE,
    CONF_ORIGIN,
    CONF_PEOPLE,
    CONF_RESET,
    CONF_ROWS,
    CONF_SENSOR_BACKWARD,
    CONF_SENSOR_FORWARD,
    CONF_SWAP,
    CONF_TARGET,
    DEFAULT_RESET,
    SUBENTRY_GATE,
    SUBENTRY_PARKING,
    SUBENTRY_SURVEY,
    SUBENTRY_ZONE,
)
from .counters import PARKING, Lines, lines_of, lines_of_sensors
from .totals import WHOLE_TOWN


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the town."""

    id: str
    name: str
    reset: time = DEFAULT_RESET
    capacity: int | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True)
class CountedGate:
    """A gate that somebody set up."""

    id: str
    name: str
    counted: GateLines


@dataclass(frozen=True, slots=True)
class Parking:
    """A parking area of which each space is watched."""

    id: str
    name: str
    zone: str
    """Beside which it lies."""
    people: float
    bays: tuple[str, ...]

    @property
    def counted(self) -> GateLines:
        """Give the cars that come as arrivals; they walk on through gates of their own."""
        gate = Gate(origin=OUTSIDE, target=self.zone, mode=Mode.CAR, people=self.people)
        return GateLines(gate, f"{PARKING}/{self.id}/in", f"{PARKING}/{self.id}/out")

    @property
    def stays(self) -> tuple[str, str]:
        """Give the lines of cars whose stay is known, and of the minutes that these stood."""
        return f"{PARKING}/{self.id}/stays", f"{PARKING}/{self.id}/minutes"

    @property
    def lines(self) -> tuple[str, ...]:
        """Give all of its lines."""
        return (*self.counted.lines, *self.stays)


@dataclass(frozen=True, slots=True)
class Survey:
    """What people were asked: where those leave who came in by a zone."""

    name: str
    rows: Mapping[str, Mapping[str, float]]
    """By zone of entry and of exit; only their proportions matter."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All of an entry."""

    zones: Mapping[str, Zone]
    gates: Mapping[str, CountedGate]
    parkings: Mapping[str, Parking] = field(default_factory=dict)
    survey: Survey | None = None

    def is_at_boundary(self, zone: str) -> bool:
        """Tell whether people come into a zone from outside, or leave by it."""
        return any({each.gate.origin, each.gate.target} == {zone, OUTSIDE} for each in self.counted)

    @property
    def counted(self) -> list[GateLines]:
        """Give the gates as they are counted."""
        return [gate.counted for gate in self.gates.values()]

    @property
    def lines(self) -> set[str]:
        """Give the lines of all gates and parking areas."""
        gates = {line for gate in self.counted for line in gate.lines}
        return gates | {line for parking in self.parkings.values() for line in parking.lines}

    @property
    def parts(self) -> dict[str, dict[str, float]]:
        """Give the lines that count who comes to the town, and into each zone."""
        return {WHOLE_TOWN: visits(self.counted)} | {
            zone: entries(self.counted, zone) for zone in self.zones
        }

    @property
    def counted_by_id(self) -> dict[str, GateLines]:
        """Give gates and parking areas by their identity."""
        gates = {gate.id: gate.counted for gate in self.gates.values()}
        return gates | {parking.id: parking.counted for parking in self.parkings.values()}

    @property
    def parked(self) -> list[GateLines]:
        """Give the parking areas as they are counted."""
        return [parking.counted for parking in self.parkings.values()]

    @property
    def names(self) -> dict[str, str]:
        """Give the names of zones; that of outside is a matter of the language."""
        return {zone.id: zone.name for zone in self.zones.values()}


def layout_of(entry: ConfigEntry) -> Layout:
    """Give the zones of an entry, and the gates whose zones are all there."""
    zones = {
        each.subentry_id: zone_of(each)
        for each in entry.subentries.values()
        if each.subentry_type == SUBENTRY_ZONE
    }
    known = {OUTSIDE, *zones}
    parkings = [
        parking_of(each)
        for each in entry.subentries.values()
        if each.subentry_type == SUBENTRY_PARKING
    ]
    return Layout(
        zones,
        {gate.id: gate for gate in _gates(entry) if _ends(gate) <= known},
        {each.id: each for each in parkings if each.zone in zones},
        next((_survey(each, zones) for each in _surveys(entry)), None),
    )


def _surveys(entry: ConfigEntry) -> Iterator[ConfigSubentry]:
    return (e for e in entry.subentries.values() if e.subentry_type == SUBENTRY_SURVEY)


def _survey(subentry: ConfigSubentry, zones: Container[str]) -> Survey:
    """Give a survey as far as its zones are still there."""
    rows = {
        origin: {target: told for target, told in row.items() if target in zones}
        for origin, row in subentry.data[CONF_ROWS].items()
        if origin in zones
    }
    return Survey(subentry.title, rows)


def parking_of(subentry: ConfigSubentry) -> Parking:
    """Give a parking area as it was set up."""
    data = subentry.data
    return Parking(
        subentry.subentry_id,
        subentry.title,
        data[CONF_TARGET],
        data[CONF_PEOPLE],
        tuple(data[CONF_BAYS]),
    )


def homeless_gates(entry: ConfigEntry) -> list[str]:
    """Give the names of the gates and parking areas of which a zone was removed."""
    known = {OUTSIDE, *layout_of(entry).zones}
    lost = [gate.name for gate in _gates(entry) if not _ends(gate) <= known]
    lost += [
        each.title
        for each in entry.subentries.values()
        if each.subentry_type == SUBENTRY_PARKING and each.data[CONF_TARGET] not in known
    ]
    return sorted(lost)


def _gates(entry: ConfigEntry) -> Iterator[CountedGate]:
    for each in entry.subentries.values():
        if each.subentry_type == SUBENTRY_GATE:
            yield CountedGate(each.subentry_id, each.title, counted_gate(each.data))


def _ends(gate: CountedGate) -> set[str]:
    return {gate.counted.gate.origin, gate.counted.gate.target}


def zone_of(subentry: ConfigSubentry) -> Zone:
    """Give a zone as it was set up."""
    data = subentry.data
    capacity = data.get(CONF_CAPACITY)
    return Zone(
        subentry.subentry_id,
        subentry.title,
        dt_util.parse_time(data[CONF_RESET]) or DEFAULT_RESET,
        None if capacity is None else int(capacity),
        data.get(CONF_AREA),
    )


def lines_at(data: Mapping[str, Any]) -> Lines:
    """Give what counts at a gate, as the counter is mounted."""
    if CONF_COUNTER in data:
        return lines_of(data[CONF_COUNTER])
    return lines_of_sensors(data[CONF_SENSOR_FORWARD], data.get(CONF_SENSOR_BACKWARD))


def counted_gate(data: Mapping[str, Any]) -> GateLines:
    """Give a gate as it was set up; what is mounted the wrong way round is turned."""
    lines = lines_at(data)
    mode = data.get(CONF_MODE)
    gate = Gate(
        origin=data[CONF_ORIGIN],
        target=data[CONF_TARGET],
        mode=None if mode is None else Mode(mode),
        people=data[CONF_PEOPLE],
        counting=lines.counting,
    )
    if data[CONF_SWAP]:
        lines = lines.swapped
        if gate.counting is Counting.FORWARD:
            gate = replace(gate, origin=gate.target, target=gate.origin)
    return GateLines(gate, lines.forward, lines.backward)
