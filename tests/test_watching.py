"""Limits of totals in Home Assistant: by local time and time of measurement, without reload."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.bernau_smartcity.const import CONF_LIMITS, DOMAIN
from custom_components.bernau_smartcity.ledger.state import Key
from custom_components.bernau_smartcity.limits import Limit, async_set_limits
from custom_components.bernau_smartcity.metering.limits import Span
from custom_components.bernau_smartcity.model import Quantity

from .fake_network import DOOR, GAS, FakeNetwork, config_entry, people, pulses
from .homes import entity_id, poll, reload, set_up, settled, state_of

MIDNIGHT = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""The first of December begins in Berlin."""
HOUR = timedelta(hours=1)
VOLUME: Key = (Quantity.VOLUME, 0)
DOOR_IN: tuple[str, Key] = (DOOR.dev_eui, (Quantity.PEOPLE_IN, 0))
BERLIN = ZoneInfo("Europe/Berlin")
PER_HOUR = 100


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give an entry in Berlin, an hour before midnight: 1 m³ an hour for two days."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(MIDNIGHT - HOUR)
    for n in range(-49, 0):
        server.send(GAS, pulses(10_000 + PER_HOUR * n), MIDNIGHT + n * HOUR)
    return await set_up(hass)


async def limit(
    hass: HomeAssistant, entry: MockConfigEntry, span: Span, value: float | None
) -> None:
    """Set a limit of the gas meter."""
    await async_set_limits(entry.runtime_data, {(GAS.dev_eui, VOLUME, span): value})
    await settled(hass)


def exceeded(hass: HomeAssistant, entry: MockConfigEntry, span: Span) -> str:
    """Give what the sensor of a limit shows."""
    return state_of(hass, entry, GAS, f"volume_limit_exceeded_{span}").state


async def test_limit_by_its_number(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Set by hand: the sensor comes with the limit, and goes with it; nothing is loaded anew."""
    number = er.async_get(hass).async_get_entity_id(
        "number", DOMAIN, f"{entry.entry_id}_{GAS.dev_eui}_volume_limit_day"
    )
    assert number
    state = hass.states.get(number)
    assert state
    assert (state.state, state.attributes["device_class"]) == ("0.0", "gas")
    assert state.attributes["unit_of_measurement"] == "m³"
    given = {"entity_id": number, "value": 23.5}
    await hass.services.async_call("number", "set_value", given, blocking=True)
    await settled(hass)
    assert exceeded(hass, entry, Span.DAY) == "off"
    server.send(GAS, pulses(10_000 - 30), MIDNIGHT - 0.3 * HOUR)
    await poll(hass, freezer, HOUR / 2)
    assert exceeded(hass, entry, Span.DAY) == "on"
    attributes = state_of(hass, entry, GAS, "volume_limit_exceeded_day").attributes
    assert attributes["consumption"] == pytest.approx(23.7)
    assert attributes["limit"] == 23.5
    assert attributes["meter_number"] == "7ELS123"
    assert attributes["period_start"] == (MIDNIGHT - 24 * HOUR).isoformat()
    await reload(hass, entry)
    assert exceeded(hass, entry, Span.DAY) == "on"
    given["value"] = 0
    await hass.services.async_call("number", "set_value", given, blocking=True)
    await settled(hass)
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, GAS, "volume_limit_exceeded_day")
    assert entry.options[CONF_LIMITS] == {}


async def test_midnight_ends_a_day(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """And what comes late for yesterday says nothing about today."""
    await limit(hass, entry, Span.DAY, 20)
    assert exceeded(hass, entry, Span.DAY) == "on"
    freezer.move_to(MIDNIGHT + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await settled(hass)
    assert exceeded(hass, entry, Span.DAY) == "off"
    server.send(GAS, pulses(10_000 + 3_000), MIDNIGHT - timedelta(minutes=1))
    server.send(GAS, pulses(10_000 + 3_100), MIDNIGHT + HOUR)
    await poll(hass, freezer, HOUR)
    state = state_of(hass, entry, GAS, "volume_limit_exceeded_day")
    assert state.state == "off"
    assert state.attributes["previous_consumption"] > 50


@dataclass(frozen=True, slots=True)
class Case:
    """Readings in order of their coming, and what a limit says after each."""

    span: Span
    limit: float
    begin: str
    """Local time in Berlin."""
    steps: tuple[tuple[float, float, float, bool], ...]
    """Hours at which it comes and is measured, the register in m³, whether it is too much."""


CASES = {
    "an hour": Case(Span.HOUR, 2, "2026-11-23T10:00", ((1, 1, 1, False), (2, 2, 3.5, True))),
    "an hour is followed by a better one": Case(
        Span.HOUR,
        2,
        "2026-11-23T10:00",
        ((1, 1, 3, True), (1.5, 1.5, 3.1, True), (2, 2, 3.5, False)),
    ),
    "an hour that has only begun": Case(
        Span.HOUR, 2, "2026-11-23T10:00", ((1, 1, 1, False), (1.5, 1.5, 3.5, True))
    ),
    "an hour of long ago": Case(
        Span.HOUR, 2, "2026-11-23T10:00", ((1, 1, 1, False), (9, 2, 9, False))
    ),
    "an hour in a gap": Case(
        Span.HOUR, 2, "2026-11-23T10:00", ((1, 1, 1, False), (5.5, 5.5, 30, False))
    ),
    "a day": Case(
        Span.DAY, 10, "2026-11-23T00:00", ((2, 2, 5, False), (4, 4, 9.9, False), (6, 6, 11, True))
    ),
    "a day that begins in a gap": Case(
        Span.DAY, 10, "2026-11-22T20:00", ((1, 1, 1, False), (9, 9, 50, False), (10, 10, 61, True))
    ),
    "a day that begins between readings": Case(
        Span.DAY, 10, "2026-11-22T23:00", ((0.5, 0.5, 0, False), (1.5, 1.5, 18, False))
    ),
    "yesterday, told today": Case(
        Span.DAY, 10, "2026-11-22T22:00", ((1, 1, 1, False), (2.1, 1.9, 40, False))
    ),
    "a gap within the day": Case(Span.DAY, 10, "2026-11-23T01:00", ((9, 9, 11, True),)),
    "the end of summer time": Case(
        Span.DAY,
        23.5,
        "2026-10-25T00:00",
        tuple((n, n, n, n == 24) for n in range(1, 26)),
    ),
    "the day after it": Case(
        Span.DAY, 3.5, "2026-10-25T23:00", tuple((n, n, n, n > 4) for n in range(1, 7))
    ),
    "the beginning of summer time": Case(
        Span.DAY, 21.5, "2026-03-29T00:00", tuple((n, n, n, n == 22) for n in range(1, 25))
    ),
    "a week over Sunday": Case(
        Span.WEEK, 3.5, "2026-11-22T22:00", tuple((n, n, n, n > 5) for n in range(1, 7))
    ),
    "a month over its end": Case(
        Span.MONTH, 3.5, "2026-11-30T22:00", tuple((n, n, n, n > 5) for n in range(1, 7))
    ),
    "the end of the year": Case(
        Span.MONTH, 3.5, "2026-12-31T22:00", tuple((n, n, n, n > 5) for n in range(1, 7))
    ),
    "a small correction": Case(
        Span.DAY,
        10,
        "2026-11-22T23:00",
        ((0.5, 0.5, 2, False), (1.5, 1.5, 22.5, True), (2, 1.25, 12.9, True)),
    ),
    "a great correction": Case(
        Span.DAY,
        10,
        "2026-11-22T23:00",
        ((0.5, 0.5, 2, False), (1.5, 1.5, 22.5, True), (2, 1.01, 20, False)),
    ),
    "another meter": Case(
        Span.DAY,
        10,
        "2026-11-23T01:00",
        ((1, 1, 5, False), (2, 2, -1000, False), (3, 3, -999, False), (4, 4, -994, True)),
    ),
    "the same once more": Case(
        Span.DAY, 10, "2026-11-23T01:00", ((1, 1, 9, False), (1.5, 1, 9, False), (2, 2, 9, False))
    ),
}


@pytest.mark.parametrize("restart", [False, True], ids=["in one go", "with restarts"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_limits(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    case: Case,
    restart: bool,  # noqa: FBT001  # a table
) -> None:
    """Each period by itself, late and twice told readings, gaps, restarts, exchanges."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    begin = datetime.fromisoformat(case.begin).replace(tzinfo=BERLIN).astimezone(UTC)
    freezer.move_to(begin)
    server.send(GAS, pulses(100_000), begin)
    limits = {GAS.dev_eui: {"volume": {case.span.value: case.limit}}}
    entry = await set_up(hass, config_entry(limits=limits))
    said = [exceeded(hass, entry, case.span)]
    for comes, measured, register, _ in case.steps:
        value = pulses(100_000 + round(register * 100))
        server.send(GAS, value, begin + measured * HOUR)
        now = begin + comes * HOUR + timedelta(seconds=90)
        freezer.move_to(now)
        async_fire_time_changed(hass)
        await settled(hass)
        if restart:
            await reload(hass, entry)
        said.append(exceeded(hass, entry, case.span))
    assert said == ["off", *("on" if each[3] else "off" for each in case.steps)]


async def test_hour_becomes_history(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """A meter that falls silent does not exceed the limit of an hour for ever."""
    assert not server.waiting
    await limit(hass, entry, Span.HOUR, 0.5)
    assert exceeded(hass, entry, Span.HOUR) == "on"
    for _ in range(5):
        freezer.tick(HOUR)
        async_fire_time_changed(hass)
        await settled(hass)
    assert exceeded(hass, entry, Span.HOUR) == "off"


async def test_another_time_zone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What was too much for one day may not be for another."""
    await limit(hass, entry, Span.DAY, 22.5)
    assert exceeded(hass, entry, Span.DAY) == "on"
    await hass.config.async_update(time_zone="UTC")
    await settled(hass)
    assert exceeded(hass, entry, Span.DAY) == "off"


async def test_another_limit_is_judged_by_itself(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The hysteresis of the one before says nothing about it."""
    await limit(hass, entry, Span.DAY, 20)
    assert exceeded(hass, entry, Span.DAY) == "on"
    await limit(hass, entry, Span.DAY, 23.5)
    assert exceeded(hass, entry, Span.DAY) == "off"


async def test_many_limits_in_one_step(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """One change of the entry, no reload; and all of it or nothing."""
    coordinator = entry.runtime_data
    changes: list[ConfigEntry] = []
    entry.add_update_listener(_noting(changes))
    many: dict[Limit, float | None] = {(f"{n:016x}", VOLUME, Span.DAY): 5.0 for n in range(1_000)}
    many[GAS.dev_eui, VOLUME, Span.MONTH] = 40
    await async_set_limits(coordinator, many)
    await settled(hass)
    assert len(changes) == 1
    assert entry.runtime_data is coordinator
    assert exceeded(hass, entry, Span.MONTH) == "on"
    assert len(entry.options[CONF_LIMITS]) == 1_001
    with pytest.raises(ValueError, match="no limit"):
        await async_set_limits(coordinator, {**dict.fromkeys(many), (*DOOR_IN, Span.DAY): -1.0})
    assert len(entry.options[CONF_LIMITS]) == 1_001
    for wrong in (float("nan"), float("inf"), 1e12):
        with pytest.raises(ValueError, match="no limit"):
            await async_set_limits(coordinator, {(*DOOR_IN, Span.DAY): wrong})
    await async_set_limits(coordinator, dict.fromkeys(many))
    assert entry.options[CONF_LIMITS] == {}


def _noting(changes: list[ConfigEntry]) -> Callable[..., Coroutine[Any, Any, None]]:
    async def note(_hass: HomeAssistant, entry: ConfigEntry) -> None:
        changes.append(entry)

    return note


async def test_visitors_can_have_limits(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Those who come; the number is there, and disabled."""
    server.send(DOOR, people(10, 0), MIDNIGHT - 3 * HOUR)
    server.send(DOOR, people(35, 0), MIDNIGHT - 1.5 * HOUR)
    await poll(hass, freezer)
    registry = er.async_get(hass)
    numbers = {
        each.unique_id.removeprefix(f"{entry.entry_id}_"): each.disabled
        for each in er.async_entries_for_config_entry(registry, entry.entry_id)
        if each.domain == "number"
    }
    spans = {span: span in {Span.HOUR, Span.WEEK} for span in Span}
    assert numbers == {
        **{f"{GAS.dev_eui}_volume_limit_{span}": off for span, off in spans.items()},
        **{f"{DOOR.dev_eui}_people_in_limit_{span}": True for span in spans},
    }
    await async_set_limits(entry.runtime_data, {(*DOOR_IN, Span.DAY): 24})
    assert state_of(hass, entry, DOOR, "people_in_limit_exceeded_day").state == "on"


async def test_nothing_is_left_of_limits_that_are_gone(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Also if they went while nobody looked."""
    await limit(hass, entry, Span.DAY, 20)
    hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_LIMITS: {}})
    await reload(hass, entry)
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, GAS, "volume_limit_exceeded_day")
