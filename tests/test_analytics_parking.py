"""Parking areas: cars that come count as arrivals, whichever way people then walk."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.bernau_smartcity.const import DOMAIN

from .analytics_homes import gate, set_up_town, told, town, zone
from .homes import reload, settled

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
BAYS = [f"binary_sensor.bay_{number}" for number in range(40)]


@pytest.fixture(autouse=True)
async def _here(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Begin at ten in Bernau, with all spaces free."""
    freezer.move_to(AT)
    await hass.config.async_set_time_zone("Europe/Berlin")
    for bay in BAYS:
        hass.states.async_set(bay, "off")


def parking(name: str = "P", **more: Any) -> ConfigSubentryDataWithId:
    """Give a parking area beside zone A."""
    return ConfigSubentryDataWithId(
        subentry_id=name,
        data={"target": "A", "people": 1.5, "bays": BAYS, **more},
        subentry_type="parking",
        title=name,
        unique_id=None,
    )


async def quarter(hass: HomeAssistant, freezer: FrozenDateTimeFactory, number: int) -> None:
    """Let a bin end."""
    freezer.move_to(AT + number * QUARTER + timedelta(milliseconds=600))
    async_fire_time_changed(hass)
    await settled(hass)


async def test_arrivals(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Each car brings more than one; manoeuvring is no arrival; a restart loses nobody."""
    entry = await set_up_town(hass, town(zone("A"), parking()))
    assert told(hass, entry, "P", "spaces_free").state == "40"
    freezer.move_to(AT + timedelta(minutes=5))
    for bay in BAYS[:30]:
        hass.states.async_set(bay, "on")
    hass.states.async_set(BAYS[39], "on")
    freezer.move_to(AT + timedelta(minutes=6))
    hass.states.async_set(BAYS[39], "off")
    await settled(hass)
    assert told(hass, entry, "P", "spaces_taken").state == "30"
    await quarter(hass, freezer, 1)
    assert told(hass, entry, "P", "cars_today").state == "30"
    assert told(hass, entry, "town", "arrivals_car").state == "45"
    assert told(hass, entry, "A", "occupancy").attributes["reason"] == "open_boundary"

    hass.states.async_set(BAYS[0], "off")
    await reload(hass, entry)
    freezer.move_to(AT + QUARTER + timedelta(minutes=5))
    hass.states.async_set(BAYS[30], "on")
    await quarter(hass, freezer, 2)
    assert told(hass, entry, "P", "cars_today").state == "31"

    hass.states.async_set(BAYS[1], "unavailable")
    await quarter(hass, freezer, 3)
    free = told(hass, entry, "P", "spaces_free")
    assert (free.state, free.attributes["known"], free.attributes["bays"]) == ("10", 39, 40)
    assert told(hass, entry, "P", "cars_today").state == "31"
    hass.states.async_set(BAYS[1], "on")
    freezer.move_to(AT + 3 * QUARTER + timedelta(minutes=5))
    await quarter(hass, freezer, 4)
    assert told(hass, entry, "P", "cars_today").state == "31"

    for bay in BAYS:
        hass.states.async_remove(bay)
    await quarter(hass, freezer, 5)
    free = told(hass, entry, "P", "spaces_free")
    assert (free.state, free.attributes["reason"]) == ("unknown", "not_reported")
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"counter_missing_{entry.entry_id}")
    assert issue is not None


async def test_parking_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Of cars that came and left; over a restart, and on the next day as that of yesterday."""
    midnight = AT.replace(hour=23)
    freezer.move_to(midnight)
    hass.states.async_set(BAYS[30], "on")
    entry = await set_up_town(hass, town(zone("A"), parking()))
    changes = {33: (BAYS[:20], "on"), 41: (BAYS[:18], "off"), 60: (BAYS[30:31], "off")}
    expected = {
        1: ("unknown", "no_flow", None, None),
        40: ("unknown", "no_flow", None, None),
        50: ("120.0", None, 18, 0),
        96: ("120.0", None, 18, 5),
    }
    for number in range(1, 98):
        at = midnight + number * QUARTER
        if number in changes:
            freezer.move_to(at - timedelta(minutes=5))
            for bay in changes[number][0]:
                hass.states.async_set(bay, changes[number][1])
            await settled(hass)
        if number == 36:
            await reload(hass, entry)
        freezer.move_to(at + timedelta(milliseconds=600))
        async_fire_time_changed(hass)
        await settled(hass)
        key = "parked_yesterday" if number > 95 else "parked_today"
        if number in expected:
            shown = told(hass, entry, "P", key)
            more = (shown.attributes.get(name) for name in ("reason", "cars", "excluded"))
            assert (shown.state, *more) == expected[number]
    today = told(hass, entry, "P", "parked_today")
    assert (today.state, today.attributes["reason"]) == ("unknown", "no_flow")


@pytest.mark.parametrize("hours", [3, 10])
async def test_spaces_that_nobody_watched(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, hours: int
) -> None:
    """Where they were not watched for a good part of the time no parking time is told."""
    midnight = AT.replace(hour=23)
    freezer.move_to(midnight)
    entry = await set_up_town(hass, town(zone("A"), parking()))
    await hass.config_entries.async_unload(entry.entry_id)
    freezer.move_to(midnight + timedelta(hours=hours))
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    mean = told(hass, entry, "P", "parked_today")
    assert (mean.state, mean.attributes["reason"]) == ("unknown", "coverage")


async def test_set_up(hass: HomeAssistant) -> None:
    """What cannot work is told: no space, one that is taken twice, cars that count twice."""
    own = er.async_get(hass).async_get_or_create("binary_sensor", "nwave", "1").entity_id
    flow = hass.config_entries.subentries
    entry = await set_up_town(hass, town())
    form = await flow.async_init((entry.entry_id, "parking"), context={"source": SOURCE_USER})
    assert form["reason"] == "zone_needed"

    cars = gate("Tor", "*", "A", "server/0/vehicles/0", mode="car", people=1.5)
    entry = await set_up_town(hass, town(zone("A"), cars, parking("P", bays=[BAYS[0]])))
    given: dict[str, Any] = {"name": "Neu", "target": "A", "bays": [own], "people": 1.5}
    for wrong, field, error in (
        ({"name": " "}, "name", "name_needed"),
        ({"bays": []}, "bays", "bays_needed"),
        ({"bays": [BAYS[0], own]}, "bays", "bays_used"),
    ):
        form = await flow.async_init((entry.entry_id, "parking"), context={"source": SOURCE_USER})
        form = await flow.async_configure(form["flow_id"], {**given, **wrong})
        assert form["errors"] == {field: error}
    form = await flow.async_configure(form["flow_id"], given)
    assert form["errors"] == {"base": "cars_twice"}
    done = await flow.async_configure(form["flow_id"], given)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settled(hass)
    (made,) = (each for each in entry.subentries.values() if each.title == "Neu")
    registered = er.async_get(hass).async_get(own)
    assert registered is not None
    assert made.data == {"target": "A", "people": 1.5, "bays": [registered.id]}

    form = await flow.async_init(
        (entry.entry_id, "parking"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": made.subentry_id},
    )
    done = await flow.async_configure(form["flow_id"], {**given, "name": "Anders"})
    assert done["reason"] == "reconfigure_successful"
    await settled(hass)
    assert entry.subentries[made.subentry_id].title == "Anders"
