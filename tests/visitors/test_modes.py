"""How people arrive."""

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.flows import OUTSIDE, Gate, Mode
from custom_components.bernau_smartcity.visitors.modes import (
    Arrivals,
    Split,
    arrivals_by_mode,
    modal_split,
    shares,
    without_transfers,
)
from custom_components.bernau_smartcity.visitors.reasons import Reason


def arrivals(mode: Mode | None, came: int, people: float = 1, coverage: float = 1) -> Arrivals:
    """Let people come in by a gate, and some go out."""
    gate = Gate(origin=OUTSIDE, target="A", mode=mode, people=people)
    return Arrivals(gate, came, 7, coverage)


COUNTED = [
    arrivals(Mode.WALK, 69),
    arrivals(Mode.CAR, 64, 1.5),
    arrivals(Mode.TRAIN, 180),
    arrivals(Mode.BIKE, 45),
    arrivals(Mode.BUS, 90),
    arrivals(None, 400, coverage=0.1),
]


def test_shares_add_up() -> None:
    """Rounded one by one they would make 100.1 percent."""
    found = modal_split(COUNTED)
    assert isinstance(found, Split)
    assert list(found.arrivals.values()) == [180, 90, 96, 45, 69]
    assert found.tenths == {
        Mode.TRAIN: 375,
        Mode.BUS: 187,
        Mode.CAR: 200,
        Mode.BIKE: 94,
        Mode.WALK: 144,
    }
    assert found.error(Mode.TRAIN) == pytest.approx(100 * (0.375 * 0.625 / 480) ** 0.5)


def test_gate_the_other_way_round() -> None:
    """Only who comes from outside arrives."""
    out = Gate(origin="A", target=OUTSIDE, mode=Mode.BUS)
    inside = Gate(origin="A", target="B", mode=Mode.CAR)
    found = arrivals_by_mode([Arrivals(out, 5, 8, 1), Arrivals(inside, 4, 4, 1)])
    assert found == {Mode.BUS: 8}


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ([], Reason.NO_FLOW),
        ([arrivals(None, 500)], Reason.NO_FLOW),
        ([arrivals(Mode.BUS, 0)], Reason.NO_FLOW),
        ([arrivals(Mode.BUS, 29)], Reason.TOO_FEW),
        ([arrivals(Mode.BUS, 0, coverage=0.89), arrivals(Mode.CAR, 90)], Reason.COVERAGE),
    ],
)
def test_no_shares(counted: list[Arrivals], expected: Reason) -> None:
    """A dead counter is not a mode that nobody uses."""
    assert modal_split(counted) is expected


@given(st.dictionaries(st.sampled_from(Mode), st.floats(0, 1e5)))
def test_any_shares_add_up(counted: dict[Mode, float]) -> None:
    """To a hundred percent exactly, or there are none."""
    found = shares(counted)
    if isinstance(found, Split):
        assert sum(found.tenths.values()) == 1000
    else:
        assert sum(counted.values()) < 30


def test_without_those_who_only_change() -> None:
    """They arrived by a mode, but not here."""
    came = {Mode.TRAIN: 180.0, Mode.BUS: 5.0, Mode.CAR: 9.0}
    changed = {(Mode.TRAIN, Mode.BUS): 30.0, (Mode.BUS, Mode.TRAIN): 6.0}
    assert without_transfers(came, changed) == {Mode.TRAIN: 150, Mode.BUS: 0, Mode.CAR: 9}
