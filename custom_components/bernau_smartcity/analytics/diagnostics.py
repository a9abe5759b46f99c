"""Diagnostics of visitor analytics: how it is built and what is known, without names."""

from dataclasses import asdict
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.util import dt as dt_util

from ..visitors.flows import OUTSIDE
from .coordinator import AnalyticsCoordinator
from .counters import line_of


async def async_analytics_diagnostics(entry: ConfigEntry[Any]) -> dict[str, Any]:
    """Give zones and gates by number, and what is known of the lines that count."""
    coordinator: AnalyticsCoordinator = entry.runtime_data
    layout, figures = coordinator.layout, coordinator.data
    numbers = {zone: number for number, zone in enumerate(layout.zones, 1)} | {OUTSIDE: 0}
    now = dt_util.utcnow()
    return {
        "options": dict(entry.options),
        "zones": [
            {
                "number": numbers[zone.id],
                "reset": zone.reset,
                "capacity": zone.capacity,
                "today": asdict(figures.zones[zone.id]),
                "day_before": asdict(figures.days[zone.id]),
            }
            for zone in layout.zones.values()
        ],
        "gates": [
            {
                "between": [numbers[gate.counted.gate.origin], numbers[gate.counted.gate.target]],
                "mode": gate.counted.gate.mode,
                "people": gate.counted.gate.people,
                "counting": gate.counted.gate.counting,
                "lines": [_described(coordinator, line) for line in gate.counted.lines],
            }
            for gate in layout.gates.values()
        ],
        "town": {
            "as_of": figures.town.span.as_of,
            "coverage": figures.town.coverage,
            "flags": sorted(figures.town.flags),
            "residuals": {
                str(numbers[zone]): residual for zone, residual in figures.town.residuals.items()
            },
        },
        "now": now,
    }


def _described(coordinator: AnalyticsCoordinator, name: str) -> dict[str, Any]:
    line = line_of(name)
    record = coordinator.book.records[name]
    return {
        "quantity": None if line is None else line.key[0],
        "told_until": record.until,
        "interval": record.interval,
        "bins_at_hand": len(record.bins),
        "silences": len(record.silences),
    }
