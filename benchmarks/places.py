"""What exchanged meters cost: 1,000 meters, a fifth of them exchanged, forty days of readings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
import time
from typing import Final

from custom_components.bernau_smartcity.codecs import assign
from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.places import Exchange, Places
from custom_components.bernau_smartcity.ledger.samples import Due
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.metering.hours import (
    FIVE_MINUTES,
    HOUR,
    Bounds,
    Compiled,
    Period,
    Tail,
    full_hour,
)
from custom_components.bernau_smartcity.model import Batch, Device
from tests.fake_network import GAS, pulses, uplink

METERS: Final = 1_000
EXCHANGED: Final = 200
DAYS: Final = 40
END: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
BEGIN: Final = END - timedelta(days=DAYS)
BOUNDS: Final[Bounds] = {
    Period.TODAY: (END - 10 * HOUR, END + 14 * HOUR),
    Period.YESTERDAY: (END - 34 * HOUR, END - 10 * HOUR),
    Period.THIS_MONTH: (END - timedelta(days=22), END + 14 * HOUR),
}


def _device(number: int) -> Device:
    return replace(GAS, dev_eui=f"{number:016x}", name=f"Meter {number}")


def _batch(number: int, since: datetime, hours: int) -> Batch:
    """Let a meter have sent once in each of these hours."""
    device = _device(number)
    moments = [since + n * HOUR for n in range(hours)]
    sent = (uplink(device, pulses(round((at - BEGIN) / HOUR * 100)), at) for at in moments)
    return Batch(device=device, uplinks=tuple(sent))


def _places() -> Places:
    """Let the new meters stand where old ones stood until ten days ago."""
    at = END - timedelta(days=10)
    new = range(METERS, METERS + EXCHANGED)
    return Places([Exchange(f"{n - METERS:016x}", f"{n:016x}", at) for n in new])


def _open(path: Path, places: Places) -> tuple[Ledger, float]:
    began = time.perf_counter()
    choices = Choices(lambda device: assign(device, {}, {}), lambda _: {}, places)
    ledger = Ledger(Store.open(path), choices, BOUNDS)
    return ledger, time.perf_counter() - began


def _hour(ledger: Ledger, numbers: range) -> tuple[float, float]:
    """Let each of these meters send once; give the seconds for its state and for its hours."""
    ledger.settle(ledger.due((), never_written=False))
    began = time.perf_counter()
    ledger.take(_batch(n, END, 1) for n in numbers)
    taken = time.perf_counter()
    repairs = ledger.repairs((due, _compiled(due)) for due in ledger.due((), never_written=False))
    ended = time.perf_counter()
    ledger.settle(repairs)
    return taken - began, ended - taken


def _compiled(due: Due) -> Compiled:
    anchor = (full_hour(due.since), 1.0)
    return Compiled(until=END, anchor=anchor, tail=Tail(END - FIVE_MINUTES, 1.0, 1.0))


async def measure() -> dict[str, float]:
    """Compare an hour of the meters that were exchanged with one of as many that were not."""
    new = range(METERS, METERS + EXCHANGED)
    with TemporaryDirectory() as folder:
        path = Path(folder, "entry.db")
        ledger, _ = _open(path, Places())
        for n in range(METERS):
            ledger.take([_batch(n, BEGIN, (DAYS - (10 if n < EXCHANGED else 0)) * 24)])
        for n in new:
            ledger.take([_batch(n, END - timedelta(days=10), 10 * 24)])
        plain, plain_hours = _hour(ledger, range(EXCHANGED, 2 * EXCHANGED))
        ledger.close()
        ledger, opened = _open(path, Places())
        ledger.close()
        ledger, noted = _open(path, _places())
        joined, joined_hours = _hour(ledger, new)
        ledger.close()
    return {
        "meters": METERS,
        "exchanged": EXCHANGED,
        "opening without exchanges, s": opened,
        "opening after they were noted, s": noted,
        f"an hour of {EXCHANGED} others: states, ms": plain * 1_000,
        f"an hour of {EXCHANGED} others: hours, ms": plain_hours * 1_000,
        f"an hour of the {EXCHANGED} exchanged: states, ms": joined * 1_000,
        f"an hour of the {EXCHANGED} exchanged: hours, ms": joined_hours * 1_000,
    }
