"""Fields that a network server decodes, from their approval to sensors."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.flows import options as options_flow
from custom_components.bernau_smartcity.metering.hours import HOUR
from custom_components.bernau_smartcity.model import Device

from .fake_network import AT, GAS, UNKNOWN, FakeNetwork, pulses
from .flow_fakes import choices, fields, words
from .homes import entity_id, has_entity, set_up, settled, state_of
from .test_settings_flow import choose, issues, kept, send

TOTAL = "water.total_volume_m3 = 12.5"
FLOW = "water.flow = 0.2 m3/h"
CURRENT = "water.current_volume = 12.5"
NUMBER = "serial_no = 4711"
DECODED = {
    "water": {"total_volume_m3": "12.50", "flow": {"value": 0.2, "unit": "m3/h"}},
    "battery": 90,
    "serial_no": 4711,
    "mac": "a0:b1:c2",
}
SECOND = Device(
    dev_eui="24e124136b00000c",
    name="Zweites Rätsel",
    scope="app-1",
    profile=UNKNOWN.profile,
    profile_name=UNKNOWN.profile_name,
)
PROFILE = "Etwas Selbstgebautes (2)"


def decoded(volume: float, **more: Any) -> dict[str, Any]:
    """Give an object of the water meter."""
    water = {**DECODED["water"], "total_volume_m3": volume, "current_volume": volume}  # type: ignore[dict-item]  # it is one
    return {**DECODED, "water": water, **more}


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Give an entry with two devices of a model that only the network server knows."""
    monkeypatch.setattr(options_flow, "SERVERS", {"fake": server.server_type})
    freezer.move_to(AT + 6 * HOUR)
    server.inventory = [GAS, UNKNOWN, SECOND]
    server.send(GAS, pulses(100), AT)
    server.send(UNKNOWN, b"\x01", AT, decoded=decoded(12.4))
    server.send(UNKNOWN, b"\x02", AT + HOUR, decoded=decoded(12.5))
    server.send(SECOND, b"\x03", AT + HOUR, decoded=decoded(7))
    return await set_up(hass)


async def test_approval_for_a_device_profile(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry
) -> None:
    """One approval, and all devices are read: also what they sent before."""
    assert not has_entity(hass, entry, UNKNOWN)
    assert "decoder_needed" in issues(hass, entry)
    result = await choose(hass, entry, "mapping")
    result = await send(hass, result, {"of": "something else"})
    assert result["errors"] == {"of": "device_unknown"}
    result = await send(hass, result, {"of": PROFILE})
    assert words(result)["of"] == PROFILE
    table = words(result)["rows"]
    assert "| `water.total_volume_m3` | 12.5 | Volume | The name is that of a total. |" in table
    assert "| `serial_no` | 4711 | - | Tells about the message or the device" in table
    assert "mac" not in table
    assert fields(result) == {
        "medium": "water",
        TOTAL: "volume m³",
        FLOW: "flow m³/h",
        CURRENT: None,
        "battery = 90": "battery %",
        NUMBER: "ignore",
    }
    offered = choices(result, TOTAL)
    assert offered["ignore"] == "ignore"
    assert (offered["volume l"], offered["energy MWh"]) == ("Volume (l)", "Energy (MWh)")

    shown = {name: value for name, value in fields(result).items() if value}
    result = await send(hass, result, shown)
    assert result["errors"] == {CURRENT: "field_open"}
    ignored = dict.fromkeys(fields(result), "ignore") | {"medium": "water"}
    result = await send(hass, result, ignored)
    assert result["errors"] == {"base": "fields_needed"}
    await kept(hass, await send(hass, result, {**shown, CURRENT: "ignore"}))
    assert entry.options["profiles"] == {UNKNOWN.profile: "decoded"}
    assert state_of(hass, entry, UNKNOWN, "volume").state == "12.5"
    assert state_of(hass, entry, UNKNOWN, "volume").attributes["device_class"] == "water"
    assert state_of(hass, entry, SECOND, "volume").state == "7.0"
    assert "decoder_needed" not in issues(hass, entry)
    registered = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{entry.entry_id}_{UNKNOWN.dev_eui}"), entry.entry_id
    )
    assert registered is not None
    assert (registered.manufacturer, registered.model) == (None, "Etwas Selbstgebautes")

    server.send(SECOND, b"\x04", AT + 2 * HOUR, decoded=decoded(8))
    await entry.runtime_data.async_refresh()
    await settled(hass)
    assert state_of(hass, entry, SECOND, "volume").state == "8.0"


async def approve(hass: HomeAssistant, entry: MockConfigEntry, of: str, **more: str) -> None:
    """Approve what is proposed, and leave the rest out."""
    result = await choose(hass, entry, "mapping")
    result = await send(hass, result, {"of": of})
    values = {name: value or "ignore" for name, value in fields(result).items()}
    await kept(hass, await send(hass, result, {**values, **more}))


async def test_approval_can_be_changed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Another field more leaves everything; another meaning begins anew."""
    await approve(hass, entry, PROFILE)
    total = entity_id(hass, entry, UNKNOWN, "volume")
    await approve(hass, entry, PROFILE, **{NUMBER: "temperature °C"})
    assert entry.runtime_data.states[UNKNOWN.dev_eui].registers
    result = await choose(hass, entry, "mapping")
    result = await send(hass, result, {"of": PROFILE})
    assert fields(result)[NUMBER] == "temperature °C"
    assert fields(result)[CURRENT] == "ignore"
    await approve(hass, entry, PROFILE, **{TOTAL: "ignore", CURRENT: "volume m³"})
    assert not entry.runtime_data.states[UNKNOWN.dev_eui].registers
    assert entity_id(hass, entry, UNKNOWN, "volume") == total


async def test_approval_for_one_device(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The other devices of the profile stay as they are; a channel keeps its number."""
    label = f"Rathaus · Rätsel · Etwas Selbstgebautes · {UNKNOWN.dev_eui}"
    label = label if UNKNOWN.tags else label.removeprefix("Rathaus · ")
    await approve(hass, entry, label, **{CURRENT: "volume l"})
    assert entry.options["devices"][UNKNOWN.dev_eui]["codec"] == "decoded"
    assert state_of(hass, entry, UNKNOWN, "volume_1").state == "12.5"
    assert state_of(hass, entry, UNKNOWN, "volume_2").state == "0.0125"
    assert not has_entity(hass, entry, SECOND)


async def test_chosen_before_it_is_approved(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Nothing is read by a guess: uplinks wait, and it is told for what."""
    result = await choose(hass, entry, "decoders")
    await kept(hass, await send(hass, result, {"open": {PROFILE: "decoded"}, "assigned": {}}))
    assert "mapping_needed" in issues(hass, entry)
    assert entry.runtime_data.states[UNKNOWN.dev_eui].values == {}
    await approve(hass, entry, PROFILE)
    assert "mapping_needed" not in issues(hass, entry)
    assert state_of(hass, entry, UNKNOWN, "volume").state == "12.5"
