"""What is told of gates, zones and the town, from the bins of their lines."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.bernau_smartcity.visitors.bins import QUARTER, Grid
from custom_components.bernau_smartcity.visitors.dwell import Dwell
from custom_components.bernau_smartcity.visitors.figures import (
    Counted,
    GateLines,
    Peak,
    Span,
    at_boundary,
    at_zone,
    compared,
    day_before,
    gate_figures,
    town_figures,
    visits_by_bin,
    visits_of,
    zone_day,
    zone_drift,
    zone_figures,
)
from custom_components.bernau_smartcity.visitors.flows import Counting, Gate, Mode
from custom_components.bernau_smartcity.visitors.increments import Flag, Increment
from custom_components.bernau_smartcity.visitors.modes import Split
from custom_components.bernau_smartcity.visitors.occupancy import Drift, Level
from custom_components.bernau_smartcity.visitors.reasons import Reason
from custom_components.bernau_smartcity.visitors.record import Record, told

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 23, tzinfo=UTC)
EXACT = Drift(1000, 1000)


def counts(passed: Sequence[int | None], start: datetime = START) -> list[Increment]:
    """Give an increment for each quarter of an hour."""
    return [
        Increment(
            start + n * QUARTER,
            start + (n + 1) * QUARTER,
            each,
            Flag.IMPLAUSIBLE if each is None else None,
        )
        for n, each in enumerate(passed)
    ]


def record(passed: Sequence[int | None]) -> Record:
    """Give the bins of a line."""
    made = Record()
    made.revise(told(counts(passed)))
    return made


IN = [10, 20, 20, 10, 0, 0]
OUT = [0, 10, 15, 15, 10, 10]
DOOR = GateLines(Gate(origin="*", target="A", mode=Mode.TRAIN), "in", "out")
RECORDS = {"in": record(IN), "out": record(OUT)}
END = START + len(IN) * QUARTER
NOW = END + timedelta(minutes=3)


def test_gate() -> None:
    """Who went through today, in either direction; a car holds more than one."""
    found = gate_figures(Counted(RECORDS), DOOR, NOW, UTC)
    assert found.as_of == END
    assert (found.passed(forward=True), found.passed(forward=False)) == (60, 60)
    cars = GateLines(Gate(origin="*", target="A", people=1.5), "in", "out")
    assert gate_figures(Counted(RECORDS), cars, NOW, UTC).passed(forward=True) == 90
    nobody = gate_figures(Counted({}), DOOR, NOW, UTC)
    assert nobody.passed(forward=True) is Reason.NOT_REPORTED
    begun = gate_figures(Counted({}), DOOR, START + timedelta(minutes=5), UTC)
    assert begun.passed(forward=True) == 0


def test_zone() -> None:
    """Who is there, who came, the most, and how long people stay."""
    counted = Counted(RECORDS)
    span = counted.span(START, [DOOR], NOW)
    found = zone_figures(counted, [DOOR], "A", span, EXACT)
    assert (found.level, found.entered) == (Level(0, 0), 60)
    assert found.peak == Peak(25, START + 3 * QUARTER)
    assert isinstance(found.dwell, Dwell)
    assert found.dwell.mean == timedelta(minutes=21.25)
    assert zone_figures(counted, [DOOR], "A", span, EXACT) is found
    counted.begin()
    assert zone_figures(counted, [DOOR], "A", span, EXACT) is found
    counted.begin()
    counted.begin()
    assert zone_figures(counted, [DOOR], "A", span, EXACT) is not found


def test_zone_that_nobody_counts() -> None:
    """Or not in both directions, or of which nothing came yet."""
    counted = Counted(RECORDS)
    span = Span(START, END)
    none = zone_figures(counted, [], "A", span, EXACT)
    assert none.level is none.entered is none.peak is none.dwell is Reason.OPEN_BOUNDARY
    single = GateLines(Gate(origin="*", target="A", counting=Counting.FORWARD), "in")
    found = zone_figures(counted, [single], "A", span, EXACT)
    assert (found.level, found.peak, found.entered) == (
        Reason.OPEN_BOUNDARY,
        Reason.OPEN_BOUNDARY,
        60,
    )
    silent = zone_figures(Counted({}), [DOOR], "A", span, EXACT)
    assert silent.level is silent.peak is silent.entered is Reason.NOT_REPORTED
    begun = zone_figures(counted, [DOOR], "A", Span(START, START), EXACT)
    assert (begun.level, begun.entered, begun.peak) == (Level(0, 0), 0, Reason.NO_FLOW)


def test_zone_waits_for_all_its_counters() -> None:
    """But not for one that is overdue."""
    other = GateLines(Gate(origin="A", target="B"), "late", "later")
    late = {"late": record(IN[:4]), "later": record(OUT[:4])}
    counted = Counted(RECORDS | late)
    soon = START + 5 * QUARTER + timedelta(minutes=3)
    assert counted.span(START, [DOOR, other], soon).as_of == START + 4 * QUARTER
    later = zone_figures(counted, [DOOR, other], "A", Span(START, END), EXACT)
    assert later.level is Reason.NOT_REPORTED
    assert counted.span(START, [DOOR, other], END + QUARTER).as_of == START + 5 * QUARTER
    assert counted.span(START, [DOOR], START - QUARTER).as_of == START


def test_day_that_is_over() -> None:
    """How far entries and exits were apart, and the mean stay."""
    counted = Counted(RECORDS)
    span = Span(START, END)
    found = zone_day(counted, [DOOR], "A", span)
    assert found.drift == Drift(60, 60)
    assert isinstance(found.dwell, Dwell)
    assert found.dwell.mean == timedelta(minutes=21.25)
    single = GateLines(Gate(origin="*", target="A", counting=Counting.FORWARD), "in")
    longer = Span(START, END + 4 * QUARTER)
    for gates, of, drift in (
        ([DOOR], span, Drift(60, 60)),
        ([single], span, Reason.OPEN_BOUNDARY),
        ([], span, Reason.OPEN_BOUNDARY),
        ([DOOR], longer, Reason.COVERAGE),
    ):
        assert zone_day(counted, gates, "A", of).drift == drift
        assert zone_drift(counted, gates, "A", of) == drift


def test_what_changes_is_worked_out_again() -> None:
    """And what does not, is not."""
    records = {"in": record(IN), "out": record(OUT)}
    counted = Counted(records)
    before, today = Span(START, START + 2 * QUARTER), Span(START, END)
    day, now = (zone_day(counted, [DOOR], "A", span) for span in (before, today))
    late = counts([1, 1], START + 4 * QUARTER)
    records["in"].revise(told(late))
    assert zone_day(counted, [DOOR], "A", before) is day
    changed = zone_day(counted, [DOOR], "A", today)
    assert changed is not now
    assert changed.drift == Drift(62, 60)


def test_reset_of_a_zone() -> None:
    """The day before is that between its resets."""
    now = datetime(2026, 11, 24, 1, tzinfo=BERLIN)
    found = day_before(now.astimezone(UTC), BERLIN, time(3))
    assert found.start == datetime(2026, 11, 22, 3, tzinfo=BERLIN)
    assert found.as_of == datetime(2026, 11, 23, 3, tzinfo=BERLIN)


def test_town() -> None:
    """Who came from outside, by which means, and this hour."""
    inner = GateLines(Gate(origin="A", target="B"), "on", "back")
    records = RECORDS | {"on": record([5] * 6), "back": record([4] * 6)}
    found = town_figures(Counted(records), [DOOR, inner], NOW, UTC)
    assert (found.visits, found.visits_this_hour, found.coverage) == (60, 0, 1)
    assert found.hour == Span(START + 4 * QUARTER, END)
    assert found.arrivals == {Mode.TRAIN: 60}
    assert isinstance(found.split, Split)
    assert found.zones_per_visit == (60 + 30 + 24) / 60
    assert [share.edge for share in found.flows][:2] == [("*", "A"), ("A", "*")]
    assert found.residuals == {"A": -6, "B": 6}


def test_town_without_counters() -> None:
    """Nothing is told but why."""
    found = town_figures(Counted({}), [], NOW, UTC)
    assert found.visits is found.visits_this_hour is Reason.OPEN_BOUNDARY
    assert (found.coverage, found.split, found.zones_per_visit) == (
        0,
        Reason.NO_FLOW,
        Reason.NO_FLOW,
    )
    assert visits_of([]) is Reason.OPEN_BOUNDARY
    silent = town_figures(Counted({}), [DOOR], NOW, UTC)
    assert silent.visits is Reason.NOT_REPORTED


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (Gate(origin="*", target="A"), [10, 30, 50]),
        (Gate(origin="A", target="*"), [0, 10, 25]),
        (Gate(origin="*", target="A", counting=Counting.EITHER), [5, 15, 25]),
        (Gate(origin="*", target="A", people=2), [20, 60, 100]),
    ],
)
def test_visits_by_bin(gate: Gate, expected: list[float]) -> None:
    """As they add up, from whichever side a gate is looked at."""
    counted = Counted(RECORDS)
    passages = counted.passages([GateLines(gate, "in", "out")], Grid(START, 3))
    assert visits_by_bin(passages) == expected
    assert visits_by_bin([]) == []


def test_gates_of_a_place() -> None:
    """Those that lead into it or out of it."""
    inner = GateLines(Gate(origin="A", target="B"), "on", "back")
    assert at_zone([DOOR, inner], "B") == [inner]
    assert at_boundary([DOOR, inner]) == [DOOR]


@pytest.mark.parametrize(
    ("visits", "earlier", "expected"),
    [
        (90, [60, 60], 50),
        (30, [60], -50),
        (30, [], Reason.NO_HISTORY),
        (30, [0, 0], Reason.NO_FLOW),
    ],
)
def test_comparison(visits: float, earlier: list[float], expected: float | Reason) -> None:
    """With the mean of earlier days, in percent."""
    assert compared(visits, earlier) == expected
