"""Consumption and visitors above a value: once in a period, and never by what was restored."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from .automations import TARGETS, automate, said, target
from .fake_network import DOOR, GAS, FakeNetwork, people, pulses
from .homes import poll, reload, set_up, settled

MIDNIGHT = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""The first of December begins in Berlin."""
HOUR = timedelta(hours=1)
WORDS = ("consumption", "limit", "unit", "building", "device", "meter_number", "period_start")


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give an entry in Berlin, at noon: 1 m³ of gas an hour since midnight, and ten visitors."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(MIDNIGHT - 12 * HOUR)
    for n in range(-24, -11):
        server.send(GAS, pulses(10_000 + 100 * n), MIDNIGHT + n * HOUR)
    server.send(DOOR, people(100, 0), MIDNIGHT - 24 * HOUR)
    server.send(DOOR, people(110, 0), MIDNIGHT - 12 * HOUR)
    return await set_up(hass)


def above(
    where: dict[str, Any], number: float, unit: str | None = "m³", **more: Any
) -> dict[str, Any]:
    """Give the trigger on consumption."""
    value = {"number": number} | ({"unit_of_measurement": unit} if unit else {})
    return {
        "trigger": f"bernau_smartcity.{'consumption' if unit else 'visitors'}_above",
        "target": where,
        "options": {"threshold": {"type": "above", "value": value}, **more},
    }


async def count(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    hours: float,
    *,
    at: float | None = None,
    cubic_metres: float | None = None,
) -> None:
    """Let the gas meter tell, after some hours more, how much it has counted since midnight."""
    freezer.move_to(MIDNIGHT - 24 * HOUR + hours * HOUR)
    read = hours if at is None else at
    counted = read if cubic_metres is None else cubic_metres
    server.send(GAS, pulses(round(7_600 + 100 * counted)), MIDNIGHT + (read - 24) * HOUR)
    await poll(hass, freezer)


@pytest.mark.parametrize("kind", TARGETS)
async def test_every_kind_of_target(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """It fires once a day, with all that a message wants to say."""
    where = target(hass, entry, kind, GAS, "volume")
    told = await automate(hass, above(where, 12.5), WORDS)
    await count(hass, server, freezer, 12.4)
    assert not told
    await count(hass, server, freezer, 13)
    await count(hass, server, freezer, 14)
    assert [event.data for event in told] == [
        {
            "consumption": 13.0,
            "limit": 12.5,
            "unit": "m³",
            "building": "Rathaus",
            "device": "Gas",
            "meter_number": "7ELS123",
            "period_start": "2026-11-30T00:00:00+01:00",
        }
    ]


async def test_next_day_counts_anew(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Each day tells once; the month goes on over them."""
    told = await automate(hass, above(target(hass, entry, "area", GAS, "volume"), 5.5), WORDS)
    for hours in (23, 24, 25, 29, 30, 31):
        await count(hass, server, freezer, hours)
    assert said(told, "period_start") == ["2026-12-01T00:00:00+01:00"]
    assert said(told, "consumption") == [6.0]


async def test_units_are_converted(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Consumption and threshold are told in the unit of the threshold."""
    where = target(hass, entry, "device", GAS, "volume")
    told = await automate(hass, above(where, 12_500, "L", period="day", media=["gas"]), WORDS)
    await count(hass, server, freezer, 13)
    assert [(e.data["consumption"], e.data["unit"]) for e in told] == [(13_000.0, "L")]


@pytest.mark.parametrize(
    ("number", "unit", "more"),
    [(1, "kWh", {}), (12.5, "m³", {"media": ["water"]}), (100, None, {})],
)
async def test_what_is_not_meant(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    number: float,
    unit: str | None,
    more: dict[str, Any],
) -> None:
    """A threshold in kWh says nothing about cubic metres, nor does another medium."""
    told = await automate(
        hass, above(target(hass, entry, "area", GAS, "volume"), number, unit, **more)
    )
    await count(hass, server, freezer, 13)
    assert not told


async def test_threshold_of_an_entity(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Its unit is converted; where it says nothing, nothing is lost."""
    where = target(hass, entry, "area", GAS, "volume")
    trigger = above(where, 0)
    trigger["options"]["threshold"]["value"] = {"entity": "number.grenze"}
    told = await automate(hass, trigger, WORDS)
    await count(hass, server, freezer, 13)
    for state in ("unknown", "viel"):
        hass.states.async_set("number.grenze", state, {"unit_of_measurement": "L"})
        await count(hass, server, freezer, 13.5)
    assert not told
    hass.states.async_set("number.grenze", "13800", {"unit_of_measurement": "L"})
    await count(hass, server, freezer, 14)
    assert said(told, "consumption") == [14_000.0]
    hass.states.async_set("number.grenze", "14500", {"unit_of_measurement": "L"})
    await count(hass, server, freezer, 15)
    assert said(told, "limit") == [13_800.0, 14_500.0]
    hass.states.async_set("number.grenze", "10", {"unit_of_measurement": "L"})
    await count(hass, server, freezer, 16)
    assert len(told) == 2


async def test_restart_and_reload_tell_nothing(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """What was above before is no news; what rises later is."""
    told = await automate(hass, above(target(hass, entry, "area", GAS, "volume"), 11.5))
    await reload(hass, entry)
    await count(hass, server, freezer, 13)
    assert not told
    await reload(hass, entry)
    for hours in (24, 35, 36):
        await count(hass, server, freezer, hours)
    await reload(hass, entry)
    assert len(told) == 1


async def test_what_was_missed_while_off_is_told(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """The first poll after a start reads on; automations are there by then."""
    told = await automate(hass, above(target(hass, entry, "area", GAS, "volume"), 12.5))
    await hass.config_entries.async_unload(entry.entry_id)
    await settled(hass)
    freezer.move_to(MIDNIGHT - 11 * HOUR)
    server.send(GAS, pulses(8_900), MIDNIGHT - 11 * HOUR)
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    assert len(told) == 1


async def test_late_readings(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """They count for their own day, and what they correct is not told again."""
    told = await automate(hass, above(target(hass, entry, "area", GAS, "volume"), 23.5), WORDS)
    await count(hass, server, freezer, 23.2)
    await count(hass, server, freezer, 26, at=25)
    assert said(told, "period_start") == ["2026-11-30T00:00:00+01:00"]
    await count(hass, server, freezer, 26.1, at=24, cubic_metres=23.3)
    await count(hass, server, freezer, 26.2, at=23.9, cubic_metres=23.3)
    await count(hass, server, freezer, 27)
    assert len(told) == 1


async def test_time_zone_and_midnight_tell_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """The day is another, its consumption is no news."""
    told = await automate(hass, above(target(hass, entry, "area", GAS, "volume"), 10.5))
    for zone in ("UTC", "Asia/Tokyo", "Europe/Berlin"):
        await hass.config.async_update(time_zone=zone)
        await settled(hass)
    freezer.move_to(MIDNIGHT + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await settled(hass)
    assert not told


async def test_device_that_moves_in_tells_nothing(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Whoever labels a meter later is told from then on."""
    target(hass, entry, "label", DOOR, "people_in")
    told = await automate(hass, above({"label_id": "schulen"}, 11.5))
    await count(hass, server, freezer, 12.5)
    target(hass, entry, "label", GAS, "volume")
    await count(hass, server, freezer, 13)
    assert not told
    for hours in (24.5, 36, 37):
        await count(hass, server, freezer, hours)
    assert len(told) == 1


async def test_visitors(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """They are counted in whole numbers, without a unit."""
    told = await automate(
        hass, above(target(hass, entry, "area", DOOR, "people_in"), 11, None), WORDS
    )
    for n, counted in ((1, 111), (2, 115), (3, 120)):
        server.send(DOOR, people(counted, 0), MIDNIGHT + (n - 12) * HOUR)
        await poll(hass, freezer, HOUR)
    assert [(e.data["consumption"], e.data["unit"]) for e in told] == [(15.0, "")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "below", "value": {"number": 1, "unit_of_measurement": "m³"}}, "only rises"),
        ({"type": "above", "value": {"number": -1, "unit_of_measurement": "m³"}}, "below zero"),
        ({"type": "above", "value": {"number": 1, "unit_of_measurement": "°C"}}, "Invalid unit"),
        ({"type": "above", "value": {"number": 1}}, "Missing unit"),
        ({"type": "above", "value": {"number": 1, "unit_of_measurement": "kWh"}}, "counts in m³"),
    ],
)
async def test_threshold_that_can_never_be(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, Any],
    reason: str,
) -> None:
    """It is refused with the reason."""
    trigger = above(target(hass, entry, "entity", GAS, "volume_today"), 1)
    trigger["options"]["threshold"] = change
    with pytest.raises(AssertionError):
        await automate(hass, trigger)
    assert reason in caplog.text
