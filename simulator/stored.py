"""The uplinks that a server holds of many devices, in the order in which it stored them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from . import traffic
from .faults import Fault
from .inventory import Device
from .town import Town

type Row = tuple[Device, traffic.Event]


class Stored:
    """Works out only what has happened since it was asked last."""

    def __init__(self, town: Town, retention: float) -> None:
        """Keep uplinks for so many seconds."""
        self._town = town
        self._retention = retention
        self._faults: tuple[Fault, ...] = ()
        self._rows: dict[tuple[str, ...], tuple[float, list[Row]]] = {}

    def of(self, devices: Sequence[Device]) -> list[Row]:
        """Give what is held of devices, oldest first."""
        faults = tuple(self._town.faults)
        if faults != self._faults:
            self._faults = faults
            self._rows.clear()
        now = self._town.clock.now()
        every = tuple(device.dev_eui for device in devices)
        until, rows = self._rows.get(every, (now - self._retention, []))
        if now > until:
            rows.extend(sorted(self._since(devices, until), key=_order))
            self._rows[every] = (now, rows)
        return rows[bisect_right(rows, (now - self._retention) * 1000, key=_stored) :]

    def _since(self, devices: Iterable[Device], until: float) -> Iterator[Row]:
        now = self._town.clock.now()
        for device in devices:
            length = 4 * (int((now - until) / device.interval) + 4)
            for event in self._town.history(device, length):
                if event.what is traffic.What.UP and event.stored > until * 1000:
                    yield device, event


def begin_of(rows: Sequence[Row], stored: int) -> int:
    """Give the place of the first row that was stored at a time or later, in milliseconds."""
    return bisect_left(rows, stored, key=_stored)


def _stored(row: Row) -> int:
    return row[1].stored


def _order(row: Row) -> tuple[int, str]:
    return row[1].stored, row[0].dev_eui
