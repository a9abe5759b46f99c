"""Who comes into a zone, or into the town: which lines count it."""

from collections.abc import Iterable, Iterator

from .figures import GateLines
from .flows import OUTSIDE, Counting

type Weights = dict[str, float]
"""By line: for how many people each count stands."""


def entries(gates: Iterable[GateLines], zone: str) -> Weights:
    """Give the lines that count who comes into a zone."""
    return dict(pair for gate in gates for pair in _into(gate, zone))


def visits(gates: Iterable[GateLines]) -> Weights:
    """Give the lines that count who comes from outside."""
    return dict(
        pair
        for gate in gates
        if OUTSIDE in (ends := {gate.gate.origin, gate.gate.target})
        for zone in ends - {OUTSIDE}
        for pair in _into(gate, zone)
    )


def _into(lines: GateLines, zone: str) -> Iterator[tuple[str, float]]:
    """Of those whose direction nobody knows, half are taken to go either way."""
    gate = lines.gate
    if zone not in {gate.origin, gate.target}:
        return
    if gate.counting is Counting.EITHER:
        yield lines.forward, gate.people / 2
    elif gate.target == zone:
        yield lines.forward, gate.people
    elif lines.backward:
        yield lines.backward, gate.people
