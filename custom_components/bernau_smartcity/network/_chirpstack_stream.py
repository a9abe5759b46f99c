"""Read the event stream of one device, which has no end, to the end of what it holds."""

import asyncio
from typing import Any

from ._chirpstack_api import Api
from ._chirpstack_cursor import DeviceCursor
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
    loop = asyncio.get_running_loop()
    # Every stream begins at its beginning: what was too long once is given more time.
    deadline = loop.time() + pace.longest * (cursor.retries + 1)
    events: list[Event] = []
    call = await api.events(row.device.dev_eui)
    try:
        async with asyncio.timeout(pace.opening):
            await call.initial_metadata()
        while loop.time() < deadline:
            patience = pace.silence if len(events) % SERVER_BATCH else pace.batch
            item = await _next(call, patience)
            if item is None:
                return History(events=events, complete=True)
            events.append(parse_event(item, row.device.dev_eui))
            if is_listed(events[-1], row.last_seen, cursor):
                return History(events=events, complete=True)
        return History(events=events, complete=False)
    finally:
        call.cancel()


async def _next(call: Any, patience: float) -> LogItem | None:
    """Give the next item, None where there is none within the time."""
    try:
        async with asyncio.timeout(patience):
            item = await call.read()
    except TimeoutError:
        return None
    return item or None  # the end of the stream is an object that is false
