"""Actions that set limits of many totals, and that list devices."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN

from .automations import TARGETS, automate, said, target
from .fake_network import AT, DOOR, GAS, FakeNetwork, people, pulses
from .homes import poll, set_up

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POWER = replace(
    GAS,
    dev_eui="24e124136b000021",
    name="Strom",
    tags={
        "building": "Rathaus",
        "medium": "electricity",
        "pulse_weight": "0.01",
        "meter_number": "7ELS999",
    },
)


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give an entry with a meter of gas, one of electricity, and a door."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(AT)
    server.inventory = [GAS, POWER, DOOR]
    for n in range(-10, 1):
        server.send(GAS, pulses(10_000 + 100 * n), AT + n * HOUR, f_cnt=n)
        server.send(POWER, pulses(50_000 + 1000 * n), AT + n * HOUR, f_cnt=n)
        server.send(DOOR, people(100, 50), AT + n * HOUR, f_cnt=n)
    return await set_up(hass)


async def ask(hass: HomeAssistant, action: str, **given: Any) -> dict[str, Any]:
    """Call an action."""
    answer = await hass.services.async_call(
        DOMAIN, action, given, blocking=True, return_response=True
    )
    assert answer is not None
    return answer


def limits(entry: MockConfigEntry) -> dict[str, Any]:
    """Give the limits that are kept."""
    return dict(entry.options.get("limits", {}))


@pytest.mark.parametrize("kind", TARGETS)
async def test_limits_of_every_kind_of_target(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str
) -> None:
    """They are converted; what does not fit stays as it is, and is told."""
    where = target(hass, entry, kind, GAS, "volume")
    answer = await ask(hass, "set_limits", **where, period="day", limit=12_000, unit="L")
    assert limits(entry) == {GAS.dev_eui: {"volume": {"day": 12.0}}}
    (limit,) = answer["limits"]
    assert limit.items() >= {"limit": 12.0, "unit": "m³", "period": "day"}.items()
    others = {"sensor.rathaus_strom_energy", "sensor.rathaus_haupteingang_entries"}
    assert set(answer["left_out"]) == (others if kind in {"area", "floor"} else set())
    await ask(hass, "set_limits", **where, period="day", limit=0)
    assert limits(entry) == {}


async def test_limits_of_visitors_and_media(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Visitors have no unit; a medium can be picked out."""
    where = target(hass, entry, "area", GAS, "volume")
    await ask(hass, "set_limits", **where, period="day", limit=500)
    await ask(
        hass, "set_limits", **where, period="month", limit=2, unit="MWh", media=["electricity"]
    )
    assert limits(entry) == {
        DOOR.dev_eui: {"people_in": {"day": 500.0}},
        POWER.dev_eui: {"energy": {"month": 2000.0}},
    }


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        ("area", {"limit": -1}, "limit_negative"),
        ("area", {"limit": 1e12}, "limit_absurd"),
        ("area", {"limit": float("nan")}, "limit_absurd"),
        ("area", {"unit": "°C"}, "limit_other_unit"),
        ("device", {"unit": "kWh"}, "limit_other_unit"),
        ("device", {"unit": None}, "limit_without_unit"),
        ("area", {"period": "year"}, "limit_period_unknown"),
        ("area", {"media": ["heat"]}, "target_without_meters"),
        ("nowhere", {}, "target_unknown"),
    ],
)
async def test_limits_that_cannot_be(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, given: dict[str, Any], reason: str
) -> None:
    """They are refused with what to do next, and nothing is changed."""
    where = (
        {"label_id": "nirgends"} if kind == "nowhere" else target(hass, entry, kind, GAS, "volume")
    )
    words = {"period": "day", "limit": 10, "unit": "m³", **given}
    with pytest.raises(ServiceValidationError) as error:
        await ask(hass, "set_limits", **where, **{k: v for k, v in words.items() if v is not None})
    assert error.value.translation_key == reason
    assert limits(entry) == {}


@pytest.mark.parametrize("kind", TARGETS)
async def test_exceeded_limit_is_told(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """Once a day, with consumption and limit; not by setting it, nor by what was before."""
    where = target(hass, entry, kind, POWER, "energy")
    told = await automate(
        hass,
        {
            "trigger": f"{DOMAIN}.limit_exceeded",
            "target": where,
            "options": {"periods": ["day", "hour"]},
        },
        ("consumption", "limit", "unit", "period", "period_start", "device", "building"),
    )
    await ask(hass, "set_limits", **where, period="day", limit=115, unit="kWh")
    await ask(hass, "set_limits", **where, period="month", limit=1, unit="kWh")
    for n in range(1, 4):
        server.send(POWER, pulses(50_000 + 1000 * n), AT + n * HOUR)
        await poll(hass, freezer, HOUR)
    assert [event.data for event in told] == [
        {
            "consumption": 120.0,
            "limit": 115.0,
            "unit": "kWh",
            "period": "day",
            "period_start": "2026-11-23T00:00:00+00:00",
            "device": "Strom",
            "building": "Rathaus",
        }
    ]


async def test_limit_set_below_what_was_consumed(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Whoever sets it sees that it is exceeded; nobody is woken for it."""
    where = target(hass, entry, "area", POWER, "energy")
    told = await automate(hass, {"trigger": f"{DOMAIN}.limit_exceeded", "target": where})
    await ask(hass, "set_limits", **where, period="day", limit=50, unit="kWh")
    server.send(POWER, pulses(51_000), AT + HOUR)
    await poll(hass, freezer, HOUR)
    assert not told


async def test_limit_exceeded_at_the_end_of_a_day(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """A reading that comes after midnight still tells of the day before."""
    where = target(hass, entry, "area", POWER, "energy")
    told = await automate(
        hass, {"trigger": f"{DOMAIN}.limit_exceeded", "target": where}, ["period_start"]
    )
    await ask(hass, "set_limits", **where, period="day", limit=238, unit="kWh")
    for n in (*range(1, 14), 14.5):
        server.send(POWER, pulses(round(50_000 + 1000 * n)), AT + n * HOUR)
        freezer.move_to(AT + n * HOUR)
        await poll(hass, freezer)
    assert said(told, "period_start") == ["2026-11-23T00:00:00+00:00"]


async def test_devices_and_their_health(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Everything that a caretaker asks, the longest unheard first."""
    answer = await ask(hass, "list_devices")
    assert (answer["count"], answer["silent"], answer["with_problems"]) == (3, 0, 0)
    where = target(hass, entry, "area", GAS, "volume")
    for n in range(1, 30):
        server.send(POWER, pulses(50_000 + 1000 * n), AT + n * HOUR, f_cnt=n)
        server.send(DOOR, b"\x99\x99\x99", AT + n * HOUR, f_cnt=n)
        await poll(hass, freezer, HOUR)
    answer = await ask(hass, "list_devices", **where, problems_only=True)
    assert [(d["device"], d["problems"]) for d in answer["devices"]] == [
        ("Gas", ["silent"]),
        ("Haupteingang", ["not_understood"]),
    ]
    gas = answer["devices"][0]
    assert (
        gas.items()
        >= {
            "building": "Rathaus",
            "meter_number": "7ELS123",
            "last_reading": "2026-11-23T10:00:00+00:00",
            "silent": True,
            "expected_after_hours": 3.0,
            "model": "EM300-DI",
            "rssi": -101,
            "message_status": "ok",
        }.items()
    )


@pytest.mark.parametrize("kind", TARGETS)
async def test_devices_of_every_kind_of_target(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str
) -> None:
    """Only those that are meant."""
    answer = await ask(hass, "list_devices", **target(hass, entry, kind, GAS, "volume"))
    names = {device["device"] for device in answer["devices"]}
    assert names == ({"Gas", "Strom", "Haupteingang"} if kind in {"area", "floor"} else {"Gas"})


@pytest.mark.parametrize(
    ("where", "reason"),
    [({"area_id": "nirgends"}, "target_unknown"), ({"label_id": []}, "target_without_devices")],
)
@pytest.mark.usefixtures("entry")
async def test_devices_of_nowhere(hass: HomeAssistant, where: dict[str, Any], reason: str) -> None:
    """It is refused with what to do next."""
    with pytest.raises(ServiceValidationError) as error:
        await ask(hass, "list_devices", **where)
    assert error.value.translation_key == reason


async def test_silence_is_told(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Once, when a device is missed."""
    where = target(hass, entry, "label", GAS, "volume")
    told = await automate(
        hass, {"trigger": f"{DOMAIN}.device_silent", "target": where}, ("device", "meter_number")
    )
    for n in range(1, 6):
        server.send(POWER, pulses(50_000 + 1000 * n), AT + n * HOUR)
        await poll(hass, freezer, HOUR)
    assert [event.data for event in told] == [{"device": "Gas", "meter_number": "7ELS123"}]
