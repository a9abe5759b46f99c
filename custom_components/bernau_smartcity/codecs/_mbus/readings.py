"""From records to readings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from ...model import Medium, Quantity, Reading
from .head import Function, Head, Value
from .parser import Record
from .profile import expand
from .vif import What

_THERMAL: Final = frozenset({Medium.HEAT, Medium.COOLING})


def clock(records: Iterable[Record]) -> datetime | None:
    """Give the time of the meter when it sent."""
    return times_of(records).get(0)


def times_of(records: Iterable[Record]) -> dict[int, datetime]:
    """Give the times of the meter by the storage number of the values that have them."""
    return {
        head.storage: value
        for head, value, _ in records
        if head.dates and isinstance(value, datetime)
    }


def meter_number(records: Iterable[Record]) -> str:
    """Give the number on the meter's plate, or else that in its address."""
    address = ""
    for head, value, _ in records:
        if isinstance(value, str) and head.function is Function.INSTANTANEOUS:
            if head.what is What.FABRICATION:
                return value
            if head.what is What.IDENTIFICATION:
                address = address or value
    return address


def error_flags(records: Iterable[Record]) -> int | None:
    """Give the error flags of the meter now, None if it tells none."""
    for record in records:
        if record.head.what is What.ERROR_FLAGS and record.head.storage == 0 and record.raw:
            return int.from_bytes(record.raw, "little")
    return None


def readings(
    records: Sequence[Record],
    medium: Medium,
    times: Mapping[int, datetime | None] | None = None,
    meter: str = "",
    until: datetime | None = None,
) -> Iterator[Reading]:
    """Give the readings of a meter for this medium, and that of its clock.

    Stored values without a time of their own are left out, unless `times`
    knows that of their storage number (None: that of receipt); so are those
    whose time lies ahead of the clock or of `until`: that is when the meter is
    to store next. Of equal records the first counts.
    """
    told = times_of(records)
    now = told.get(0)
    latest = now or until
    stored = {place: at for place, at in told.items() if latest is None or at <= latest}
    known = {0: now, **(times or {}), **stored}
    number = meter or meter_number(records)
    # A heat meter counts backward what it cools.
    cooling = Quantity.ENERGY_EXPORT if medium in _THERMAL else None
    if now:
        yield Reading(Quantity.CLOCK, now.timestamp(), 0, now, number)
    seen: set[tuple[Quantity, int, datetime | None]] = set()
    bases: Mapping[object, Record] | None = None
    for head, sent, _ in records:
        quantity, storage = head.quantity, head.storage
        if quantity is None or storage not in known:
            continue
        if quantity is cooling:
            quantity = Quantity.ENERGY_COOLING
        at = known[storage]
        if isinstance(sent, float):
            values: Iterable[tuple[datetime | None, float]] = ((at, sent),)
        else:
            bases = _bases(records) if bases is None else bases
            values = _past(head, sent, bases.get(_place(head)), at)
        for moment, value in values:
            key = quantity, head.channel, moment
            if key not in seen:
                seen.add(key)
                yield Reading(quantity, value, head.channel, moment, number)


def _bases(records: Sequence[Record]) -> dict[object, Record]:
    """Give the records that profiles continue; of equal ones the first."""
    return {_place(r.head): r for r in reversed(records) if isinstance(r.value, float)}


def _past(
    head: Head, profile: Value, base: Record | None, at: datetime | None
) -> Iterable[tuple[datetime, float]]:
    """Give the values of a profile, none if it is no profile or does not tell where it begins."""
    if base and at and head.is_profile and isinstance(profile, bytes):
        sent = base.head.number(base.raw)
        return expand(profile, head.factor, sent, base.head.factor, at)
    return ()


def _place(head: Head) -> object:
    """Give what a profile has in common with the record that it continues."""
    kind = (head.what, head.qualifiers, head.phase, head.function)
    return (*kind, head.storage, head.tariff, head.subunit)
