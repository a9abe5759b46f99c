"""Binary sensors: alarms of meters, and whether the network server can be reached."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import SmartCityConfigEntry, SmartCityCoordinator
from .entity import ValueEntity, async_add_as_told
from .model import Medium, Quantity
from .state import DeviceState, Key, suffix_of

PARALLEL_UPDATES = 0


def _flag(
    quantity: Quantity,
    device_class: BinarySensorDeviceClass | None,
    category: EntityCategory | None,
) -> BinarySensorEntityDescription:
    return BinarySensorEntityDescription(
        key=quantity, device_class=device_class, entity_category=category
    )


FLAGS: Final = {
    description.key: description
    for description in (
        _flag(Quantity.LEAK, BinarySensorDeviceClass.PROBLEM, None),
        _flag(Quantity.BURST, BinarySensorDeviceClass.PROBLEM, None),
        _flag(Quantity.BACKFLOW, BinarySensorDeviceClass.PROBLEM, None),
        _flag(Quantity.DRY, BinarySensorDeviceClass.PROBLEM, None),
        _flag(Quantity.FROST, BinarySensorDeviceClass.COLD, None),
        _flag(Quantity.TAMPER, BinarySensorDeviceClass.TAMPER, None),
        _flag(Quantity.BATTERY_LOW, BinarySensorDeviceClass.BATTERY, EntityCategory.DIAGNOSTIC),
        _flag(Quantity.OBSTRUCTED, BinarySensorDeviceClass.PROBLEM, EntityCategory.DIAGNOSTIC),
        _flag(Quantity.FAULT, BinarySensorDeviceClass.PROBLEM, EntityCategory.DIAGNOSTIC),
        _flag(Quantity.OCCUPIED, BinarySensorDeviceClass.OCCUPANCY, None),
        _flag(Quantity.MOTION, BinarySensorDeviceClass.MOTION, None),
        _flag(Quantity.BRIGHT, BinarySensorDeviceClass.LIGHT, None),
        _flag(Quantity.CONTACT, None, None),
        _flag(Quantity.VALVE_OPEN, BinarySensorDeviceClass.OPENING, None),
        _flag(Quantity.EXCESS_FLOW, BinarySensorDeviceClass.PROBLEM, None),
        _flag(Quantity.STANDSTILL, BinarySensorDeviceClass.PROBLEM, None),
        _flag(Quantity.AIR, BinarySensorDeviceClass.PROBLEM, EntityCategory.DIAGNOSTIC),
        _flag(Quantity.OVERHEATED, BinarySensorDeviceClass.HEAT, None),
        _flag(Quantity.OVERLOAD, BinarySensorDeviceClass.PROBLEM, None),
        _flag(Quantity.POWER_LOST, BinarySensorDeviceClass.PROBLEM, None),
    )
}
"""How each quantity that is a yes or a no appears."""
BY_MEDIUM: Final = {(Quantity.OCCUPIED, Medium.PARKING): "occupied_parking"}
"""Translation keys that depend on the medium."""


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant calls it with these
    entry: SmartCityConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the server's reach, and the alarms of each device as they are first told."""
    coordinator = entry.runtime_data

    def wanted(state: DeviceState) -> Iterator[tuple[str, Callable[[], FlagSensor]]]:
        for key in state.values:
            if key[0] in FLAGS:
                yield suffix_of(key), partial(FlagSensor, coordinator, state, key)

    async_add_entities([ConnectionSensor(coordinator)])
    await async_add_as_told(entry, async_add_entities, wanted)


class FlagSensor(ValueEntity, BinarySensorEntity):
    """An alarm or a state that the device tells."""

    def __init__(self, coordinator: SmartCityCoordinator, state: DeviceState, key: Key) -> None:
        """Show the quantity and channel of the key."""
        quantity, _ = key
        name = BY_MEDIUM.get((quantity, coordinator.medium(state)), quantity)
        super().__init__(coordinator, state, FLAGS[quantity], key, name)

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether it holds."""
        return None if self.value is None else bool(self.value.value)


class ConnectionSensor(CoordinatorEntity[SmartCityCoordinator], BinarySensorEntity):
    """Whether the network server can be reached."""

    _attr_has_entity_name = True
    _attr_translation_key = "connection"
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, coordinator: SmartCityCoordinator) -> None:
        """Belong to the network server's own device."""
        super().__init__(coordinator)
        entry_id = coordinator.config_entry.entry_id
        self._attr_unique_id = f"{entry_id}_connection"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry_id)})

    @property
    @override
    def available(self) -> bool:
        """It tells just that."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Tell whether the last poll succeeded."""
        return self.coordinator.last_update_success
