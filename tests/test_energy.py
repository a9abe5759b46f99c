"""Every total is accepted by the Energy dashboard from the first moment."""

from typing import Any

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from .fake_network import DOOR, GAS, FakeNetwork, people, pulses
from .homes import entity_id, reload, set_up


async def metadata(hass: HomeAssistant, statistic_id: str) -> Any:
    """Give the metadata of a statistic, None if it has none."""
    found = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids={statistic_id})
    )
    return found.get(statistic_id, (0, None))[1]


@pytest.mark.usefixtures("recorder_mock")
async def test_validation_has_no_complaint(
    hass: HomeAssistant,
    server: FakeNetwork,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Not even before the first statistics were compiled."""
    assert await async_setup_component(hass, "energy", {})
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    await async_wait_recording_done(hass)
    client = await hass_ws_client(hass)
    gas = {"type": "gas", "stat_energy_from": entity_id(hass, entry, GAS, "volume")}
    await client.send_json_auto_id({"type": "energy/save_prefs", "energy_sources": [gas]})
    assert (await client.receive_json())["success"]
    await client.send_json_auto_id({"type": "energy/validate"})
    result = (await client.receive_json())["result"]
    assert result["energy_sources"] == [[]]


@pytest.mark.usefixtures("recorder_mock")
async def test_visitors_have_statistics_too(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Their unit is no physical one."""
    server.send(DOOR, people(7, 5))
    entry = await set_up(hass)
    await async_wait_recording_done(hass)
    known = await metadata(hass, entity_id(hass, entry, DOOR, "people_in"))
    assert known["has_sum"]
    assert known["unit_class"] is None


@pytest.mark.usefixtures("recorder_mock")
async def test_known_statistics_are_never_touched(hass: HomeAssistant, server: FakeNetwork) -> None:
    """The user may have changed the unit in which they are stored."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    await async_wait_recording_done(hass)
    volume = entity_id(hass, entry, GAS, "volume")
    before = await metadata(hass, volume)
    er.async_get(hass).async_update_entity_options(volume, "sensor", {"unit_of_measurement": "L"})
    await reload(hass, entry)
    await async_wait_recording_done(hass)
    assert await metadata(hass, volume) == before
