"""The total of a place over all of its meters."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.metering.exchange import (
    Change,
    Joined,
    Noted,
    Part,
    joined,
)
from custom_components.bernau_smartcity.metering.hours import total_at
from custom_components.bernau_smartcity.metering.plausibility import Limits
from custom_components.bernau_smartcity.metering.register import Point

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = Limits(per_hour=10)


def part(*shown: tuple[float, float], pulses: bool = False) -> Part:
    """Give a device that showed numbers at hours, and counted from zero by itself."""
    points = [Point(AT + hour * HOUR, value) for hour, value in shown]
    return Part(points, LIMITS, None if pulses else [value for _, value in shown])


def change(hour: float, last: float | None = None, first: float | None = None) -> Change:
    """Give an exchange at an hour."""
    return Change(AT + hour * HOUR, last, first)


def totals(found: Joined) -> dict[float, float]:
    """Give the total by hour."""
    return {(at - AT) / HOUR: total for at, total in found.points}


OLD = part((0, 100), (1, 104), (5, 105))
NEW = part((3, 7), (4, 9))


@pytest.mark.parametrize(
    ("parts", "changes", "expected", "display"),
    [
        pytest.param([OLD], [], {0: 100, 1: 104, 5: 105}, 105, id="no exchange"),
        pytest.param(
            [OLD, NEW],
            [change(2, 106, 5)],
            {0: 100, 1: 104, 2: 106, 3: 108, 4: 110},
            9,
            id="both readings are exact, and the old device no longer counts",
        ),
        pytest.param(
            [OLD, NEW], [change(2)], {0: 100, 1: 104, 2: 104, 3: 104, 4: 106}, 9, id="no readings"
        ),
        pytest.param(
            [OLD, NEW],
            [change(2, 900, 0.0001)],
            {0: 100, 1: 104, 2: 104, 3: 110.9999, 4: 112.9999},
            9,
            id="a last reading that cannot be is left out",
        ),
        pytest.param(
            [OLD, part((3, 5_000), (4, 5_001))],
            [change(2, 106, 0)],
            {0: 100, 1: 104, 2: 106, 3: 106, 4: 107},
            5_001,
            id="a first reading that cannot be is left out",
        ),
        pytest.param(
            [OLD, part()],
            [change(1, 104, 3)],
            {0: 100, 1: 104},
            3,
            id="silent new meter, exchanged as the old one sent",
        ),
        pytest.param([part(), NEW], [change(2, 50, 0)], {3: 7, 4: 9}, 9, id="nothing before"),
        pytest.param(
            [OLD, NEW, part((6, 1), (7, 2))],
            [change(2, 106, 5), change(5, 9.5, 0)],
            {0: 100, 1: 104, 2: 106, 3: 108, 4: 110, 5: 110.5, 6: 111.5, 7: 112.5},
            2,
            id="twice",
        ),
        pytest.param(
            [part((0, 5), (1, 6), pulses=True), part((1, 40), (3, 42), (4, 43), pulses=True)],
            [change(2, 99, 3)],
            {0: 5, 1: 6, 2: 6, 3: 7, 4: 8},
            5,
            id="pulses: what the new adapter counted since; its display follows",
        ),
    ],
)
def test_total_of_a_place(
    parts: list[Part], changes: list[Change], expected: dict[float, float], display: float
) -> None:
    """The total continues as stated."""
    found = joined(parts, changes)
    assert totals(found) == pytest.approx(expected)
    assert found.display == pytest.approx(display)


def test_number_on_the_display_shifts_the_total_and_changes_no_consumption() -> None:
    """The newest number holds, at the time at which it was read."""
    pulses = part((0, 5), (2, 7), (4, 8), pulses=True)
    assert joined([pulses], []).display is None
    noted = [Noted(AT, 50), Noted(AT + HOUR, 1_000)]
    found = joined([pulses], [], noted)
    assert totals(found) == {0: 999, 2: 1_001, 4: 1_002}
    assert found.display == 1_002


def test_last_reading_of_a_pulse_counter_counts_once_its_display_is_known() -> None:
    """What it showed was noted, so what it missed at the end is known."""
    parts = [part((0, 5), (1, 6), pulses=True), part((3, 0), (4, 1))]
    found = joined(parts, [change(2, 102, 0)], [Noted(AT, 100)])
    assert totals(found) == {0: 100, 1: 101, 2: 102, 3: 102, 4: 103}
    later = joined(parts[:1], [], [Noted(AT, 100)], AT)
    assert (totals(later), later.display) == ({0: 100}, 100)


amounts = st.floats(0, 100)
parts_of_any = st.lists(
    st.tuples(st.integers(0, 50), amounts), max_size=8, unique_by=lambda item: item[0]
).map(lambda shown: sorted(zip(sorted(h for h, _ in shown), sorted(v for _, v in shown))))  # noqa: B905  # of one list


@given(
    first=parts_of_any,
    others=st.lists(
        st.tuples(parts_of_any, st.booleans(), st.none() | amounts, st.none() | amounts),
        max_size=3,
    ),
    hours=st.lists(st.integers(0, 50), min_size=3, max_size=3, unique=True).map(sorted),
    noted=st.lists(st.tuples(st.integers(0, 50), amounts), max_size=2),
)
def test_total_of_a_place_never_falls(
    first: list[tuple[float, float]],
    others: list[tuple[list[tuple[float, float]], bool, float | None, float | None]],
    hours: list[int],
    noted: list[tuple[int, float]],
) -> None:
    """Whatever the devices sent and people noted; and a display changes no consumption."""
    parts = [part(*first), *(part(*shown, pulses=pulses) for shown, pulses, _, _ in others)]
    changes = [
        change(hour, last, begin) for hour, (_, _, last, begin) in zip(hours, others, strict=False)
    ]
    points = joined(parts, changes).points
    assert points == sorted(points)
    assert [p.total for p in points] == sorted(p.total for p in points)
    assert len({p.at for p in points}) == len(points)
    displays = [Noted(AT + hour * HOUR, value) for hour, value in noted]
    shifted = joined(parts, changes, displays).points
    if displays and points and not any(c.last for c in changes):
        newest = max(displays)
        assert total_at(shifted, newest.at) == pytest.approx(newest.value, abs=1e-6)
        assert [b.total - points[0].total for b in points] == pytest.approx(
            [b.total - shifted[0].total for b in shifted], abs=1e-6
        )
