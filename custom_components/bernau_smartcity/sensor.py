"""Sensors: what meters and counters show."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    Platform,
    UnitOfRatio,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .analytics.sensors import async_add_figures
from .backfill import async_announce_returned
from .coordinator import SmartCityConfigEntry, SmartCityCoordinator
from .decoders import DECODERS, tells
from .descriptions import VALUES, ValueDescription, appearance
from .entity import DeviceEntity, ValueEntity, async_add_as_told
from .entries import is_analytics
from .ledger.bridges import is_meter
from .ledger.decoding import STATUSES, status_of
from .ledger.state import TOTAL_OF, DeviceState, Key, suffix_of
from .metering.hours import HOUR, TOLERANCE, Period
from .metering.silence import loss
from .model import Kind, Quantity, Setting

PARALLEL_UPDATES = 0


SELDOM: Final = {
    *("pulses", "volume_heat", "volume_reverse"),
    *("energy_reactive", "energy_reactive_export", "charge", "heat_cost"),
    *("movements", "children_in", "children_out", "people_flow"),
}
"""Totals whose consumption of a day or a month few people ask for."""


@dataclass(frozen=True, kw_only=True)
class HealthDescription(SensorEntityDescription):
    """How a figure about the device itself appears."""

    value_fn: Callable[[DeviceState], float | datetime | str | None]
    exists_fn: Callable[[DeviceState], bool] = lambda _: True


_DIAGNOSTIC: Final = EntityCategory.DIAGNOSTIC


def _is_sender(state: DeviceState) -> bool:
    """Tell whether a device sends by itself; a meter behind a bridge does not."""
    return not is_meter(state.device.dev_eui)


def _may_wait(state: DeviceState) -> bool:
    """Tell whether its messages may need a key."""
    return not _is_sender(state) or Setting.KEY in DECODERS[state.codec].settings


def _loss_rate(state: DeviceState) -> float | None:
    """Give the percentage of messages of the last days that never came."""
    share = loss(state.rhythm)
    return None if share is None else 100 * share


HEALTH: Final = (
    HealthDescription(
        key="last_reading",
        translation_key="last_reading",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=_DIAGNOSTIC,
        value_fn=lambda state: state.heard.at if state.heard else None,
    ),
    HealthDescription(
        key="rssi",
        translation_key="rssi",
        device_class=SensorDeviceClass.SIGNAL_STRENGTH,
        native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=_DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.heard.rssi if state.heard else None,
        exists_fn=_is_sender,
    ),
    HealthDescription(
        key="snr",
        translation_key="snr",
        native_unit_of_measurement="dB",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=_DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.heard.snr if state.heard else None,
        exists_fn=_is_sender,
    ),
    HealthDescription(
        key="lost_uplinks",
        translation_key="lost_uplinks",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=_DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.lost,
        exists_fn=_is_sender,
    ),
    HealthDescription(
        key="loss_rate",
        translation_key="loss_rate",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=_DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=_loss_rate,
        exists_fn=_is_sender,
    ),
    HealthDescription(
        key="message_status",
        translation_key="message_status",
        device_class=SensorDeviceClass.ENUM,
        options=list(STATUSES),
        entity_category=_DIAGNOSTIC,
        value_fn=lambda state: status_of(state.problem),
        exists_fn=_may_wait,
    ),
    HealthDescription(
        key="without_readings",
        translation_key="without_readings",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=1,
        entity_category=_DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.spread / HOUR,
        exists_fn=lambda state: bool(state.totals),
    ),
    HealthDescription(
        key="lorawan_battery",
        device_class=SensorDeviceClass.BATTERY,
        suggested_display_precision=0,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=_DIAGNOSTIC,
        value_fn=lambda state: state.device.battery,
        exists_fn=lambda state: (
            state.device.battery is not None and not tells(state, Quantity.BATTERY)
        ),
    ),
)
"""Figures about a device; its battery only where the payload does not tell it."""


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant calls it with these
    entry: SmartCityConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of each device as soon as there is something to show."""
    if is_analytics(entry):
        await async_add_figures(entry, async_add_entities)
        return
    coordinator = entry.runtime_data

    def wanted(state: DeviceState) -> Iterator[tuple[str, Callable[[], DeviceEntity]]]:
        if not state.codec:
            return
        for key in state.values:
            if key[0] in VALUES:
                yield suffix_of(key), partial(ValueSensor, coordinator, state, key)
        for key in state.totals:
            for period in Period:
                suffix = f"{suffix_of(key)}_{period}"
                yield suffix, partial(ConsumptionSensor, coordinator, state, key, period)
        for description in HEALTH:
            if description.exists_fn(state):
                yield description.key, partial(HealthSensor, coordinator, state, description)

    await async_add_as_told(entry, Platform.SENSOR, async_add_entities, wanted)


class ValueSensor(ValueEntity, SensorEntity):
    """The newest value of a quantity that is a number."""

    entity_description: ValueDescription
    _unrecorded_attributes = frozenset({"measured_at", "display", "too_high_by", "messages_lost"})

    def __init__(self, coordinator: SmartCityCoordinator, state: DeviceState, key: Key) -> None:
        """Show the quantity and channel of the key."""
        quantity, channel = key
        description = VALUES[quantity]
        name, device_class = appearance(quantity, coordinator.medium(state, channel))
        super().__init__(coordinator, state, description, key, name)
        self._attr_device_class = device_class
        if quantity in TOTAL_OF and (TOTAL_OF[quantity], channel) in state.values:
            self._attr_entity_registry_enabled_default = False

    @property
    @override
    def available(self) -> bool:
        """A register's last value stays true while the server or the meter is silent."""
        return self.value is not None if self.key[0].kind is Kind.REGISTER else super().available

    @property
    @override
    def native_value(self) -> float | None:
        """Give the newest value; what has no unit is counted in whole numbers."""
        if self.value is None:
            return None
        return self.value.value if self.key[0].unit else round(self.value.value)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Tell when it was measured, what the meter itself shows, and what is too much."""
        value = self.value
        if value is None:
            return {}
        attributes: dict[str, Any] = {"measured_at": value.at.isoformat()}
        if value.display is not None:
            attributes["display"] = value.display
        if value.excess > TOLERANCE:
            attributes["too_high_by"] = value.excess
        state = self.device_state
        if value.is_sum and state is not None:
            attributes["messages_lost"] = state.lost
        return attributes

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the device; a total is announced to the Energy dashboard."""
        await super().async_added_to_hass()
        if self.state_class is SensorStateClass.TOTAL_INCREASING:
            entry, returned = self.coordinator.config_entry, self.coordinator.returned
            async_announce_returned(entry, returned, (self.dev_eui, self.key), self)


class ConsumptionSensor(DeviceEntity, SensorEntity):
    """What a total has counted in a day or a month, by the time of measurement.

    It has no statistics of its own: those of the total tell the same.
    """

    def __init__(
        self, coordinator: SmartCityCoordinator, state: DeviceState, key: Key, period: Period
    ) -> None:
        """Show the consumption of the total in the period."""
        quantity, channel = key
        description = VALUES[quantity]
        super().__init__(coordinator, state, description, f"{suffix_of(key)}_{period}")
        name, self._attr_device_class = appearance(quantity, coordinator.medium(state, channel))
        self.of = (key, period)
        self._attr_state_class = None
        self._attr_translation_key = f"{name}_{period}_channel" if channel else f"{name}_{period}"
        self._attr_translation_placeholders = {"channel": str(channel)} if channel else {}
        self._attr_entity_registry_enabled_default = name not in SELDOM

    @property
    @override
    def available(self) -> bool:
        """It stays true while the server or the meter is silent."""
        return self.native_value is not None

    @property
    @override
    def native_value(self) -> float | None:
        """Give what was consumed."""
        state = self.device_state
        value = None if state is None else state.consumed.get(self.of)
        return value if value is None or self.of[0][0].unit else round(value)


class HealthSensor(DeviceEntity, SensorEntity):
    """A figure about the device itself."""

    entity_description: HealthDescription

    def __init__(
        self, coordinator: SmartCityCoordinator, state: DeviceState, description: HealthDescription
    ) -> None:
        """Show the figure of the description."""
        super().__init__(coordinator, state, description, description.key)

    @property
    @override
    def native_value(self) -> float | datetime | str | None:
        """Give the figure."""
        state = self.device_state
        return None if state is None else self.entity_description.value_fn(state)
