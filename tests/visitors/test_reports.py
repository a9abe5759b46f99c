"""What is published of the ways of people."""

from datetime import UTC, datetime

import pytest

from custom_components.bernau_smartcity.visitors.bins import QUARTER, Grid
from custom_components.bernau_smartcity.visitors.flows import Gate, Mode
from custom_components.bernau_smartcity.visitors.increments import Flag, Increment
from custom_components.bernau_smartcity.visitors.journeys import Bounds, Journeys
from custom_components.bernau_smartcity.visitors.reasons import Reason
from custom_components.bernau_smartcity.visitors.reports import (
    Discretion,
    Row,
    Walk,
    arrival_rows,
    coverage_of,
    estimated,
    flags_of,
    flow_rows,
    journey_rows,
    walks,
)
from custom_components.bernau_smartcity.visitors.zones import Passage, series

from .example import TOWN

START = datetime(2026, 11, 23, tzinfo=UTC)
GRID = Grid(START, 1)


def passage(origin: str, target: str, flag: Flag | None = None) -> Passage:
    """Give what passed a gate of the example."""
    both = (TOWN[origin, target], TOWN[target, origin])
    lines = [
        series([Increment(START, START + QUARTER, round(passed), flag)], GRID) for passed in both
    ]
    return Passage(Gate(origin=origin, target=target), *lines)


PASSAGES = [passage(*ends) for ends in ("*A", "*B", "*C", "AB", "BC")]


def test_flows() -> None:
    """As they were counted; small ones and what would betray them are left out."""
    plain = {row.edge: row.people for row in flow_rows(PASSAGES, Discretion(5))}
    assert plain == TOWN
    rough = {row.edge: row.people for row in flow_rows(PASSAGES, Discretion(100, 50))}
    assert rough["*", "A"] == 300
    assert rough["C", "B"] is rough["*", "C"] is None


def test_journeys_with_their_bounds() -> None:
    """What is left out has none: they would tell of it."""
    found = estimated(PASSAGES)
    assert isinstance(found, Journeys)
    rows = journey_rows(found, Discretion(10))
    assert not isinstance(rows, Reason)
    assert rows[0] == Row(("A", "A"), 224, Bounds(47, 294))
    assert Row(("C", "A"), None) in rows
    told = walks(found, Discretion(5, 5), 2, 4)
    assert [(walk.zones, walk.people) for walk in told.walks] == [(("A",), 175), (("A", "B"), 35)]
    assert isinstance(told.walks[0], Walk)
    assert told.covered == pytest.approx(0.9142, abs=1e-4)


@pytest.mark.parametrize(
    ("survey", "expected"),
    [
        ({"A": {"A": 2, "B": 1, "C": 1}}, 166),
        ({zone: {"A": 0, "B": 1, "C": 0} for zone in "ABC"}, Reason.NO_FIT),
    ],
)
def test_journeys_of_a_survey(survey: dict[str, dict[str, float]], expected: int | Reason) -> None:
    """The bounds are those of the counts."""
    found = estimated(PASSAGES)
    assert isinstance(found, Journeys)
    rows = journey_rows(found, Discretion(10), survey)
    if isinstance(rows, Reason) or isinstance(expected, Reason):
        assert rows is expected
        return
    assert rows[0] == Row(("A", "A"), expected, Bounds(47, 294))


def test_arrivals() -> None:
    """Of a mode that few used only the share is told; transfers only where ways can be modelled."""
    flows = {Mode.TRAIN: (180, 100), Mode.BUS: (90, 60), Mode.WALK: (30, 140), Mode.BIKE: (3, 3)}

    def counted(scale: int) -> list[Passage]:
        return [
            Passage(
                Gate(origin="*", target="A", mode=mode),
                *(series([Increment(START, START + QUARTER, n // scale)], GRID) for n in both),
            )
            for mode, both in flows.items()
        ]

    rows = arrival_rows(counted(1), [], Discretion(5))
    assert not isinstance(rows, Reason)
    assert [(row.mode, row.people) for row in rows] == [
        (Mode.TRAIN, 180),
        (Mode.BUS, 90),
        (Mode.BIKE, None),
        (Mode.WALK, 30),
    ]
    assert rows[0].without_transfers == round(180 * (1 - 60 / 303))
    few = arrival_rows(counted(6), [], Discretion(5))
    assert not isinstance(few, Reason)
    assert [row.without_transfers for row in few] == [None] * 4
    assert arrival_rows([], [], Discretion(5)) is Reason.NO_FLOW


def test_conditions() -> None:
    """All counters must have told, and what they told must fit together."""
    silent = Passage(Gate(origin="*", target="A"), series([], GRID), series([], GRID))
    assert estimated([silent, *PASSAGES[1:]]) is Reason.COVERAGE
    assert estimated([]) is Reason.COVERAGE
    assert estimated([passage("A", "B")]) is Reason.NO_WAY_OUT
    assert (coverage_of([]), coverage_of(PASSAGES)) == (0, 1)
    assert flags_of([passage("A", "B", Flag.RESET), *PASSAGES]) == {Flag.RESET}
