"""What was read of a device and of an application, as text that is kept between polls."""

from dataclasses import dataclass
from typing import Final, Self, override

_DIGITS: Final = 20
"""Of the largest 64-bit number."""

type StreamId = tuple[int, int]
"""Milliseconds since 1970 by Redis' clock, and a number within the millisecond."""


def parse_stream_id(text: str) -> StreamId | None:
    """Read `<ms>-<number>`, None where it is no such id."""
    ms, dash, number = text.partition("-")
    if dash and _is_number(ms) and _is_number(number):
        return int(ms), int(number)
    return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCursor:
    """How far a device was read: `<stream id>|<last seen>|<f_cnt>|<retries>`."""

    read: StreamId = (0, 0)
    """Newest event that was read."""
    last_seen: int | None = None
    """The `last_seen_at` up to which was read, 0 for never, None for a new device."""
    f_cnt: int | None = None
    """Of the newest uplink that was read."""
    retries: int = 0
    """How often the uplink of `last_seen` was looked for in vain."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `__str__` wrote; anything else is a device never read."""
        read, last_seen, f_cnt, retries, *_ = *text.split("|"), "", "", "", ""
        if (stream_id := parse_stream_id(read)) is None:
            return cls()
        return cls(
            read=stream_id,
            last_seen=_number(last_seen),
            f_cnt=_number(f_cnt),
            retries=_number(retries) or 0,
        )

    @override
    def __str__(self) -> str:
        """Write the cursor as it is kept."""
        ms, number = self.read
        return f"{ms}-{number}|{_text(self.last_seen)}|{_text(self.f_cnt)}|{self.retries}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeCursor:
    """How far the changes of an application were read: `<newest change>|<full scan>`."""

    newest: int | None = None
    """Every change up to this `last_seen_at` was read; None: none yet."""
    full_scan: int = 0
    """Second since 1970 of the last complete scan, by the clock of this system."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `__str__` wrote; anything else asks for a complete scan."""
        newest, full_scan, *_ = *text.split("|"), "", ""
        return cls(newest=_number(newest), full_scan=_number(full_scan) or 0)

    @override
    def __str__(self) -> str:
        """Write the cursor as it is kept."""
        return f"{_text(self.newest)}|{self.full_scan}"


def _number(text: str) -> int | None:
    return int(text) if _is_number(text) else None


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
