"""Which lines count who comes."""

import pytest

from custom_components.bernau_smartcity.visitors.entering import entries, visits
from custom_components.bernau_smartcity.visitors.figures import GateLines
from custom_components.bernau_smartcity.visitors.flows import OUTSIDE, Counting, Gate


def lines(
    origin: str, target: str, people: float = 1, counting: Counting = Counting.BOTH
) -> GateLines:
    """Give a gate."""
    gate = Gate(origin=origin, target=target, people=people, counting=counting)
    return GateLines(gate, "to", "from" if counting is Counting.BOTH else "")


@pytest.mark.parametrize(
    ("gate", "town", "into_a", "into_b"),
    [
        (lines(OUTSIDE, "A"), {"to": 1}, {"to": 1}, {}),
        (lines("A", OUTSIDE, 1.5), {"from": 1.5}, {"from": 1.5}, {}),
        (lines("A", "B"), {}, {"from": 1}, {"to": 1}),
        (lines(OUTSIDE, "A", counting=Counting.FORWARD), {"to": 1}, {"to": 1}, {}),
        (lines("A", OUTSIDE, counting=Counting.FORWARD), {}, {}, {}),
        (lines("A", "B", counting=Counting.FORWARD), {}, {}, {"to": 1}),
        (lines("A", OUTSIDE, 3, Counting.EITHER), {"to": 1.5}, {"to": 1.5}, {}),
        (lines("A", "B", counting=Counting.EITHER), {}, {"to": 0.5}, {"to": 0.5}),
    ],
)
def test_who_comes(
    gate: GateLines, town: dict[str, float], into_a: dict[str, float], into_b: dict[str, float]
) -> None:
    """By each way of counting, whichever way round the gate was set up."""
    assert visits([gate]) == town
    assert entries([gate], "A") == into_a
    assert entries([gate], "B") == into_b
