"""People in a zone of visitor analytics, as automations ask for them."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Batch

from .analytics_homes import OUTSIDE, counter, gate, reckon, told, zone
from .automations import automate
from .fake_network import FakeNetwork
from .homes import poll
from .test_analytics_days import MONDAY, QUARTER, messages, reference, shown, spread


@pytest.mark.parametrize("kind", ["area_id", "device_id", "entity_id"])
async def test_zone_is_full(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory, kind: str
) -> None:
    """It tells of the zone what Home Assistant knows; no other action takes it for a meter."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    door = counter(1, "milesight_vs350")
    start = MONDAY.replace(hour=20)
    steps = spread(start, [(30, 10), (5, 0), (30, 0), (0, 5)])
    now = start + 2 * QUARTER + timedelta(minutes=1)
    first = messages(door, start, start + 2 * QUARTER, steps)
    entry = await shown(
        hass, server, freezer, now, [first], zone("A"), gate("G", OUTSIDE, "A", reference(door))
    )
    occupancy = told(hass, entry, "A", "occupancy")
    assert occupancy.state == "25"
    registered = er.async_get(hass).async_get(occupancy.entity_id)
    assert registered is not None
    assert registered.device_id is not None
    area = ar.async_get(hass).async_get_or_create("Altstadt")
    dr.async_get(hass).async_update_device(registered.device_id, area_id=area.id)
    where = {
        "area_id": area.id,
        "device_id": registered.device_id,
        "entity_id": occupancy.entity_id,
    }
    threshold = {"type": "above", "value": {"number": 40}}
    heard = await automate(
        hass,
        {
            "trigger": f"{DOMAIN}.people_present",
            "target": {kind: where[kind]},
            "options": {"threshold": threshold},
        },
        ("device", "building", "entity_id"),
    )
    later = messages(door, start, start + 4 * QUARTER, steps).uplinks[3:]
    for sent in later:
        freezer.move_to(sent.received_at + timedelta(minutes=1))
        server.waiting = [Batch(device=door, uplinks=(sent,), cursors={door.dev_eui: sent.id})]
        await poll(hass, freezer)
        await reckon(hass, freezer)
    assert [event.data for event in heard] == [
        {"device": "Platz A", "building": "Altstadt", "entity_id": occupancy.entity_id}
    ]
    given: dict[str, Any] = {"device_id": registered.device_id, "period": "today"}
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN, "get_consumption", given, blocking=True, return_response=True
        )
    assert error.value.translation_key == "target_without_meters"
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN,
            "list_devices",
            {"device_id": registered.device_id},
            blocking=True,
            return_response=True,
        )
    assert error.value.translation_key == "target_without_devices"
