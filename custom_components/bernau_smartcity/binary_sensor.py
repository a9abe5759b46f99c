"""Binary sensors: alarms of meters, and whether the network server can be reached."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import STATE_OFF, STATE_ON, EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import SmartCityConfigEntry, SmartCityCoordinator
from .decoders import tells
from .entity import DeviceEntity, TotalEntity, ValueEntity, async_add_as_told, unique_id
from .ledger.judging import LIMIT_ALARMS
from .ledger.state import DeviceState, Key, Limited, Watched, suffix_of
from .metering.limits import Span
from .metering.silence import grace
from .metering.watch import Finding, Watch
from .model import Medium, Quantity

PARALLEL_UPDATES = 0
DIGITS: Final = 6
"""A cubic centimetre."""


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


def _problem(key: str) -> BinarySensorEntityDescription:
    return BinarySensorEntityDescription(
        key=key, translation_key=key, device_class=BinarySensorDeviceClass.PROBLEM
    )


EXCEEDED: Final = {span: _problem(LIMIT_ALARMS[span]) for span in Span}
"""How an exceeded limit appears."""
SUSPECTED: Final = {
    **{watch: _problem(watch) for watch in Watch},
    Watch.UNUSUAL: replace(_problem(Watch.UNUSUAL), entity_registry_enabled_default=False),
}
"""How what a watch has found appears."""
SILENT: Final = _problem("silent")
LOW: Final = 15.0
"""Percent of the charge of a battery below which somebody should bring another."""
ENOUGH: Final = 20.0
"""Percent from which on that is no longer so: the voltage of a cold battery recovers."""
BY_MEDIUM: Final = {(Quantity.OCCUPIED, Medium.PARKING): "occupied_parking"}
"""Translation keys that depend on the medium."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartCityConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the server's reach, and the alarms of each device as they are first told."""
    coordinator = entry.runtime_data

    def wanted(state: DeviceState) -> Iterator[tuple[str, Callable[[], DeviceEntity]]]:
        for key in state.values:
            if key[0] in FLAGS:
                yield suffix_of(key), partial(FlagSensor, coordinator, state, key)
        for key, span in state.watched.limits:
            suffix = f"{suffix_of(key)}_{LIMIT_ALARMS[span]}"
            yield suffix, partial(LimitSensor, coordinator, state, key, span)
        for key, watch in state.watched.findings:
            yield f"{suffix_of(key)}_{watch}", partial(WatchSensor, coordinator, state, key, watch)
        if state.codec:
            yield SILENT.key, partial(SilentSensor, coordinator, state)
            if charge_of(state) is not None and not tells(state, Quantity.BATTERY_LOW):
                yield Quantity.BATTERY_LOW, partial(BatterySensor, coordinator, state)

    _async_remove_idle(hass, coordinator)
    async_add_entities([ConnectionSensor(coordinator)])
    await async_add_as_told(entry, Platform.BINARY_SENSOR, async_add_entities, wanted)


def _of_watched(watched: Watched) -> Iterator[str]:
    """Give the suffixes of all that limits and watches tell of a device."""
    for key, span in watched.limits:
        yield f"{suffix_of(key)}_{LIMIT_ALARMS[span]}"
    for key, watch in watched.findings:
        yield f"{suffix_of(key)}_{watch}"


@callback
def _async_remove_idle(hass: HomeAssistant, coordinator: SmartCityCoordinator) -> None:
    """Remove the sensors of limits and watches that nobody wants any more."""
    wanted = {
        unique_id(coordinator, place, suffix)
        for place, state in coordinator.states.items()
        for suffix in _of_watched(state.watched)
    }
    registry = er.async_get(hass)
    endings = (*LIMIT_ALARMS.values(), *Watch)
    for registered in er.async_entries_for_config_entry(
        registry, coordinator.config_entry.entry_id
    ):
        if registered.unique_id.endswith(endings) and registered.unique_id not in wanted:
            registry.async_remove(registered.entity_id)


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


class LimitSensor(TotalEntity, BinarySensorEntity):
    """Whether a total has counted more in a period than it may; it exists as long as a limit."""

    _unrecorded_attributes = frozenset(
        {"consumption", "limit", "unit", "period_start", "previous_consumption", "meter_number"}
    )

    def __init__(
        self, coordinator: SmartCityCoordinator, state: DeviceState, key: Key, span: Span
    ) -> None:
        """Show the limit of the total in the period."""
        super().__init__(coordinator, state, EXCEEDED[span], key)
        self._span = span

    @property
    def limited(self) -> Limited | None:
        """Give the total beside its limit."""
        return self.watched.limits.get((self.key, self._span))

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether the limit is exceeded."""
        return None if self.limited is None else self.limited.exceeded

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Tell how much was consumed since when, and in the period before."""
        limited = self.limited
        if limited is None:
            return {}
        return {
            "consumption": round(limited.consumption, DIGITS),
            "limit": limited.limit,
            "unit": self.key[0].unit,
            "period_start": limited.start.isoformat(),
            "previous_consumption": round(limited.previous, DIGITS),
            **self.meter_number,
        }


class WatchSensor(TotalEntity, BinarySensorEntity):
    """Whether a total does what it never did before."""

    _unrecorded_attributes = frozenset({"measured", "usual", "unit", "since", "meter_number"})

    def __init__(
        self, coordinator: SmartCityCoordinator, state: DeviceState, key: Key, watch: Watch
    ) -> None:
        """Show what the watch has found."""
        super().__init__(coordinator, state, SUSPECTED[watch], key)
        self._watch = watch

    @property
    def finding(self) -> Finding | None:
        """Give what the watch has found."""
        return self.watched.findings.get((self.key, self._watch))

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether it is suspected; unknown as long as too little is known of the past."""
        return None if self.finding is None else self.finding.on

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Tell what was measured, what is usual, and since when it is otherwise."""
        finding = self.finding
        if finding is None or finding.on is None:
            return {}
        told = {
            name: round(value, DIGITS)
            for name, value in (("measured", finding.measured), ("usual", finding.usual))
            if value is not None
        }
        since = {"since": finding.since.isoformat()} if finding.since else {}
        return {**told, "unit": self.key[0].unit, **since, **self.meter_number}


def charge_of(state: DeviceState) -> float | None:
    """Give the charge of a battery, by the payload, or by the status of the LoRaWAN device."""
    told = state.values.get((Quantity.BATTERY, 0))
    return state.device.battery if told is None else told.value


class BatterySensor(DeviceEntity, BinarySensorEntity):
    """Whether a battery is low of which only the charge is told."""

    def __init__(self, coordinator: SmartCityCoordinator, state: DeviceState) -> None:
        """Appear as the alarm of a device that tells it itself."""
        name = Quantity.BATTERY_LOW
        super().__init__(coordinator, state, FLAGS[name], name)
        self._attr_translation_key = name
        self._low = False

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether it is low; a little more than that does not end it."""
        state = self.device_state
        charge = None if state is None else charge_of(state)
        if charge is None:
            return None
        self._low = charge < (ENOUGH if self._low else LOW)
        return self._low


class SilentSensor(DeviceEntity, BinarySensorEntity, RestoreEntity):
    """Whether a device should have been heard again long ago."""

    spare = False
    _unrecorded_attributes = frozenset({"last_reading", "expected_after"})

    def __init__(self, coordinator: SmartCityCoordinator, state: DeviceState) -> None:
        """Show whether the device is silent."""
        super().__init__(coordinator, state, SILENT, SILENT.key)

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether it is silent; unknown before the network server was asked."""
        return self.coordinator.silence.is_silent(self.dev_eui)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Tell after how many hours it is silent, and of one that is when it was heard last.

        While it is heard that would be another state with each message.
        """
        state = self.device_state
        if state is None or state.heard is None:
            return {}
        heard = {"last_reading": state.heard.at.isoformat()} if self.is_on else {}
        hours = round(grace(state.rhythm).total_seconds() / 3600, 1)
        return {**heard, "expected_after": hours}

    @override
    async def async_added_to_hass(self) -> None:
        """Show what was known before the start until the network server was asked again."""
        await super().async_added_to_hass()
        before = await self.async_get_last_state()
        if before is not None and before.state in {STATE_ON, STATE_OFF}:
            self.coordinator.silence.restore(self.dev_eui, silent=before.state == STATE_ON)


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
