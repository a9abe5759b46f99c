"""The least that anything in Home Assistant can cost: plain sensors, written by a loop."""

import asyncio
from datetime import timedelta
from itertools import batched, cycle
import random

from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.helpers.entity_platform import EntityPlatform

TURN = 1.0
"""Seconds between two turns of the loop."""


class _Sensor(SensorEntity):
    """A value."""

    _attr_should_poll = False
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_unit_of_measurement = "°C"

    def __init__(self, meter: int, place: int) -> None:
        self._attr_unique_id = f"floor_{meter}_{place}"
        self._attr_name = f"Meter {meter} {place}"
        self._attr_native_value = 0.0
        self._attr_extra_state_attributes = {"meter": meter}

    def write(self, value: float) -> None:
        """Show another value."""
        self._attr_native_value = value
        self.async_write_ha_state()


class Floor:
    """So many meters with so many sensors each, of which some are written for each uplink."""

    def __init__(
        self, hass: HomeAssistant, *, meters: int, sensors: int, writes: int, interval: float
    ) -> None:
        """Write each meter once in an interval."""
        self._hass = hass
        self._meters = [[_Sensor(m, place) for place in range(sensors)] for m in range(meters)]
        self._writes = writes
        self._interval = interval
        self._writing: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Add all sensors, and begin to write."""
        component = self._hass.data[DATA_INSTANCES]["sensor"]
        platform = EntityPlatform(
            hass=self._hass,
            logger=component.logger,
            domain="sensor",
            platform_name="floor",
            platform=None,
            scan_interval=timedelta(seconds=60),
            entity_namespace=None,
        )
        for some in batched(self._meters, 100, strict=False):
            await platform.async_add_entities([each for meter in some for each in meter])
        self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for done, meter in enumerate(cycle(self._meters)):
            ahead = done * self._interval / len(self._meters) - (loop.time() - began)
            await asyncio.sleep(TURN if ahead > 0 else 0)
            for sensor in meter[: self._writes]:
                sensor.write(round(random.uniform(0, 100), 1))  # noqa: S311  no secret

    def end(self) -> None:
        """Stop to write."""
        if self._writing:
            self._writing.cancel()
