"""A dashboard for what the Energy dashboard has no place for: heat and visitors."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from . import energy
from .analytics_view import view
from .check import Picture
from .home_assistant import HomeAssistant
from .people import Analytics
from .town import Device

PATH: Final = "stadt-bernau"
"""A dashboard's address must hold a hyphen."""


async def create(
    hass: HomeAssistant, devices: Sequence[Device], picture: Picture, analytics: Analytics
) -> None:
    """Create the dashboard and show it in the side bar."""
    await hass.command(
        "lovelace/dashboards/create",
        url_path=PATH,
        title="Stadt Bernau",
        icon="mdi:city-variant-outline",
        show_in_sidebar=True,
        require_admin=False,
    )
    views = config(devices, picture)
    views["views"].append(view(await hass.entities(), analytics))
    await hass.command("lovelace/config/save", url_path=PATH, config=views)


def config(devices: Sequence[Device], picture: Picture) -> dict[str, Any]:
    """Describe the dashboard: heat by building, visitors by place."""
    heat = {
        meter.entity_id: meter.building
        for meter in energy.meters(devices, picture)
        if meter.medium == "heat"
    }
    places: dict[str, dict[str, str]] = {}
    for device in devices:
        for measured, entity_id, _ in picture.shown(device):
            if measured.quantity == "people_in":
                line = f" {measured.channel}" if measured.channel else ""
                places.setdefault(device.building, {})[entity_id] = f"{device.name}{line}"
    return {
        "views": [
            _view("Wärme", [_section("Fernwärme", "kWh je Stunde", heat, columns=3)]),
            _view(
                "Besucher",
                [_section(place, "Eintritte je Stunde", lines) for place, lines in places.items()],
            ),
        ]
    }


def _view(title: str, sections: list[dict[str, Any]]) -> dict[str, Any]:
    return {"title": title, "type": "sections", "max_columns": 3, "sections": sections}


def _section(
    title: str, diagram: str, names: Mapping[str, str], columns: int = 1
) -> dict[str, Any]:
    """Show totals by entity id with their names: what they grew by, and how they stand."""
    series = [{"entity": entity_id, "name": name} for entity_id, name in names.items()]
    return {
        "type": "grid",
        "column_span": columns,
        "cards": [
            {"type": "heading", "heading": title},
            {
                "type": "statistics-graph",
                "title": diagram,
                "chart_type": "bar",
                "period": "hour",
                "days_to_show": 2,
                "stat_types": ["change"],
                "entities": series,
                "grid_options": {"columns": "full"},
            },
            *({"type": "tile", **one} for one in series),
        ],
    }
