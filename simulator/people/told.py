"""What people of the town did, in the form in which the control interface tells it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from .. import frames
from ..clock import iso
from ..inventory import Device
from ..town import Town
from .quarter import Crossings, Quarter
from .truth import Record, present_at, record


class Line(NamedTuple):
    """A line of a counter, and the gate at which it hangs."""

    device: Device
    channel: int
    quarter: Quarter
    gate: int


def lines(town: Town) -> Iterator[Line]:
    """Give all lines of counters past which people walk."""
    for device in town.all_devices.values():
        loads = [load for load in device.loads[::2] if isinstance(load, Crossings)]
        if not loads:
            continue
        shown = frames.shown(device, town.clock.now(), town.faults)
        channels = [value.channel for value in shown if value.quantity == "people_in"]
        for load, channel in zip(loads, channels, strict=True):
            yield Line(device, channel, load.quarter, load.gate)


def told(town: Town, begin: float, end: float) -> dict[str, Any]:
    """Tell what happened from one time until another; raises ValueError if nobody is counted."""
    found = list(lines(town))
    if not found:
        message = "the town has no visitor counters"
        raise ValueError(message)
    quarter = found[0].quarter
    happened = record(quarter, begin, end)
    return {
        "from": iso(begin),
        "to": iso(end),
        "visits": happened.visits,
        "zones": _zones(happened, present_at(quarter, end)),
        "gates": [_gate(line, happened) for line in found],
        "flows": [
            {"origin": origin, "target": target, "people": people}
            for (origin, target), people in sorted(happened.flows.items())
        ],
        "arrivals": dict(sorted(happened.arrivals.items())),
        "journeys": [
            {"origin": origin, "target": target, "people": people}
            for (origin, target), people in sorted(happened.journeys.items())
        ],
        "paths": [
            {"zones": list(zones), "people": people}
            for zones, people in happened.paths.most_common()
        ],
    }


def _zones(happened: Record, there: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "zone": zone,
            "entered": happened.entered[zone],
            "left": happened.left[zone],
            "present": people,
            "mean_stay_minutes": happened.stays[zone].minutes,
        }
        for zone, people in there.items()
    ]


def _name(line: Line) -> str:
    """Name a line as people in the town would."""
    number = f" {line.channel}" if line.device.loads[2:] else ""
    return f"{line.device.building}, {line.device.name}{number}"


def _gate(line: Line, happened: Record) -> dict[str, Any]:
    gate = line.quarter.gates[line.gate]
    return {
        "name": gate.name,
        "origin": gate.origin,
        "target": gate.target,
        "mode": gate.mode,
        "swapped": gate.eye.swapped,
        "counter": _name(line),
        "dev_eui": line.device.dev_eui,
        "channel": line.channel,
        "forward": happened.gates[2 * line.gate],
        "backward": happened.gates[2 * line.gate + 1],
    }
