"""Read the event stream of one device, which has no end, to the end of what it holds."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from ._chirpstack_api import Api
from ._chirpstack_cursor import DeviceCursor, parse_stream_id
from ._chirpstack_events import Event, LogItem, parse_event
from ._chirpstack_history import History, is_listed
from ._chirpstack_pace import SERVER_BATCH, Pace
from ._chirpstack_scan import Row


async def stream_history(api: Api, row: Row, cursor: DeviceCursor, pace: Pace) -> History:
    """Read until the listed uplink came, or until the burst is over.

    The server gives ten events at once and then sleeps for a second, so after
    exactly ten, twenty, … a short silence tells nothing. Raises `AioRpcError`
    where the stream fails and `TimeoutError` where it does not begin.
    """
    call = await api.events(row.device.dev_eui)
    try:
        async with asyncio.timeout(pace.opening):
            await call.initial_metadata()
        return await _Stream(row, cursor, pace).read(call)
    finally:
        call.cancel()


@dataclass(frozen=True, slots=True)
class _Stream:
    """The items of a device, as far as they came."""

    row: Row
    cursor: DeviceCursor
    pace: Pace
    items: list[LogItem] = field(default_factory=list)

    async def read(self, call: Any) -> History:
        """Read to the listed uplink, to a silence, to the end, or for as long as allowed."""
        try:
            # One timeout for all items, put off with each: they are many.
            async with asyncio.timeout(None) as patience:
                return await self._read(call, patience)
        except TimeoutError:
            return self._whole(complete=True)

    async def _read(self, call: Any, patience: asyncio.Timeout) -> History:
        now = asyncio.get_running_loop().time
        # Every stream begins at its beginning: what was too long once is given more time.
        deadline = now() + self.pace.longest * (self.cursor.retries + 1)
        events: list[Event] = []
        while (at := now()) < deadline:
            is_burst = len(self.items) % SERVER_BATCH
            patience.reschedule(at + (self.pace.silence if is_burst else self.pace.batch))
            item = await call.read()
            if not item:  # the end of the stream is an object that is false
                return self._whole(complete=True)
            self.items.append(item)
            events.append(self._skimmed(item))
            if is_listed(events[-1], self.row.last_seen, self.cursor):
                return History(events=events, complete=True)
        return self._whole(complete=False)

    def _skimmed(self, item: LogItem) -> Event:
        """Read an item; of one that was read before, as most were, only its id."""
        stream_id = parse_stream_id(item.id)
        if stream_id is not None and stream_id <= self.cursor.read:
            return Event(id=stream_id)
        return parse_event(item, self.row.device.dev_eui)

    def _whole(self, *, complete: bool) -> History:
        """Read all of it: the listed uplink may be one that was read before."""
        events = [parse_event(item, self.row.device.dev_eui) for item in self.items]
        return History(events=events, complete=complete)
