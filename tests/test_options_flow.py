"""Changing applications and decoders of a network server that is set up."""

from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity import config_flow, coordinator
from custom_components.bernau_smartcity.flows import options as options_flow
from custom_components.bernau_smartcity.flows.options import MENU
from custom_components.bernau_smartcity.model import Reason

from .flow_fakes import IMPULSE, W1, FlowNetwork, choices, device, entry, fields, offered, words
from .homes import set_up, settled


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> FlowNetwork:
    """Put a server that can be told what to answer in place of the real ones."""
    made = FlowNetwork()
    for module in (config_flow, coordinator, options_flow):
        monkeypatch.setattr(module, "SERVERS", {"fake": made.server_type})
    return made


async def choose(
    hass: HomeAssistant, existing: MockConfigEntry, menu_option: str
) -> ConfigFlowResult:
    """Open the menu and choose from it."""
    result = await hass.config_entries.options.async_init(existing.entry_id)
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "init")
    shown = result["menu_options"]
    assert shown is not None
    assert {name for name in MENU if name not in shown} == {"push"}
    return await send(hass, result, {"next_step_id": menu_option})


async def send(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Send a form."""
    return await hass.config_entries.options.async_configure(result["flow_id"], user_input)


async def test_applications(hass: HomeAssistant, network: FlowNetwork) -> None:
    """Another application is read from now on; none, or one of another entry, is refused."""
    existing = await set_up(hass, entry())
    entry(title="Stadtwerke", unique_id="other", options={"scopes": ["app-s"]}).add_to_hass(hass)
    result = await choose(hass, existing, "applications")
    assert list(choices(result, "scopes").values()) == ["Besucher", "Strom", "Wasser"]
    assert fields(result) == {"scopes": ["app-w"]}

    result = await send(hass, result, {"scopes": []})
    assert result["errors"] == {"scopes": "application_needed"}
    result = await send(hass, result, {"scopes": ["app-w", "app-s"]})
    assert result["errors"] == {"scopes": "application_used"}
    assert words(result)["application"] == "Strom"
    assert words(result)["entry"] == "Stadtwerke"

    network.inventory.append(device(9, scope="app-b"))
    result = await send(hass, result, {"scopes": ["app-w", "app-b"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert existing.options == {"scopes": ["app-w", "app-b"], "profiles": {}, "devices": {}}
    await settled(hass)
    assert existing.state is ConfigEntryState.LOADED
    assert device(9).dev_eui in existing.runtime_data.devices


@pytest.mark.usefixtures("network")
async def test_deleted_application(hass: HomeAssistant) -> None:
    """An application that is gone on the server can be unticked."""
    existing = await set_up(hass, entry(options={"scopes": ["app-w", "gone"]}))
    result = await choose(hass, existing, "applications")
    assert result["errors"] == {"scopes": "application_missing"}
    assert choices(result, "scopes")["gone"] == "? gone"
    assert fields(result) == {"scopes": ["app-w", "gone"]}
    result = await hass.config_entries.options.async_configure(result["flow_id"])
    assert fields(result) == {"scopes": ["app-w", "gone"]}  # the page was loaded anew
    await send(hass, result, {"scopes": ["app-w"]})
    assert existing.options["scopes"] == ["app-w"]
    await settled(hass)


@pytest.mark.parametrize("reason", Reason)
async def test_applications_without_server(
    hass: HomeAssistant, network: FlowNetwork, reason: Reason
) -> None:
    """The reason is told, and what is read now can still be reduced."""
    existing = await set_up(hass, entry(options={"scopes": ["app-w", "app-s"]}))
    network.refuse(reason)
    result = await choose(hass, existing, "applications")
    assert result["errors"] == {"base": reason.value}
    assert choices(result, "scopes") == {"app-s": "Strom", "app-w": "Wasser"}
    network.refuse(None)
    await send(hass, result, {"scopes": ["app-w"]})
    assert existing.options["scopes"] == ["app-w"]
    await settled(hass)


async def test_decoders(hass: HomeAssistant, network: FlowNetwork) -> None:
    """Each profile shows its decoder and number of devices; a choice can be made and taken back."""
    existing = await set_up(hass, entry(options={"profiles": {"of another application": "klax"}}))
    network.refuse(Reason.TIMEOUT)  # what is known is enough
    opened = network.opened
    result = await choose(hass, existing, "decoders")
    assert network.opened == opened
    assert words(result)["devices"] == "4"
    assert fields(result, "open") == {IMPULSE: None}
    assert fields(result, "assigned") == {W1: "axioma_qalcosonic_w1"}

    network.refuse(None)
    await send(hass, result, {"open": {IMPULSE: "milesight_em300_di"}, "assigned": {W1: "none"}})
    chosen = {"p-di": "milesight_em300_di", "p-w1": "none"}
    assert existing.options["profiles"] == {"of another application": "klax", **chosen}
    await settled(hass)

    result = await choose(hass, existing, "decoders")
    assert fields(result, "assigned") == {IMPULSE: "milesight_em300_di", W1: "none"}
    await send(hass, result, {"assigned": {IMPULSE: "milesight_em300_di"}})
    assert existing.options["profiles"] == {
        "of another application": "klax",
        "p-di": "milesight_em300_di",
    }
    await settled(hass)


@pytest.mark.usefixtures("network")
async def test_decoder_of_devices_counts_for_their_profile(hass: HomeAssistant) -> None:
    """A profile whose devices all have a choice of their own needs none."""
    left_out = {device(3).dev_eui: {"codec": "none"}}
    existing = await set_up(hass, entry(options={"devices": left_out}))
    result = await choose(hass, existing, "decoders")
    assert fields(result, "assigned") == {IMPULSE: "none", W1: "axioma_qalcosonic_w1"}
    await send(hass, result, {"assigned": {IMPULSE: "none"}})
    assert existing.options["profiles"] == {}
    await settled(hass)


@pytest.mark.parametrize("step", ["decoders", "device"])
@pytest.mark.parametrize("reason", Reason)
async def test_nothing_is_known_yet(
    hass: HomeAssistant, network: FlowNetwork, step: str, reason: Reason
) -> None:
    """An entry that never reached its server asks it now, says why not, and tries again."""
    network.refuse(Reason.TIMEOUT)
    existing = await set_up(hass, entry())
    assert existing.state is ConfigEntryState.SETUP_RETRY

    network.refuse(reason)
    result = await choose(hass, existing, step)
    assert result["errors"] == {"base": reason.value}
    assert fields(result) == {}
    network.refuse(None)
    result = await send(hass, result, {})
    assert not result["errors"]
    assert words(result)["devices"] == "4"
    assert fields(result)
    assert network.opened == network.closed > 0


@pytest.mark.parametrize("step", ["decoders", "device"])
async def test_no_devices(hass: HomeAssistant, network: FlowNetwork, step: str) -> None:
    """That there is nothing to choose from is said, and the next try finds what came."""
    there, network.inventory = network.inventory, []
    existing = await set_up(hass, entry())
    result = await choose(hass, existing, step)
    assert result["errors"] == {"base": "no_devices"}
    network.inventory = there
    result = await send(hass, result, {})
    assert not result["errors"]
    assert fields(result)


async def test_one_device(hass: HomeAssistant, network: FlowNetwork) -> None:
    """The form asks for what the decoder needs to know, and keeps it as text."""
    existing = await set_up(hass, entry())
    network.refuse(Reason.TIMEOUT)  # what is known is enough
    eui = device(3).dev_eui
    result = await choose(hass, existing, "device")
    label = f"Rathaus · Gerät 3 · Impulse Keller · {eui}"
    assert offered(result, "device")[2:] == [f"Gerät 4 · {device(4).dev_eui}", label]
    assert fields(result) == {"device": None}

    for unknown in ({}, {"device": "Gerät 17"}):
        result = await send(hass, result, unknown)
        assert result["errors"] == {"device": "device_unknown"}
    result = await send(hass, result, {"device": "00:00:00:00:00:00:00:03"})
    assert result["step_id"] == "device_settings"
    assert words(result)["decoder"] == "-"
    assert fields(result) == {"codec": None}

    result = await send(hass, result, {"codec": "milesight_em300_di"})
    assert words(result)["decoder"] == "Milesight EM300-DI"
    assert fields(result).keys() >= {"codec", "medium", "pulse_weight"}
    assert fields(result)["codec"] == "milesight_em300_di"

    wanted = {"codec": "milesight_em300_di", "medium": "gas"}
    result = await send(hass, result, {**wanted, "pulse_weight": 0})
    assert result["errors"] == {"pulse_weight": "pulse_weight_zero"}
    assert fields(result)["medium"] == "gas"
    for wrong in (0, -5):
        impossible = {"pulse_weight": wrong, "limit": wrong, "modulus": wrong}
        result = await send(hass, result, {**wanted, **impossible})
        assert result["errors"] == {name: f"{name}_zero" for name in impossible}

    network.refuse(None)
    numbers = {"pulse_weight": 0.001, "limit": 2.5, "modulus": 100_000}
    result = await send(hass, result, {**wanted, **numbers})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    kept = {"pulse_weight": "0.001", "limit": "2.5", "modulus": "100000"}
    assert existing.options["devices"] == {eui: {**wanted, **kept}}
    await settled(hass)

    result = await choose(hass, existing, "device")
    result = await send(hass, result, {"device": label})
    assert words(result)["device"] == label
    shown = fields(result)
    assert {name: shown[name] for name in (*wanted, *numbers)} == {**wanted, **numbers}
    result = await send(hass, result, {**wanted, **numbers, "codec": "klax"})
    assert fields(result) == {
        "codec": "klax",
        "interval": None,
        "layout": None,
        "limit": 2.5,
        "modulus": 100_000,
    }
    await send(hass, result, {"codec": "none", "interval": 15})
    assert existing.options["devices"] == {eui: {"codec": "none"}}
    await settled(hass)

    result = await choose(hass, existing, "device")
    result = await send(hass, result, {"device": eui})
    assert fields(result) == {"codec": "none"}
    await send(hass, result, {})
    assert existing.options["devices"] == {}
    await settled(hass)


async def test_interval_in_whole_minutes(hass: HomeAssistant, network: FlowNetwork) -> None:
    """A number comes from the form as 15.0 and is kept as a decoder reads it."""
    network.inventory = [device(1, profile="p", profile_name="Axioma Qalcosonic W1")]
    existing = await set_up(hass, entry())
    result = await choose(hass, existing, "device")
    result = await send(hass, result, {"device": device(1).dev_eui})
    await send(hass, result, {"interval": 15.0})
    assert existing.options["devices"] == {device(1).dev_eui: {"interval": "15"}}
    await settled(hass)


@pytest.mark.usefixtures("network")
async def test_unchanged_options_reload_nothing(hass: HomeAssistant) -> None:
    """Looking is free."""
    existing = await set_up(hass, entry())
    before = existing.runtime_data
    result = await choose(hass, existing, "decoders")
    with patch.object(hass.config_entries, "async_schedule_reload") as reload:
        await send(hass, result, {"open": {}, "assigned": {W1: "axioma_qalcosonic_w1"}})
    assert not reload.called
    assert existing.runtime_data is before


@pytest.mark.usefixtures("network")
async def test_decoders_are_listed_by_name(hass: HomeAssistant) -> None:
    """Every codec is offered as "Maker Model", after the choice to use none."""
    existing = await set_up(hass, entry())
    result = await choose(hass, existing, "device")
    result = await send(hass, result, {"device": device(1).dev_eui})
    codecs = choices(result, "codec")
    assert list(codecs)[:2] == ["none", "decoded"]
    assert codecs["axioma_qalcosonic_w1"] == "Axioma Qalcosonic W1"
    names = list(codecs.values())[2:]
    assert names == sorted(names, key=str.casefold)
