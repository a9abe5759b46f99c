"""Proofs: each a small function from what is shown to a list of complaints."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import isclose
import re
from typing import Any, Final

from .home_assistant import HomeAssistant
from .town import Device, Measured

SAME_TIME: Final = timedelta(seconds=90)
"""Some meters tell the time in whole minutes; others leave it to the network server."""

FACTORS: Final = {
    **dict.fromkeys(("kWh", "m³", "m³/h", "W", "°C", "K", "%", "V", "s"), 1.0),
    **dict.fromkeys(("Wh", "L", "L/h", "mV"), 0.001),
    **dict.fromkeys(("MWh", "kW"), 1000.0),
    "GJ": 1 / 0.0036,
    "min": 60.0,
    "h": 3600.0,
}
"""What one of the shown unit is in the unit of the truth."""

SILENT_ISSUE: Final = "devices_silent"
_RECORD: Final = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\S* (\w+) \(", re.MULTILINE)
_OURS: Final = "bernau_smartcity"
_USUAL: Final = re.compile(
    "which has not been tested by Home Assistant"  # said about every integration installed by hand
    r"|Updating state for .* took [\d.]+ seconds"  # tells how busy the machine is
)

type State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """What Home Assistant shows at one moment."""

    entry_id: str
    entities: Mapping[str, Mapping[str, Any]]
    """The entity registry by unique id."""
    states: Mapping[str, State]
    """By entity id."""

    def unique_id(self, device: Device, suffix: str) -> str:
        """Give the unique id of an entity of a device."""
        return f"{self.entry_id}_{device.dev_eui}_{suffix}"

    def enabled(self, device: Device, suffix: str) -> str | None:
        """Give the entity id, unless the entity is missing or off by default."""
        entity = self.entities.get(self.unique_id(device, suffix))
        return None if entity is None or entity["disabled_by"] else str(entity["entity_id"])

    def missing(self, device: Device) -> list[str]:
        """Give what of a device has no entity."""
        suffixes = (*(measured.key for measured in device.values), "last_reading")
        return [s for s in suffixes if self.unique_id(device, s) not in self.entities]

    def shown(self, device: Device) -> Iterator[tuple[Measured, str, State | None]]:
        """Give each value of a device with the entity that shows it and its state."""
        for measured in device.values:
            if entity_id := self.enabled(device, measured.key):
                yield measured, entity_id, self.states.get(entity_id)


async def take(hass: HomeAssistant, entry_id: str) -> Picture:
    """Take a picture of what Home Assistant shows."""
    return Picture(entry_id, await hass.entities(), await hass.states())


def without_entities(devices: Iterable[Device], picture: Picture) -> list[str]:
    """Expect an entity for each value of every device, and for the time of its last reading."""
    return [
        f"{device.name}: no entity for {suffix}"
        for device in devices
        for suffix in picture.missing(device)
    ]


def wrong_values(device: Device, picture: Picture) -> list[str]:
    """Expect of every value what the device truly measured last, and when."""
    return without_entities([device], picture) + [
        f"{device.name}: {entity_id} {complaint}"
        for measured, entity_id, state in picture.shown(device)
        if (complaint := _difference(measured, state))
    ]


def _difference(measured: Measured, state: State | None) -> str:
    if state is None or state["state"] in {"unknown", "unavailable"}:
        return "shows nothing" if state is None else f"is {state['state']}"
    attributes = state["attributes"]
    if state["state"] in {"on", "off"}:
        return "" if (state["state"] == "on") == bool(measured.value) else f"is {state['state']}"
    unit = attributes.get("unit_of_measurement", "")
    # Units of counts ("persons") are words; they need no conversion.
    factor = FACTORS.get(unit, 1.0)
    number = _number(attributes.get("display", state["state"]))
    if isinstance(number, str):
        return f"shows {number}"
    shown = number * factor
    if not isclose(shown, measured.value, rel_tol=1e-9, abs_tol=1e-6):
        return f"shows {shown:.9g} instead of {measured.value:.9g}"
    at = datetime.fromisoformat(attributes["measured_at"])
    if abs(at - measured.at) > SAME_TIME:
        return f"says it was measured at {at} instead of {measured.at}"
    return ""


@dataclass(frozen=True, slots=True)
class Total:
    """What a total shows."""

    value: float | str
    at: datetime | None


def totals(picture: Picture) -> dict[str, Total]:
    """Give every total by entity id."""
    found = {}
    for entity in picture.entities.values():
        state = picture.states.get(entity["entity_id"])
        if state and entity["config_entry_id"] == picture.entry_id and _is_total(state):
            at = state["attributes"].get("measured_at")
            measured_at = datetime.fromisoformat(at) if at else None
            found[entity["entity_id"]] = Total(_number(state["state"]), measured_at)
    return found


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _is_total(state: State) -> bool:
    return bool(state["attributes"].get("state_class") == "total_increasing")


def misplaced(
    devices: Iterable[Device],
    registry: Iterable[Mapping[str, Any]],
    areas: Iterable[Mapping[str, Any]],
    entry_id: str,
) -> list[str]:
    """Expect every device in the area of its building."""
    names = {area["area_id"]: area["name"] for area in areas}
    found = {
        identifier: names.get(device["area_id"])
        for device in registry
        for _, identifier in device["identifiers"]
    }
    return [
        f"{device.name} is in {area}, not in {device.building}"
        for device in devices
        if (area := found.get(f"{entry_id}_{device.dev_eui}")) != device.building
    ]


def lost_totals(before: Picture, after: Picture) -> list[str]:
    """Expect every total after a restart as it was before, with its old time."""
    now = totals(after)
    return [
        f"{entity_id} was {old}, is {now.get(entity_id)}"
        for entity_id, old in totals(before).items()
        if now.get(entity_id) != old
    ]


def still_shown(devices: Iterable[Device], picture: Picture) -> list[str]:
    """Expect that what changes by itself is not shown while nobody knows it."""
    return [
        f"{device.name}: {entity_id} still shows {state['state']}"
        for device in devices
        for _, entity_id, state in picture.shown(device)
        if state is not None and not _is_total(state) and state["state"] != "unavailable"
    ]


def energy_complaints(validation: Mapping[str, list[list[Mapping[str, Any]]]]) -> list[str]:
    """Expect that the Energy dashboard accepts every meter."""
    return [
        f"{part}: {issue['type']} {issue.get('affected_entities', '')}"
        for part, meters in validation.items()
        for issues in meters
        for issue in issues
    ]


def repairs(issues: Iterable[Mapping[str, Any]]) -> list[str]:
    """Expect that the integration asks for nothing but to look after silent devices."""
    return [
        f"{issue['translation_key']} {issue['translation_placeholders']}"
        for issue in issues
        if issue["domain"] == _OURS and issue["translation_key"] != SILENT_ISSUE
    ]


def log_complaints(log: str) -> list[str]:
    """Expect no warning and no error in the log that mentions the integration."""
    starts = [match.start() for match in _RECORD.finditer(log)]
    records = [log[i:j].strip() for i, j in pairwise((*starts, len(log)))]
    return [record for record in records if _is_complaint(record)]


def _is_complaint(record: str) -> bool:
    match = _RECORD.match(record)
    loud = match is not None and match[1] in {"WARNING", "ERROR", "CRITICAL"}
    return loud and _OURS in record and not _USUAL.search(record)
