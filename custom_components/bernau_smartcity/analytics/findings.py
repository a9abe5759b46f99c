"""What cannot work in a layout, and why: told while it is set up, and later as repairs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from ..visitors.figures import GateLines, at_zone
from ..visitors.flows import OUTSIDE, Counting, Mode
from .layout import CountedGate, Layout


class Finding(StrEnum):
    """Something of which a person should know; each has a text with the next step."""

    SAME_ZONE = "same_zone"
    """A gate that leads from a zone into itself."""
    LINE_USED = "line_used"
    """Another gate counts by the same line."""
    ZONE_WITHOUT_GATE = "zone_without_gate"
    ZONE_WITHOUT_EXIT = "zone_without_exit"
    """Nobody is ever counted who leaves the zone."""
    ZONE_WITHOUT_ENTRANCE = "zone_without_entrance"
    ZONE_OPEN = "zone_open"
    """A counter at its boundary does not tell both directions."""
    ZONE_ENCLOSED = "zone_enclosed"
    """No counted way leads from the zone outside."""
    MODES_INCOMPLETE = "modes_incomplete"
    """Of some gates to outside is told how people arrive, of others not."""
    CARS_TWICE = "cars_twice"
    """Cars and the people who leave them are both counted as arrivals by car."""


WRONG: Final = frozenset({Finding.SAME_ZONE, Finding.LINE_USED})
"""These are refused; the others are told, and may be meant so."""


class Found(NamedTuple):
    """A finding, and of what it is."""

    finding: Finding
    names: tuple[str, ...]


def wrong(gate: GateLines, others: Iterable[tuple[str, GateLines]]) -> Found | None:
    """Tell what is wrong with a gate beside the others, which come with their names."""
    if gate.gate.origin == gate.gate.target:
        return Found(Finding.SAME_ZONE, ())
    for name, other in others:
        if set(gate.lines) & set(other.lines):
            return Found(Finding.LINE_USED, (name,))
    return None


def findings(layout: Layout) -> list[Found]:
    """Tell what cannot be told of zones and arrivals, and what would be told twice."""
    checks = (
        (Finding.ZONE_WITHOUT_GATE, _zones(layout, lambda own, _: not own)),
        (Finding.ZONE_WITHOUT_EXIT, _zones(layout, _without_exit)),
        (Finding.ZONE_WITHOUT_ENTRANCE, _zones(layout, _without_entrance)),
        (Finding.ZONE_OPEN, _zones(layout, _open)),
        (Finding.ZONE_ENCLOSED, _enclosed(layout)),
        (Finding.MODES_INCOMPLETE, _without_mode(layout)),
        (Finding.CARS_TWICE, _cars_twice(layout)),
    )
    return [Found(finding, tuple(names)) for finding, found in checks if (names := list(found))]


def _edges(gate: GateLines) -> Iterator[tuple[str, str]]:
    """Give in which directions a gate counts."""
    yield gate.gate.origin, gate.gate.target
    if gate.gate.counting is not Counting.FORWARD:
        yield gate.gate.target, gate.gate.origin


def _zones(layout: Layout, has: Callable[[Sequence[GateLines], str], bool]) -> Iterator[str]:
    for zone in layout.zones.values():
        if has(at_zone(layout.counted, zone.id), zone.id):
            yield zone.name


def _is_left(gates: Sequence[GateLines], zone: str) -> bool:
    return any(origin == zone for gate in gates for origin, _ in _edges(gate))


def _is_entered(gates: Sequence[GateLines], zone: str) -> bool:
    return any(target == zone for gate in gates for _, target in _edges(gate))


def _without_exit(gates: Sequence[GateLines], zone: str) -> bool:
    return bool(gates) and not _is_left(gates, zone)


def _without_entrance(gates: Sequence[GateLines], zone: str) -> bool:
    return bool(gates) and not _is_entered(gates, zone)


def _open(gates: Sequence[GateLines], zone: str) -> bool:
    both = _is_left(gates, zone) and _is_entered(gates, zone)
    return both and any(gate.gate.counting is not Counting.BOTH for gate in gates)


def _enclosed(layout: Layout) -> Iterator[str]:
    """Give the zones that people leave, and from which no counted way leads outside."""
    edges = {edge for gate in layout.counted for edge in _edges(gate)}
    reached = {OUTSIDE}
    while more := {origin for origin, target in edges if target in reached} - reached:
        reached |= more
    left = {origin for origin, _ in edges}
    return (zone.name for zone in layout.zones.values() if zone.id in left - reached)


def _arriving(layout: Layout) -> list[CountedGate]:
    """Give the gates at which people arrive."""
    return [
        gate
        for gate in layout.gates.values()
        if any(origin == OUTSIDE for origin, _ in _edges(gate.counted))
    ]


def _without_mode(layout: Layout) -> Iterator[str]:
    arriving = _arriving(layout)
    if any(gate.counted.gate.mode for gate in arriving):
        yield from (gate.name for gate in arriving if gate.counted.gate.mode is None)


def _cars_twice(layout: Layout) -> Iterator[str]:
    cars = [gate for gate in _arriving(layout) if gate.counted.gate.mode is Mode.CAR]
    for zone in layout.zones.values():
        here = [gate for gate in cars if at_zone([gate.counted], zone.id)]
        spaces = [each.name for each in layout.parkings.values() if each.zone == zone.id]
        kinds = {gate.counted.gate.people == 1 for gate in here}
        if len(kinds) > 1 or (here and spaces):
            yield from (*(gate.name for gate in here), *spaces)
