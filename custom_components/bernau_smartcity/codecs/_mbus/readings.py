"""From records to readings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from ...model import Medium, Quantity, Reading
from .head import Function, Head
from .parser import Record
from .profile import expand
from .vif import COOLING, NEGATIVE, POSITIVE, What

QUANTITIES: Final[Mapping[tuple[What, tuple[int, ...]], Quantity]] = {
    (What.ENERGY, ()): Quantity.ENERGY,
    (What.ENERGY, (POSITIVE,)): Quantity.ENERGY,
    (What.ENERGY, (NEGATIVE,)): Quantity.ENERGY_EXPORT,
    (What.ENERGY, COOLING): Quantity.ENERGY_COOLING,
    (What.REACTIVE_ENERGY, ()): Quantity.ENERGY_REACTIVE,
    (What.REACTIVE_ENERGY, (POSITIVE,)): Quantity.ENERGY_REACTIVE,
    (What.REACTIVE_ENERGY, (NEGATIVE,)): Quantity.ENERGY_REACTIVE_EXPORT,
    (What.VOLUME, ()): Quantity.VOLUME,
    (What.VOLUME, (POSITIVE,)): Quantity.VOLUME,
    (What.VOLUME, (NEGATIVE,)): Quantity.VOLUME_REVERSE,
    (What.POWER, ()): Quantity.POWER,
    (What.POWER, (POSITIVE,)): Quantity.POWER,
    (What.REACTIVE_POWER, ()): Quantity.POWER_REACTIVE,
    (What.APPARENT_POWER, ()): Quantity.POWER_APPARENT,
    (What.VOLTAGE, ()): Quantity.VOLTAGE,
    (What.CURRENT, ()): Quantity.CURRENT,
    (What.FREQUENCY, ()): Quantity.FREQUENCY,
    (What.FLOW, ()): Quantity.FLOW,
    (What.PRESSURE, ()): Quantity.PRESSURE,
    (What.FLOW_TEMPERATURE, ()): Quantity.FLOW_TEMPERATURE,
    (What.RETURN_TEMPERATURE, ()): Quantity.RETURN_TEMPERATURE,
    (What.TEMPERATURE_DIFFERENCE, ()): Quantity.TEMPERATURE_DIFFERENCE,
    (What.TEMPERATURE, ()): Quantity.TEMPERATURE,
    (What.HUMIDITY, ()): Quantity.HUMIDITY,
    (What.HEAT_COST, ()): Quantity.HEAT_COST,
    (What.OPERATING_TIME, ()): Quantity.OPERATING_TIME,
}
"""Quantity of a record by what it tells and its qualifiers; all others are left out."""

_PER: Final[Mapping[What, int]] = {What.OPERATING_TIME: 3600}
"""Units of what is told in one of the quantity, where they differ."""
_THERMAL: Final = frozenset({Medium.HEAT, Medium.COOLING})
_DATE: Final = 2
"""Bytes of a date without a time."""
_TARIFFS: Final = 10
"""A channel is ten times the sub-unit (pulse input) plus the tariff, or the phase."""


def clock(records: Sequence[Record]) -> datetime | None:
    """Give the time of the meter when it sent."""
    return times_of(records).get(0)


def times_of(records: Iterable[Record]) -> dict[int, datetime]:
    """Give the times of the meter by the storage number of the values that have them."""
    return {
        record.head.storage: record.value
        for record in records
        if record.head.what is What.TIME
        and _is_usable(record)
        and not (record.head.tariff or record.head.subunit or record.head.qualifiers)
        and isinstance(record.value, datetime)
        # A mere date is none at which a meter reads itself just now.
        and (record.head.storage or record.head.size > _DATE)
    }


def meter_number(records: Sequence[Record]) -> str:
    """Give the number on the meter's plate, or else that in its address."""
    for what in (What.FABRICATION, What.IDENTIFICATION):
        for record in records:
            if record.head.what is what and _is_usable(record) and isinstance(record.value, str):
                return record.value
    return ""


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
    if now:
        yield Reading(Quantity.CLOCK, now.timestamp(), 0, now, number)
    seen: set[tuple[Quantity, int, datetime | None]] = set()
    for head, at, value in _values(records, known):
        quantity = QUANTITIES.get((head.what, head.qualifiers))
        if quantity is Quantity.ENERGY_EXPORT and medium in _THERMAL:
            # A heat meter counts backward what it cools.
            quantity = Quantity.ENERGY_COOLING
        channel = head.phase or _TARIFFS * head.subunit + head.tariff
        if quantity and head.tariff < _TARIFFS and (quantity, channel, at) not in seen:
            seen.add((quantity, channel, at))
            yield Reading(quantity, value / _PER.get(head.what, 1), channel, at, number)


def _values(
    records: Sequence[Record], times: Mapping[int, datetime | None]
) -> Iterator[tuple[Head, datetime | None, float]]:
    """Give every usable value with its time, those of profiles included."""
    bases: dict[object, Record] = {}
    if any(record.head.is_profile for record in records):
        bases = {_place(r.head): r for r in reversed(records) if isinstance(r.value, float)}
    for head, value, _ in records:
        if head.function is not Function.INSTANTANEOUS or head.storage not in times:
            continue
        at = times[head.storage]
        if isinstance(value, float):
            yield head, at, value
        elif head.is_profile and isinstance(value, bytes) and at and _place(head) in bases:
            base = bases[_place(head)]
            sent = base.head.number(base.raw)
            past = expand(value, head.factor, sent, base.head.factor, at)
            yield from ((head, moment, value) for moment, value in past)


def _place(head: Head) -> object:
    """Give what a profile has in common with the record that it continues."""
    kind = (head.what, head.qualifiers, head.phase, head.function)
    return (*kind, head.storage, head.tariff, head.subunit)


def _is_usable(record: Record) -> bool:
    return record.head.function is Function.INSTANTANEOUS
