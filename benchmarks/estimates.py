"""How far the estimates of visitors are off, where the truth is known: people who are simulated.

Bernau on three days; people of one kind alone, in three towns each; and towns
that were drawn at random, with all kinds of people. Counters miss people,
count some twice or in the wrong direction, and messages are lost. The rows at
the end are the same without any of that: what is left is the model's own error.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from statistics import mean
from typing import Final

from simulator.people import bernau, unseen
from simulator.people.quarter import Quarter
from simulator.people.ways import SHARP

from ._people import Radio, Town, errors, town_of

TUESDAY, MARKET_DAY, SUNDAY = 47, 48, 52
"""In November 2026, by their number since the first of October."""
SEEDS: Final = range(21, 29)
EVERYBODY: Final = ("commuters", "strollers", "passers", "staff", "market")
INTERVALS: Final = (300, 600, 900)
NAMES: Final = {
    "visits %": "visits to the town, by how much too many",
    "present ±": "people present in a zone, mean error by day",
    "present %": "the same, of those who are there",
    "at night": "people that are left over in the worst zone before the reset",
    "stay told %": "zones of which a mean stay of the day is told",
    "stay %": "mean stay of the day, mean error of those told",
    "stay worst %": "its largest",
    "now told %": "zones and hours of which a mean stay is told at once",
    "now %": "the same, error in half of the cases",
    "flows %": "from zone to zone: people in the wrong place of the table",
    "journeys %": "from first to last zone: people in the wrong place of the table",
    "returns told %": "who leave where they came in, as estimated",
    "returns %": "the same in truth",
    "in bounds %": "journeys whose truth lies within the bounds",
    "ways %": "ways through up to four zones: people in the wrong place",
    "modes ±": "percentage points by which the worst share of a mode is off",
}


def _bernau(day: int) -> Town:
    return town_of(bernau.quarter(1), day, Radio(600, 0.02))


def _alone(kind: str) -> Iterator[Town]:
    for seed in (101, 102, 103):
        yield town_of(unseen.town(seed, (kind, "staff")), MARKET_DAY, Radio(900, 0.03))


def _unseen(seed: int) -> Town:
    day = (TUESDAY, MARKET_DAY)[seed % 2]
    radio = Radio(INTERVALS[seed % 3], 0.01 * (seed % 6))
    return town_of(unseen.town(seed, EVERYBODY), day, radio)


def _exact(town: Town) -> Town:
    """Let the same people pass counters that never err and never fall silent."""
    gates = [replace(gate, eye=SHARP) for gate in town.quarter.gates]
    quarter = Quarter(gates, town.quarter.groups, town.quarter.seed)
    return town_of(quarter, town.day, Radio(300))


def _mean(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    known = list(rows)
    means = {}
    for name in NAMES:
        values = [row[name] for row in known if name in row]
        if values:
            means[name] = mean(values)
    return means


def rows() -> Iterator[tuple[str, Mapping[str, float]]]:
    """Give the errors, town by town."""
    days = {"working day": TUESDAY, "market day": MARKET_DAY, "Sunday": SUNDAY}
    for name, day in days.items():
        yield f"Bernau, {name}", errors(_bernau(day))
    for kind in ("commuters", "strollers", "market"):
        yield f"{kind} alone", _mean(map(errors, _alone(kind)))
    towns = [_unseen(seed) for seed in SEEDS]
    for seed, town in zip(SEEDS, towns, strict=True):
        yield f"unseen town {seed}", errors(town)
    for kind in ("commuters", "strollers", "market"):
        yield f"exact: {kind} alone", _mean(errors(_exact(town)) for town in _alone(kind))
    yield "exact: unseen towns", _mean(errors(_exact(town)) for town in towns)


async def measure() -> dict[str, float]:
    """Compare estimates with the truth."""
    return {f"{row}: {name}": value for row, found in rows() for name, value in found.items()}


def table(figures: Mapping[str, float]) -> str:
    """Lay the figures out, a row for each town."""
    names = list(dict.fromkeys(figure.rpartition(": ")[0] for figure in figures))
    width = max(map(len, names))
    lines = [" " * width + "".join(f" {name:>14}" for name in NAMES)]
    for row in names:
        cells = (figures.get(f"{row}: {name}") for name in NAMES)
        shown = ("-" if cell is None else f"{cell:.1f}" for cell in cells)
        lines.append(f"{row:<{width}}" + "".join(f" {cell:>14}" for cell in shown))
    return "\n".join([*lines, "", *(f"{name:<15} {text}" for name, text in NAMES.items())])
