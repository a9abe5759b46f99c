"""Totals continue where registers do not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.metering.plausibility import Limits, limits_of
from custom_components.bernau_smartcity.metering.register import (
    Folded,
    Kind,
    Sample,
    Total,
    advance,
    fold,
)
from custom_components.bernau_smartcity.model import Kind as QuantityKind, Medium, Quantity

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
METER = Limits(per_hour=100, dip=0.01, modulus=100_000)
COUNTER = Limits(per_hour=6_000, restarts=True, modulus=65_536)


def samples(*values: float | Sample) -> list[Sample]:
    """Give hourly samples; a sample among them keeps all but its time."""
    return [
        Sample(START + n * HOUR, v.value, v.meter, v.restarted)
        if isinstance(v, Sample)
        else Sample(START + n * HOUR, v)
        for n, v in enumerate(values)
    ]


def restarted(value: float) -> Sample:
    """Give a sample whose device said that it restarted."""
    return Sample(START, value, restarted=True)


def of_meter(value: float, meter: str) -> Sample:
    """Give a sample of a numbered meter."""
    return Sample(START, value, meter)


@pytest.mark.parametrize(
    ("limits", "values", "total", "kinds"),
    [
        pytest.param(METER, (500,), 500, [], id="first"),
        pytest.param(METER, (500, 540, 540, 541.5), 541.5, [], id="counts"),
        pytest.param(METER, (99_990, 8), 100_008, [Kind.ROLLOVER], id="rollover"),
        pytest.param(COUNTER, (65_530, 12), 65_548, [Kind.ROLLOVER], id="rollover of a counter"),
        pytest.param(METER, (500, 499, 502), 502, [Kind.DIP], id="dip"),
        pytest.param(METER, (500, 0, 502), 502, [Kind.QUARANTINED, Kind.REFUTED], id="glitch down"),
        pytest.param(
            METER, (500, 9_000, 502), 502, [Kind.QUARANTINED, Kind.REFUTED], id="glitch up"
        ),
        pytest.param(
            METER, (500, 9_000, 499), 500, [Kind.QUARANTINED, Kind.REFUTED, Kind.DIP], id="then dip"
        ),
        pytest.param(
            METER,
            (500, 9_000, 20, 30),
            510,
            [Kind.QUARANTINED, Kind.REFUTED, Kind.QUARANTINED, Kind.EXCHANGE],
            id="glitch then exchange",
        ),
        pytest.param(
            METER, (500, 12, 15), 503, [Kind.QUARANTINED, Kind.EXCHANGE], id="exchange, unannounced"
        ),
        pytest.param(
            METER,
            (500, 9_000, 9_010),
            510,
            [Kind.QUARANTINED, Kind.EXCHANGE],
            id="exchange onto a used meter",
        ),
        pytest.param(
            METER,
            (of_meter(500, "1"), of_meter(12, "2"), of_meter(15, "2")),
            503,
            [Kind.EXCHANGE],
            id="exchange, told by its number",
        ),
        pytest.param(METER, (of_meter(500, "1"), 510), 510, [], id="number not always told"),
        pytest.param(COUNTER, (540, restarted(7), 9), 549, [Kind.RESTART], id="restart, told"),
        pytest.param(COUNTER, (300, restarted(310)), 310, [], id="restart without a fall"),
        pytest.param(
            COUNTER, (41_230, 7, 9), 41_239, [Kind.QUARANTINED, Kind.RESTART], id="restart, untold"
        ),
        pytest.param(
            COUNTER,
            (7, 60_000, 60_005),
            12,
            [Kind.QUARANTINED, Kind.EXCHANGE],
            id="counter exchanged",
        ),
    ],
)
def test_rules(
    limits: Limits, values: tuple[float | Sample, ...], total: float, kinds: list[Kind]
) -> None:
    """Each stated rule, with the decisions that it tells."""
    folded = fold(None, samples(*values), limits)
    result, decisions = folded.total, folded.decisions
    assert result is not None
    assert result.value == total
    assert [decision.kind for decision in decisions] == kinds


def test_no_samples_no_total() -> None:
    """A fold over nothing changes nothing."""
    total = Total(1.0, Sample(START, 1.0))
    assert fold(None, [], METER) == Folded(None, (), ())
    assert fold(total, [], METER) == Folded(total, (), ())


def test_long_silence_allows_more() -> None:
    """What is a glitch within an hour is consumption over a week."""
    first = Sample(START, 500)
    folded = fold(None, [first, Sample(START + 7 * 24 * HOUR, 9_000)], METER)
    total, decisions = folded.total, folded.decisions
    assert total is not None
    assert (total.value, decisions) == (9_000, ())


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 500), st.floats(0, 1e6), st.sampled_from(["", "1", "2"]))
    ),
    restarts=st.booleans(),
)
def test_any_samples_never_make_a_total_fall(
    rows: list[tuple[int, float, str]], *, restarts: bool
) -> None:
    """Whatever a register shows, its total only rises."""
    limits = Limits(per_hour=1_000, dip=0.01, restarts=restarts, modulus=10_000)
    total: Total | None = None
    totals = []
    for sample in sorted(Sample(START + n * HOUR / 4, v, m) for n, v, m in rows):
        total, _ = advance(total, sample, limits)
        totals.append(total.value)
    assert all(before <= after for before, after in pairwise(totals))


@given(st.lists(st.floats(0, 90), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_total(increases: list[float], random: object) -> None:
    """The total of a register that only counts is what the register shows."""
    value, shown = 0.0, []
    for increase in increases:
        value += increase
        shown.append(value)
    ordered = samples(*shown)
    mixed = [*ordered, ordered[0]]
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    folded = fold(None, mixed, METER)
    total, decisions = folded.total, folded.decisions
    assert total is not None
    assert total.value == pytest.approx(value)
    assert decisions == ()


def test_every_register_has_limits() -> None:
    """No register of any medium is left without a limit."""
    for quantity in Quantity:
        if quantity.kind is QuantityKind.REGISTER:
            assert all(limits_of(quantity, medium).per_hour > 0 for medium in Medium)


def test_what_a_person_sets_wins() -> None:
    """And what was left out is as ever."""
    usual = Limits(per_hour=500, dip=0.01, modulus=1_000)
    assert usual.adjusted((None, None)) == usual
    adjusted = usual.adjusted((5, None))
    assert (adjusted.per_hour, adjusted.modulus, adjusted.dip) == (5, 1_000, 0.01)
    assert usual.adjusted((None, 99)).across_rollover(98, 1) == 2


@pytest.mark.parametrize(
    ("excess", "day", "material"), [(0, 0, False), (5, 0, False), (6, 0, True), (6, 7, False)]
)
def test_little_that_is_too_much_is_no_matter(excess: float, day: float, *, material: bool) -> None:
    """Neither what a day catches up with nor what is little for such a meter."""
    assert Limits(per_hour=500).is_material(excess, day) is material
