"""Meters behind a bridge that passes on wM-Bus telegrams."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from ..model import DecodeError, Meter, Quantity, Reading, Remember, Told, Uplink
from ._kamstrup import INFOCODES, state
from ._mbus import QUANTITIES, Record, clock, readings
from ._times import clock_error
from ._wmbus import HEALTH, WITHOUT_HEADER, Keys, measured, remember_format, telegram, whole

GIVEN: Final = HEALTH.union(
    QUANTITIES.values(), {Quantity.CLOCK, Quantity.NOISE_LEVEL}, *INFOCODES.values()
)
"""All that telegrams may tell of a meter."""

_KAMSTRUP: Final = frozenset({"KAM", "KAW"})
_LIFETIME: Final = timedelta(days=7)
"""So long a key may come late for a telegram that was sent in parts."""


def of_meter(frame: bytes, uplink: Uplink, heard_at: datetime | None) -> Iterator[Told]:
    """Give what a telegram tells, by true time if the bridge says when it heard it."""
    keys = Keys(uplink, is_bridge=True)
    address, content = telegram(frame, keys)
    records = whole(content, keys)
    yield Meter(address.number, address.medium, address.manufacturer)
    if content.kind == WITHOUT_HEADER:
        yield remember_format(records)
    if address.manufacturer in _KAMSTRUP:
        told = [*readings(records, address.medium, None, address.number, uplink.received_at)]
        told += state(records, content.status, address.number)
    else:
        told = [*measured(records, content.status, uplink, address.medium, address.number)]
    yield from _by_true_time(told, records, heard_at) if heard_at else told


def _by_true_time(
    told: Iterable[Reading], records: Sequence[Record], heard_at: datetime
) -> Iterator[Reading]:
    """Put times by the meter's clock right: it was read when the bridge heard it, not since."""
    now = clock(records)
    error = clock_error(now, heard_at) if now else timedelta()
    for reading in told:
        if reading.quantity is not Quantity.CLOCK:
            yield reading._replace(at=reading.at + error if reading.at else heard_at)


def assembled(
    uplink: Uplink, part: bytes, series: str, *, is_first: bool, is_last: bool
) -> tuple[bytes, tuple[Remember, ...]]:
    """Give the whole telegram if this is its last part, else nothing, and what is to be kept.

    Parts come in messages with consecutive frame counters.
    """
    if not is_last:
        text = f"{is_first:d}{part.hex()}"
        return b"", (Remember(_name(series, uplink.f_cnt), text, _LIFETIME),)
    count, used = uplink.f_cnt, []
    while not is_first:
        count -= 1
        name = _name(series, count)
        text = uplink.memory.get(name, "")
        if not text:
            msg = "an earlier part of the telegram is missing"
            raise DecodeError(msg)
        is_first = text.startswith("1")
        part = bytes.fromhex(text[1:]) + part
        used.append(Remember(name, ""))
    return part, tuple(used)


def _name(series: str, count: int) -> str:
    return f"part_{series}_{count}"
