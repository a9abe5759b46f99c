"""What the demo's proofs complain about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo import check
from demo.check import Picture
from demo.town import Device, Measured, parse

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
ENERGY = Measured("energy", 0, 1234.5, AT)
POWER = Measured("power", 0, 800.0, AT)
LEAK = Measured("leak", 2, 1.0, AT)
METER = Device("0011223344556677", "Strom Haupt", "Rathaus", "klax", (ENERGY, POWER, LEAK))


def shown(value: str, at: datetime = AT, **attributes: Any) -> dict[str, Any]:
    """Make a state."""
    return {"state": value, "attributes": {"measured_at": at.isoformat(), **attributes}}


TOTAL: dict[str, Any] = {"state_class": "total_increasing", "unit_of_measurement": "kWh"}
STATES = {
    "sensor.energy": shown("1234.5", **TOTAL),
    "sensor.power": shown("0.8", unit_of_measurement="kW"),
    "binary_sensor.leak": shown("on"),
}


def picture(**changed: Any) -> Picture:
    """Show the meter as it is, or with other states."""
    entities = {
        f"entry_{METER.dev_eui}_{suffix}": {
            "entity_id": entity_id,
            "disabled_by": None,
            "config_entry_id": "entry",
        }
        for suffix, entity_id in (
            ("energy", "sensor.energy"),
            ("power", "sensor.power"),
            ("leak_2", "binary_sensor.leak"),
            ("last_reading", "sensor.last_reading"),
        )
    }
    states = STATES | {key.replace("__", "."): state for key, state in changed.items()}
    return Picture("entry", entities, states)


def test_what_is_right_gives_no_complaint() -> None:
    """Every value with its unit converted, yes and no included."""
    assert check.wrong_values(METER, picture()) == []
    assert check.without_entities([METER], picture()) == []


@pytest.mark.parametrize(
    ("entity", "state", "complaint"),
    [
        ("sensor__energy", shown("1234.6", **TOTAL), "shows 1234.6 instead of 1234.5"),
        ("sensor__energy", shown("1", display=1234.5, **TOTAL), None),
        ("sensor__energy", shown("1.2345", unit_of_measurement="MWh"), None),
        ("sensor__energy", shown("1234.5", AT - timedelta(minutes=2)), "says it was measured"),
        ("sensor__energy", shown("unavailable"), "is unavailable"),
        ("sensor__energy", shown("many"), "shows many"),
        ("sensor__energy", None, "shows nothing"),
        ("binary_sensor__leak", shown("off"), "is off"),
    ],
)
def test_each_difference_is_told(
    entity: str, state: dict[str, Any] | None, complaint: str | None
) -> None:
    """Value, time and presence."""
    found = check.wrong_values(METER, picture(**{entity: state}))
    assert len(found) == (complaint is not None)
    assert complaint is None or complaint in found[0]


def test_a_missing_entity_is_told_and_one_that_is_off_is_not_compared() -> None:
    """Off by default is a decision, missing is a defect."""
    flow = Measured("flow", 0, 1.0, AT)
    meter = replace(METER, values=(*METER.values, flow))
    assert check.without_entities([meter], picture()) == ["Strom Haupt: no entity for flow"]
    assert check.wrong_values(meter, picture()) == ["Strom Haupt: no entity for flow"]
    off = picture(sensor__power=None)
    entity = off.entities[off.unique_id(METER, "power")]
    entities = {**off.entities, off.unique_id(METER, "power"): {**entity, "disabled_by": "user"}}
    assert check.wrong_values(METER, replace(off, entities=entities)) == []


def test_totals_must_survive_and_the_rest_must_not() -> None:
    """The time counts as an instant, the value as a number."""
    local = AT.astimezone(tz=None)
    after = picture(sensor__energy=shown("1234.50", local, **TOTAL))
    assert check.lost_totals(picture(), after) == []
    assert check.still_shown([METER], after) == [
        "Strom Haupt: sensor.power still shows 0.8",
        "Strom Haupt: binary_sensor.leak still shows on",
    ]
    gone = shown("unavailable")
    silent = picture(sensor__power=gone, binary_sensor__leak=gone)
    assert check.still_shown([METER], silent) == []
    for changed in (shown("0", **TOTAL), shown("1234.5", AT - timedelta(seconds=1), **TOTAL), None):
        assert len(check.lost_totals(picture(), picture(sensor__energy=changed))) == 1


def test_a_device_belongs_into_the_area_of_its_building() -> None:
    """Areas are told by their names."""
    registry = [{"identifiers": [["x", f"entry_{METER.dev_eui}"]], "area_id": "rathaus"}]
    areas = [{"area_id": "rathaus", "name": "Rathaus"}]
    assert check.misplaced([METER], registry, areas, "entry") == []
    assert check.misplaced([METER], registry, [], "entry") == [
        "Strom Haupt is in None, not in Rathaus"
    ]
    assert len(check.misplaced([METER], [], areas, "entry")) == 1


def test_energy_complaints_are_flattened() -> None:
    """One line for each issue of each meter."""
    issue = {"type": "statistics_not_defined", "affected_entities": [["sensor.x", None]]}
    assert check.energy_complaints({"energy_sources": [[], []], "device_consumption": []}) == []
    (complaint,) = check.energy_complaints({"energy_sources": [[], [issue]]})
    assert "statistics_not_defined" in complaint
    assert "sensor.x" in complaint


def test_only_our_repairs_count() -> None:
    """Others may have something to repair; what silent devices need is told apart."""
    ours = {"domain": "bernau_smartcity", "translation_key": "k", "translation_placeholders": None}
    assert check.repairs([{**ours, "domain": "http"}]) == []
    assert len(check.repairs([ours])) == 1
    assert check.repairs([{**ours, "translation_key": check.SILENT_ISSUE}]) == []


LOG = """\
2026-11-23 05:10:00.001+00:00 WARNING (SyncWorker_0) [homeassistant.loader] We found a custom \
integration bernau_smartcity which has not been tested by Home Assistant. Be careful
2026-11-23 05:10:01.002+00:00 INFO (MainThread) [custom_components.bernau_smartcity] Fetched
2026-11-23 05:10:02.003+00:00 ERROR (MainThread) [homeassistant] Task exception was never retrieved
Traceback (most recent call last):
  File "/x/custom_components/bernau_smartcity/coordinator.py", line 1, in poll
ValueError: no
2026-11-23 05:10:03.004+00:00 ERROR (MainThread) [homeassistant.components.met] No address
2026-11-23 05:10:04.005+00:00 WARNING (MainThread) [custom_components.bernau_smartcity] Hm
"""


def test_the_log_is_searched_record_by_record() -> None:
    """A traceback belongs to its record; the usual warning and others' errors do not count."""
    first, second = check.log_complaints(LOG)
    assert first.endswith("ValueError: no")
    assert second.endswith("Hm")
    assert check.log_complaints("") == []


def test_the_truth_is_read() -> None:
    """The simulator tells it as JSON."""
    value = {"quantity": "people_in", "channel": 2, "value": 7, "measured_at": AT.isoformat()}
    told = {"dev_eui": "00", "name": "Tor", "building": "Altstadt", "codec": "c", "leaks": False}
    (device,) = parse([{**told, "values": [value]}])
    assert device == Device("00", "Tor", "Altstadt", "c", (Measured("people_in", 2, 7.0, AT),))
    assert device.values[0].key == "people_in_2"
