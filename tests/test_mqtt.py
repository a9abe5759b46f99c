"""Messages that a broker passes on, through Home Assistant's own MQTT integration."""

import json
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message

from custom_components.bernau_smartcity import push
from custom_components.bernau_smartcity.const import DOMAIN

from .fake_network import GAS
from .flow_fakes import fields
from .homes import set_up, settled, state_of
from .test_push import body

TOPIC = "application/+/device/+/event/up"
OF_GAS = f"application/app-1/device/{GAS.dev_eui}/event/up"


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let the MQTT integration keep its own timer."""
    return True


def listening() -> MockConfigEntry:
    """Give an entry that listens."""
    options = {"scopes": ["push"], "profiles": {}, "devices": {}}
    data = {"server": "mqtt", "topic": TOPIC}
    return MockConfigEntry(domain=DOMAIN, title="MQTT", data=data, options=options)


async def publish(hass: HomeAssistant, what: Any, topic: str = OF_GAS) -> None:
    """Let the broker pass something on."""
    async_fire_mqtt_message(hass, topic, what if isinstance(what, bytes) else json.dumps(what))
    await settled(hass)


@pytest.mark.usefixtures("mqtt_mock")
async def test_messages_are_read(hass: HomeAssistant) -> None:
    """Devices are known once they were heard; what is nonsense is left out."""
    entry = await set_up(hass, listening())
    for what in (b"", b"\xff", b"{", b"[]", {}, {"deviceInfo": 7, "fCnt": 1}, b" " * 300_000):
        await publish(hass, what)
    assert not entry.runtime_data.states
    for message in (body(7, minutes=5), body(9), body(7, minutes=5), body(9)):
        await publish(hass, message)
    assert float(state_of(hass, entry, GAS, "pulses").state) == 9


@pytest.mark.usefixtures("mqtt_mock")
async def test_no_longer_after_unloading(hass: HomeAssistant) -> None:
    """And again once it is loaded."""
    entry = await set_up(hass, listening())
    await hass.config_entries.async_unload(entry.entry_id)
    await publish(hass, body(7))
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    assert not entry.runtime_data.states
    await publish(hass, body(8))
    assert float(state_of(hass, entry, GAS, "pulses").state) == 8


@pytest.mark.usefixtures("mqtt_mock")
async def test_too_many(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that passes on everything does not fill the memory."""
    entry = await set_up(hass, listening())
    monkeypatch.setattr(push, "WAITING", 1)
    entry.runtime_data.push = push.Push(entry.runtime_data)
    for number in range(3):
        async_fire_mqtt_message(hass, OF_GAS, json.dumps(body(number, minutes=9 - number)))
    await settled(hass)
    assert float(state_of(hass, entry, GAS, "pulses").state) == 0


async def test_without_mqtt(hass: HomeAssistant) -> None:
    """It is said, and tried again."""
    entry = await set_up(hass, listening())
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "mqtt_missing"
    form = await first_form(hass)
    form = await hass.config_entries.flow.async_configure(form["flow_id"], {"topic": TOPIC})
    assert form["errors"] == {"base": "mqtt_missing"}


async def first_form(hass: HomeAssistant) -> Any:
    """Choose MQTT when an entry is added."""
    flow = hass.config_entries.flow
    form = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await flow.async_configure(form["flow_id"], {"next_step_id": "server"})
    form = await flow.async_configure(form["flow_id"], {"server": "mqtt"})
    assert (form["step_id"], fields(form)) == ("topic", {"topic": TOPIC})
    return form


@pytest.mark.usefixtures("mqtt_mock")
async def test_set_up_and_another_topic(hass: HomeAssistant) -> None:
    """A topic is all that is asked."""
    flow = hass.config_entries.flow
    form = await first_form(hass)
    form = await flow.async_configure(form["flow_id"], {"topic": "a+/b"})
    assert form["errors"] == {"topic": "topic_invalid"}
    done = await flow.async_configure(form["flow_id"], {"topic": f" {TOPIC} "})
    await settled(hass)
    assert (done["type"], done["title"]) == (FlowResultType.CREATE_ENTRY, TOPIC)
    (made,) = hass.config_entries.async_entries(DOMAIN)
    assert made.data == {"server": "mqtt", "topic": TOPIC}
    assert made.state is ConfigEntryState.LOADED
    form = await flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": made.entry_id}
    )
    assert fields(form) == {"topic": TOPIC}
    done = await flow.async_configure(form["flow_id"], {"topic": "v3/+/devices/+/up"})
    await settled(hass)
    assert done["reason"] == "reconfigure_successful"
    assert made.data["topic"] == "v3/+/devices/+/up"
    await publish(hass, body(7))
    assert not made.runtime_data.states
    await publish(hass, body(7), "v3/stadt@ttn/devices/gas/up")
    assert made.runtime_data.states
