"""How people arrive: shares of the arrivals that were counted at gates.

Each person passes exactly one gate that stands for a mode.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final, NamedTuple

from .flows import OUTSIDE, Gate, Mode
from .reasons import Reason
from .rounding import apportion

FEWEST: Final = 30
"""Arrivals of all modes together; how many of them by one mode does not matter."""
LEAST_COVERAGE: Final = 0.9


class Arrivals(NamedTuple):
    """Who was counted at a gate in either direction, and how much of the time it told of."""

    gate: Gate
    forward: int
    backward: int
    coverage: float


@dataclass(frozen=True, slots=True)
class Split:
    """Arrivals by mode, and their shares."""

    arrivals: Mapping[Mode, float]
    tenths: Mapping[Mode, int]
    """Tenths of a percent, that add up to a thousand."""

    def error(self, mode: Mode) -> float:
        """Give the standard error of a share that chance makes, in percent."""
        total = sum(self.arrivals.values())
        share = self.arrivals[mode] / total
        return 100 * sqrt(share * (1 - share) / total)


def arrivals_by_mode(counted: Iterable[Arrivals]) -> dict[Mode, float]:
    """Add up who came from outside at the gates that stand for a mode, in the order of modes."""
    found: dict[Mode, float] = {}
    for gate, forward, backward, _ in counted:
        for (origin, _), passed in gate.flows(forward, backward):
            if gate.mode and origin == OUTSIDE:
                found[gate.mode] = found.get(gate.mode, 0) + passed
    return {mode: found[mode] for mode in Mode if mode in found}


def modal_split(counted: Iterable[Arrivals]) -> Split | Reason:
    """Give the shares of the modes.

    A counter that told of too little would look like a mode that nobody uses.
    """
    bearing = [each for each in counted if each.gate.mode]
    if any(each.coverage < LEAST_COVERAGE for each in bearing):
        return Reason.COVERAGE
    return shares(arrivals_by_mode(bearing))


def shares(arrivals: Mapping[Mode, float]) -> Split | Reason:
    """Give the shares of arrivals, if there are enough."""
    total = sum(arrivals.values())
    if not total:
        return Reason.NO_FLOW
    if total < FEWEST:
        return Reason.TOO_FEW
    tenths = apportion(1000, list(arrivals.values()))
    return Split(arrivals, dict(zip(arrivals, tenths, strict=True)))


def without_transfers(
    arrivals: Mapping[Mode, float], transfers: Mapping[tuple[Mode, Mode], float]
) -> dict[Mode, float]:
    """Leave out those who only changed from one mode to another."""
    changed = {
        mode: sum(passed for (before, _), passed in transfers.items() if before is mode)
        for mode in arrivals
    }
    return {mode: max(0, came - changed[mode]) for mode, came in arrivals.items()}
