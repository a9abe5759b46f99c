"""Numbers: how much a total may count in an hour, a day, a week, a month."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import SmartCityConfigEntry, SmartCityCoordinator
from .descriptions import appearance, unit_of
from .entity import TotalEntity, async_add_as_told
from .ledger.state import DeviceState, Key, suffix_of
from .ledger.watcher import is_main
from .limits import HIGHEST, async_set_limits, limit_of, limited
from .metering.limits import Span

PARALLEL_UPDATES = 0

STEP: Final = 0.001
"""A litre, a watt hour."""


def _limit(name: str, *, enabled: bool) -> NumberEntityDescription:
    return NumberEntityDescription(
        key=name,
        translation_key=name,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=enabled,
        native_min_value=0,
        native_max_value=HIGHEST,
        native_step=STEP,
        mode=NumberMode.BOX,
    )


LIMITS: Final = {
    Span.HOUR: _limit("limit_hour", enabled=False),
    Span.DAY: _limit("limit_day", enabled=True),
    Span.WEEK: _limit("limit_week", enabled=False),
    Span.MONTH: _limit("limit_month", enabled=True),
}
"""How each limit appears."""


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant calls it with these
    entry: SmartCityConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the limits of each total that can have some."""
    coordinator = entry.runtime_data

    def wanted(state: DeviceState) -> Iterator[tuple[str, Callable[[], LimitNumber]]]:
        for key in limited(coordinator, state):
            for span in Span:
                suffix = f"{suffix_of(key)}_{LIMITS[span].key}"
                yield suffix, partial(LimitNumber, coordinator, state, key, span)

    await async_add_as_told(entry, Platform.NUMBER, async_add_entities, wanted)


class LimitNumber(TotalEntity, NumberEntity):
    """What a total may count in a period; 0 is no limit."""

    def __init__(
        self, coordinator: SmartCityCoordinator, state: DeviceState, key: Key, span: Span
    ) -> None:
        """Show the limit of the total in the period."""
        super().__init__(coordinator, state, LIMITS[span], key)
        quantity, channel = key
        _, device_class = appearance(quantity, coordinator.medium(state, channel))
        self._span = span
        self._attr_device_class = NumberDeviceClass(device_class) if device_class else None
        self._attr_native_unit_of_measurement = unit_of(quantity)
        if not is_main(state, key, coordinator.medium(state, channel)):
            self._attr_entity_registry_enabled_default = False

    @property
    @override
    def native_value(self) -> float:
        """Give the limit."""
        return limit_of(self.coordinator.config_entry, (self.dev_eui, self.key, self._span))

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Keep another limit."""
        await async_set_limits(self.coordinator, {(self.dev_eui, self.key, self._span): value})
