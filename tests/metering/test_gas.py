"""Gas in kWh, each stretch of consumption by the factor of its time."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.metering.gas import (
    CALORIFIC_VALUE,
    Conversion,
    Converted,
    Dated,
    Factor,
    Factors,
    convert,
    differ_since,
    energy_at,
    factor_at,
    factors,
    in_energy,
    lifted,
    read_dated,
    with_dated,
    written,
)
from custom_components.bernau_smartcity.metering.hours import total_at
from custom_components.bernau_smartcity.metering.register import Point

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    """Give a time some hours after the start."""
    return START + hours * HOUR


def midnight(day: date) -> datetime:
    """Give the beginning of a day."""
    return datetime.combine(day, time(), UTC)


def follow(points: list[Point], held: Factors, before: Conversion = ()) -> Conversion:
    """Follow points of a volume total."""
    return convert(before, held, points[0], points[-1].at, lambda when: total_at(points, when))


@pytest.mark.parametrize(
    ("text", "dated"),
    [
        ("11.2", [(date.min, 11.2)]),
        (" 11,2 ", [(date.min, 11.2)]),
        ("11.2|2026-01-01 11,4", [(date.min, 11.2), (date(2026, 1, 1), 11.4)]),
        ("1.2.2026 11 | 2025-12-31 10", [(date(2025, 12, 31), 10), (date(2026, 2, 1), 11)]),
    ],
)
def test_numbers_with_dates_are_read(text: str, dated: list[tuple[date, float]]) -> None:
    """As people write them; and what is kept reads the same."""
    found = read_dated(text, CALORIFIC_VALUE)
    assert found == tuple(Dated(*each) for each in dated)
    assert read_dated(written(found), CALORIFIC_VALUE) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "|", "11 |", "gas", "4.9", "15.1", "nan", "inf", "-11"),
        *("11 | 12", "2026-13-01 11", "32.1.2026 11", "1.2 11", "2026-01-01 2026-01-02 11"),
        *("2026-01-01 11 | 1.1.2026 12",),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    """Nothing that could be meant otherwise is taken."""
    with pytest.raises(ValueError):  # noqa: PT011  # whatever stands in it
        read_dated(text, CALORIFIC_VALUE)


def test_a_number_more_takes_its_place() -> None:
    """In order of the dates; at the same date the new one holds."""
    before = read_dated("11 | 2026-06-01 12", CALORIFIC_VALUE)
    assert written(with_dated(before, Dated(date(2026, 1, 1), 11.5))) == (
        "11 | 2026-01-01 11.5 | 2026-06-01 12"
    )
    assert written(with_dated(before, Dated(date(2026, 6, 1), 12.5))) == "11 | 2026-06-01 12.5"


def test_factor_is_the_product_of_what_holds() -> None:
    """Both numbers have dates of their own; the first of each holds for all before."""
    found = factors(
        read_dated("11 | 2026-01-01 12", CALORIFIC_VALUE),
        read_dated("2026-02-01 0.5 | 2026-03-01 1", (0.5, 1)),
        midnight,
    )
    assert [(each.since.date(), each.factor) for each in found] == [
        (date.min, 5.5),
        (date(2026, 1, 1), 6),
        (date(2026, 2, 1), 6),
        (date(2026, 3, 1), 12),
    ]
    assert factor_at(found, midnight(date(2026, 2, 15))) == 6
    assert factor_at(found, midnight(date(2026, 3, 1))) == 12
    assert factor_at(found[1:], midnight(date(2020, 1, 1))) == 6


def test_consumption_is_divided_at_the_date() -> None:
    """What was read before counts at the factor of the first reading."""
    points = [Point(at(0), 100), Point(at(4), 108)]
    found = follow(points, (Factor(at(-9), 9), Factor(at(-1), 10), Factor(at(1), 20)))
    assert in_energy(found, points) == [
        Point(at(0), 1_000),
        Point(at(1), 1_020),
        Point(at(4), 1_140),
    ]
    assert in_energy(found, []) == []
    assert energy_at(found, Point(at(-1), 99)) == 990


def test_another_factor_changes_consumption_and_not_the_beginning() -> None:
    """The total never jumps by what the meter counted in its life."""
    points = [Point(at(0), 50_000), Point(at(2), 50_010)]
    before = follow(points, (Factor(at(-9), 10),))
    after = follow(points, (Factor(at(-9), 11),), before)
    assert [each.total for each in in_energy(after, points)] == [500_000, 500_110]
    assert differ_since(before, after) == at(0)
    assert differ_since(before, before) is None
    assert differ_since(before, follow(points, (Factor(at(-9), 10), Factor(at(1), 11)))) == at(1)


def test_base_moves_with_what_is_kept_and_with_what_comes_late() -> None:
    """Forgotten readings leave the total as it is, late ones come below it."""
    points = [Point(at(0), 10), Point(at(1), 12), Point(at(2), 13), Point(at(4), 15)]
    held = (Factor(at(-9), 10), Factor(at(3), 20))
    whole = follow(points, held)
    assert follow(points[2:], held, whole) == (
        Converted(at(2), 10, 13, 130),
        Converted(at(3), 20, 14, 140),
    )
    late = follow(points, held, follow(points[1:], held))
    assert late == whole


VOLUMES = st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1_000)), min_size=2, max_size=20)
HELD = st.lists(
    st.tuples(st.floats(-10, 500), st.floats(2.5, 30)),
    min_size=1,
    max_size=6,
    unique_by=lambda each: each[0],
)


@given(increases=VOLUMES, held=HELD, other=HELD, cut=st.integers(0, 19))
def test_any_history_of_factors(
    increases: list[tuple[int, float]],
    held: list[tuple[float, float]],
    other: list[tuple[float, float]],
    cut: int,
) -> None:
    """It never falls, each kWh has the factor of its time, and forgetting changes nothing."""
    hours, volume, points = 0, 0.0, []
    for later, more in increases:
        hours, volume = hours + later, volume + more
        points.append(Point(at(hours), volume))
    history = tuple(Factor(at(since), factor) for since, factor in sorted(held))
    conversion = follow(points, history)
    energy = in_energy(conversion, points)
    for (since, low), (until, high) in pairwise(energy):
        consumed = total_at(points, until) - total_at(points, since)
        middle = since + (until - since) / 2
        expected = consumed * factor_at(history, middle)
        assert high - low == pytest.approx(expected, abs=1e-6 * max(1.0, high))
        assert high >= low - 1e-9 * high

    kept = points[min(cut, len(points) - 1) :]
    again = in_energy(follow(kept, history, conversion), kept)
    for at_, total in again:
        assert total == pytest.approx(total_at(energy, at_), rel=1e-9, abs=1e-6)

    corrected = follow(points, tuple(Factor(at(s), f) for s, f in sorted(other)), conversion)
    assert energy_at(corrected, points[0]) == pytest.approx(energy[0].total)
    higher = in_energy(lifted(corrected, 7), points)
    assert higher[-1].total == pytest.approx(in_energy(corrected, points)[-1].total + 7)
