"""The town's clock: runs behind the wall clock, or stands still until it is moved."""

from collections.abc import Callable
from datetime import UTC, datetime
import time

EPOCH = 1_790_812_800.0
"""2026-10-01T00:00Z in seconds since 1970: every meter's history begins here."""


def parse(text: str) -> float:
    """Read an ISO 8601 time (UTC when it names no zone) as seconds since 1970."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def iso(seconds: float) -> str:
    """Write seconds since 1970 as an ISO 8601 time in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class Clock:
    """Gives the town's time in seconds since 1970.

    What lies between the town's time and the wall clock has not happened yet;
    lowering `behind` lets it happen at once.
    """

    def __init__(self, behind: float = 0.0, wall: Callable[[], float] = time.time) -> None:
        """Follow the wall clock `behind` seconds late."""
        self.behind = behind
        self._wall = wall

    def now(self) -> float:
        """Give the town's present time."""
        return self._wall() - self.behind

    @classmethod
    def standing(cls, at: float | str) -> Clock:
        """Make a clock that stands at a time until `advance` moves it."""
        seconds = parse(at) if isinstance(at, str) else at
        return cls(wall=lambda: seconds)

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass at once."""
        self.behind -= seconds
