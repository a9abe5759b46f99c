"""Sensors of gates, zones and the town."""

from collections.abc import Callable, Iterator
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..backfill import async_announce_returned
from ..const import DOMAIN
from ..entity import identity
from ..visitors.figures import GateFigures
from ..visitors.flows import OUTSIDE, Counting
from ..visitors.reasons import Reason
from .const import CONF_SMALLEST
from .coordinator import AnalyticsCoordinator
from .descriptions import (
    GATE_BACKWARD,
    GATE_COVERAGE,
    GATE_FORWARD,
    MODES,
    PARKING,
    TOTAL_ENTRIES,
    TOTAL_VISITS,
    TOWN,
    ZONE,
    FigureDescription,
    ParkingView,
    TownView,
    ZoneView,
)
from .layout import CountedGate, Parking, Zone
from .reckoning import Figures
from .totals import KEY, WHOLE_TOWN

_ATTRIBUTES: Final = frozenset(
    {
        *("as_of", "bays", "cars", "coverage", "days", "earlier", "entries", "error", "excluded"),
        *("exits", "flows", "known", "lower_bound", "people", "reached", "reason", "share"),
        *("since", "standard_error", "until", "zones"),
    }
)


async def async_add_figures(
    entry: ConfigEntry[Any], async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of the town, and those of each zone and gate below it."""
    coordinator: AnalyticsCoordinator = entry.runtime_data
    async_add_entities(_of_town(coordinator))
    for zone in coordinator.layout.zones.values():
        async_add_entities(_of_zone(coordinator, zone), config_subentry_id=zone.id)
    for gate in coordinator.layout.gates.values():
        async_add_entities(_of_gate(coordinator, gate), config_subentry_id=gate.id)
    for parking in coordinator.layout.parkings.values():
        async_add_entities(_of_parking(coordinator, parking), config_subentry_id=parking.id)


def _of_parking(
    coordinator: AnalyticsCoordinator, parking: Parking
) -> Iterator[FigureSensor[ParkingView]]:
    device = _device(coordinator, parking.id, parking.name)

    def view(figures: Figures) -> ParkingView:
        taken = coordinator.taken(parking.id)
        return ParkingView(
            figures.gates[parking.id], taken, len(parking.bays), *figures.parked[parking.id]
        )

    for description in PARKING:
        yield FigureSensor(coordinator, description, view, device, parking.id)


class FigureSensor[Of](CoordinatorEntity[AnalyticsCoordinator], SensorEntity):
    """A figure, or why there is none."""

    entity_description: FigureDescription[Of]
    _attr_has_entity_name = True
    _unrecorded_attributes = _ATTRIBUTES

    def __init__(
        self,
        coordinator: AnalyticsCoordinator,
        description: FigureDescription[Of],
        of: Callable[[Figures], Of],
        device: DeviceInfo,
        part: str = WHOLE_TOWN,
    ) -> None:
        """Show what the description gives of a part of the figures."""
        super().__init__(coordinator)
        self.entity_description = description
        self._of = of
        self._attr_device_info = device
        self.part = part
        self._attr_unique_id = identity(coordinator.config_entry.entry_id, part, description.key)

    @property
    @override
    def native_value(self) -> float | str | None:
        """Give the figure; nothing is made up where there is none."""
        told = self.entity_description.value_fn(self._of(self.coordinator.data))
        return None if isinstance(told, Reason) else told

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Tell of when it is, how well it is known, or why there is none."""
        figures = self._of(self.coordinator.data)
        told = self.entity_description.value_fn(figures)
        reason = {"reason": str(told)} if isinstance(told, Reason) else {}
        return {**self.entity_description.more_fn(figures), **reason}


class TotalSensor[Of](FigureSensor[Of]):
    """A total, whose hours in the recorder are made true."""

    @property
    @override
    def available(self) -> bool:
        """What has come stays true, whatever fails."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the town, and be announced to the recorder."""
        await super().async_added_to_hass()
        entry, returned = self.coordinator.config_entry, self.coordinator.returned
        async_announce_returned(entry, returned, (self.part, KEY), self)


class GateSensor(FigureSensor[GateFigures]):
    """Who went through a gate in one direction, or in both where nobody can tell."""

    def __init__(
        self,
        coordinator: AnalyticsCoordinator,
        gate: CountedGate,
        device: DeviceInfo,
        *,
        backward: bool = False,
    ) -> None:
        """Name a direction by where it leads; an estimate is called one."""
        description = GATE_BACKWARD if backward else GATE_FORWARD
        super().__init__(
            coordinator, description, lambda figures: figures.gates[gate.id], device, gate.id
        )
        counted = gate.counted.gate
        origin, target = counted.origin, counted.target
        if backward:
            origin, target = target, origin
        if counted.counting is Counting.EITHER:
            keys = ("gate_passages", "gate_passages_estimated")
        elif origin == OUTSIDE:
            keys = ("gate_entries", "gate_entries_estimated")
        elif target == OUTSIDE:
            keys = ("gate_exits", "gate_exits_estimated")
        else:
            keys = ("gate_towards", "gate_towards_estimated")
            self._attr_translation_placeholders = {"zone": coordinator.layout.names[target]}
        self._attr_translation_key = keys[counted.people != 1]


def _device(
    coordinator: AnalyticsCoordinator, part: str, name: str, area: str | None = None
) -> DeviceInfo:
    return DeviceInfo(
        identifiers={(DOMAIN, f"{coordinator.config_entry.entry_id}_{part}")},
        entry_type=DeviceEntryType.SERVICE,
        name=name,
        suggested_area=area,
        via_device_id=coordinator.device_id,
    )


def _of_town(coordinator: AnalyticsCoordinator) -> Iterator[FigureSensor[TownView]]:
    device = DeviceInfo(identifiers={(DOMAIN, coordinator.config_entry.entry_id)})
    names = {**coordinator.layout.names, OUTSIDE: coordinator.outside}
    smallest = coordinator.config_entry.options[CONF_SMALLEST]

    def view(figures: Figures) -> TownView:
        return TownView(figures, names, smallest)

    yield TotalSensor(coordinator, TOTAL_VISITS, view, device)
    layout = coordinator.layout
    modes = {gate.gate.mode for gate in (*layout.counted, *layout.parked)}
    of_modes = [each for mode, both in MODES.items() if mode in modes for each in both]
    for description in (*TOWN, *of_modes):
        yield FigureSensor(coordinator, description, view, device)


def _of_zone(coordinator: AnalyticsCoordinator, zone: Zone) -> Iterator[FigureSensor[ZoneView]]:
    area = ar.async_get(coordinator.hass).async_get_area(zone.area or "")
    device = _device(coordinator, zone.id, zone.name, area.name if area else None)

    def view(figures: Figures) -> ZoneView:
        return ZoneView(
            zone, figures.zones[zone.id], figures.days[zone.id], figures.totals[zone.id]
        )

    yield TotalSensor(coordinator, TOTAL_ENTRIES, view, device, zone.id)
    for description in ZONE:
        if description.exists_fn(view(coordinator.data)):
            yield FigureSensor(coordinator, description, view, device, zone.id)


def _of_gate(
    coordinator: AnalyticsCoordinator, gate: CountedGate
) -> Iterator[FigureSensor[GateFigures]]:
    device = _device(coordinator, gate.id, gate.name)
    yield GateSensor(coordinator, gate, device)
    if gate.counted.gate.counting is Counting.BOTH:
        yield GateSensor(coordinator, gate, device, backward=True)
    yield FigureSensor(
        coordinator, GATE_COVERAGE, lambda figures: figures.gates[gate.id], device, gate.id
    )
