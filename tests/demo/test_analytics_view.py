"""The page about visitors: each number with what it means, and why one is missing."""

import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template

from demo.analytics_view import arrivals, flows, stays, view
from demo.people import Analytics

ANALYTICS = Analytics("entry", {"Markt": "m", "Altstadt": "a"})
OF_TOWN = (
    *("visits_today", "visits_this_hour", "compared_weekday", "zones_per_visit", "people_in"),
    *("strongest_flow", "share_train", "arrivals_train", "share_walk", "arrivals_walk"),
)
OF_ZONE = ("occupancy", "dwell_yesterday", "dwell_now", "people_in")


def entities() -> dict[str, dict[str, Any]]:
    """Give the entities of the page by their identity."""
    parts = [("town", key) for key in OF_TOWN]
    parts += [(part, key) for part in ("m", "a") for key in OF_ZONE]
    return {f"entry_{part}_{key}": {"entity_id": f"sensor.{part}_{key}"} for part, key in parts}


def test_page() -> None:
    """All entities are there, zones by name, and only the means of transport that are counted."""
    page = view(entities(), ANALYTICS)
    text = str(page)
    assert set(re.findall(r"sensor\.\w+", text)) == {
        each["entity_id"] for each in entities().values()
    }
    assert "Bahn" in text
    assert "Fahrrad" not in text
    assert [section["cards"][0]["heading"] for section in page["sections"]] == [
        "Besuche in der Innenstadt",
        "Wer ist gerade da?",
        "Wie lange bleiben sie?",
        "Wie kommen sie an?",
        "Wohin gehen sie?",
        "Eintritte je Bereich",
    ]
    present = [card["name"] for card in page["sections"][1]["cards"] if card["type"] == "tile"]
    assert present == ["Altstadt", "Markt"]


def shown(hass: HomeAssistant, text: str) -> list[str]:
    """Give the lines below the explanation as a person sees them; a blank one is between."""
    explained, _, rest = str(Template(text, hass).async_render(parse_result=False)).partition(
        "\n\n"
    )
    assert "\n" not in explained.strip()
    return [" ".join(line.split()) for line in rest.split("\n") if line.strip()]


async def test_stays(hass: HomeAssistant) -> None:
    """In German figures, with their error; what is missing is told once for each reason."""
    minutes = {"unit_of_measurement": "min"}
    hass.states.async_set("sensor.m", "24.4", {**minutes, "error": 5})
    hass.states.async_set("sensor.m_now", "31.0", minutes)
    for name in ("a", "b"):
        hass.states.async_set(f"sensor.{name}", "unknown", {"reason": "too_few"})
        hass.states.async_set(f"sensor.{name}_now", "unknown", {"reason": "unsteady"})
    names = {"Markt": "m", "Altstadt": "a", "Park": "b"}
    table = {name: (f"sensor.{each}", f"sensor.{each}_now") for name, each in names.items()}
    assert shown(hass, stays(table)) == [
        "| Bereich | Gestern | Letzte Stunden |",
        "|---|--:|--:|",
        "| Markt | **24,4 min** ± 5 % | **31,0 min** |",
        "| Altstadt | - | - |",
        "| Park | - | - |",
        "Gestern ohne Zahl:",
        "- Altstadt, Park: too_few",
        "Letzte Stunden ohne Zahl:",
        "- Altstadt, Park: unsteady",
    ]


async def test_arrivals_and_flows(hass: HomeAssistant) -> None:
    """Shares as bars; the strongest flows as they are told."""
    hass.states.async_set("sensor.share", "40.0", {"unit_of_measurement": "%"})
    hass.states.async_set("sensor.came", "1120")
    assert shown(hass, arrivals({"Bahn": ("sensor.share", "sensor.came")})) == [
        "| Verkehrsmittel | Anteil heute | Personen |",
        "|---|:--|--:|",
        "| Bahn | ██████████ **40,0 %** | 1.120 |",
    ]
    told = [{"way": "außerhalb → Markt", "people": 9000, "share": 33.3}]
    hass.states.async_set("sensor.flow", "außerhalb → Markt", {"flows": told})
    assert shown(hass, flows("sensor.flow")) == [
        "| Von → nach | Personen heute | Anteil |",
        "|---|--:|--:|",
        "| außerhalb → Markt | **9.000** | 33 % |",
    ]
    hass.states.async_set("sensor.flow", "unknown", {"reason": "no_flow"})
    assert len(shown(hass, flows("sensor.flow"))) == 2
