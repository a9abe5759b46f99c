"""Exchange of a meter and the number on its display, in the options and as actions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.flows import options as options_flow
from custom_components.bernau_smartcity.model import Device

from .fake_network import AT, DOOR, GAS, FakeNetwork, people, pulses
from .homes import entity_id, has_entity, set_up, settled, state_of

HOUR = timedelta(hours=1)
NEW_DOOR = Device(
    dev_eui="24e124136b00000f",
    name="Neue Tür",
    scope="app-1",
    profile="profile-2",
    profile_name="VS350",
)
READINGS = {"people_in": {"last": 110, "first": 0}, "people_out": {"last": 61, "first": 1}}


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Give an entry with a gas meter, a door, and the counter that is to replace that one."""
    monkeypatch.setattr(options_flow, "SERVERS", {"fake": server.server_type})
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(AT + 6 * HOUR)
    server.inventory = [GAS, DOOR, NEW_DOOR]
    server.send(GAS, pulses(1_000), AT)
    server.send(GAS, pulses(1_200), AT + 2 * HOUR)
    server.send(DOOR, people(100, 50), AT)
    server.send(DOOR, people(105, 60), AT + HOUR)
    server.send(NEW_DOOR, people(3, 2), AT + 3 * HOUR)
    server.send(NEW_DOOR, people(7, 2), AT + 4 * HOUR)
    return await set_up(hass)


def device_id(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> str:
    """Give a device of the registry; fails if there is none."""
    found = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{entry.entry_id}_{device.dev_eui}"), entry.entry_id
    )
    assert found is not None
    return found.id


def values(entry: MockConfigEntry) -> dict[str, Any]:
    """Give what is shown of each device."""
    return {place: state.values for place, state in entry.runtime_data.states.items()}


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action, and give the totals afterwards."""
    answer = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    await settled(hass)
    assert answer is not None
    return answer["totals"]


def at(hours: float) -> str:
    """Give a time as forms and actions do."""
    return (AT + hours * HOUR).strftime("%Y-%m-%d %H:%M:%S")


def identities(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> dict[str, str]:
    """Give the entity of each identity of a device."""
    return {
        each.unique_id: each.entity_id
        for each in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if device.dev_eui in each.unique_id
    }


async def test_exchange_as_action(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry
) -> None:
    """The new counter goes on under the identity of the old one, and comes back when undone."""
    before = identities(hass, entry, DOOR)
    door, new = device_id(hass, entry, DOOR), device_id(hass, entry, NEW_DOOR)
    totals = await act(
        hass,
        "exchange_meter",
        device_id=door,
        new_device_id=new,
        at=at(2),
        readings=READINGS,
    )
    assert totals == {"people_in": 117, "people_out": 62}
    assert identities(hass, entry, DOOR) == before
    assert device_id(hass, entry, DOOR) == door
    assert dr.async_get(hass).async_get(new) is None
    assert not has_entity(hass, entry, NEW_DOOR)
    assert state_of(hass, entry, DOOR, "people_in").attributes["display"] == 7

    server.inventory = [GAS, NEW_DOOR]  # the old one was deleted
    server.send(NEW_DOOR, people(9, 2), AT + 5 * HOUR)
    for _ in range(2):
        entry.runtime_data._inventory_due = dt_util.utcnow()  # noqa: SLF001  # as after an hour
        await entry.runtime_data.async_refresh()
        await settled(hass)
    assert state_of(hass, entry, DOOR, "people_in").state == "119"
    assert not has_entity(hass, entry, NEW_DOOR)

    server.inventory = [GAS, DOOR, NEW_DOOR]
    assert (await act(hass, "undo_meter_exchange", device_id=door))["people_in"] == 105
    assert identities(hass, entry, DOOR) == before
    assert state_of(hass, entry, NEW_DOOR, "people_in").state == "9"


async def test_display_as_action(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The sensor shows what the meter shows."""
    gas = entity_id(hass, entry, GAS, "volume")
    assert hass.states.get(gas).state == "12.0"  # type: ignore[union-attr]  # it exists
    totals = await act(hass, "set_meter_display", entity_id=gas, value=4_711.5, at=at(1))
    assert totals == {"pulses": 1_200, "volume": 4_712.5}
    await act(hass, "set_meter_display", entity_id=gas, value=5_000)
    assert hass.states.get(gas).state == "5000.0"  # type: ignore[union-attr]  # it exists
    await act(hass, "undo_meter_display", entity_id=gas)
    assert (await act(hass, "undo_meter_display", entity_id=gas))["volume"] == 12
    with pytest.raises(ServiceValidationError, match="Nothing was noted"):
        await act(hass, "undo_meter_display", entity_id=gas)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"device_id": "nothing"}, "device_unknown"),
        ({"new_device_id": "nothing"}, "device_unknown"),
        ({"new_device_id": DOOR.dev_eui}, "exchange_same_device"),
        ({"new_device_id": GAS.dev_eui}, "exchange_other_quantity"),
        ({"at": at(7)}, "date_in_future"),
        ({"at": at(-1)}, "date_too_early"),
        ({"at": at(30), "now": 100}, "device_in_use"),
        ({"readings": {"energy": {"last": 1}}}, "total_unknown"),
        ({"readings": {"people_in": {"last": -1}}}, "reading_negative"),
        ({"readings": {"people_in": {"first": -1}}}, "reading_negative"),
        ({"readings": {"people_in": {"last": 2e12}}}, "reading_absurd"),
        ({"readings": {"people_in": {"last": float("nan")}}}, "reading_absurd"),
        ({"readings": {"people_in": {"last": 104}}}, "reading_below_sent"),
        ({"readings": {"people_in": {"last": 104_000}}}, "reading_far_above_sent"),
        ({"readings": {"people_in": {"first": 4}}}, "reading_above_sent"),
    ],
)
async def test_exchange_that_cannot_be(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    changed: dict[str, Any],
    refusal: str,
) -> None:
    """It is refused for what is wrong, and nothing is changed."""
    freezer.move_to(AT + changed.pop("now", 6) * HOUR)
    options, before = entry.options, values(entry)
    good = {
        "device_id": device_id(hass, entry, DOOR),
        "new_device_id": NEW_DOOR.dev_eui,
        "at": at(2),
    }
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "exchange_meter", **{**good, **changed})
    assert error.value.translation_key == refusal
    assert entry.options == options
    assert values(entry) == before


async def test_first_reading_far_below_what_was_sent(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry
) -> None:
    """Nobody passes a door sixty thousand times in an hour."""
    busy = replace(NEW_DOOR, dev_eui="24e124136b000010", name="Andere Tür")
    server.send(busy, people(60_000, 0), AT + 3 * HOUR)
    server.inventory.append(busy)
    await entry.runtime_data.async_refresh()
    with pytest.raises(ServiceValidationError) as error:
        await act(
            hass,
            "exchange_meter",
            device_id=device_id(hass, entry, DOOR),
            new_device_id=busy.dev_eui,
            at=at(2),
            readings={"people_in": {"first": 0}},
        )
    assert error.value.translation_key == "reading_far_below_sent"


async def test_exchange_of_what_was_exchanged(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A device stands at one place only, and dates follow each other."""
    door = device_id(hass, entry, DOOR)
    await act(hass, "exchange_meter", device_id=door, new_device_id=NEW_DOOR.dev_eui, at=at(2))
    gas = device_id(hass, entry, GAS)
    for given, refusal in (
        ({"device_id": gas, "new_device_id": door, "at": at(3)}, "device_in_use"),
        ({"device_id": door, "new_device_id": gas, "at": at(1)}, "exchange_other_quantity"),
        ({"device_id": door, "new_device_id": door, "at": at(3)}, "exchange_same_device"),
    ):
        with pytest.raises(ServiceValidationError) as error:
            await act(hass, "exchange_meter", **given)
        assert error.value.translation_key == refusal


@pytest.mark.parametrize(
    ("device", "suffix", "changed", "refusal"),
    [
        (DOOR, "people_in", {}, "display_is_sent"),
        (GAS, "last_reading", {}, "total_unknown"),
        (GAS, "volume", {"value": -1}, "reading_negative"),
        (GAS, "volume", {"value": 1e10}, "reading_absurd"),
        (GAS, "volume", {"at": at(7)}, "date_in_future"),
        (GAS, "volume", {"at": at(-7)}, "date_too_early"),
        (GAS, "volume", {"entity_id": "sensor.of_somebody_else"}, "total_unknown"),
    ],
)
async def test_display_that_cannot_be(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    device: Device,
    suffix: str,
    changed: dict[str, Any],
    refusal: str,
) -> None:
    """It is refused for what is wrong, and nothing is changed."""
    options = entry.options
    good = {"entity_id": entity_id(hass, entry, device, suffix), "value": 10, "at": at(1)}
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "set_meter_display", **{**good, **changed})
    assert error.value.translation_key == refusal
    assert entry.options == options


async def test_actions_without_a_loaded_entry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """They say so, as there is nobody to ask."""
    door = device_id(hass, entry, DOOR)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "undo_meter_exchange", device_id=door)
    assert error.value.translation_key == "not_loaded"
    for step in ("exchange", "display", "undo"):
        assert (await open_form(hass, entry, step))["reason"] == "not_loaded"


async def open_form(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> ConfigFlowResult:
    """Choose from the menu of the options."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    return await send(hass, result, {"next_step_id": step})


async def send(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Send a form."""
    return await hass.config_entries.options.async_configure(result["flow_id"], user_input)


async def test_exchange_in_the_options(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Every error can be corrected in the form; then the entry goes on with the new device."""
    assert (await open_form(hass, entry, "undo"))["reason"] == "nothing_to_undo"
    result = await open_form(hass, entry, "exchange")
    good = {"old": DOOR.dev_eui, "new": f"Neue Tür · VS350 · {NEW_DOOR.dev_eui}", "at": at(2)}
    for changed, errors in (
        ({"old": "?", "new": "?"}, {"old": "device_unknown", "new": "device_unknown"}),
        ({"new": DOOR.dev_eui}, {"new": "exchange_same_device"}),
        ({"new": GAS.dev_eui}, {"new": "exchange_other_quantity"}),
        ({"at": at(7)}, {"at": "date_in_future"}),
        ({"at": at(-1)}, {"at": "date_too_early"}),
    ):
        result = await send(hass, result, {**good, **changed})
        assert (result["step_id"], result["errors"]) == ("exchange", errors)
    result = await send(hass, result, good)
    assert result["step_id"] == "readings"
    name = hass.states.get(entity_id(hass, entry, DOOR, "people_in")).name  # type: ignore[union-attr]  # it exists
    assert result["description_placeholders"] == {"shown": "105", "unit": "", "total": name}
    wrong: dict[str, Any]
    for wrong, errors in (
        ({"last": -5}, {"base": "reading_negative"}),
        ({"last": 1}, {"last": "reading_below_sent"}),
        ({"last": 1e6}, {"last": "reading_far_above_sent"}),
        ({"first": 50}, {"first": "reading_above_sent"}),
    ):
        result = await send(hass, result, wrong)
        assert (result["step_id"], result["errors"]) == ("readings", errors)
    result = await send(hass, result, {"last": 110, "first": 0})
    assert (result["step_id"], result["errors"]) == ("readings", {})
    result = await send(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settled(hass)
    assert state_of(hass, entry, DOOR, "people_in").state == "117"
    assert not has_entity(hass, entry, NEW_DOOR)

    result = await open_form(hass, entry, "undo")
    (label,) = result["data_schema"].schema["noted"].config["options"]  # type: ignore[union-attr]  # it has one
    assert label == f"2026-11-23 12:00 · Haupteingang · {NEW_DOOR.dev_eui}"
    result = await send(hass, result, {})
    assert (result["step_id"], result["errors"]) == ("undo", {"noted": "choice_needed"})
    await send(hass, result, {"noted": label})
    await settled(hass)
    assert state_of(hass, entry, NEW_DOOR, "people_in").state == "7"
    assert state_of(hass, entry, DOOR, "people_in").state == "105"


async def test_display_in_the_options(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry
) -> None:
    """Only totals that are counted by pulses are offered."""
    result = await open_form(hass, entry, "display")
    (label,) = result["data_schema"].schema["total"].config["options"]  # type: ignore[union-attr]  # it has one
    good = {"total": label, "at": at(1), "value": 4_711.5}
    assert label.startswith("Rathaus · ")
    needed = {"total": "choice_needed", "value": "reading_needed"}
    for given in ({"at": at(1)}, {"at": at(1), "total": "Keller"}):
        result = await send(hass, result, given)
        assert (result["step_id"], result["errors"]) == ("display", needed)
    result = await send(hass, result, {**good, "value": -1})
    assert result["errors"] == {"base": "reading_negative"}
    result = await send(hass, result, {**good, "at": at(9)})
    assert result["errors"] == {"at": "date_in_future"}
    await send(hass, result, good)
    await settled(hass)
    assert state_of(hass, entry, GAS, "volume").state == "4712.5"

    result = await open_form(hass, entry, "undo")
    (label,) = result["data_schema"].schema["noted"].config["options"]  # type: ignore[union-attr]  # it has one
    await send(hass, result, {"noted": label})
    await settled(hass)
    assert state_of(hass, entry, GAS, "volume").state == "12.0"
    entry.runtime_data.ledger.states.pop(GAS.dev_eui)
    server.inventory = [DOOR]
    assert (await open_form(hass, entry, "display"))["reason"] == "no_pulse_totals"


async def test_device_in_use_in_the_options(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry
) -> None:
    """One that counted elsewhere before, or that stands in for another, is refused at its field."""
    options = entry.options
    freezer.move_to(AT + 100 * HOUR)
    result = await open_form(hass, entry, "exchange")
    given = {"old": DOOR.dev_eui, "new": NEW_DOOR.dev_eui}
    result = await send(hass, result, {**given, "at": at(30)})
    assert (result["step_id"], result["errors"]) == ("exchange", {"new": "device_in_use"})
    assert entry.options == options
    result = await send(hass, result, {**given, "at": at(2)})
    for _ in range(2):
        result = await send(hass, result, {})
    await settled(hass)
    result = await open_form(hass, entry, "exchange")
    taken = {"old": GAS.dev_eui, "new": DOOR.dev_eui, "at": at(3)}
    result = await send(hass, result, taken)
    assert "new" in (result["errors"] or {})


async def test_last_reading_of_a_meter_whose_display_nobody_knows(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry
) -> None:
    """Pulses say nothing about it; once the number on it is noted, the exchange is made."""
    new = replace(GAS, dev_eui="24e124136b000011", name="Neues Gas")
    server.send(new, pulses(7), AT + 4 * HOUR)
    server.inventory.append(new)
    await entry.runtime_data.async_refresh()
    await settled(hass)
    options = entry.options
    asked = {"old": GAS.dev_eui, "new": new.dev_eui, "at": at(3)}
    result = await send(hass, await open_form(hass, entry, "exchange"), asked)
    result = await send(hass, result, {"last": 4_711})
    assert (result["step_id"], result["errors"]) == ("readings", {"last": "display_unknown"})
    with pytest.raises(ServiceValidationError) as error:
        await act(
            hass,
            "exchange_meter",
            device_id=device_id(hass, entry, GAS),
            new_device_id=new.dev_eui,
            at=at(3),
            readings={"volume": {"last": 4_711}},
        )
    assert error.value.translation_key == "display_unknown"
    assert entry.options == options

    gas = entity_id(hass, entry, GAS, "volume")
    await act(hass, "set_meter_display", entity_id=gas, value=4_700, at=at(2))
    result = await send(hass, await open_form(hass, entry, "exchange"), asked)
    result = await send(hass, result, {"last": 4_711, "first": 0})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settled(hass)
    assert state_of(hass, entry, GAS, "volume").state == "4711.0"


async def test_first_reading_far_below_in_the_options(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry
) -> None:
    """It is refused at its field, and can be left empty."""
    busy = replace(NEW_DOOR, dev_eui="24e124136b000010", name="Andere Tür")
    server.send(busy, people(60_000, 0), AT + 3 * HOUR)
    server.inventory.append(busy)
    await entry.runtime_data.async_refresh()
    await settled(hass)
    options = entry.options
    asked = {"old": DOOR.dev_eui, "new": busy.dev_eui, "at": at(2)}
    result = await send(hass, await open_form(hass, entry, "exchange"), asked)
    result = await send(hass, result, {"first": 0})
    assert result["errors"] == {"first": "reading_far_below_sent"}
    result = await send(hass, result, {"first": 1e10})
    assert result["errors"] == {"base": "reading_absurd"}
    assert entry.options == options
    result = await send(hass, result, {})
    assert (result["step_id"], result["errors"]) == ("readings", {})


async def test_counter_that_tells_no_total_is_asked_for_none(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry
) -> None:
    """Neither device has a display, so the new one simply goes on."""
    doors = [replace(NEW_DOOR, dev_eui=f"24e124136b00002{n}", name=f"Zähler {n}") for n in range(2)]
    for door, begin in zip(doors, (0, 3), strict=True):
        for n in range(2):
            server.send(door, b"\x05\xcc\x04\x00\x00\x00", AT + (begin + n) * HOUR)
    server.inventory += doors
    await entry.runtime_data.async_refresh()
    await settled(hass)
    asked = {"old": doors[0].dev_eui, "new": doors[1].dev_eui, "at": at(2)}
    result = await send(hass, await open_form(hass, entry, "exchange"), asked)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settled(hass)
    state = state_of(hass, entry, doors[0], "people_in")
    assert state.state == "12"
    assert "display" not in state.attributes
