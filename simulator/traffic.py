"""What reaches the network server, and what its event history of a device holds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from . import schedule
from .clock import EPOCH
from .faults import Faults, Kind
from .inventory import Device, Silence

SEEN_AFTER = 250
"""Milliseconds from a transmission to last_seen_at: the server collects duplicates."""
_STORED_AFTER = SEEN_AFTER + 12
_FATES = (Kind.DELAY, Kind.REORDER)
_LOSSES = (Kind.DROP, Kind.SILENT)
_UNREADABLE = (Kind.CUT, Kind.LONG, Kind.FOREIGN, Kind.ENCRYPTED, Kind.BODY)


class What(StrEnum):
    """The event types that the simulator gives."""

    UP = "up"
    JOIN = "join"
    STATUS = "status"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Event:
    """An entry in the event history of a device; times in milliseconds since 1970."""

    stored: int
    what: What
    number: int
    sent: int
    seen: int
    sequence: int = 0

    @property
    def id(self) -> tuple[int, int]:
        """The entry's stream id as numbers."""
        return self.stored, self.sequence


def _seen(device: Device, number: int, faults: Faults) -> int | None:
    """Give when the server saw a transmission, in milliseconds; None when it was lost."""
    sent = schedule.sent_at(device, number)
    at = sent / 1000
    if not schedule.heard(device, sent):
        return None
    if any(faults.striking(kind, device, number, at) for kind in _LOSSES):
        return None
    seen = sent + SEEN_AFTER
    if fault := faults.striking(Kind.DELAY, device, number, at):
        seen += int(fault.seconds * 1000)
    if number % 2 and faults.striking(Kind.REORDER, device, number, at):
        seen += int(device.interval * 1500)
    return seen


def _lateness(device: Device, faults: Faults) -> int:
    """Give how many transmissions back a late one may still arrive."""
    if not faults.any((*_FATES, Kind.LATE_EVENT)):
        return 0
    longest = max(
        (f.seconds for kind in (Kind.DELAY, Kind.LATE_EVENT) for f in faults.of(kind, device)),
        default=0.0,
    )
    return 2 + int(longest / device.interval) + 1


def _reach(device: Device, newest: int) -> Iterable[int]:
    """Give the transmissions backwards, leaving out what a silent device would have sent."""
    number = newest
    while number >= 0:
        yield number
        number -= 1
        if device.silence and not schedule.heard(device, schedule.sent_at(device, number)):
            number = _before_silence(device, device.silence, number)


def _before_silence(device: Device, silence: Silence, number: int) -> int:
    """Give the last transmission at or before this one that was heard, give or take one."""
    begin = schedule.sent_at(device, number) / 1000
    silent_for = (begin - EPOCH) % silence.cycle - silence.heard
    return max(-1, number - int(silent_for / device.interval))


def received(device: Device, now: float, faults: Faults) -> Iterator[tuple[int, int]]:
    """Give (number, seen in ms) of what the server has received, newest number first."""
    for number in _reach(device, schedule.latest(device, now)):
        seen = _seen(device, number, faults)
        if seen is not None and seen <= now * 1000:
            yield number, seen


def last_seen(device: Device, now: float, faults: Faults) -> int | None:
    """Give the time of the newest received uplink in milliseconds; None before the first."""
    if not faults.any((*_FATES, *_LOSSES)):
        return next((seen for _, seen in received(device, now, faults)), None)
    newest: int | None = None
    margin = _lateness(device, faults)
    for found, (_, seen) in enumerate(received(device, now, faults)):
        newest = seen if newest is None else max(newest, seen)
        if found >= margin:
            break
    return newest


def history(device: Device, now: float, faults: Faults, length: int) -> list[Event]:
    """Give the newest events that the server has stored at a time, oldest first."""
    limit = now * 1000
    events: list[Event] = []
    margin = _lateness(device, faults)
    enough: int | None = None
    for number, seen in received(device, now, faults):
        events.extend(e for e in _events(device, number, seen, faults) if e.stored <= limit)
        if enough is None and len(events) >= length:
            enough = number - margin
        if enough is not None and number <= enough:
            break
    events.sort(key=lambda event: event.stored)
    return list(_numbered(events))[-length:] if length else []


def newest_measurement(device: Device, now: float, faults: Faults) -> int | None:
    """Give the newest transmission whose measurement can be read from the history."""
    for number, seen in received(device, now, faults):
        if schedule.is_mac_only(device, number):
            continue
        at = schedule.sent_at(device, number) / 1000
        if any(faults.striking(kind, device, number, at) for kind in _UNREADABLE):
            continue
        events = _events(device, number, seen, faults)
        if any(event.what is What.UP and event.stored <= now * 1000 for event in events):
            return number
    return None


def _numbered(events: list[Event]) -> Iterator[Event]:
    """Give entries of the same millisecond their sequence numbers."""
    before, sequence = -1, 0
    for event in events:
        sequence = sequence + 1 if event.stored == before else 0
        before = event.stored
        yield replace(event, sequence=sequence) if sequence else event


def _events(device: Device, number: int, seen: int, faults: Faults) -> Iterator[Event]:
    """Give what one received transmission leaves in the history."""
    sent = schedule.sent_at(device, number)
    at = sent / 1000
    if faults.striking(Kind.BROKEN, device, number, at):
        return
    stored = seen - SEEN_AFTER + _STORED_AFTER
    step = device.interval * 1000
    if schedule.session(device, number)[1] == 0:
        yield Event(int(stored - min(5000, step / 8)), What.JOIN, number, sent, seen)
    late = faults.striking(Kind.LATE_EVENT, device, number, at)
    up = Event(stored + int(late.seconds * 1000 if late else 0), What.UP, number, sent, seen)
    yield up
    if faults.striking(Kind.DUPLICATE, device, number, at):
        yield replace(up, stored=up.stored + int(min(700, step / 32)))
    if schedule.status_number(device, number) == number:
        yield Event(int(stored + min(900, step / 16)), What.STATUS, number, sent, seen)
    if schedule.is_repeated(device, number):
        yield Event(int(stored + min(2100, step / 8)), What.LOG, number, sent, seen)
