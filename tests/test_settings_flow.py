"""Settings of devices, inputs, profiles, gas meters and lists, in the options and as actions."""

from collections.abc import Iterator
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    issue_registry as ir,
    label_registry as lr,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.decoders import DECODERS
from custom_components.bernau_smartcity.flows import options as options_flow
from custom_components.bernau_smartcity.metering.hours import HOUR
from custom_components.bernau_smartcity.model import (
    Codec,
    DecodeError,
    Device,
    Layout,
    Medium,
    Missing,
    Quantity,
    Reading,
    Setting,
    Uplink,
    WaitingError,
)

from .fake_network import AT, DOOR, GAS, UNKNOWN, FakeNetwork, config_entry, people, pulses
from .flow_fakes import fields, words
from .homes import entity_id, set_up, settled, state_of

ADAPTER = Device(
    dev_eui="24e124136b0000aa", name="Adapter", scope="app-1", profile="p-2", profile_name="Zwei"
)


def _decode(uplink: Uplink) -> Iterator[Reading]:
    if uplink.settings.get("unit") is None:
        raise WaitingError(Missing.UNIT)
    for channel, value in enumerate(uplink.payload, 1):
        yield Reading(Quantity.PULSES, value, channel)


def _check(text: str) -> None:
    if text != "A=1":
        msg = "A is missing"
        raise DecodeError(msg)


TWO = Codec(
    key="two_inputs",
    manufacturer="Nobody",
    model="Two",
    medium=Medium.UNKNOWN,
    quantities=frozenset({Quantity.PULSES}),
    decode=_decode,
    settings=(
        *(Setting.MEDIUM, Setting.PULSE_WEIGHT, Setting.UNIT, Setting.BYTE_ORDER),
        *(Setting.SWAP, Setting.LAYOUT, Setting.KEY),
    ),
    layout=Layout("A=1", _check),
)


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Give an entry with a gas meter, a door, and an adapter with two inputs."""
    monkeypatch.setattr(options_flow, "SERVERS", {"fake": server.server_type})
    monkeypatch.setitem(DECODERS, TWO.key, TWO)
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(AT + 6 * HOUR)
    server.inventory = [GAS, DOOR, ADAPTER, UNKNOWN]
    server.send(GAS, pulses(1_000), AT)
    server.send(DOOR, people(100, 50), AT)
    server.send(ADAPTER, bytes([100, 50]), AT)
    return await set_up(hass, config_entry(profiles={"p-2": TWO.key}))


async def choose(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> ConfigFlowResult:
    """Open the menu and choose from it."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    return await send(hass, result, {"next_step_id": step})


async def send(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Send a form."""
    return await hass.config_entries.options.async_configure(result["flow_id"], user_input)


async def kept(hass: HomeAssistant, result: ConfigFlowResult) -> None:
    """Fail unless the flow is through."""
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settled(hass)


def issues(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Give what is shown as in need of repair."""
    suffix = f"_{entry.entry_id}"
    return {key.removesuffix(suffix) for _, key in ir.async_get(hass).issues}


async def test_every_setting_of_a_codec_has_a_field(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """What is wrong is refused with the reason, and what is kept is what the codec reads."""
    assert "unit_needed" in issues(hass, entry)
    result = await choose(hass, entry, "device")
    result = await send(hass, result, {"device": ADAPTER.dev_eui})
    assert words(result)["layout"] == "A=1"
    assert fields(result).keys() == {
        *("codec", "medium", "pulse_weight", "unit", "byte_order", "swap", "layout"),
        *("calorific_value", "state_number", "limit", "modulus"),
    }
    result = await send(
        hass, result, {"layout": "B", "calorific_value": "112", "state_number": "x", "limit": -1}
    )
    assert result["errors"] == {
        "layout": "layout_wrong",
        "calorific_value": "calorific_value_wrong",
        "state_number": "state_number_wrong",
        "limit": "limit_zero",
    }
    result = await send(hass, result, {"layout": "B"})
    assert words(result)["why"] == "A is missing"
    given = {"layout": " A=1", "unit": "l", "byte_order": "big", "swap": "yes", "limit": 5}
    await kept(hass, await send(hass, result, {**given, "calorific_value": "11,2"}))
    assert entry.options["devices"][ADAPTER.dev_eui] == {
        "layout": "A=1",
        "unit": "l",
        "byte_order": "big",
        "swap": "yes",
        "limit": "5",
        "calorific_value": "11.2",
    }
    # What waited for the unit was read.
    assert state_of(hass, entry, ADAPTER, "pulses_2").state == "50"
    assert "unit_needed" not in issues(hass, entry)
    assert "pulse_weight_needed" in issues(hass, entry)


async def test_inputs_are_asked_for_one_after_the_other(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Each with its medium, its weight and what its meter shows now."""
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "devices": {ADAPTER.dev_eui: {"unit": "l"}}}
    )
    await hass.config_entries.async_reload(entry.entry_id)
    await settled(hass)
    result = await choose(hass, entry, "device")
    result = await send(hass, result, {"device": ADAPTER.dev_eui})
    assert not fields(result).keys() & {"medium", "pulse_weight", "start_value"}
    result = await send(hass, result, {"unit": "l"})
    assert (result["step_id"], words(result)["input"]) == ("input", "1")

    result = await send(hass, result, {"medium": "water", "start_value": 4711})
    assert result["errors"] == {"start_value": "start_value_open"}
    result = await send(hass, result, {"medium": "water", "pulse_weight": 0})
    assert result["errors"] == {"pulse_weight": "pulse_weight_zero"}
    water = {"medium": "water", "pulse_weight": 0.01}
    result = await send(hass, result, {**water, "start_value": 4711})
    assert (result["step_id"], words(result)["input"]) == ("input", "2")
    await kept(hass, await send(hass, result, {"medium": "electricity", "pulse_weight": 0.1}))
    assert entry.options["devices"][ADAPTER.dev_eui] == {
        "unit": "l",
        "medium_1": "water",
        "pulse_weight_1": "0.01",
        "medium_2": "electricity",
        "pulse_weight_2": "0.1",
    }
    assert state_of(hass, entry, ADAPTER, "volume_1").state == "4711.0"
    assert state_of(hass, entry, ADAPTER, "volume_1").attributes["device_class"] == "water"
    assert state_of(hass, entry, ADAPTER, "energy_2").state == "5.0"
    assert "pulse_weight_needed" not in issues(hass, entry)

    result = await choose(hass, entry, "device")
    result = await send(hass, result, {"device": ADAPTER.dev_eui})
    result = await send(hass, result, {"unit": "l"})
    assert fields(result) == {**water, "start_value": None}
    result = await send(hass, result, water)
    await kept(hass, await send(hass, result, {"medium": "unknown"}))
    assert entry.options["devices"][ADAPTER.dev_eui]["medium_2"] == "unknown"
    assert "pulse_weight_needed" not in issues(hass, entry)


async def test_a_single_input_starts_where_its_meter_stands(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """In the same form; medium and weight may be those of the server."""
    result = await choose(hass, entry, "device")
    result = await send(hass, result, {"device": GAS.dev_eui})
    await kept(hass, await send(hass, result, {"start_value": 815}))
    assert state_of(hass, entry, GAS, "volume").state == "815.0"
    assert GAS.dev_eui not in entry.options["devices"]


async def test_another_unit_reads_everything_again(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry
) -> None:
    """Nothing that was read with the wrong one remains."""
    for unit in ("l", "m³"):
        result = await choose(hass, entry, "profile")
        result = await send(hass, result, {"profile": "Zwei (1)"})
        await kept(hass, await send(hass, result, {"unit": unit}))
        state = entry.runtime_data.states[ADAPTER.dev_eui]
        assert bool(state.registers) == (unit == "l")
    server.send(ADAPTER, bytes([101, 51]), AT + HOUR)
    await entry.runtime_data.async_refresh()
    await settled(hass)
    assert state_of(hass, entry, ADAPTER, "pulses_1").state == "101"


async def test_a_profile_is_set_for_all_of_its_devices(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """What is set for one of them wins; what stands in no field stays."""
    hass.config_entries.async_update_entry(
        entry,
        options={
            **entry.options,
            "devices": {ADAPTER.dev_eui: {"medium_2": "heat"}},
            "profile_settings": {"p-2": {"medium_1": "water", "interval": "15"}},
        },
    )
    result = await choose(hass, entry, "profile")
    result = await send(hass, result, {"profile": "Zwei (1)"})
    assert words(result)["decoder"] == "Nobody Two"
    assert "codec" not in fields(result)
    result = await send(hass, result, {"layout": "B"})
    assert result["errors"] == {"layout": "layout_wrong"}
    given = {"unit": "l", "pulse_weight": 2, "medium": "gas", "layout": ""}
    await kept(hass, await send(hass, result, given))
    assert entry.options["profile_settings"] == {
        "p-2": {"unit": "l", "pulse_weight": "2", "medium": "gas", "medium_1": "water"}
    }
    assert state_of(hass, entry, ADAPTER, "volume_1").state == "200.0"
    assert state_of(hass, entry, ADAPTER, "energy_2").state == "100.0"


async def test_gas_in_kwh(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """From a date on, for all meters or for some; what held before still does."""
    result = await choose(hass, entry, "gas")
    assert words(result) == {"meters": "1", "calorific_value": "-", "state_number": "-"}
    result = await send(hass, result, {})
    assert result["errors"] == {"base": "gas_needed"}
    await kept(hass, await send(hass, result, {"calorific_value": 11}))
    assert "gas_factors_needed" in issues(hass, entry)
    result = await choose(hass, entry, "gas")
    await kept(hass, await send(hass, result, {"state_number": 1}))
    assert entry.options["defaults"] == {"calorific_value": "11", "state_number": "1"}
    assert "gas_factors_needed" not in issues(hass, entry)
    assert state_of(hass, entry, GAS, "energy").state == "110.0"

    result = await choose(hass, entry, "gas")
    label = f"Rathaus · Gas · EM300-DI · {GAS.dev_eui}"
    some = {"meters": [label], "calorific_value": 12, "since": "2026-11-01"}
    await kept(hass, await send(hass, result, some))
    assert entry.options["devices"] == {GAS.dev_eui: {"calorific_value": "11 | 2026-11-01 12"}}
    assert entry.options["defaults"]["calorific_value"] == "11"
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "defaults": {"calorific_value": "nonsense"}}
    )
    result = await choose(hass, entry, "gas")
    await kept(hass, await send(hass, result, {"calorific_value": 11.5, "since": "2026-12-01"}))
    assert entry.options["defaults"] == {"calorific_value": "2026-12-01 11.5"}


async def test_a_list_is_taken_as_a_whole(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The first wrong line is told, and nothing is stored before it is right."""
    result = await choose(hass, entry, "list")
    lines = f"DevEUI;medium;pulse_weight\n{GAS.dev_eui};gas;0,02\n{ADAPTER.dev_eui};water;x"
    result = await send(hass, result, {"lines": lines})
    assert result["errors"] == {"lines": "line_value"}
    assert (words(result)["line"], words(result)["word"]) == ("3", "pulse_weight")
    assert entry.options["devices"] == {}
    await kept(hass, await send(hass, result, {"lines": lines.replace(";x", ";1")}))
    assert entry.options["devices"] == {
        GAS.dev_eui: {"medium": "gas", "pulse_weight": "0.02"},
        ADAPTER.dev_eui: {"medium": "water", "pulse_weight": "1"},
    }


async def test_areas_and_labels_are_set_by_an_action(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """All devices of a target at once; what they have no use for does no harm."""
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier(
        (DOMAIN, f"{entry.entry_id}_{GAS.dev_eui}"), entry.entry_id
    )
    assert device is not None
    label = lr.async_get(hass).async_create("Zähler").label_id
    registry.async_update_device(device.id, labels={label})
    area = ar.async_get(hass).async_get_area_by_name("Rathaus")
    assert area is not None

    async def act(**data: Any) -> None:
        await hass.services.async_call(DOMAIN, "set_device_settings", data, blocking=True)
        await settled(hass)

    await act(area_id=area.id, settings={"medium": "water"})
    assert entry.options["devices"] == {
        eui: {"medium": "water"} for eui in (GAS.dev_eui, DOOR.dev_eui)
    }
    await act(label_id=label, settings={"pulse_weight": 0.5, "medium": None})
    await act(entity_id=entity_id(hass, entry, DOOR, "people_in"), settings={"medium": ""})
    assert entry.options["devices"] == {GAS.dev_eui: {"pulse_weight": "0.5"}}
    before = entry.options
    with pytest.raises(ServiceValidationError, match="no setting “colour”"):
        await act(device_id=device.id, settings={"pulse_weight": 1, "colour": "red"})
    with pytest.raises(ServiceValidationError, match="“pulse_weight” is not valid"):
        await act(device_id=[device.id], settings={"pulse_weight": "a lot"})
    with pytest.raises(ServiceValidationError, match="no such device"):
        await act(area_id="nowhere", settings={"medium": "gas"})
    with pytest.raises(ServiceValidationError, match="no such device"):
        await act(device_id=entry.runtime_data.server_device_id, settings={"medium": "gas"})
    assert entry.options == before


async def test_a_list_as_action(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """For scripts that keep the inventory elsewhere."""

    async def act(entry_id: str, lines: str) -> None:
        data = {"config_entry_id": entry_id, "lines": lines}
        await hass.services.async_call(DOMAIN, "import_device_settings", data, blocking=True)
        await settled(hass)

    await act(entry.entry_id, f"{GAS.dev_eui};pulse_weight;0.1;key;{'0F' * 16}")
    assert entry.options["devices"] == {GAS.dev_eui: {"pulse_weight": "0.1"}}
    assert entry.options["keys"] == {GAS.dev_eui: "0f" * 16}
    with pytest.raises(ServiceValidationError, match="Line 2: There is no device 24e1241300000000"):
        await act(entry.entry_id, f"{GAS.dev_eui};medium;gas\n24e1241300000000;medium;gas")
    with pytest.raises(ServiceValidationError, match="not loaded"):
        await act("of nobody", "x")


@pytest.mark.parametrize("step", ["profile", "mapping", "gas", "list"])
async def test_steps_need_a_loaded_entry(
    hass: HomeAssistant, entry: MockConfigEntry, step: str
) -> None:
    """Otherwise nothing is known of any device."""
    await hass.config_entries.async_unload(entry.entry_id)
    result = await choose(hass, entry, step)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_one_device_of_an_entry_that_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Its decoder can be chosen; of inputs and displays nothing is known."""
    await hass.config_entries.async_unload(entry.entry_id)
    result = await choose(hass, entry, "device")
    result = await send(hass, result, {"device": GAS.dev_eui})
    assert "start_value" not in fields(result)
    await kept(hass, await send(hass, result, {"medium": "water"}))
    assert entry.options["devices"] == {GAS.dev_eui: {"medium": "water"}}


async def test_profile_is_unloaded_meanwhile(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A form that was left open changes nothing."""
    result = await choose(hass, entry, "profile")
    result = await send(hass, result, {"profile": "Zwei (1)"})
    await hass.config_entries.async_unload(entry.entry_id)
    result = await send(hass, result, {"unit": "l"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_no_profiles(
    hass: HomeAssistant, server: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server need not know any."""
    monkeypatch.setattr(options_flow, "SERVERS", {"fake": server.server_type})
    server.inventory = []
    entry = await set_up(hass)
    for step, reason in (("profile", "no_profiles"), ("mapping", "no_objects")):
        result = await choose(hass, entry, step)
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, reason)
