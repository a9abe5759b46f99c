"""The action that answers what was consumed in any period."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.statistics import async_settled

from .automations import TARGETS, target
from .fake_network import DOOR, GAS, FakeNetwork, people, pulses
from .homes import entity_id, reload, set_up, state_of

MIDNIGHT = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""The first of December begins in Berlin."""
HOUR = timedelta(hours=1)


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give an entry in Berlin on 1 December, 06:00: 1 m³ an hour since two days before."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(MIDNIGHT + 6 * HOUR)
    for n in range(-48, 7):
        server.send(GAS, pulses(10_000 + 100 * n), MIDNIGHT + n * HOUR)
    server.send(DOOR, people(100, 0), MIDNIGHT)
    server.send(DOOR, people(110, 0), MIDNIGHT + 3 * HOUR)
    return await set_up(hass)


async def ask(hass: HomeAssistant, where: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Call the action."""
    answer = await hass.services.async_call(
        DOMAIN, "get_consumption", {**where, **given}, blocking=True, return_response=True
    )
    assert answer is not None
    return answer


@pytest.mark.parametrize("kind", TARGETS)
async def test_every_kind_of_target(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> None:
    """It answers for the meter, its area, and in all."""
    answer = await ask(hass, target(hass, entry, kind, GAS, "volume_today"), period="yesterday")
    (meter,) = answer["meters"]
    (area,) = answer["areas"]
    assert answer["start"] == "2026-11-30T00:00:00+01:00"
    assert answer["end"] == "2026-12-01T00:00:00+01:00"
    figures = {"consumption": 24.0, "missing_percent": 0.0, "spread_percent": 0.0}
    assert meter["entity_id"] == "sensor.rathaus_gas_gas"
    assert (meter["meter_number"], meter["building"]) == ("7ELS123", "Rathaus")
    assert meter.items() >= {**figures, "unit": "m³", "medium": "gas"}.items()
    assert area.items() >= {**figures, "building": "Rathaus", "meters": 1}.items()
    assert answer["sums"] == [
        {**figures, "medium": "gas", "quantity": "volume", "unit": "m³", "meters": 1}
    ]


@pytest.mark.parametrize(
    ("period", "consumption", "missing"),
    [
        ("today", 6, 0),
        ("yesterday", 24, 0),
        ("this_week", 30, 0),
        ("last_week", 24, 85.7),
        ("this_month", 6, 0),
        ("last_month", 48, 93.3),
        ("this_year", 54, 99.3),
        ("last_year", 0, 100),
    ],
)
async def test_periods_with_names(
    hass: HomeAssistant, entry: MockConfigEntry, period: str, consumption: float, missing: float
) -> None:
    """What was before the first reading is missing, not zero."""
    answer = await ask(hass, target(hass, entry, "area", GAS, "volume"), period=period)
    assert answer["sums"][0]["consumption"] == consumption
    assert answer["sums"][0]["missing_percent"] == missing


@pytest.mark.parametrize("period", ["today", "yesterday", "this_month"])
async def test_same_figures_as_the_sensors(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, period: str
) -> None:
    """Also over a gap, part of which lies in either day, and after a restart."""
    server.send(GAS, pulses(10_950), MIDNIGHT + 6 * HOUR)
    await reload(hass, entry)
    shown = float(state_of(hass, entry, GAS, f"volume_{period}").state)
    answer = await ask(hass, target(hass, entry, "device", GAS, "volume"), period=period)
    assert answer["meters"][0]["consumption"] == pytest.approx(shown, abs=0.001)


async def test_gaps_are_told(
    hass: HomeAssistant, server: FakeNetwork, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """What lies in a long gap is spread over it; what follows the newest reading is missing."""
    server.send(GAS, pulses(11_200), MIDNIGHT + 12 * HOUR)
    freezer.move_to(MIDNIGHT + 24 * HOUR)
    await entry.runtime_data.async_refresh()
    where = target(hass, entry, "device", GAS, "volume")
    answer = await ask(hass, where, start="2026-12-01 00:00:00", end="2026-12-03 00:00:00")
    (meter,) = answer["meters"]
    assert answer["end"] == "2026-12-02T00:00:00+01:00"
    assert (meter["consumption"], meter["missing_percent"], meter["spread_percent"]) == (12, 50, 25)


@pytest.mark.parametrize("stored_in", ["m³", "L", "kWh"])
async def test_statistics_tell_of_the_time_before_the_readings(
    recorder_mock: Recorder,  # noqa: ARG001  # the recorder must be there
    hass: HomeAssistant,
    entry: MockConfigEntry,
    stored_in: str,
) -> None:
    """In whatever unit the recorder keeps them; those of something else tell nothing."""
    sensor = entity_id(hass, entry, GAS, "volume")
    litres = 1000 if stored_in == "L" else 1
    begin = MIDNIGHT - timedelta(days=100)
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=None,
        source="recorder",
        statistic_id=sensor,
        unit_class="energy" if stored_in == "kWh" else "volume",
        unit_of_measurement=stored_in,
    )
    hours = range(24 * 99)
    rows = [StatisticData(start=begin + n * HOUR, sum=3.0 * litres * (n + 1)) for n in hours]
    await async_settled(hass)
    get_instance(hass).async_clear_statistics([sensor])
    async_import_statistics(hass, metadata, rows)
    await async_settled(hass)
    where = target(hass, entry, "entity", GAS, "volume")
    (old,) = (await ask(hass, where, start="2026-10-01 12:30", end="2026-10-02 12:30"))["meters"]
    (year,) = (await ask(hass, where, period="this_year"))["meters"]
    if stored_in == "kWh":
        assert (old["consumption"], old["missing_percent"]) == (0, 100)
        assert year["consumption"] == 54
        return
    assert (old["consumption"], old["missing_percent"]) == (72, 0)
    assert year["consumption"] == 3 * (24 * 98 - 1) + 54
    known = (98 * 24 - 1) + 54
    whole = (MIDNIGHT + 6 * HOUR - datetime(2025, 12, 31, 23, tzinfo=UTC)) / HOUR
    assert year["missing_percent"] == round((1 - known / whole) * 100, 1)


async def test_an_area_has_many_media(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Visitors are no consumption, unless somebody names the counter."""
    where = target(hass, entry, "area", GAS, "volume")
    assert [s["medium"] for s in (await ask(hass, where, period="today"))["sums"]] == ["gas"]
    where = target(hass, entry, "entity", DOOR, "people_in")
    (meter,) = (await ask(hass, where, period="today"))["meters"]
    assert (meter["consumption"], meter["quantity"], meter["unit"]) == (10, "people_in", "")


@pytest.mark.parametrize(
    ("where", "given", "reason"),
    [
        ({}, {"period": "fortnight"}, "period_unknown"),
        ({}, {}, "period_unclear"),
        ({}, {"period": "today", "start": "2026-12-01 00:00:00"}, "period_unclear"),
        ({}, {"period": "today", "end": "2026-12-01 00:00:00"}, "period_unclear"),
        ({}, {"start": "2026-12-02 00:00:00"}, "period_in_future"),
        (
            {},
            {"start": "2026-12-01 00:00:00", "end": "2026-11-01 00:00:00"},
            "period_empty",
        ),
        ({"area_id": "schule"}, {"period": "today"}, "target_unknown"),
        ({"entity_id": "sensor.of_somebody_else"}, {"period": "today"}, "target_unknown"),
        (None, {"period": "today"}, "target_without_meters"),
    ],
)
async def test_what_cannot_be_answered(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    where: dict[str, Any] | None,
    given: dict[str, Any],
    reason: str,
) -> None:
    """It is refused with what to do next."""
    if where is None:
        where = target(hass, entry, "device", DOOR, "people_in")
    with pytest.raises(ServiceValidationError) as error:
        await ask(hass, where or target(hass, entry, "area", GAS, "volume"), **given)
    assert error.value.translation_key == reason
