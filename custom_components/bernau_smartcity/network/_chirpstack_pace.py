"""How ChirpStack is paced: what to wait for, and how much at a time."""

from dataclasses import dataclass
from typing import Final

NANOSECOND: Final = 1_000_000_000
"""In a second; every time in the helpers of ChirpStack counts nanoseconds since 1970."""
SERVER_BATCH: Final = 10
"""Events that the server reads from a stream before it sleeps for a second."""
OVERLAP: Final = 120 * NANOSECOND
"""Read again before the newest change: commits of a cluster are not in order."""
MOMENT: Final = 2 * NANOSECOND
"""An uplink heard so shortly before `last_seen_at` set it: no device sends faster."""
NEAR: Final = 5 * NANOSECOND
"""As far as that may be on a busy server, or between the clocks of server and Redis.

Where a device does send faster, and the server stores the second uplink late, that one
comes with the next.
"""
RETRIES: Final = 5
"""Polls that look again for an uplink that is listed, but not in the event stream."""
FULL_SCAN: Final = 3600
"""Seconds between complete scans, the safety net under the scans for changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Waiting times in seconds, sizes of pages, streams at a time."""

    request: float = 15
    """For the answer to one call."""
    probe: float = 5
    """For the search of the reason when there was none."""
    opening: float = 10
    """For a stream to begin."""
    silence: float = 0.5
    """Without an event until a burst is over."""
    batch: float = 2.5
    """The same where the server may be sleeping, for a second, between two batches."""
    longest: float = 180
    """For the history of one device; more at each further try."""
    verified: float = 10
    """How long a server that just worked is not checked again."""
    page: int = 1000
    """Devices in a page; about 300 bytes each."""
    first_page: int = 200
    """Devices in the first page of a scan for changes, the only one of an idle poll."""
    streams: int = 50
    """Event streams at a time; proxies allow 100 or 128."""
    streams_old: int = 20
    """The same for a server that may spend a thread and a connection on each."""
