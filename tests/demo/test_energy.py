"""Which meter the demo puts where in the Energy dashboard."""

from demo.check import Picture
from demo.dashboard import config
from demo.energy import Meter, meters, preferences
from demo.town import Device

SCHOOL = "Grundschule"


def meter(medium: str, name: str, building: str = SCHOOL) -> Meter:
    """Make a meter whose entity is named as it is."""
    return Meter(f"sensor.{building}.{name}".lower(), medium, name, building)


MAIN = meter("electricity", "Strom Haupt")
KITCHEN = meter("electricity", "Strom Küche")
STREET = meter("electricity", "Strom Straßenbeleuchtung", "Altstadt")
ROOF = meter("solar", "Strom Solardach")
GAS = meter("gas", "Gas")
HEAT = meter("heat", "Fernwärme")
WATER = meter("water", "Wasser")
SHOWERS = meter("water", "Wasser Duschen")
ALL = [MAIN, KITCHEN, STREET, ROOF, GAS, HEAT, WATER, SHOWERS]


def test_main_meters_are_sources_and_sub_meters_parts_of_them() -> None:
    """A meter of a place without a main meter is a source too."""
    made = preferences(ALL)
    assert [(s["type"], s["stat_energy_from"]) for s in made["energy_sources"]] == [
        ("grid", MAIN.entity_id),
        ("grid", STREET.entity_id),
        ("solar", ROOF.entity_id),
        ("gas", GAS.entity_id),
        ("water", WATER.entity_id),
    ]
    assert made["device_consumption"] == [
        {"stat_consumption": MAIN.entity_id, "name": "Grundschule Strom Haupt"},
        {
            "stat_consumption": KITCHEN.entity_id,
            "name": "Grundschule Strom Küche",
            "included_in_stat": MAIN.entity_id,
        },
        {"stat_consumption": STREET.entity_id, "name": "Altstadt Strom Straßenbeleuchtung"},
    ]
    assert [c.get("included_in_stat") for c in made["device_consumption_water"]] == [
        None,
        WATER.entity_id,
    ]


def test_heat_is_a_pipe_only_on_request() -> None:
    """Nobody wants m³ and kWh in one bar."""
    made = preferences(ALL, piped=("gas", "heat"))
    piped = [s["stat_energy_from"] for s in made["energy_sources"] if s["type"] == "gas"]
    assert piped == [GAS.entity_id, HEAT.entity_id]


def test_totals_are_found_by_identity_and_meaning() -> None:
    """The volume of a heat meter is no water."""
    device = Device("00", "Fernwärme", SCHOOL, "elvaco", ())
    picture = Picture(
        "e",
        {
            "e_00_energy": {"entity_id": "sensor.heat", "translation_key": "energy_heat"},
            "e_00_volume": {"entity_id": "sensor.volume", "translation_key": "volume_heat"},
        },
        {},
    )
    assert meters([device], picture) == [Meter("sensor.heat", "heat", "Fernwärme", SCHOOL)]
    heat, visitors = config([device], picture)["views"]
    assert heat["sections"][0]["cards"][1]["entities"] == [
        {"entity": "sensor.heat", "name": SCHOOL}
    ]
    assert visitors["sections"] == []
