"""Push in the forms: the address is shown, can be renewed, and is told to nobody else."""

from dataclasses import replace
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity import config_flow, coordinator
from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.diagnostics import async_get_config_entry_diagnostics
from custom_components.bernau_smartcity.flows import options as options_flow
from custom_components.bernau_smartcity.network import SERVERS

from .fake_network import FakeNetwork, config_entry
from .flow_fakes import fields, words
from .homes import set_up, settled

OFF = {"push": False, "local_only": True, "renew": False}
ON = {**OFF, "push": True}
RENEWED = {**ON, "renew": True}


@pytest.fixture
async def entry(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> MockConfigEntry:
    """Give an entry whose server can send."""
    kind = replace(FakeNetwork().server_type, pushed=SERVERS["chirpstack"].pushed)
    for module in (config_flow, coordinator, options_flow):
        monkeypatch.setattr(module, "SERVERS", {"fake": kind})
    return await set_up(hass, config_entry())


async def push_form(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Open the form."""
    flow = hass.config_entries.options
    menu = await flow.async_init(entry.entry_id)
    assert "push" in menu["menu_options"]
    return await flow.async_configure(menu["flow_id"], {"next_step_id": "push"})


async def submit(hass: HomeAssistant, form: Any, values: dict[str, Any]) -> Any:
    """Send the form."""
    result = await hass.config_entries.options.async_configure(form["flow_id"], values)
    await settled(hass)
    return result


def secret(form: Any) -> str:
    """Give the secret in the address that is shown."""
    return words(form)["inside"].strip("`").rpartition("/")[2]


async def test_on_renewed_and_off(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The address shown is the one that holds; a new one is shown before it holds."""
    form = await push_form(hass, entry)
    assert fields(form) == OFF
    first = secret(form)
    assert len(first) == 64
    assert words(form)["outside"].strip("`").endswith(f"/api/{DOMAIN}/push/{first}")
    done = await submit(hass, form, ON)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["push"] == {"secret": first, "local_only": True}

    form = await push_form(hass, entry)
    assert (secret(form), fields(form)) == (first, ON)
    form = await submit(hass, form, RENEWED)
    assert form["type"] is FlowResultType.FORM
    second = secret(form)
    assert (second != first, fields(form)) == (True, ON)
    assert entry.options["push"]["secret"] == first
    await submit(hass, form, {**ON, "local_only": False})
    assert entry.options["push"] == {"secret": second, "local_only": False}

    told = await async_get_config_entry_diagnostics(hass, entry)
    assert second not in str(told)

    form = await push_form(hass, entry)
    await submit(hass, form, OFF)
    assert "push" not in entry.options
    form = await push_form(hass, entry)
    assert secret(form) not in {first, second}


async def test_addresses(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """One for senders in the same network, one for those outside."""
    await hass.config.async_update(
        internal_url="http://192.0.2.7:8123", external_url="https://stadt.example"
    )
    form = await push_form(hass, entry)
    assert words(form)["inside"].startswith("`http://192.0.2.7:8123/api/")
    assert words(form)["outside"].startswith("`https://stadt.example/api/")


async def test_server_that_only_sends(hass: HomeAssistant) -> None:
    """A name is all that is asked; there is nothing to connect to later."""
    flow = hass.config_entries.flow
    form = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await flow.async_configure(form["flow_id"], {"next_step_id": "server"})
    form = await flow.async_configure(form["flow_id"], {"server": "push_only"})
    assert (form["step_id"], form["last_step"]) == ("push", True)
    shown = secret(form)
    done = await flow.async_configure(
        form["flow_id"], {"name": " Stadtwerke ", "local_only": False}
    )
    await settled(hass)
    assert (done["type"], done["title"]) == (FlowResultType.CREATE_ENTRY, "Stadtwerke")
    (made,) = hass.config_entries.async_entries(DOMAIN)
    assert made.options["push"] == {"secret": shown, "local_only": False}
    assert made.state.recoverable

    again = await flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": made.entry_id}
    )
    assert again["reason"] == "nothing_to_reconfigure"

    menu = await hass.config_entries.options.async_init(made.entry_id)
    assert "applications" not in menu["menu_options"]
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": "decoders"}
    )
    assert form["errors"] == {"base": "no_devices"}
