"""Adeunis' frames: code, status, content and perhaps the device's clock.

Most significant byte first. The clock counts seconds since 2013 and stands at the
end; the bit of the status that announces it meant a hardware error before there
was one, so that the length decides.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..model import DecodeError, Quantity, Reading, Told, Uplink
from ._checks import checked
from ._times import is_plausible, unix

_HEAD: Final = 2
"""Code and status."""
_CLOCK: Final = 4
_EPOCH: Final = 1_356_998_400
"""2013-01-01 as Unix time."""
_BATTERY_LOW, _CLOCK_OR_ERROR = 0x02, 0x04


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame without its head and clock."""

    uplink: Uplink
    body: bytes
    at: datetime | None = None
    """By the clock, if there is one that was set."""

    @property
    def sent_at(self) -> datetime:
        """Give the time by the clock, or that of receipt."""
        return self.at or self.uplink.received_at


type Read = Callable[[Frame], Iterable[Told]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What may follow the head of a frame, and how to read it."""

    read: Read
    sizes: Collection[int] = ()
    """Of the content, in bytes; none: it may have any, and has no clock."""
    has_clock: bool = True
    """Whether there are devices that put their clock behind it."""


def _nothing(frame: Frame) -> tuple[Told, ...]:
    del frame
    return ()


SILENT: Final = Kind(_nothing)
"""Says nothing about what was measured: configuration, replies to commands."""


def decode(uplink: Uplink, kinds: Mapping[int, Kind]) -> Iterable[Told]:
    """Read a frame whose kinds are known by their code."""
    payload = uplink.payload
    if len(payload) < _HEAD:
        msg = f"{len(payload)} bytes are too few"
        raise DecodeError(msg)
    code, status = payload[:_HEAD]
    if (kind := kinds.get(code)) is None:
        msg = f"frame {code:02X} is not known"
        raise DecodeError(msg)
    return checked(uplink, _told(uplink, kind, status))


def _told(uplink: Uplink, kind: Kind, status: int) -> Iterator[Told]:
    frame = Frame(uplink, uplink.payload[_HEAD:])
    flagged = bool(status & _CLOCK_OR_ERROR)
    if not kind.sizes:
        pass
    elif flagged and kind.has_clock and len(frame.body) - _CLOCK in kind.sizes:
        frame = _timed(frame)
    elif len(frame.body) in kind.sizes:
        yield Reading(Quantity.FAULT, flagged)
    else:
        msg = f"frame {uplink.payload[0]:02X} cannot have {len(uplink.payload)} bytes"
        raise DecodeError(msg)
    if frame.at is not None:
        yield Reading(Quantity.CLOCK, frame.at.timestamp(), at=frame.at)
    yield Reading(Quantity.BATTERY_LOW, bool(status & _BATTERY_LOW), at=frame.at)
    yield from kind.read(frame)


def _timed(frame: Frame) -> Frame:
    """Take the clock off; one that was never set says nothing."""
    at = unix(_EPOCH + int.from_bytes(frame.body[-_CLOCK:]))
    known = at if is_plausible(at, frame.uplink.received_at) else None
    return Frame(frame.uplink, frame.body[:-_CLOCK], known)
