"""The arithmetic of visitor analytics: 200 gates, 50 zones, a day, and what is new in it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
import time
from typing import Final

from custom_components.bernau_smartcity.analytics.book import Book
from custom_components.bernau_smartcity.analytics.layout import CountedGate, Layout, Zone
from custom_components.bernau_smartcity.analytics.reckoning import Reckoning
from custom_components.bernau_smartcity.visitors.balancing import balanced
from custom_components.bernau_smartcity.visitors.figures import GateLines
from custom_components.bernau_smartcity.visitors.flows import OUTSIDE, Flows, Gate, Mode
from custom_components.bernau_smartcity.visitors.increments import Shown, total_increments
from custom_components.bernau_smartcity.visitors.journeys import (
    Journeys,
    bounds,
    journeys,
    strongest_paths,
)
from custom_components.bernau_smartcity.visitors.reasons import Reason
from custom_components.bernau_smartcity.visitors.record import told

GATES: Final = 200
ZONES: Final = 50
DAYS: Final = 4
"""At hand: today, and those by which counters are judged."""
INTERVAL: Final = timedelta(minutes=15)
END: Final = datetime(2026, 11, 23, 22, tzinfo=UTC)
PATHS: Final = 20


def _layout(random: Random) -> Layout:
    """Give each zone a gate to the outside, and others to its neighbours."""
    zones = [f"zone_{n}" for n in range(ZONES)]
    gates = {}
    for n in range(GATES):
        target = zones[n % ZONES]
        others = [zone for zone in zones if zone != target]
        origin = OUTSIDE if n < ZONES else random.choice(others)
        mode = Mode.WALK if n < ZONES else None
        lines = GateLines(Gate(origin=origin, target=target, mode=mode), f"{n}_in", f"{n}_out")
        gates[f"gate_{n}"] = CountedGate(f"gate_{n}", f"gate_{n}", lines)
    return Layout({zone: Zone(zone, zone) for zone in zones}, gates)


def _totals(random: Random) -> list[Shown]:
    """Give what a line showed until now."""
    total, found = random.randrange(40_000), []
    at = END - timedelta(days=DAYS) + random.random() * INTERVAL
    while at <= END:
        found.append(Shown(at, total, total))
        total += random.randrange(12)
        at += INTERVAL
    return found


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1_000 * (time.process_time() - began)


def _take(book: Book, totals: dict[str, list[Shown]], last: int) -> None:
    """Let lines be told by their last totals."""
    for line, shown in totals.items():
        book.records[line].revise(told(total_increments(shown[-last:])))


def _ways(flows: Flows) -> tuple[Journeys, object, object]:
    closed = balanced(flows)
    found = closed if isinstance(closed, Reason) else journeys(closed)
    if isinstance(found, Reason):
        raise TypeError(found)
    return found, bounds(found), strongest_paths(found, PATHS)


async def measure() -> dict[str, float]:
    """Measure the processor time of all figures, as one thread needs it."""
    random = Random(1)  # noqa: S311  # no secret
    layout = _layout(random)
    totals = {line: _totals(random) for line in sorted(layout.lines)}
    per_day = timedelta(days=1) // INTERVAL
    with TemporaryDirectory() as folder:
        book = Book.open(Path(folder, "lines.db"), layout.lines, END, layout.parts)
        reckoning = Reckoning(layout, book)
        _take(book, {line: shown[:-2] for line, shown in totals.items()}, DAYS * per_day)
        all_days = _milliseconds(lambda: reckoning.figures(END, UTC))
        day = _milliseconds(lambda: _take(book, totals, per_day + 1))
        figures = _milliseconds(lambda: reckoning.figures(END, UTC))
        poll = _milliseconds(lambda: _take(book, totals, 3))
        after = _milliseconds(lambda: reckoning.figures(END, UTC))
        one = {line: totals[line] for line in ("7_in", "7_out")}
        single = _milliseconds(lambda: _take(book, one, 3))
        single += _milliseconds(lambda: reckoning.figures(END, UTC))
        nothing = _milliseconds(lambda: reckoning.figures(END, UTC))
        flows = {share.edge: share.passed for share in reckoning.figures(END, UTC).town.flows}
        ways = _milliseconds(lambda: _ways(flows))
        book.close()
    return {
        "gates": GATES,
        "zones": ZONES,
        "a day of messages: bins, ms": day,
        "a day of messages: all figures of it, ms": figures,
        "a new message of each counter: bins, ms": poll,
        "a new message of each counter: all figures, ms": after,
        "a new message of one counter: bins and all figures, ms": single,
        "nothing new: all figures, ms": nothing,
        "all figures after the start, with the days before, ms": all_days,
        "ways through the town, from its flows, ms": ways,
        "a new message of each counter, by a whole day": (poll + after) / (day + figures),
    }
