"""How many went from zone to zone: exact, and free of any model."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from .reasons import Reason

OUTSIDE: Final = "*"
"""Where people come from and go to."""

type Edge = tuple[str, str]
"""From one zone to another; one of both may be `OUTSIDE`."""
type Flows = Mapping[Edge, float]
"""How many went from zone to zone."""


class Mode(StrEnum):
    """How people arrive, in the order of tables."""

    TRAIN = "train"
    BUS = "bus"
    CAR = "car"
    BIKE = "bike"
    WALK = "walk"
    UNKNOWN = "unknown"


class Counting(StrEnum):
    """What the counter at a gate tells apart."""

    BOTH = "both"
    FORWARD = "forward"
    """It counts only those who go to the target."""
    EITHER = "either"
    """It cannot tell in which direction they pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A counted line between two zones, of which one may be `OUTSIDE`."""

    origin: str
    target: str
    mode: Mode | None = None
    people: float = 1
    """For each that is counted; in a car are more than one."""
    counting: Counting = Counting.BOTH

    def flows(self, forward: float, backward: float) -> Iterator[tuple[Edge, float]]:
        """Give who went to the target, and who from it.

        Of those whose direction nobody knows, half are taken to go either way.
        """
        if self.counting is Counting.EITHER:
            forward = backward = (forward + backward) / 2
        yield (self.origin, self.target), forward * self.people
        yield (self.target, self.origin), backward * self.people


class Share(NamedTuple):
    """A flow, and its part of all that left the zone in which it begins."""

    edge: Edge
    passed: float
    share: float


def summed(flows: Iterable[tuple[Edge, float]]) -> dict[Edge, float]:
    """Add up the gates between the same zones."""
    found: dict[Edge, float] = {}
    for edge, passed in flows:
        found[edge] = found.get(edge, 0) + passed
    return found


def zones_of(flows: Flows) -> list[str]:
    """Give the zones in which anybody was counted, in order of their names."""
    return sorted({zone for edge, passed in flows.items() if passed for zone in edge} - {OUTSIDE})


def inflow(flows: Flows, zone: str) -> float:
    """Give how many came into a zone."""
    return sum(passed for (_, target), passed in flows.items() if target == zone)


def outflow(flows: Flows, zone: str) -> float:
    """Give how many left a zone."""
    return sum(passed for (origin, _), passed in flows.items() if origin == zone)


def ranked(flows: Flows) -> list[Share]:
    """Give all flows, the strongest first; of equal ones, by the names of their zones."""
    out = {origin: outflow(flows, origin) for origin, _ in flows}
    return [
        Share(edge, passed, passed / out[edge[0]])
        for edge, passed in sorted(flows.items(), key=lambda item: (-item[1], item[0]))
        if passed
    ]


def visitors(flows: Flows) -> float:
    """Give the visits to the town: whoever comes from outside, each time."""
    return outflow(flows, OUTSIDE)


def zones_per_visit(flows: Flows) -> float | Reason:
    """Give how many zones a visit leads through on average, each time counted."""
    visits = visitors(flows)
    if not visits:
        return Reason.NO_FLOW
    return sum(passed for (_, target), passed in flows.items() if target != OUTSIDE) / visits
