"""Where people who came in somewhere went out."""

from itertools import product
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.visitors.flows import Flows, inflow, summed, zones_of
from custom_components.bernau_smartcity.visitors.journeys import (
    Bounds,
    Journeys,
    bounds,
    covered,
    journeys,
    strongest_paths,
    transfers,
)
from custom_components.bernau_smartcity.visitors.reasons import Reason

from .example import TOWN


def told(flows: Flows) -> Journeys:
    """Give an estimate that there must be."""
    found = journeys(flows, fewest=1)
    assert not isinstance(found, Reason), found
    return found


def test_table() -> None:
    """Entries in rows, exits in columns."""
    expected = (
        (223.792, 51.115, 25.093),
        (46.840, 49.071, 24.089),
        (9.368, 9.814, 40.818),
    )
    cells = dict(
        zip(product("ABC", repeat=2), (cell for row in expected for cell in row), strict=True)
    )
    assert told(TOWN).table == pytest.approx(cells, abs=5e-4)


def test_chain() -> None:
    """How often each zone is visited, and where people go next."""
    found = told(TOWN)
    assert found.onward == {
        "A": pytest.approx({"B": 5 / 12}),
        "B": pytest.approx({"A": 9 / 19, "C": 9 / 38}),
        "C": pytest.approx({"B": 2 / 5}),
    }
    assert found.leaving == pytest.approx({"A": 7 / 12, "B": 11 / 38, "C": 3 / 5})
    assert list(found.visits.values()) == pytest.approx(
        [
            *(344 / 269, 475 / 807, 75 / 538),
            *(180 / 269, 380 / 269, 90 / 269),
            *(72 / 269, 152 / 269, 305 / 269),
        ]
    )
    assert [found.zones_per_visit(zone) for zone in "ABC"] == pytest.approx(
        [2.0068, 2.4164, 1.9665], abs=5e-5
    )


def test_paths() -> None:
    """The likeliest first; few walk longer ones."""
    found = told(TOWN)
    paths = strongest_paths(found, 6)
    assert ["".join(path.zones) for path in paths] == ["A", "AB", "C", "B", "ABA", "BA"]
    assert [100 * path.share for path in paths] == pytest.approx(
        [36.46, 7.54, 7.50, 7.24, 7.20, 6.91], abs=0.005
    )
    assert [found.total * path.share for path in paths] == pytest.approx(
        [175.0, 36.2, 36.0, 34.7, 34.5, 33.2], abs=0.05
    )
    assert covered(found) == pytest.approx(0.9142, abs=5e-5)
    assert sum(path.share for path in strongest_paths(found, 1000)) == pytest.approx(covered(found))


def test_bounds() -> None:
    """What holds without any model."""
    found = bounds(told(TOWN), 0)
    assert found["A", "A"] == Bounds(100, 280)
    assert found["A", "B"] == Bounds(0, 110)
    most = [each.most for each in found.values()]
    assert most == [280, 110, 90, 120, 110, 90, 60, 60, 60]


def test_bounds_where_counters_err() -> None:
    """Nobody knows better than to a twentieth who came and went."""
    found = bounds(told(TOWN))
    assert found["A", "A"] == pytest.approx(Bounds(0.95 * 580 - 1.05 * 480, 294))
    assert found["A", "B"] == pytest.approx(Bounds(0, 115.5))


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=6), st.integers(1, 300)),
        min_size=1,
        max_size=10,
    )
)
def test_any_town(walks: list[tuple[list[str], int]]) -> None:
    """Rows are entries, columns exits, visits inflows, and no journey is out of its bounds."""
    flows = summed(
        (edge, people)
        for walk, people in walks
        for edge in zip(["*", *walk], [*walk, "*"], strict=True)
        if edge[0] != edge[1]
    )
    found = told(flows)
    table = found.table
    for zone in zones_of(flows):
        row = sum(table[zone, other] for other in found.exits)
        column = sum(table[other, zone] for other in found.entries)
        visits = sum(found.entries[other] * found.visits[other, zone] for other in found.entries)
        assert row == pytest.approx(found.entries[zone], abs=1e-6)
        assert column == pytest.approx(found.exits[zone], abs=1e-6)
        assert visits == pytest.approx(inflow(flows, zone), abs=1e-6)
    for edge, (least, most) in bounds(found, 0).items():
        assert least - 1e-6 <= table[edge] <= most + 1e-6
    paths = strongest_paths(found, 50)
    assert [path.share for path in paths] == sorted((path.share for path in paths), reverse=True)


def walk(chance: Random) -> str:
    """Let somebody choose the next zone by nothing but where they are."""
    chances = {"A": ("B*", (5, 7)), "B": ("AC*", (9, 4.5, 5.5)), "C": ("B*", (4, 6))}
    zones = chance.choices("ABC", (5, 2, 1))[0]
    while (following := chance.choices(*chances[zones[-1]])[0]) != "*":
        zones += following
    return zones


def there_and_back(chance: Random) -> str:
    """Let most return the way they came."""
    origin, target = chance.choices("ABC", (5, 2, 1))[0], chance.choices("ABC", (3, 5, 4))[0]
    there = "".join(
        "ABC"[n]
        for n in range("ABC".index(origin), "ABC".index(target), 1 if origin < target else -1)
    )
    back = there[::-1] if chance.random() < 0.8 else ""
    return there + target + back


@pytest.mark.parametrize(
    ("walker", "least", "most"), [(walk, 0, 0.015), (there_and_back, 0.15, 0.35)]
)
def test_what_the_assumption_costs(walker: object, least: float, most: float) -> None:
    """Nothing with strollers; of those who return, the estimate misses many."""
    chance = Random(7)  # noqa: S311  # no secret
    assert callable(walker)
    walks = [str(walker(chance)) for _ in range(20_000)]
    steps = (edge for each in walks for edge in zip(f"*{each}", f"{each}*", strict=True))
    found = told(summed((edge, 1) for edge in steps))
    truth = summed(((each[0], each[-1]), 1) for each in walks)
    wrong = sum(abs(value - truth.get(edge, 0)) for edge, value in found.table.items()) / 2
    assert least <= wrong / len(walks) <= most
    assert least == 0 or found.table["A", "A"] < truth["A", "A"]


def test_no_journeys() -> None:
    """Too few came, or the flows have a flaw."""
    assert journeys({("*", "A"): 99, ("A", "*"): 99}) is Reason.TOO_FEW
    assert not isinstance(journeys({("*", "A"): 100, ("A", "*"): 100}), Reason)
    assert journeys({("*", "A"): 500}) is Reason.NO_EXIT


def test_people_who_only_change() -> None:
    """Who comes by train and leaves by bus arrives at the station, not in the town."""
    found = told(TOWN)
    changed = transfers(found, "A", {"train": 200, "bus": 100}, {"train": 210, "bus": 70})
    stay = 344 / 269 * 7 / 12
    assert changed == pytest.approx(
        {("train", "bus"): 200 * stay * 70 / 280, ("bus", "train"): 100 * stay * 210 / 280}
    )
    assert transfers(found, "A", {"train": 1}, {}) == {}
    assert transfers(found, "nowhere", {"train": 1}, {"bus": 1}) == {}
