"""Conditions: what is at present, by every kind of target."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, entity_registry as er
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Device

from .automations import TARGETS, target
from .fake_network import AT, DOOR, GAS, FakeNetwork, people, pulses
from .homes import poll, set_up
from .test_limit_actions import POWER
from .test_state_triggers import DRY, HALL, LEAKING, WATER, present

HOUR = timedelta(hours=1)


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give an entry at ten o'clock: ten hours of consumption, ten visitors, ten people."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(AT)
    server.inventory = [GAS, POWER, DOOR, WATER, HALL]
    for n in range(-10, 1):
        server.send(GAS, pulses(10_000 + 100 * n), AT + n * HOUR)
        server.send(POWER, pulses(50_000 + 1000 * n), AT + n * HOUR)
        server.send(DOOR, people(100 + n, 50), AT + n * HOUR)
    server.send(WATER, DRY, AT, f_port=1)
    server.send(HALL, present(10), AT)
    return await set_up(hass)


async def holds(
    hass: HomeAssistant, name: str, where: dict[str, Any], **options: Any
) -> bool | None:
    """Ask a condition as an automation does."""
    config = {"condition": f"{DOMAIN}.{name}", "target": where, "options": options}
    valid = await condition.async_validate_condition_config(hass, config)
    checker = await condition.async_from_config(hass, valid)
    try:
        return checker.async_check()
    finally:
        checker.async_unload()


def above(number: float, unit: str | None = None) -> dict[str, Any]:
    """Give a threshold."""
    value = {"number": number} | ({"unit_of_measurement": unit} if unit else {})
    return {"type": "above", "value": value}


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize(
    ("name", "device", "suffix", "options", "expected"),
    [
        ("consumption_is_above", GAS, "volume", {"threshold": above(9_900, "L")}, True),
        ("consumption_is_above", GAS, "volume", {"threshold": above(10_100, "L")}, False),
        (
            "consumption_is_above",
            GAS,
            "volume",
            {"threshold": above(0.9, "m³"), "period": "hour"},
            True,
        ),
        (
            "consumption_is_above",
            GAS,
            "volume",
            {"threshold": above(0.9, "m³"), "media": ["heat"]},
            False,
        ),
        ("visitors_are_above", DOOR, "people_in", {"threshold": above(9)}, True),
        ("visitors_are_above", DOOR, "people_in", {"threshold": above(10)}, False),
        ("people_are_present", HALL, "people", {"threshold": above(9)}, True),
        ("people_are_present", HALL, "people", {"threshold": above(10)}, False),
        ("leak_is_suspected", WATER, "leak", {}, False),
        ("device_is_silent", GAS, "silent", {}, False),
    ],
)
async def test_at_present(  # the columns of the table
    hass: HomeAssistant,
    entry: MockConfigEntry,
    kind: str,
    name: str,
    device: Device,
    suffix: str,
    options: dict[str, Any],
    expected: bool,  # noqa: FBT001  # a column of the table
) -> None:
    """By area, floor, label, device and entity."""
    where = target(hass, entry, kind, device, suffix)
    assert await holds(hass, name, where, **options) is expected


async def test_any_and_all(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """One is enough, or all are wanted; what has another unit is not asked."""
    where = target(hass, entry, "area", GAS, "volume")
    for number, any_, all_ in ((99, True, True), (100, False, False)):
        kwh = above(number, "kWh")
        for behavior, expected in (("any", any_), ("all", all_)):
            answer = await holds(
                hass, "consumption_is_above", where, threshold=kwh, behavior=behavior
            )
            assert answer is expected
    nobody = {"area_id": "nirgends"}
    assert not await holds(
        hass, "consumption_is_above", nobody, threshold=above(0, "kWh"), behavior="all"
    )


async def test_threshold_of_an_entity(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What says nothing is never exceeded."""
    where = target(hass, entry, "area", GAS, "volume")
    threshold = {"type": "above", "value": {"entity": "number.grenze"}}
    assert not await holds(hass, "consumption_is_above", where, threshold=threshold)
    hass.states.async_set("number.grenze", "0.05", {"unit_of_measurement": "MWh"})
    assert await holds(hass, "consumption_is_above", where, threshold=threshold)


async def test_problems(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """A leak, a limit and silence, each as long as it is so."""
    school = target(hass, entry, "area", WATER, "leak")
    hall = target(hass, entry, "area", GAS, "volume")
    server.send(WATER, LEAKING, AT + HOUR, f_port=1)
    await poll(hass, freezer, HOUR)
    assert await holds(hass, "leak_is_suspected", school)
    assert not await holds(hass, "leak_is_suspected", school, **{"for": {"hours": 1}})
    limit = {"period": "day", "limit": 5, "unit": "m³"}
    await hass.services.async_call(DOMAIN, "set_limits", {**hall, **limit}, blocking=True)
    assert await holds(hass, "limit_is_exceeded", hall)
    assert not await holds(hass, "limit_is_exceeded", hall, periods=["month", "hour"])
    for n in range(2, 8):
        server.send(POWER, pulses(51_000), AT + n * HOUR)
        await poll(hass, freezer, HOUR)
    assert await holds(hass, "device_is_silent", hall)
    assert not await holds(hass, "device_is_silent", hall, behavior="all")


@pytest.mark.parametrize("name", ["leak_is_suspected", "people_are_present"])
@pytest.mark.usefixtures("entry")
async def test_entity_of_somebody_else(hass: HomeAssistant, name: str) -> None:
    """Nothing would ever be told of it."""
    er.async_get(hass).async_get_or_create("sensor", "demo", "1", suggested_object_id="fremd")
    options = {"threshold": above(1)} if name == "people_are_present" else {}
    with pytest.raises(probatio.Invalid, match="does not belong"):
        await holds(hass, name, {"entity_id": "sensor.fremd"}, **options)


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("consumption_is_above", {"threshold": {**above(1, "kWh"), "type": "below"}}, "only rises"),
        ("consumption_is_above", {"threshold": above(1, "kWh")}, "counts in m³"),
        ("consumption_is_above", {"threshold": above(1, "m³"), "period": "year"}, "period"),
        ("limit_is_exceeded", {"periods": ["year"]}, "periods"),
    ],
)
async def test_what_can_never_be(
    hass: HomeAssistant, entry: MockConfigEntry, name: str, options: dict[str, Any], reason: str
) -> None:
    """It is refused with the reason."""
    where = target(hass, entry, "entity", GAS, "volume")
    with pytest.raises(probatio.Invalid, match=reason):
        await holds(hass, name, where, **options)
