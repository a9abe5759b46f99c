"""Leaks, people and exchanges: told when they come up, and never by what was restored."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import NetworkError, Reason

from .automations import TARGETS, automate, device_of, said, target
from .fake_network import AT, DOOR, GAS, FakeNetwork, people
from .homes import poll, reload, set_up, settled

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WATER = replace(
    GAS,
    dev_eui="24e124136b000011",
    name="Wasser",
    profile="profile-4",
    profile_name="HYDRODIGIT",
    tags={"building": "Schule", "meter_number": "8WAS1"},
)
HALL = replace(
    GAS,
    dev_eui="24e124136b000012",
    name="Saal",
    profile="profile-5",
    profile_name="VS121",
    tags={"building": "Rathaus"},
)
NEW_DOOR = replace(DOOR, dev_eui="24e124136b00000f", name="Neue Tür")
DRY = bytes.fromhex("457420010034010000")
LEAKING = bytes.fromhex("45742001123401003fff33")


def present(count: int) -> bytes:
    """Give the payload of a VS121: people in its view."""
    return b"\x04\xc9" + count.to_bytes() + bytes.fromhex("0800a1")


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give an entry with a water meter without a leak, and a hall with ten people."""
    freezer.move_to(AT)
    server.inventory = [GAS, DOOR, WATER, HALL, NEW_DOOR]
    server.send(WATER, DRY, AT, f_port=1)
    server.send(HALL, present(10), AT)
    server.send(DOOR, people(100, 50), AT - HOUR)
    server.send(NEW_DOOR, people(3, 2), AT - MINUTE)
    return await set_up(hass)


def leak(where: dict[str, Any]) -> dict[str, Any]:
    """Give the trigger on a leak."""
    return {"trigger": f"{DOMAIN}.leak_suspected", "target": where}


def crowd(where: dict[str, Any], **threshold: Any) -> dict[str, Any]:
    """Give the trigger on people."""
    return {
        "trigger": f"{DOMAIN}.people_present",
        "target": where,
        "options": {"threshold": threshold},
    }


def over(number: float) -> dict[str, Any]:
    """Give a threshold that is to be exceeded."""
    return {"type": "above", "value": {"number": number}}


@pytest.mark.parametrize("kind", TARGETS)
async def test_leak_by_every_kind_of_target(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """It is told once, with all that a message wants to say."""
    where = target(hass, entry, kind, WATER, "leak")
    words = ("device", "building", "meter_number", "to_state.state", "entity_id")
    told = await automate(hass, leak(where), [word for word in words if "." not in word])
    for n in range(3):
        server.send(WATER, LEAKING, AT + n * MINUTE, f_port=1)
        await poll(hass, freezer)
    (event,) = told
    assert event.data == {
        "device": "Wasser",
        "building": "Schule",
        "meter_number": "8WAS1",
        "entity_id": "binary_sensor.schule_wasser_leak",
    }


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        (["leak", "reload", "leak"], 1),
        (["reload", "leak"], 1),
        (["leak", "reload"], 1),
        (["leak", "dry", "leak"], 2),
        (["lost", "leak", "found"], 1),
        (["leak", "lost", "found"], 1),
        (["lost", "found"], 0),
        (["reload"], 0),
    ],
)
async def test_leak_in_any_course(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    course: list[str],
    expected: int,
) -> None:
    """What was before is remembered over a reload, and over a time without the server."""
    told = await automate(hass, leak(target(hass, entry, "area", WATER, "leak")))
    for n, step in enumerate(course, 1):
        if step == "reload":
            await reload(hass, entry)
        elif step in {"lost", "found"}:
            lost = step == "lost"
            server.error = NetworkError(Reason.TIMEOUT) if lost else None
            await poll(hass, freezer)
        else:
            server.send(WATER, LEAKING if step == "leak" else DRY, AT + n * MINUTE, f_port=1)
            await poll(hass, freezer)
    assert len(told) == expected


@pytest.mark.parametrize("kind", TARGETS)
async def test_people_by_every_kind_of_target(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """Each time that more are there than before."""
    where = target(hass, entry, kind, HALL, "people")
    told = await automate(hass, crowd(where, **over(50)), ["device", "entity_id"])
    for n, count in enumerate((50, 51, 60, 40, 70), 1):
        server.send(HALL, present(count), AT + n * MINUTE)
        await poll(hass, freezer)
    assert said(told, "device") == ["Saal", "Saal"]


@pytest.mark.parametrize(
    ("threshold", "counts", "expected"),
    [
        ({"type": "below", "value": {"number": 5}}, (4, 6, 3), 2),
        (
            {"type": "between", "value_min": {"number": 20}, "value_max": {"number": 30}},
            (25, 26, 31, 20),
            2,
        ),
        (
            {"type": "outside", "value_min": {"number": 5}, "value_max": {"number": 30}},
            (4, 31, 10, 31),
            2,
        ),
        ({"type": "above", "value": {"entity": "input_number.platz"}}, (26, 27), 1),
        ({"type": "above", "value": {"entity": "input_number.nirgends"}}, (26, 27), 0),
    ],
)
async def test_people_and_thresholds(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    threshold: dict[str, Any],
    counts: tuple[int, ...],
    expected: int,
) -> None:
    """Above, below, between, outside, or what an entity says."""
    hass.states.async_set("input_number.platz", "25")
    told = await automate(hass, crowd(target(hass, entry, "area", HALL, "people"), **threshold))
    for n, count in enumerate(counts, 1):
        server.send(HALL, present(count), AT + n * MINUTE)
        await poll(hass, freezer)
    assert len(told) == expected


async def test_people_while_the_server_is_lost(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Who came meanwhile is told, who was there before is not."""
    told = await automate(hass, crowd(target(hass, entry, "area", HALL, "people"), **over(50)))
    for n, count in enumerate((60, 61), 1):
        server.error = NetworkError(Reason.TIMEOUT)
        await poll(hass, freezer)
        server.error = None
        server.send(HALL, present(count), AT + 10 * n * MINUTE)
        await poll(hass, freezer)
    assert len(told) == 1


async def exchange(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Note that the door has another counter."""
    await hass.services.async_call(
        DOMAIN,
        "exchange_meter",
        {
            "device_id": device_of(hass, entry, DOOR).id,
            "new_device_id": NEW_DOOR.dev_eui,
            "at": (AT - 2 * MINUTE).strftime("%Y-%m-%d %H:%M:%S"),
        },
        blocking=True,
    )
    await settled(hass)


@pytest.mark.parametrize("kind", TARGETS)
async def test_exchange_that_is_noted(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str
) -> None:
    """It is told once, and not again by a reload or by taking it back."""
    await hass.config.async_set_time_zone("UTC")
    where = target(hass, entry, kind, DOOR, "people_in")
    told = await automate(
        hass,
        {"trigger": f"{DOMAIN}.meter_exchanged", "target": where},
        ["device", "building", "exchanged_at"],
    )
    await exchange(hass, entry)
    await reload(hass, entry)
    assert [event.data for event in told] == [
        {
            "device": "Haupteingang",
            "building": "Rathaus",
            "exchanged_at": "2026-11-23T09:58:00+00:00",
        }
    ]
    await hass.services.async_call(
        DOMAIN,
        "undo_meter_exchange",
        {"device_id": device_of(hass, entry, DOOR).id},
        blocking=True,
    )
    await settled(hass)
    assert len(told) == 1


async def test_exchange_that_is_seen(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """A register that begins elsewhere is another meter, as soon as the next reading confirms."""
    told = await automate(
        hass,
        {
            "trigger": f"{DOMAIN}.meter_exchanged",
            "target": target(hass, entry, "area", WATER, "volume"),
        },
        ["meter_number"],
    )
    for n, litres in enumerate((2_000, 2_010, 2_020), 1):
        payload = b"\x45" + litres.to_bytes(4, "little") + bytes(4)
        server.send(WATER, payload, AT + n * HOUR, f_port=1)
        await poll(hass, freezer, HOUR)
    server.send(
        WATER, b"\x45" + (2_005).to_bytes(4, "little") + bytes(4), AT + 1.5 * HOUR, f_port=1
    )
    await poll(hass, freezer)
    assert said(told, "meter_number") == ["8WAS1"]


@pytest.mark.parametrize(
    "name", ["leak_suspected", "limit_exceeded", "meter_exchanged", "visitors_above"]
)
@pytest.mark.usefixtures("entry")
async def test_entity_of_somebody_else(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """Nothing would ever be told of it."""
    er.async_get(hass).async_get_or_create("sensor", "demo", "1", suggested_object_id="fremd")
    options = {"options": {"threshold": over(1)}} if name == "visitors_above" else {}
    where = {"entity_id": "sensor.fremd"}
    with pytest.raises(AssertionError):
        await automate(hass, {"trigger": f"{DOMAIN}.{name}", "target": where, **options})
    assert "sensor.fremd does not belong" in caplog.text


async def test_first_message_of_a_meter_is_an_alarm(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """It is told where it was measured since somebody listens, and not again by a reload."""
    old = replace(WATER, dev_eui="24e124136b000013", name="Alt")
    new = replace(WATER, dev_eui="24e124136b000014", name="Neu")
    where = {"area_id": target(hass, entry, "area", WATER, "leak")["area_id"]}
    told = await automate(hass, leak(where), ["device"])
    server.inventory += [old, new]
    server.send(old, LEAKING, AT - HOUR, f_port=1)
    server.send(new, LEAKING, AT + HOUR, f_port=1)
    await poll(hass, freezer, HOUR)
    await reload(hass, entry)
    assert said(told, "device") == ["Neu"]
