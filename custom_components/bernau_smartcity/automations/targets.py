"""For which totals and devices a trigger, a condition or an action is meant."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
)
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    target,
)
import probatio

from ..const import DOMAIN
from ..coordinator import SmartCityCoordinator
from ..entity import unique_id
from ..entries import loaded_servers, server_entries
from ..ledger.state import DeviceState, Key, suffix_of
from ..model import Medium, Quantity
from .wrong import Wrong, invalid

EXCLUDE: Final = "exclude"
TARGET_SCHEMA: Final = {
    probatio.Optional(name): object
    for name in (
        *(ATTR_AREA_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID),
        # Where Home Assistant does not know it yet, what is to be left out would be taken.
        *([EXCLUDE] if hasattr(target.TargetSelection, EXCLUDE) else []),
    )
}
"""The part of an action's fields in which Home Assistant puts its target."""

VISITORS: Final = (Quantity.PEOPLE_IN, Quantity.PASSAGES)

type Place = tuple[str, str]
"""Entry and place."""
type Wanted = Callable[[Medium, Quantity], bool]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a target selects of this integration."""

    named: Mapping[Place, set[str]] = field(default_factory=dict)
    """Suffixes of the identities of entities that are named one by one."""
    among: Mapping[Place, set[str]] = field(default_factory=dict)
    """The same of those that come with a device, an area, a floor or a label."""
    devices: frozenset[str] = frozenset()
    """In the device registry, without the network servers."""
    unknown: tuple[str, ...] = ()
    """What the target names and Home Assistant does not know."""

    @property
    def places(self) -> set[Place]:
        """Give where anything is selected."""
        return {*self.named, *self.among}


class Of(NamedTuple):
    """A total that a target selects."""

    coordinator: SmartCityCoordinator
    state: DeviceState
    key: Key

    @property
    def place(self) -> Place:
        """Give where it is counted."""
        return self.coordinator.config_entry.entry_id, self.state.device.dev_eui

    @property
    def medium(self) -> Medium:
        """Give of what it is a consumption."""
        quantity, channel = self.key
        if quantity is Quantity.ENERGY_COOLING:
            return Medium.COOLING
        return self.coordinator.medium(self.state, channel)

    @property
    def unique_id(self) -> str:
        """Give the identity of its sensor."""
        return unique_id(self.coordinator, self.state.device.dev_eui, suffix_of(self.key))

    def entity_id(self, hass: HomeAssistant) -> str | None:
        """Give its sensor as it is registered."""
        return er.async_get(hass).async_get_entity_id("sensor", DOMAIN, self.unique_id)


def is_consumption(medium: Medium, quantity: Quantity) -> bool:
    """Tell whether a total is what people pay for; the water of a heating circuit is not."""
    if quantity is Quantity.VOLUME:
        return medium not in {Medium.HEAT, Medium.COOLING}
    return quantity in {Quantity.ENERGY, Quantity.ENERGY_COOLING}


def is_visitors(_medium: Medium, quantity: Quantity) -> bool:
    """Tell whether a total counts people who come."""
    return quantity in VISITORS


def resolve(hass: HomeAssistant, selection: Mapping[str, Any]) -> Chosen:
    """Give what a target selects at present."""
    selected = target.async_extract_referenced_entity_ids(
        hass, target.TargetSelection(dict(selection)), primary_entities_only=False
    )
    entities = er.async_get(hass)
    named = list(_ours(entities, selected.referenced))
    among = list(_ours(entities, selected.indirectly_referenced))
    entries = {entry.entry_id for entry in server_entries(hass)}
    servers = {coordinator.server_device_id for coordinator in coordinators(hass).values()}
    devices = dr.async_get(hass)
    ours = {
        device_id
        for device_id in selected.referenced_devices
        if (device := devices.async_get(device_id)) is not None
        and any(
            domain == DOMAIN and identifier.partition("_")[0] in entries
            for domain, identifier, *_ in device.identifiers
        )
    }
    ours.update(
        entity.device_id
        for entity in (*named, *among)
        if entity.device_id is not None and entity.config_entry_id in entries
    )
    unknown = (
        *(selected.missing_floors | selected.missing_areas),
        *(selected.missing_devices | selected.missing_labels),
        *(each for each in selected.referenced if entities.async_get(each) is None),
    )
    return Chosen(_suffixes(named), _suffixes(among), frozenset(ours - servers), unknown)


def _ours(entities: er.EntityRegistry, entity_ids: Iterable[str]) -> Iterator[er.RegistryEntry]:
    for entity_id in entity_ids:
        entity = entities.async_get(entity_id)
        if entity is not None and entity.platform == DOMAIN:
            yield entity


def _suffixes(entities: Iterable[er.RegistryEntry]) -> dict[Place, set[str]]:
    """Give the suffixes of identities by place, see `entity.unique_id`."""
    found: dict[Place, set[str]] = {}
    for entity in entities:
        entry_id, _, identity = entity.unique_id.partition("_")
        place, _, suffix = identity.partition("_")
        if suffix:
            found.setdefault((entry_id, place), set()).add(suffix)
    return found


def nothing(chosen: Chosen, wrong: Wrong) -> ServiceValidationError:
    """Tell that a target selects nothing that could be asked or set."""
    if chosen.unknown:
        return invalid(Wrong.TARGET_UNKNOWN, names=", ".join(sorted(chosen.unknown)))
    return invalid(wrong)


def coordinators(hass: HomeAssistant) -> dict[str, SmartCityCoordinator]:
    """Give what lives of each network server that is loaded, by the identity of its entry."""
    return {entry.entry_id: entry.runtime_data for entry in loaded_servers(hass)}


def totals(hass: HomeAssistant, chosen: Chosen, wanted: Wanted) -> Iterator[Of]:
    """Give the totals that a target selects."""
    living = coordinators(hass)
    for entry_id, place in sorted(chosen.places):
        coordinator = living.get(entry_id)
        state = coordinator.states.get(place) if coordinator else None
        if coordinator is not None and state is not None:
            yield from totals_of(coordinator, state, chosen, wanted)


def totals_of(
    coordinator: SmartCityCoordinator, state: DeviceState, chosen: Chosen, wanted: Wanted
) -> Iterator[Of]:
    """Give the totals of a place that a target selects.

    Whoever names an entity means its total, whichever that is; of a device, or
    of more than one, only what is wanted is meant, and no part of a sum.
    """
    place = coordinator.config_entry.entry_id, state.device.dev_eui
    named = {total_named(state, suffix) for suffix in chosen.named.get(place, ())}
    among = {total_named(state, suffix) for suffix in chosen.among.get(place, ())}
    for key in state.totals:
        of = Of(coordinator, state, key)
        is_part = bool(key[1]) and (key[0], 0) in state.totals
        if key in named or (key in among and not is_part and wanted(of.medium, key[0])):
            yield of


def total_named(state: DeviceState, suffix: str) -> Key | None:
    """Give the total to which an entity belongs: its own, or that of a consumption or a limit."""
    names = {suffix_of(key): key for key in state.totals}
    found = (name for name in names if suffix == name or suffix.startswith(f"{name}_"))
    return names.get(max(found, key=len, default=""))


def behind(hass: HomeAssistant, entity_id: str) -> tuple[SmartCityCoordinator, DeviceState, str]:
    """Give to which device an entity belongs, and the suffix of its identity; or KeyError."""
    entity = er.async_get(hass).entities[entity_id]
    for (entry_id, place), (suffix,) in _suffixes([entity]).items():
        coordinator = coordinators(hass)[entry_id]
        return coordinator, coordinator.states[place], suffix
    raise KeyError(entity_id)


class Target:
    """A target whose devices may change; it is resolved anew when it is asked after that."""

    def __init__(self, hass: HomeAssistant, selection: Mapping[str, Any]) -> None:
        """Take a target as it stands in an automation."""
        self._hass = hass
        self._selection = selection
        self._chosen: Chosen | None = None

    @property
    def chosen(self) -> Chosen:
        """Give what is selected at present."""
        if self._chosen is None:
            self._chosen = resolve(self._hass, self._selection)
        return self._chosen

    @callback
    def async_follow(self) -> CALLBACK_TYPE:
        """Follow the registries, as far as they decide what is selected."""

        @callback
        def forget(_event: Event[Any]) -> None:
            self._chosen = None

        unsubscribes = [
            self._hass.bus.async_listen(event, forget)
            for event in (
                er.EVENT_ENTITY_REGISTRY_UPDATED,
                dr.EVENT_DEVICE_REGISTRY_UPDATED,
                ar.EVENT_AREA_REGISTRY_UPDATED,
            )
        ]

        @callback
        def leave() -> None:
            for unsubscribe in unsubscribes:
                unsubscribe()

        return leave


def about(
    hass: HomeAssistant, coordinator: SmartCityCoordinator, state: DeviceState
) -> dict[str, Any]:
    """Give what a person wants to know of a device, to be said in a message."""
    found = dr.async_get(hass).async_get_device_by_identifier(
        coordinator.identifier(state.device.dev_eui), coordinator.config_entry.entry_id
    )
    registered = about_registered(hass, found)
    return {
        **registered,
        "device": registered["device"] or state.device.name or state.device.dev_eui,
        "building": registered["building"] or state.building,
        "meter_number": state.tags.get("meter_number") or state.meter,
    }


def about_registered(hass: HomeAssistant, device: dr.AnyDeviceEntry | None) -> dict[str, Any]:
    """Give what a person has said of a device in Home Assistant."""
    areas, floors = ar.async_get(hass), fr.async_get(hass)
    area = areas.async_get_area(device.area_id) if device and device.area_id else None
    floor = floors.async_get_floor(area.floor_id) if area and area.floor_id else None
    return {
        "device_id": device.id if device else None,
        "device": (device.name_by_user or device.name or "") if device else "",
        "area_id": area.id if area else None,
        "building": area.name if area else "",
        "floor": floor.name if floor else "",
        "meter_number": "",
    }


def about_total(hass: HomeAssistant, of: Of) -> dict[str, Any]:
    """Give what a person wants to know of a total."""
    quantity, channel = of.key
    return {
        **about(hass, of.coordinator, of.state),
        "entity_id": of.entity_id(hass),
        "medium": str(of.medium),
        "quantity": str(quantity),
        "channel": channel,
        "unit": quantity.unit,
    }
