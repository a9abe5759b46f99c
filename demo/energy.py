"""Which meter goes where in the Energy dashboard."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .check import Picture
from .town import Device

type Preferences = dict[str, list[dict[str, Any]]]

_SUFFIXES: Final = {
    ("energy", "energy"): "electricity",
    ("energy", "energy_heat"): "heat",
    ("energy_export", "energy_export"): "solar",
    ("volume", "volume_gas"): "gas",
    ("volume", "volume_water"): "water",
}
"""What a total measures, by the suffix of its identity and its translation key."""

_SOURCES: Final = {
    "electricity": "grid",
    "solar": "solar",
    "gas": "gas",
    "heat": "gas",
    "water": "water",
}
"""Kind of source in the dashboard; gas is the one for any energy that comes through a pipe."""


_MAINS: Final = frozenset({"Strom Haupt", "Wasser", "Gas", "Fernwärme"})
"""How the town names the meters of whole buildings."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A total and the place where it is measured."""

    entity_id: str
    medium: str
    name: str
    building: str

    @property
    def title(self) -> str:
        """Name it without its area beside it."""
        return f"{self.building} {self.name}"


def meters(devices: Iterable[Device], picture: Picture) -> list[Meter]:
    """Find the totals that belong into the Energy dashboard."""
    found = []
    for device in devices:
        for (suffix, translation_key), medium in _SUFFIXES.items():
            entity = picture.entities.get(picture.unique_id(device, suffix))
            if entity and entity["translation_key"] == translation_key:
                found.append(Meter(entity["entity_id"], medium, device.name, device.building))
    return found


def mains(found: Iterable[Meter]) -> dict[tuple[str, str], Meter]:
    """Give the main meter of each building and medium that has one."""
    return {(m.building, m.medium): m for m in found if m.name in _MAINS}


def preferences(found: Sequence[Meter], piped: Sequence[str] = ("gas",)) -> Preferences:
    """Fill the dashboard.

    Main meters, and meters of places without one, are sources. Meters of
    electricity and water are consumers too, so that every building has its
    bar, with the sub-meters as a part of it.

    The dashboard has no place for heat. Among the gas meters (`piped`) it is
    accepted, but the diagram would add m³ and kWh up; among the consumers it
    would count as electricity. So a dashboard to look at goes without heat.
    """
    main = mains(found)
    shown = [m for m in found if m.medium not in {"gas", "heat"} or m.medium in piped]
    return {
        "energy_sources": [_source(m) for m in shown if main.get((m.building, m.medium), m) is m],
        "device_consumption": _consumers(found, main, "electricity"),
        "device_consumption_water": _consumers(found, main, "water"),
    }


def _source(meter: Meter) -> dict[str, Any]:
    kind = _SOURCES[meter.medium]
    source = {"type": kind, "stat_energy_from": meter.entity_id, "name": meter.title}
    return {**source, "cost_adjustment_day": 0.0} if kind == "grid" else source


def _consumers(
    found: Iterable[Meter], main: Mapping[tuple[str, str], Meter], medium: str
) -> list[dict[str, Any]]:
    consumers = []
    for meter in found:
        if meter.medium != medium:
            continue
        consumer = {"stat_consumption": meter.entity_id, "name": meter.title}
        whole = main.get((meter.building, medium), meter)
        if whole is not meter:
            consumer["included_in_stat"] = whole.entity_id
        consumers.append(consumer)
    return consumers
