"""How often each kind of request came."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_STREAMS = "InternalService/StreamDeviceEvents"


class Requests:
    """How often each method was called, and how many streams are open."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.calls: Counter[str] = Counter()
        self.open_streams = 0
        self.max_open_streams = 0

    def reset(self) -> None:
        """Begin at zero again; streams that are open stay so."""
        self.calls.clear()
        self.max_open_streams = self.open_streams

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Count a stream for as long as it is open."""
        self.open_streams += 1
        self.max_open_streams = max(self.max_open_streams, self.open_streams)
        try:
            yield
        finally:
            self.open_streams -= 1

    @property
    def streams(self) -> int:
        """Event streams that were opened."""
        return self.calls[_STREAMS]

    def as_json(self) -> dict[str, Any]:
        """Describe the counts for the control interface."""
        return {
            "calls": dict(sorted(self.calls.items())),
            "total": self.calls.total(),
            "open_streams": self.open_streams,
            "max_open_streams": self.max_open_streams,
        }
