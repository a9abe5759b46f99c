"""What all entities of a device have in common."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import SmartCityConfigEntry, SmartCityCoordinator
from .decoders import DECODED, DECODERS
from .ledger.bridges import is_meter
from .ledger.state import UNWATCHED, DeviceState, Key, Value, Watched, suffix_of
from .model import Codec

type Wanted = Callable[[DeviceState], Iterable[tuple[str, Callable[[], DeviceEntity]]]]
"""The entities of a device: the suffix of each identity, and how to make it."""


async def async_add_as_told(
    entry: SmartCityConfigEntry,
    platform: Platform,
    async_add_entities: AddConfigEntryEntitiesCallback,
    wanted: Wanted,
) -> None:
    """Add each entity of each device as soon as there is something to show."""
    coordinator = entry.runtime_data
    room = coordinator.room

    @callback
    def add(state: DeviceState) -> None:
        place = state.device.dev_eui
        here = room.shown.get(place, ())
        missing = [(suffix, make()) for suffix, make in wanted(state) if suffix not in here]
        if missing:
            async_add_entities(room.admit(platform, place, missing))

    entry.async_on_unload(await coordinator.listeners.listen_to_all(coordinator.states, add))


def identity(entry_id: str, part: str, suffix: str) -> str:
    """Give the identity of an entity of a device, or of a part of a town: never change it."""
    return f"{entry_id}_{part}_{suffix}"


def unique_id(coordinator: SmartCityCoordinator, dev_eui: str, suffix: str) -> str:
    """Give the identity of an entity of a device."""
    return identity(coordinator.config_entry.entry_id, dev_eui, suffix)


class DeviceEntity(Entity):
    """An entity of one LoRaWAN device."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    spare = True
    """Whether it can be done without where room for entities is scarce."""

    def __init__(
        self,
        coordinator: SmartCityCoordinator,
        state: DeviceState,
        description: EntityDescription,
        suffix: str,
    ) -> None:
        """Describe a part of the device; the suffix makes its identity for ever."""
        self.entity_description = description
        self.coordinator = coordinator
        self.dev_eui = state.device.dev_eui
        domain, identifier = coordinator.identifier(self.dev_eui)
        self._attr_unique_id = unique_id(coordinator, self.dev_eui, suffix)
        codec = None if is_meter(self.dev_eui) else DECODERS.get(state.codec)
        self._attr_device_info = DeviceInfo(
            identifiers={(domain, identifier)},
            name=state.device.name or self.dev_eui,
            manufacturer=(codec.manufacturer if codec else state.maker) or None,
            model=_model(codec, state),
            serial_number=state.tags.get("meter_number") or state.meter or None,
            suggested_area=state.building or None,
            via_device_id=coordinator.via_device_id(state),
        )

    def begin_disabled(self) -> None:
        """Be there for who enables it."""
        self._attr_entity_registry_enabled_default = False

    @property
    def device_state(self) -> DeviceState | None:
        """Give what is known of the device, None once it is gone."""
        return self.coordinator.states.get(self.dev_eui)

    @property
    @override
    def available(self) -> bool:
        """What is known of the past stays true while the server or the device is silent."""
        return self.device_state is not None

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the device."""
        self.async_on_remove(
            self.coordinator.listeners.listen(self.dev_eui, self.async_write_ha_state)
        )


def _model(codec: Codec | None, state: DeviceState) -> str | None:
    """Give the model; of what the network server decodes only the device profile tells it."""
    if codec is None:
        return None
    return state.device.profile_name or None if codec is DECODED else codec.model


class TotalEntity(DeviceEntity):
    """Something about one total of a device."""

    def __init__(
        self,
        coordinator: SmartCityCoordinator,
        state: DeviceState,
        description: EntityDescription,
        key: Key,
    ) -> None:
        """Describe it by its table; the channel tells one input or line from the next."""
        super().__init__(coordinator, state, description, f"{suffix_of(key)}_{description.key}")
        self.key = key
        _, channel = key
        if channel:
            self._attr_translation_key = f"{description.translation_key}_channel"
            self._attr_translation_placeholders = {"channel": str(channel)}

    @property
    def watched(self) -> Watched:
        """Give what limits and watches tell of the device."""
        state = self.device_state
        return UNWATCHED if state is None else state.watched

    @property
    def meter_number(self) -> dict[str, str]:
        """Give the number of the meter, where it is known."""
        state = self.device_state
        number = "" if state is None else state.tags.get("meter_number") or state.meter
        return {"meter_number": number} if number else {}


class ValueEntity(DeviceEntity):
    """The newest value of one quantity and channel."""

    spare = False

    def __init__(
        self,
        coordinator: SmartCityCoordinator,
        state: DeviceState,
        description: EntityDescription,
        key: Key,
        name: str,
    ) -> None:
        """Show the value of the key under a translated name."""
        super().__init__(coordinator, state, description, suffix_of(key))
        self.key = key
        _, channel = key
        self._attr_translation_key = f"{name}_channel" if channel else name
        self._attr_translation_placeholders = {"channel": str(channel)} if channel else {}

    @property
    def value(self) -> Value | None:
        """Give the newest value and when it was measured."""
        state = self.device_state
        return None if state is None else state.values.get(self.key)

    @property
    @override
    def available(self) -> bool:
        """What changes by itself is unknown while the server is silent."""
        return self.value is not None and self.coordinator.last_update_success
