"""A town with zones and gates, as tests set it up in Home Assistant."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.bernau_smartcity.analytics.coordinator import COOLDOWN
from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Device

from .fake_network import DOOR
from .homes import settled

OUTSIDE = "*"


def counter(number: int, codec: str) -> Device:
    """Give a visitor counter of a model."""
    return replace(
        DOOR,
        dev_eui=f"24e124136c{number:06x}",
        name=f"Zähler {number}",
        profile_name="",
        tags={"model": codec},
    )


def zone(identity: str, **more: Any) -> ConfigSubentryDataWithId:
    """Give a zone."""
    return ConfigSubentryDataWithId(
        subentry_id=identity,
        data={"reset": "03:00:00", **more},
        subentry_type="zone",
        title=f"Platz {identity}",
        unique_id=None,
    )


def gate(
    name: str, origin: str, target: str, counted: str, **more: Any
) -> ConfigSubentryDataWithId:
    """Give a gate between zones, counted by `entry/place/family/channel`."""
    data = {"origin": origin, "target": target, "counter": counted, "swap": False, "people": 1}
    return ConfigSubentryDataWithId(
        subentry_id=name,
        data={**data, **more},
        subentry_type="gate",
        title=name,
        unique_id=None,
    )


def town(*parts: ConfigSubentryDataWithId, **options: Any) -> MockConfigEntry:
    """Give an entry of visitor analytics."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Altstadt",
        data={"analytics": True},
        options={"retention": 400, "smallest": 5, **options},
        subentries_data=parts,
    )


async def set_up_town(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Set it up."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    return entry


async def reckon(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let what was gathered be worked out."""
    freezer.tick(timedelta(seconds=COOLDOWN + 1))
    async_fire_time_changed(hass)
    await settled(hass)


def told(hass: HomeAssistant, entry: MockConfigEntry, part: str, key: str) -> State:
    """Give what is told of a part of the town; fails if there is no such entity."""
    unique_id = f"{entry.entry_id}_{part}_{key}"
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, unique_id)
    assert entity_id is not None, unique_id
    state = hass.states.get(entity_id)
    assert state is not None, unique_id
    return state
