"""Meters behind bridges and encrypted meters, as people meet them."""

from collections.abc import Iterator
from dataclasses import replace
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN, INVENTORY_INTERVAL
from custom_components.bernau_smartcity.decoders import REGISTRY
from custom_components.bernau_smartcity.diagnostics import async_get_config_entry_diagnostics
from custom_components.bernau_smartcity.flows import options as options_flow
from custom_components.bernau_smartcity.flows.meters import BOXES_SHOWN
from custom_components.bernau_smartcity.ledger.bridges import identity_of
from custom_components.bernau_smartcity.model import Device, NetworkError, Reason

from .fake_network import FakeNetwork, config_entry
from .flow_fakes import choices, fields, words
from .homes import has_entity, poll, reload, set_up, settled, state_of
from .small_codecs import (
    AT,
    DEVICE,
    ENCRYPTED,
    EUI,
    KEY,
    MINUTE,
    OTHER,
    RADIO,
    VOLUME,
    WIRED,
    WRONG,
)
from .test_issues import told

SEVEN, EIGHT = (Device(dev_eui=identity_of(number), name="", scope="") for number in "78")


@pytest.fixture(autouse=True)
def _codecs(monkeypatch: pytest.MonkeyPatch) -> None:
    for codec in (RADIO, WIRED, ENCRYPTED):
        monkeypatch.setitem(REGISTRY.by_key, codec.key, codec)


@pytest.fixture
def network(server: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    """Give a network server with one device."""
    monkeypatch.setattr(options_flow, "SERVERS", {"fake": server.server_type})
    server.inventory = [DEVICE]
    return server


def entry_with(codec: str, **options: Any) -> MockConfigEntry:
    """Give an entry whose devices have a codec."""
    return config_entry(profiles={"p": codec}, **options)


async def choose(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> ConfigFlowResult:
    """Open a form of the options."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    return await hass.config_entries.options.async_configure(
        result["flow_id"], {"next_step_id": step}
    )


async def send(hass: HomeAssistant, result: ConfigFlowResult, **given: object) -> ConfigFlowResult:
    """Send a form, and wait until the entry is loaded anew."""
    result = await hass.config_entries.options.async_configure(result["flow_id"], given)
    await settled(hass)
    return result


def device_of(hass: HomeAssistant, entry: MockConfigEntry, identity: str) -> dr.DeviceEntry | None:
    """Give a device of the registry."""
    registry = dr.async_get(hass)
    return registry.async_get_device_by_identifier(
        (DOMAIN, f"{entry.entry_id}_{identity}"), entry.entry_id
    )


def everything(hass: HomeAssistant, entry: MockConfigEntry) -> Iterator[str]:
    """Give all that is to be seen of an entry outside of its own options."""
    for state in hass.states.async_all():
        yield json.dumps(state.as_dict(), default=str)
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        yield str(device)
    for issue in told(hass, entry).items():
        yield str(issue)


async def test_radio_bridge(
    hass: HomeAssistant, network: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Its meters appear when they are chosen, each behind it, and go when they are not."""
    freezer.move_to(AT)
    network.send(DEVICE, b"B\x00\x50", AT)
    network.send(DEVICE, b"M\x07\x05", AT + MINUTE)
    network.send(DEVICE, b"M\x08\x06", AT + 2 * MINUTE)
    entry = await set_up(hass, entry_with(RADIO.key))
    assert told(hass, entry)["meters_unchosen"]["names"] == "Schule · Keller (2)"
    assert not has_entity(hass, entry, SEVEN)

    result = await choose(hass, entry, "meters")
    assert words(result) == {"found": "2", "taken": "0"}
    assert choices(result, "meters") == {
        EIGHT.dev_eui: "8 · QDS · Water · 2026-11-23 02:02",
        SEVEN.dev_eui: "7 · QDS · Water · 2026-11-23 02:01",
    }
    await send(hass, result, meters=[SEVEN.dev_eui])
    assert told(hass, entry) == {}
    assert state_of(hass, entry, SEVEN, "volume").state == "5.0"
    assert state_of(hass, entry, SEVEN, "last_reading").state == "2026-11-23T10:01:00+00:00"
    assert state_of(hass, entry, SEVEN, "leak").state == "off"
    assert state_of(hass, entry, DEVICE, "battery").state == "80"
    assert not has_entity(hass, entry, EIGHT)
    device, bridge = device_of(hass, entry, SEVEN.dev_eui), device_of(hass, entry, EUI)
    assert device is not None
    assert bridge is not None
    assert (device.via_device_id, device.name) == (bridge.id, "QDS 7")
    assert (device.manufacturer, device.serial_number) == ("QDS", "7")
    assert (bridge.manufacturer, bridge.model) == ("Nobody", "Radio")
    suffixes = {
        each.unique_id.rpartition(f"{SEVEN.dev_eui}_")[2]
        for each in er.async_entries_for_device(
            er.async_get(hass), device.id, include_disabled_entities=True
        )
    }
    assert suffixes >= {"volume", "volume_today", "last_reading", "message_status", "leak"}
    assert suffixes.isdisjoint({"rssi", "snr", "lost_uplinks", "lorawan_battery"})

    result = await choose(hass, entry, "meters")
    assert fields(result) == {"meters": [SEVEN.dev_eui]}
    await send(hass, result, meters=[])
    assert device_of(hass, entry, SEVEN.dev_eui) is None
    assert not has_entity(hass, entry, SEVEN)
    assert told(hass, entry) == {}  # somebody has looked at the list


async def test_wired_bridge(
    hass: HomeAssistant, network: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Its meters appear by themselves, outlive a restart without server, and go with it."""
    network.inventory.append(OTHER)
    network.send(DEVICE, b"M\x07\x05", AT)
    network.send(OTHER, b"M\x08\x05", AT)
    entry = await set_up(hass, entry_with(WIRED.key))
    assert told(hass, entry) == {}
    network.send(DEVICE, b"M\x07\x06", AT + MINUTE)
    await poll(hass, freezer)
    assert state_of(hass, entry, SEVEN, "volume").state == "6.0"
    network.error = NetworkError(Reason.TIMEOUT)
    await reload(hass, entry)
    assert state_of(hass, entry, SEVEN, "volume").state == "6.0"
    network.error = None
    network.inventory = [OTHER]
    for _ in range(2):
        await poll(hass, freezer, INVENTORY_INTERVAL)
    assert device_of(hass, entry, EUI) is None
    assert device_of(hass, entry, SEVEN.dev_eui) is None
    assert state_of(hass, entry, EIGHT, "volume").state == "5.0"
    assert set(entry.runtime_data.states) == {OTHER.dev_eui, EIGHT.dev_eui}


async def test_model_of_the_bridge_changes_on_the_server(
    hass: HomeAssistant, network: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """What the wrong decoder told of is gone at once."""
    network.send(DEVICE, b"M\x07\x05", AT)
    entry = await set_up(hass, entry_with(WIRED.key))
    assert device_of(hass, entry, SEVEN.dev_eui) is not None
    network.inventory = [replace(DEVICE, profile="another")]
    await poll(hass, freezer, INVENTORY_INTERVAL)
    assert device_of(hass, entry, SEVEN.dev_eui) is None
    assert set(entry.runtime_data.states) == {EUI}


async def test_application_of_the_bridge_is_no_longer_read(
    hass: HomeAssistant, network: FakeNetwork
) -> None:
    """Its meters go with it; those of the others stay."""
    network.applications["app-2"] = "Andere"
    elsewhere = replace(OTHER, scope="app-2")
    network.inventory.append(elsewhere)
    network.send(DEVICE, b"M\x07\x05", AT)
    network.send(elsewhere, b"M\x08\x05", AT)
    entry = await set_up(hass, entry_with(WIRED.key, scopes=["app-1", "app-2"]))
    hass.config_entries.async_update_entry(entry, options={**entry.options, "scopes": ["app-2"]})
    await reload(hass, entry)
    assert set(entry.runtime_data.states) == {OTHER.dev_eui, EIGHT.dev_eui}
    assert device_of(hass, entry, SEVEN.dev_eui) is None


async def test_meter_behind_a_bridge_is_exchanged(
    hass: HomeAssistant, network: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """By its number, like any other meter."""
    freezer.move_to(AT + 60 * MINUTE)
    network.send(DEVICE, b"M\x07\x05", AT)
    network.send(DEVICE, b"M\x08\x02", AT + 2 * MINUTE)
    entry = await set_up(hass, entry_with(WIRED.key))
    old, new = (device_of(hass, entry, each.dev_eui) for each in (SEVEN, EIGHT))
    assert old is not None
    assert new is not None
    given = {
        "device_id": old.id,
        "new_device_id": new.id,
        "at": (AT + MINUTE).isoformat(),
        "readings": {"volume": {"last": 5, "first": 0}},
    }
    answer = await hass.services.async_call(
        DOMAIN, "exchange_meter", given, blocking=True, return_response=True
    )
    assert answer == {"totals": {"volume": 7}}
    await settled(hass)
    assert state_of(hass, entry, SEVEN, "volume").state == "7.0"
    assert device_of(hass, entry, EIGHT.dev_eui) is None


async def test_devices_do_not_hold_meters(hass: HomeAssistant, network: FakeNetwork) -> None:
    """A meter behind a bridge has no decoder to choose."""
    network.send(DEVICE, b"M\x07\x05", AT)
    entry = await set_up(hass, entry_with(WIRED.key))
    result = await choose(hass, entry, "device")
    assert words(result) == {"devices": "1"}
    result = await send(hass, result, device=SEVEN.dev_eui)
    assert result["errors"] == {"device": "device_unknown"}
    result = await send(hass, result, device=EUI)
    assert set(fields(result)) == {"codec", "limit", "modulus"}


async def test_keys(
    hass: HomeAssistant,
    network: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Missing, wrong and right key are told apart; the key itself is never to be seen."""
    network.send(DEVICE, b"\x05", AT)
    entry = await set_up(hass, entry_with(ENCRYPTED.key))
    assert told(hass, entry)["key_needed"]["names"] == "Schule · Keller"
    assert state_of(hass, entry, DEVICE, "message_status").state == "key_needed"

    label = f"Schule · Keller · {EUI}"
    result = await choose(hass, entry, "keys")
    assert words(result) == {"waiting": "1", "stored": "0"}
    assert fields(result, "waiting") == {label: None}
    assert set(fields(result)) == {"waiting", "list"}
    result = await send(hass, result, waiting={label: KEY[1:]})
    assert result["errors"] == {"base": "key_invalid"}
    assert words(result)["meter"] == label
    await send(hass, result, waiting={label: f" {WRONG} "})
    assert set(told(hass, entry)) == {"key_wrong"}
    assert state_of(hass, entry, DEVICE, "message_status").state == "key_wrong"

    result = await choose(hass, entry, "keys")
    assert fields(result, "waiting") == {label: None}
    assert choices(result, "remove") == {EUI: label}
    await send(hass, result, waiting={label: KEY})
    assert told(hass, entry) == {}
    assert state_of(hass, entry, DEVICE, "volume").state == "5.0"
    assert state_of(hass, entry, DEVICE, "message_status").state == "ok"

    result = await choose(hass, entry, "keys")
    assert set(fields(result)) == {"list", "remove"}
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["keys"] == 1
    seen = [caplog.text, json.dumps(diagnostics, default=str), *everything(hass, entry)]
    for secret in (KEY, WRONG, KEY.upper()):
        assert not [text for text in seen if secret in text]
    await send(hass, result, remove=[EUI])
    assert entry.options["keys"] == {}
    network.send(DEVICE, b"\x06", AT + MINUTE)
    await poll(hass, freezer)
    assert set(told(hass, entry)) == {"key_needed"}
    assert state_of(hass, entry, DEVICE, "volume").state == "5.0"


async def test_list_of_keys(hass: HomeAssistant, network: FakeNetwork) -> None:
    """By number or DevEUI, of meters that were heard and others; whoever has a key is read."""
    network.inventory.append(replace(OTHER, profile="q", tags={"meter_number": "1ESY 4711"}))
    network.send(DEVICE, b"E\x07\x05", AT)
    entry = config_entry(profiles={"p": RADIO.key, "q": ENCRYPTED.key})
    await set_up(hass, entry)
    result = await choose(hass, entry, "keys")
    assert words(result) == {"waiting": "0", "stored": "0"}
    text = f"Zähler;Schlüssel\n7;{KEY}\n\n99;nichts\n7;{WRONG}\n8;{KEY}\n55;keiner\n"
    result = await send(hass, result, list=text)
    assert result["errors"] == {"list": "keys_no_key"}
    assert words(result)["lines"] == "4, 7"
    assert "keys" not in entry.options
    result = await send(
        hass, result, list=f"Zähler;Schlüssel\n7;{KEY}\n1esy4711\t{WRONG}\n8;{KEY}\n"
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY, (result["errors"], words(result))
    assert entry.options["keys"] == {SEVEN.dev_eui: KEY, OTHER.dev_eui: WRONG, EIGHT.dev_eui: KEY}
    assert entry.options["meters"] == {SEVEN.dev_eui: True, EIGHT.dev_eui: True}
    assert state_of(hass, entry, SEVEN, "volume").state == "5.0"
    result = await choose(hass, entry, "keys")
    assert choices(result, "remove") == {
        EIGHT.dev_eui: "8",
        SEVEN.dev_eui: "Schule · QDS 7",
        OTHER.dev_eui: f"Dach · {OTHER.dev_eui}",
    }


async def test_meter_that_waits_for_its_key(hass: HomeAssistant, network: FakeNetwork) -> None:
    """Once it is chosen it is a device, and told of by its own name."""
    network.send(DEVICE, b"E\x07\x05", AT)
    entry = await set_up(hass, entry_with(RADIO.key, meters={SEVEN.dev_eui: True}))
    assert told(hass, entry)["key_needed"]["names"] == "Schule · QDS 7"
    assert state_of(hass, entry, SEVEN, "message_status").state == "key_needed"
    assert state_of(hass, entry, DEVICE, "message_status").state == "ok"
    result = await choose(hass, entry, "keys")
    await send(hass, result, waiting={"Schule · QDS 7": KEY})
    assert state_of(hass, entry, SEVEN, "volume").state == "5.0"


async def test_nothing_to_choose(hass: HomeAssistant, network: FakeNetwork) -> None:
    """Without a bridge, and while the entry is not loaded."""
    entry = await set_up(hass, entry_with(ENCRYPTED.key))
    result = await choose(hass, entry, "meters")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_meters")
    await hass.config_entries.async_unload(entry.entry_id)
    for step in ("meters", "keys"):
        result = await choose(hass, entry, step)
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")
    assert network.closed


async def test_long_lists(hass: HomeAssistant, network: FakeNetwork) -> None:
    """Many meters are searched in, and only some have a field of their own."""
    for number in range(BOXES_SHOWN + 5):
        network.send(DEVICE, bytes([ord("E"), number, 1]), AT)
    entry = await set_up(hass, entry_with(WIRED.key))
    result = await choose(hass, entry, "meters")
    schema: Any = result["data_schema"]
    assert schema.schema["meters"].config["mode"] == "dropdown"
    result = await choose(hass, entry, "keys")
    assert len(fields(result, "waiting")) == BOXES_SHOWN
    assert words(result)["waiting"] == str(BOXES_SHOWN + 5)


async def test_diagnostics_name_no_meter(hass: HomeAssistant, network: FakeNetwork) -> None:
    """They tell how many there are and what is known of them."""
    network.inventory = [replace(DEVICE, tags={})]
    number = 4  # as a byte that is nothing else in this test
    network.send(DEVICE, bytes([ord("M"), 177, number]), AT, settings={})
    entry = await set_up(hass, entry_with(WIRED.key, devices={EUI: {"key_177": KEY}}))
    data: dict[str, Any] = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(data, default=str)
    assert "177" not in text.replace(str(entry.entry_id), "")
    assert KEY not in text
    (bridge,) = (each for each in data["devices"] if each["meters_found"])
    assert bridge["meters_found"][0][1:] == ["water", "QDS", ""]
    assert VOLUME[0] in str(data)
