"""Cars that came and went, from which spaces are taken."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.bays import Bays

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Give a time."""
    return START + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], (0, 0)),
        ([(0, True)], (0, 0)),
        ([(0, False), (5, True)], (1, 0)),
        ([(0, False), (5, True), (9, False)], (1, 1)),
        ([(0, False), (5, True), (6, False), (7, True)], (1, 0)),
        ([(0, True), (5, False), (6, True)], (0, 0)),
        ([(0, False), (59, True)], (0, 0)),
        ([(70, False)], (0, 0)),
    ],
)
def test_one_space(states: Sequence[tuple[float, bool]], expected: tuple[int, int]) -> None:
    """A change counts once it has lasted."""
    bays = Bays()
    bays.states["P"] = []
    for minutes, occupied in states:
        bays.tell("P", at(minutes), occupied=occupied)
    bays.count(at(60))
    assert (bays.arrived, bays.left) == expected


@given(
    changes=st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=30),
    counted=st.sets(st.integers(1, 400), max_size=12),
)
def test_it_does_not_matter_when_it_is_counted(
    changes: list[tuple[int, bool]], counted: set[int]
) -> None:
    """Nobody is counted twice, and nobody is lost."""
    now, told = 0, [(0, False)]
    for minutes, occupied in changes:
        now += minutes
        told.append((now, occupied))
    often, once = Bays(), Bays()
    for minutes, occupied in told:
        once.tell("P", at(minutes), occupied=occupied)
    once.count(at(500))
    waiting = list(told)
    for moment in sorted({*counted, 500}):
        while waiting and waiting[0][0] <= moment:
            minutes, occupied = waiting.pop(0)
            often.tell("P", at(minutes), occupied=occupied)
        often.count(at(moment))
    assert (often.arrived, often.left) == (once.arrived, once.left)
    assert (often.stays, often.stood) == (once.stays, once.stood)
    assert (often.states, often.since) == (once.states, once.since)


@pytest.mark.parametrize(
    ("states", "stays", "minutes"),
    [
        ([(0, True), (50, False)], 0, 0),
        ([(0, False), (5, True), (50, False)], 1, 45),
        ([(0, False), (5, True), (20, False), (21, True), (50, False)], 1, 45),
        ([(0, False), (5, True), (10, False), (20, True), (50, False)], 2, 35),
        ([(0, True), (10, False), (20, True), (50, False)], 1, 30),
        ([(0, False), (5, True)], 0, 0),
    ],
)
def test_stays(states: Sequence[tuple[float, bool]], stays: int, minutes: float) -> None:
    """Of a car that was there before, and of one that is still there, nobody knows the stay."""
    bays = Bays()
    for at_minute, occupied in states:
        bays.tell("P", at(at_minute), occupied=occupied)
        bays.count(at(at_minute + 1))
    bays.count(at(60))
    assert (bays.stays, bays.stood) == (stays, timedelta(minutes=minutes))


def test_batch_after_a_gap_counts_once() -> None:
    """What a space had told meanwhile comes all at once: nobody knows when cars came and went."""
    bays = Bays()
    bays.tell("P", at(0), occupied=False)
    bays.count(at(15))
    for n, occupied in enumerate((True, False, True, False, True)):
        bays.tell("P", at(120) + timedelta(seconds=n), occupied=occupied)
    bays.count(at(135))
    assert (bays.arrived, bays.left, bays.stays) == (1, 0, 0)
