"""Zones, the gates between them, and how groups of people walk through them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

OUTSIDE: Final = "*"
"""Where people come from and go to."""


@dataclass(frozen=True, slots=True)
class Eye:
    """How well a counter counts: the shares of people that it gets wrong."""

    missed: float = 0.0
    """First of all those who walk abreast."""
    doubled: float = 0.0
    turned: float = 0.0
    """Counted as if they walked the other way."""
    swapped: bool = False
    """Mounted the other way round: it says of those who go in that they go out."""


SHARP: Final = Eye()
"""Counts everybody once."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A counted line between two zones."""

    name: str
    origin: str
    target: str
    mode: str = ""
    """By which means those come who cross it from outside."""
    eye: Eye = SHARP


@dataclass(frozen=True, slots=True)
class Group:
    """People who behave alike."""

    crowd: str
    """The curve by which they come."""
    people: float
    """In the busiest hour."""
    way: str
    """Gates by name, and between them how many minutes they stay: `station 8 market 30 west`."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way from outside to outside, step by step."""

    lines: tuple[int, ...]
    """Twice the number of each gate; one more when it is crossed towards its origin."""
    zones: tuple[str, ...]
    """Those between the gates."""
    minutes: tuple[float, ...]
    """How long people stay in each of them, on average."""


def way_of(group: Group, gates: Sequence[Gate]) -> Way:
    """Follow the way of a group; raises ValueError where it breaks off."""
    numbers = {gate.name: n for n, gate in enumerate(gates)}
    words = group.way.split()
    zone, lines, zones = OUTSIDE, [], []
    for name in words[::2]:
        gate = gates[numbers[name]]
        if zone not in {gate.origin, gate.target}:
            message = f"{name} does not lead out of {zone}: {group.way}"
            raise ValueError(message)
        is_backward = zone == gate.target
        lines.append(2 * numbers[name] + is_backward)
        zone = gate.origin if is_backward else gate.target
        zones.append(zone)
    if zones[-1] != OUTSIDE or OUTSIDE in zones[:-1]:
        message = f"It does not lead from outside to outside: {group.way}"
        raise ValueError(message)
    return Way(tuple(lines), tuple(zones[:-1]), tuple(map(float, words[1::2])))
