"""Visitor analytics set up as a person does it: town, zones, gates; what cannot work is told."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.coordinator import storage_path

from .analytics_homes import counter, gate, set_up_town, told, town, zone
from .fake_network import AT, FakeNetwork, config_entry, people
from .homes import set_up, settled

SERVER = "server"
DOORS = [counter(number, "milesight_vs350") for number in range(3)]
OF = [f"{SERVER}/{door.dev_eui}/people/0" for door in DOORS]


async def with_counters(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Set up a network server with counters that have counted."""
    server.inventory = list(DOORS)
    for door in DOORS:
        server.send(door, people(10, 7), AT)
    await set_up(hass, config_entry(SERVER))


async def add(hass: HomeAssistant, entry: ConfigEntry, kind: str, **given: Any) -> Any:
    """Fill in the form of a zone or a gate."""
    flow = hass.config_entries.subentries
    form = await flow.async_init((entry.entry_id, kind), context={"source": SOURCE_USER})
    assert form["type"] is FlowResultType.FORM
    return await flow.async_configure(form["flow_id"], given)


async def again(hass: HomeAssistant, form: Mapping[str, Any], **given: Any) -> Any:
    """Send the form once more."""
    done = await hass.config_entries.subentries.async_configure(form["flow_id"], given)
    await settled(hass)
    return done


def between(name: str, origin: str, target: str, reference: str, **more: Any) -> dict[str, Any]:
    """Give the form of a gate."""
    given = {"name": name, "origin": origin, "target": target, "counter": reference}
    return {**given, "swap": False, "mode": "none", "people": 1, **more}


def identity(entry: ConfigEntry, title: str) -> str:
    """Give the identity of a part."""
    return next(each.subentry_id for each in entry.subentries.values() if each.title == title)


async def test_from_nothing_to_figures(hass: HomeAssistant, server: FakeNetwork) -> None:
    """A town, a zone, a gate: and it is told who passed."""
    await with_counters(hass, server)
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "analytics"})
    form = await flow.async_configure(form["flow_id"], {"name": "  "})
    assert form["errors"] == {"name": "name_needed"}
    done = await flow.async_configure(form["flow_id"], {"name": " Altstadt "})
    await settled(hass)
    entry = done["result"]
    assert entry.title == "Altstadt"
    assert dict(entry.options) == {"retention": 400, "smallest": 5}
    assert entry.state is ConfigEntryState.LOADED

    early = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "gate"), context={"source": SOURCE_USER}
    )
    assert early["reason"] == "zone_needed"
    done = await add(hass, entry, "zone", name="Markt", reset="04:00:00", capacity=200)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settled(hass)
    form = await add(hass, entry, "zone", name="Markt", reset="04:00:00")
    assert form["errors"] == {"name": "name_used"}

    market = identity(entry, "Markt")
    done = await add(hass, entry, "gate", **between("Tor", "outside", market, OF[0], mode="walk"))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settled(hass)
    own = identity(entry, "Tor")
    assert entry.subentries[own].data == {
        "origin": "*",
        "target": market,
        "counter": OF[0],
        "swap": False,
        "mode": "walk",
        "people": 1,
    }
    for part, key in ((own, "gate_forward"), (market, "occupancy"), (market, "capacity_share")):
        entity = er.async_get(hass).async_get(told(hass, entry, part, key).entity_id)
        assert entity is not None
        assert entity.config_subentry_id == part
        assert entity.device_id is not None
        device = dr.async_get(hass).async_get(entity.device_id)
        assert device is not None
        assert device.config_subentry_id == part
    assert told(hass, entry, "town", "arrivals_walk").attributes["unit_of_measurement"] == "people"


async def test_what_cannot_work(hass: HomeAssistant, server: FakeNetwork) -> None:
    """It is refused, or told once and then accepted."""
    await with_counters(hass, server)
    entry = await set_up_town(
        hass, town(zone("A"), zone("B"), gate("Eins", "*", "A", OF[0], mode="bus"))
    )
    form = await add(hass, entry, "gate", **between("Zwei", "A", "A", OF[1]))
    assert form["errors"] == {"base": "same_zone"}
    form = await again(hass, form, **between("Zwei", "A", "B", OF[0]))
    assert form["errors"] == {"base": "line_used"}
    assert form["description_placeholders"] == {"names": "Eins"}
    form = await again(hass, form, **between("Zwei", "A", "B", OF[1], mode="bus"))
    assert form["errors"] == {"mode": "mode_inside"}
    form = await again(hass, form, **between(" ", "A", "B", OF[1]))
    assert form["errors"] == {"name": "name_needed"}
    nothing = {key: each for key, each in between("Zwei", "A", "B", "").items() if key != "counter"}
    form = await again(hass, form, **nothing)
    assert form["errors"] == {"counter": "counter_needed"}
    form = await again(hass, form, **between("Zwei", "outside", "B", OF[1]))
    assert form["errors"] == {"base": "modes_incomplete"}
    done = await again(hass, form, **between("Zwei", "outside", "B", OF[1]))
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("origin", "target", "reason"),
    [("outside", "A", "zone_without_exit"), ("A", "outside", "zone_without_entrance")],
)
async def test_sensor_of_another_integration(
    hass: HomeAssistant, origin: str, target: str, reason: str
) -> None:
    """One direction alone does not tell who is there; with both it does."""
    registry = er.async_get(hass)
    counted = {"state_class": "total_increasing"}
    forward = registry.async_get_or_create("sensor", "telraam", "in").entity_id
    hass.states.async_set(forward, "100", counted)
    hass.states.async_set("sensor.plain_out", "90", counted)
    hass.states.async_set("sensor.energy", "90", {**counted, "device_class": "energy"})
    entry = await set_up_town(hass, town(zone("A")))
    given = between("Eins", origin, target, "")
    del given["counter"]
    form = await add(hass, entry, "gate", **given, sensor_forward=forward)
    assert form["errors"] == {"base": reason}
    assert form["description_placeholders"] == {"names": "Platz A"}
    assert form["data_schema"] is not None
    selector = form["data_schema"].schema["sensor_forward"]
    assert selector.config["include_entities"] == ["sensor.plain_out", forward]
    both = {"sensor_forward": forward, "sensor_backward": "sensor.plain_out"}
    done = await again(hass, form, **given, **both)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    own = entry.subentries[identity(entry, "Eins")]
    registered = registry.async_get(forward)
    assert registered is not None
    assert own.data["sensor_forward"] == registered.id
    assert own.data["sensor_backward"] == "sensor.plain_out"

    flow = hass.config_entries.subentries
    form = await flow.async_init(
        (entry.entry_id, "gate"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": own.subentry_id},
    )
    assert form["data_schema"] is not None
    suggested = {
        str(marker): (marker.description or {}).get("suggested_value")
        for marker in form["data_schema"].schema
    }
    assert suggested["sensor_forward"] == forward
    done = await again(hass, form, **{**given, "name": "Anders", "swap": True}, **both)
    assert done["reason"] == "reconfigure_successful"
    own = entry.subentries[own.subentry_id]
    assert (own.title, own.data["swap"]) == ("Anders", True)


async def test_reconfigure_and_remove_leave_nothing_behind(
    hass: HomeAssistant, server: FakeNetwork
) -> None:
    """Other names, less kept; without a part its entities go, without the entry everything."""
    await with_counters(hass, server)
    entry = await set_up_town(hass, town(zone("A"), gate("Eins", "*", "A", OF[0])))
    flow = hass.config_entries.subentries
    form = await flow.async_init(
        (entry.entry_id, "zone"), context={"source": SOURCE_RECONFIGURE, "subentry_id": "A"}
    )
    done = await again(hass, form, name="Platz", reset="02:00:00")
    assert done["reason"] == "reconfigure_successful"
    assert entry.runtime_data.layout.zones["A"].name == "Platz"

    named = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    named = await hass.config_entries.flow.async_configure(named["flow_id"], {"name": "Neustadt"})
    assert (named["reason"], entry.title) == ("reconfigure_successful", "Neustadt")

    options = await hass.config_entries.options.async_init(entry.entry_id)
    await hass.config_entries.options.async_configure(
        options["flow_id"], {"retention": 30, "smallest": 10}
    )
    await settled(hass)
    assert dict(entry.options) == {"retention": 30, "smallest": 10}

    hass.config_entries.async_remove_subentry(entry, "Eins")
    await settled(hass)
    known = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert "Eins" not in {each.config_subentry_id for each in known}
    assert entry.runtime_data.book.records == {}

    path = storage_path(hass, entry)
    assert path.exists()
    await hass.config_entries.async_remove(entry.entry_id)
    await settled(hass)
    assert not list(path.parent.glob(f"{path.stem}*"))
    assert not er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
