"""A survey that the town made: entered zone by zone, and fitted to what is counted."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Batch

from .analytics_homes import OUTSIDE, counter, gate, reckon, set_up_town, town, zone
from .fake_network import FakeNetwork, config_entry, people, uplink
from .homes import set_up, settled

SERVER = "server"
DAY = datetime(2026, 11, 22, 23, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
COUNTED = {"A": (300, 280), "B": (120, 110), "C": (60, 90)}
"""By zone, who came in from outside and went out."""
DOORS = {name: counter(number, "milesight_vs350") for number, name in enumerate(COUNTED)}
INSIDE = {
    pair: counter(number, "milesight_vs350") for number, pair in enumerate(("AB", "BC"), len(DOORS))
}
WALKED = {"AB": (200, 180), "BC": (90, 60)}


def survey(rows: Mapping[str, Mapping[str, float]]) -> ConfigSubentryDataWithId:
    """Give a survey that was entered."""
    return ConfigSubentryDataWithId(
        subentry_id="S",
        data={"rows": rows},
        subentry_type="survey",
        title="Befragung 2026",
        unique_id=None,
    )


def layout() -> list[ConfigSubentryDataWithId]:
    """Give three zones, each with a gate to the outside, in a row."""
    parts = [zone(name) for name in COUNTED]
    parts += [
        gate(f"G{name}", OUTSIDE, name, f"{SERVER}/{door.dev_eui}/people/0")
        for name, door in DOORS.items()
    ]
    return parts + [
        gate(f"G{pair}", pair[0], pair[1], f"{SERVER}/{door.dev_eui}/people/0")
        for pair, door in INSIDE.items()
    ]


async def counted(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    *more: ConfigSubentryDataWithId,
) -> MockConfigEntry:
    """Set up a town whose day is over."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(DAY + timedelta(hours=25))
    server.inventory = [*DOORS.values(), *INSIDE.values()]
    totals = [(DOORS[name], both) for name, both in COUNTED.items()]
    totals += [(INSIDE[pair], both) for pair, both in WALKED.items()]
    for door, (came, went) in totals:
        sent = tuple(
            uplink(
                door,
                people(*(min(n * total // 48, total) for total in (came, went))),
                DAY + n * QUARTER,
            )
            for n in range(97)
        )
        server.waiting.append(Batch(device=door, uplinks=sent, cursors={}))
    await set_up(hass, config_entry(SERVER))
    entry = await set_up_town(hass, town(*layout(), *more))
    await reckon(hass, freezer)
    return entry


async def journeys(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Ask for the journeys of yesterday."""
    found = await hass.services.async_call(
        DOMAIN,
        "get_visitor_journeys",
        {"config_entry_id": entry.entry_id, "first_day": "2026-11-23"},
        blocking=True,
        return_response=True,
    )
    assert found
    return found


# As in the tests of fitting: rows 300, 120, 60, columns 280, 110, 90.
FITTED = [[205, 50, 45], [50, 48, 22], [25, 12, 23]]
NEUTRAL = [[175, 69, 56], [70, 28, 22], [35, 14, 11]]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            {one: {other: 1 + (one == other) for other in COUNTED} for one in COUNTED},
            FITTED,
        ),
        ({"A": {"A": 28, "B": 11, "C": 9}}, NEUTRAL),
        ({"A": {"A": 28}, "gone": {"A": 1}, "B": {"gone": 7}, "C": {"A": 0}}, NEUTRAL),
    ],
    ids=["all", "one row", "zones that were not known or are gone"],
)
async def test_fitted(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    rows: dict[str, dict[str, float]],
    expected: list[list[int]],
) -> None:
    """It is told what was counted, and what people said."""
    entry = await counted(hass, server, freezer, survey(rows))
    found = await journeys(hass, entry)
    assert (found["estimated"], found["basis"]) == (True, "survey")
    for row, wanted in zip(found["matrix"], expected, strict=True):
        assert row == pytest.approx(wanted, abs=1.01)
    names = {f"Platz {name}": both for name, both in COUNTED.items()}
    for side, margin in enumerate(("entries", "exits")):
        assert [each["zone"] for each in found["counted"][margin]] == list(names)
        for each in found["counted"][margin]:
            assert each["people"] == pytest.approx(names[each["zone"]][side], abs=3)
    told = found["survey"]
    assert told["name"] == "Befragung 2026"
    shares = {(each["from"], each["to"]): each["share"] for each in told["rows"]}
    assert shares["Platz A", "Platz A"] == pytest.approx(
        100 * rows["A"]["A"] / sum(rows["A"].values()), abs=0.05
    )
    assert all(each["from"] in names and each["to"] in names for each in told["rows"])


async def test_without_and_against_the_counts(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """Without one the model stands; one that rules out what was counted gives no table."""
    entry = await counted(hass, server, freezer)
    found = await journeys(hass, entry)
    assert found["basis"] == "counts"
    assert "survey" not in found
    assert found["matrix"][0] == pytest.approx([224, 51, 25], abs=4)
    impossible = survey({name: {"A": 0, "B": 1, "C": 0} for name in COUNTED})
    other = await set_up_town(hass, town(*layout(), impossible))
    await reckon(hass, freezer)
    found = await journeys(hass, other)
    assert found["reason"] == "no_fit"
    assert "survey" in found["reason_text"]


async def begun(hass: HomeAssistant, entry: MockConfigEntry, own: str = "") -> Any:
    """Begin to enter a survey, or to change one."""
    context: Any = {"source": SOURCE_USER}
    if own:
        context = {"source": SOURCE_RECONFIGURE, "subentry_id": own}
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "survey"), context=context
    )


async def test_entered(hass: HomeAssistant) -> None:
    """Zone by zone; what cannot be meant is told."""
    flow = hass.config_entries.subentries
    entry = await set_up_town(hass, town(*layout()[:1], layout()[3]))
    assert (await begun(hass, entry))["reason"] == "zones_needed"

    entry = await set_up_town(hass, town(*layout(), zone("D")))
    form = await begun(hass, entry)
    form = await flow.async_configure(form["flow_id"], {"name": " "})
    assert form["errors"] == {"name": "name_needed"}
    form = await flow.async_configure(form["flow_id"], {"name": "Befragung"})
    assert form["description_placeholders"] == {"zone": "Platz A", "number": "1", "of": "3"}
    form = await flow.async_configure(form["flow_id"], {"→ Platz A": 0})
    assert form["errors"] == {"base": "nobody"}
    for _ in range(2):
        form = await flow.async_configure(form["flow_id"], {})
        assert not form["errors"]
    form = await flow.async_configure(form["flow_id"], {})
    assert form["errors"] == {"base": "nothing"}
    assert form["last_step"] is True
    given = {"→ Platz A": 30, "→ Platz C": 12.5}
    done = await flow.async_configure(form["flow_id"], given)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settled(hass)
    (made,) = (each for each in entry.subentries.values() if each.subentry_type == "survey")
    assert (made.title, dict(made.data)) == (
        "Befragung",
        {"rows": {"C": {"A": 30, "B": 0, "C": 12.5}}},
    )
    assert (await begun(hass, entry))["reason"] == "survey_exists"

    form = await begun(hass, entry, made.subentry_id)
    form = await flow.async_configure(form["flow_id"], {"name": "Neue Befragung"})
    form = await flow.async_configure(form["flow_id"], {"→ Platz B": 1})
    form = await flow.async_configure(form["flow_id"], {})
    assert form["data_schema"]
    suggested = {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
        if key.description
    }
    assert suggested == {**given, "→ Platz B": 0}
    done = await flow.async_configure(form["flow_id"], suggested)
    assert done["reason"] == "reconfigure_successful"
    await settled(hass)
    changed = entry.subentries[made.subentry_id]
    assert changed.title == "Neue Befragung"
    assert changed.data["rows"] == {
        "A": {"A": 0, "B": 1, "C": 0},
        "C": {"A": 30, "B": 0, "C": 12.5},
    }
