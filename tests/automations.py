"""Automations as people build them, and the targets that they choose."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Device

from .homes import entity_id

TARGETS: Final = ("area", "floor", "label", "device", "entity")


def device_of(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> dr.DeviceEntry:
    """Give a device of the registry; fails if there is none."""
    found = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{entry.entry_id}_{device.dev_eui}"), entry.entry_id
    )
    assert found is not None
    return found


def target(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, device: Device, suffix: str
) -> dict[str, Any]:
    """Choose a device in one of the ways in which people choose."""
    found = device_of(hass, entry, device)
    areas = ar.async_get(hass)
    assert found.area_id is not None
    if kind == "floor":
        floors = fr.async_get(hass)
        floor = floors.async_get_floor_by_name("Erdgeschoss") or floors.async_create("Erdgeschoss")
        areas.async_update(found.area_id, floor_id=floor.floor_id)
        return {"floor_id": floor.floor_id}
    if kind == "label":
        labels = lr.async_get(hass)
        label = labels.async_get_label_by_name("Schulen") or labels.async_create("Schulen")
        dr.async_get(hass).async_update_device(found.id, labels={label.label_id})
        return {"label_id": label.label_id}
    return {
        "area": {"area_id": found.area_id},
        "device": {"device_id": found.id},
        "entity": {"entity_id": entity_id(hass, entry, device, suffix)},
    }[kind]


async def automate(
    hass: HomeAssistant,
    trigger: Mapping[str, Any],
    words: Iterable[str] = (),
    conditions: Iterable[Mapping[str, Any]] = (),
) -> list[Event[dict[str, Any]]]:
    """Set an automation up, and give the list to which it adds what it is told."""
    told: list[Event[dict[str, Any]]] = async_capture_events(hass, "told")
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "alias": "Test",
                "triggers": [trigger],
                "conditions": list(conditions),
                "actions": [
                    {
                        "event": "told",
                        "event_data": {name: f"{{{{ trigger.{name} }}}}" for name in words},
                    }
                ],
            }
        },
    )
    await hass.async_block_till_done()
    assert hass.states.async_all("automation")[0].state == "on"
    return told


def said(told: Iterable[Event[dict[str, Any]]], name: str) -> list[Any]:
    """Give what was said under a name."""
    return [event.data[name] for event in told]
