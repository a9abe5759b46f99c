"""What limits and watches cost: 1,000 water meters with all of them, beside none of them.

In seconds of the processor, so that others who use the machine do not count.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
import time
from typing import Final

from custom_components.bernau_smartcity.codecs import assign
from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.ledger.watcher import Watching
from custom_components.bernau_smartcity.metering.hours import HOUR, Bounds, Period
from custom_components.bernau_smartcity.metering.limits import Span
from custom_components.bernau_smartcity.metering.watch import POSSIBLE
from custom_components.bernau_smartcity.model import Batch, Device
from tests.fake_network import GAS, pulses, uplink

METERS: Final = 1_000
DAYS: Final = 16
AT_ONCE: Final = 20
END: Final = datetime(2026, 11, 22, 23, tzinfo=UTC)
"""Midnight in Berlin, and here."""
BEGIN: Final = END - timedelta(days=DAYS)
LEAST_OF: Final = 3
"""Each is measured so often, and the best counts: others use the machine too."""


def _device(number: int) -> Device:
    tags = {**GAS.tags, "medium": "water"}
    return replace(GAS, dev_eui=f"{number:016x}", name=f"Meter {number}", tags=tags)


def _pulses(at: datetime) -> bytes:
    hours = (at - BEGIN) // HOUR
    by_day = hours // 24 * 11 + min(11, max(0, hours % 24 - 7))
    return pulses(10 * by_day + hours % 3)


def _batches(since: datetime, hours: int) -> Iterable[Batch]:
    """Let each meter have sent once in each of these hours."""
    for number in range(METERS):
        device = _device(number)
        moments = [since + n * HOUR for n in range(hours)]
        sent = tuple(uplink(device, _pulses(at), at) for at in moments)
        yield Batch(device=device, uplinks=sent)


def _bounds(now: datetime) -> Bounds:
    day = now.replace(hour=0) if now >= END else END - timedelta(days=1)
    return {
        Period.TODAY: (day, day + timedelta(days=1)),
        Period.YESTERDAY: (day - timedelta(days=1), day),
        Period.THIS_MONTH: (day.replace(day=1), day + timedelta(days=1)),
    }


class _Clock:
    """A clock that is set by hand."""

    now = END

    def __call__(self) -> datetime:
        return self.now


def _choices(watching: Watching) -> Choices:
    return Choices(lambda device: assign(device, {}, {}), lambda _: {}, watching=watching)


def _watching(clock: _Clock, *, watched: bool) -> Watching:
    spans: Mapping[str, float] = dict.fromkeys(Span, 1e6) if watched else {}
    limits = {f"{number:016x}": {"volume": spans} for number in range(METERS)}
    return Watching(clock, limits, POSSIBLE if watched else {})


def _take(ledger: Ledger, batches: Iterable[Batch]) -> float:
    """Read batches as a poll does, and give the seconds."""
    waiting = list(batches)
    began = time.thread_time()
    for first in range(0, len(waiting), AT_ONCE):
        ledger.take(waiting[first : first + AT_ONCE])
    return time.thread_time() - began


def _run(path: Path, *, watched: bool) -> dict[str, float]:
    """Give the seconds of what happens to a thousand meters."""
    clock = _Clock()
    choices = _choices(_watching(clock, watched=watched))
    ledger = Ledger(Store.open(path), choices, _bounds(END))
    clock.now = END - 10 * HOUR
    past = _take(ledger, _batches(BEGIN, DAYS * 24 - 9))
    found: dict[str, list[float]] = {"hour": [], "again": []}
    for n in range(9, 9 - LEAST_OF, -1):
        clock.now = END - n * HOUR
        found["hour"].append(_take(ledger, _batches(clock.now, 1)))
        clock.now += HOUR / 4
        found["again"].append(_take(ledger, _batches(clock.now, 1)))
    _take(ledger, _batches(END - 6 * HOUR, 6))
    clock.now = END + HOUR / 60
    began = time.thread_time()
    ledger.reckon(_bounds(END))
    midnight = time.thread_time() - began
    day = _take(ledger, _batches(END, 1))
    began = time.thread_time()
    ledger.meet([_device(number) for number in range(METERS)])
    idle = time.thread_time() - began
    ledger.close()
    began = time.thread_time()
    Ledger(Store.open(path), choices, _bounds(END)).close()
    opened = time.thread_time() - began
    return {
        "past": past,
        **{name: min(each) for name, each in found.items()},
        "midnight": midnight,
        "day": day,
        "idle": idle,
        "opened": opened,
    }


NAMES: Final = {
    "past": f"first read of {DAYS} days",
    "hour": "a reading of each meter that ends an hour",
    "again": "a reading of each meter within an hour",
    "midnight": "midnight",
    "day": "a reading of each meter that ends a day",
    "idle": "an inventory without news",
    "opened": "opening",
}


def _both() -> dict[str, float]:
    with TemporaryDirectory() as folder:
        plain = _run(Path(folder, "plain.db"), watched=False)
        watched = _run(Path(folder, "watched.db"), watched=True)
    figures: dict[str, float] = {"meters": METERS}
    for key, name in NAMES.items():
        figures[f"{name}: without, ms"] = plain[key] * 1_000
        figures[f"{name}: with all, ms"] = watched[key] * 1_000
        figures[f"{name}: ratio"] = watched[key] / plain[key]
    return figures


async def measure() -> dict[str, float]:
    """Compare decoding, counting and keeping with and without limits and watches."""
    return await asyncio.to_thread(_both)
