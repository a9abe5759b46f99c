"""Counts that agree with each other: what goes into a zone comes out of it.

Counters err, so their flows do not close. They are changed as little as
possible, each in proportion to its own statistical error (its variance is that
of a Poisson count: itself).
"""

from collections.abc import Iterable
from math import sqrt
from typing import Final

from .flows import OUTSIDE, Edge, Flows, inflow, outflow, zones_of
from .linear import solved
from .occupancy import balancing_factor
from .reasons import Reason

_NOTHING: Final = 1e-9
"""Of what was counted: what is left of it is a rounding error."""
_DEVIATIONS: Final = 3
"""Standard deviations beyond which chance is no explanation."""


def residuals(flows: Flows) -> dict[str, float]:
    """Give by how many more were counted into each zone than out of it."""
    return {zone: inflow(flows, zone) - outflow(flows, zone) for zone in zones_of(flows)}


def balanced(flows: Flows) -> dict[Edge, float] | Reason:
    """Give the flows nearest to what was counted that close in every zone.

    Zones in which nobody was counted play no part.
    """
    found = {edge: passed for edge, passed in flows.items() if passed}
    if reason := flaw(found):
        return reason
    if any(_is_unsound(came, went) for came, went in _traffic(found)):
        return Reason.UNBALANCED
    while True:
        closer = _closed(found)
        kept = {edge: found[edge] for edge in found if closer[edge] > _NOTHING * found[edge]}
        if len(kept) == len(found):
            return flaw(closer) or closer
        found = kept


def flaw(flows: Flows) -> Reason | None:
    """Tell what keeps the ways of people from being modelled."""
    zones = zones_of(flows)
    checks = (
        (not zones, Reason.NO_FLOW),
        (any(not outflow(flows, zone) for zone in zones), Reason.NO_EXIT),
        (any(not inflow(flows, zone) for zone in zones), Reason.NO_ENTRANCE),
        (not _leading_out(flows).issuperset(zones), Reason.NO_WAY_OUT),
    )
    return next((reason for holds, reason in checks if holds), None)


def _traffic(flows: Flows) -> Iterable[tuple[float, float]]:
    return ((inflow(flows, zone), outflow(flows, zone)) for zone in zones_of(flows))


def _is_unsound(came: float, went: float) -> bool:
    """Tell whether neither miscounting nor chance explains a difference."""
    by_chance = _DEVIATIONS * sqrt(came + went)
    return abs(came - went) > by_chance and isinstance(balancing_factor(came, went), Reason)


def _closed(flows: Flows) -> dict[Edge, float]:
    """Solve the normal equations: one multiplier for each zone."""
    zones = zones_of(flows)
    number = {zone: n for n, zone in enumerate(zones)}
    matrix = [[0.0] * len(zones) for _ in zones]
    for (origin, target), passed in flows.items():
        for one, other, sign in _pairs(origin, target):
            if one in number and other in number:
                matrix[number[one]][number[other]] += sign * passed
    missing = residuals(flows)
    solution = solved(matrix, [[-missing[zone]] for zone in zones])
    multiplier = {zone: row[0] for zone, row in zip(zones, solution, strict=True)}
    multiplier[OUTSIDE] = 0.0
    return {
        (origin, target): passed * (1 + multiplier[target] - multiplier[origin])
        for (origin, target), passed in flows.items()
    }


def _pairs(origin: str, target: str) -> Iterable[tuple[str, str, int]]:
    return (origin, origin, 1), (target, target, 1), (origin, target, -1), (target, origin, -1)


def _leading_out(flows: Flows) -> set[str]:
    """Give the zones from which a way leads outside."""
    found = {OUTSIDE}
    while True:
        more = {origin for (origin, target), passed in flows.items() if passed and target in found}
        if more <= found:
            return found
        found |= more
