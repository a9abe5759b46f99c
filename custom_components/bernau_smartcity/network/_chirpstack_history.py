"""What the retained events of one device add to what was read before: events → `Batch`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from ..model import Batch, Device, Uplink
from ._chirpstack_cursor import DeviceCursor, StreamId
from ._chirpstack_events import Event
from ._chirpstack_pace import MOMENT, NANOSECOND, NEAR, RETRIES

_MILLISECOND: Final = NANOSECOND // 1000
_OVERTAKEN: Final = 3
"""By so few the frame counter may fall where one uplink overtook another."""
_NEWEST: Final = 600 * NANOSECOND
"""An uplink so long after the listed one can still have come while the stream was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The events of one device, oldest first, as far as they were read."""

    events: Sequence[Event]
    complete: bool
    """Read to the end or to the listed uplink, not just for as long as allowed."""


def is_listed(event: Event, last_seen: int, cursor: DeviceCursor) -> bool:
    """Tell whether this is surely the uplink that set `last_seen_at`, and news.

    Two uplinks of a device cannot be so close, so nothing listed can follow.
    """
    if event.id is None or event.id <= cursor.read or event.heard_at is None:
        return False
    return -NEAR <= last_seen - event.heard_at <= MOMENT


def read_history(
    history: History, device: Device, last_seen: int, cursor: DeviceCursor
) -> tuple[Batch, bool]:
    """Give what is new, and whether the listed uplink was among what was read."""
    ids = [event.id for event in history.events if event.id is not None]
    found = history.complete and any(_is_near(event, last_seen) for event in history.events)
    # The newest uplink is older than what was read: Redis lost its memory and its clock went back.
    began_anew = found and max(ids) < cursor.read
    since = (0, 0) if began_anew else cursor.read
    fresh = [event for event in history.events if event.id is None or event.id > since]
    uplinks = tuple(event.uplink for event in fresh if event.uplink is not None)
    after = _advanced(cursor, last_seen, max([since, *ids]), uplinks)
    after = replace(after, retries=0 if found else _retries(after, cursor))
    batch = Batch(
        device=device,
        uplinks=uplinks,
        cursors={device.dev_eui: str(after)},
        joined=any(event.joined for event in fresh) or _fell(cursor.f_cnt, uplinks),
        overflowed=_overflowed(fresh, cursor, gone=began_anew or _is_gone(ids, cursor)),
        withheld=not found and after.retries == 0,
        malformed=sum(event.malformed for event in fresh),
    )
    return batch, after.retries == 0


def _advanced(
    cursor: DeviceCursor, last_seen: int, read: StreamId, uplinks: Sequence[Uplink]
) -> DeviceCursor:
    f_cnt = uplinks[-1].f_cnt if uplinks else cursor.f_cnt
    return replace(cursor, read=read, last_seen=last_seen, f_cnt=f_cnt)


def _retries(after: DeviceCursor, before: DeviceCursor) -> int:
    """Count one more search for the same listed uplink, 0 to give up."""
    tries = (before.retries if before.last_seen == after.last_seen else 0) + 1
    return tries if tries <= RETRIES else 0


def _is_near(event: Event, last_seen: int) -> bool:
    """Tell whether this uplink may be the listed one, or came after it.

    Of a malformed one, and before 4.6 of each, only the arrival in Redis tells,
    by a clock that may differ.
    """
    if event.id is None or not (event.uplink or event.malformed):
        return False
    heard_at = event.id[0] * _MILLISECOND if event.heard_at is None else event.heard_at
    return -NEAR <= heard_at - last_seen <= _NEWEST


def _is_gone(ids: Sequence[StreamId], cursor: DeviceCursor) -> bool:
    """Tell whether the event read last is no longer retained."""
    return cursor.read > (0, 0) and bool(ids) and min(ids) > cursor.read


def _overflowed(fresh: Sequence[Event], cursor: DeviceCursor, *, gone: bool) -> bool:
    """Tell whether uplinks are missing between the one read last and the oldest retained.

    A join starts the count anew, so nothing can be told from it.
    """
    if not gone or cursor.f_cnt is None:
        return False
    first = next((event for event in fresh if event.joined or event.uplink), None)
    return bool(first and first.uplink and first.uplink.f_cnt != cursor.f_cnt + 1)


def _fell(f_cnt: int | None, uplinks: Sequence[Uplink]) -> bool:
    """Tell whether the frame counter began anew."""
    counts = [*([] if f_cnt is None else [f_cnt]), *(uplink.f_cnt for uplink in uplinks)]
    return any(a - b > _OVERTAKEN or b == 0 < a for a, b in pairwise(counts))
