"""From records to readings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final

from ...model import Medium, Quantity, Reading
from .parser import Function, Record
from .profile import expand
from .vif import COOLING, NEGATIVE, POSITIVE, PROFILE, What

QUANTITIES: Final[Mapping[tuple[What, tuple[int, ...]], Quantity]] = {
    (What.ENERGY, ()): Quantity.ENERGY,
    (What.ENERGY, (POSITIVE,)): Quantity.ENERGY,
    (What.ENERGY, (NEGATIVE,)): Quantity.ENERGY_EXPORT,
    (What.ENERGY, COOLING): Quantity.ENERGY_COOLING,
    (What.VOLUME, ()): Quantity.VOLUME,
    (What.VOLUME, (POSITIVE,)): Quantity.VOLUME,
    (What.VOLUME, (NEGATIVE,)): Quantity.VOLUME_REVERSE,
    (What.POWER, ()): Quantity.POWER,
    (What.FLOW, ()): Quantity.FLOW,
    (What.FLOW_TEMPERATURE, ()): Quantity.FLOW_TEMPERATURE,
    (What.RETURN_TEMPERATURE, ()): Quantity.RETURN_TEMPERATURE,
    (What.TEMPERATURE_DIFFERENCE, ()): Quantity.TEMPERATURE_DIFFERENCE,
    (What.TEMPERATURE, ()): Quantity.TEMPERATURE,
    (What.HUMIDITY, ()): Quantity.HUMIDITY,
}
"""Quantity of a record by what it tells and its qualifiers; all others are left out."""

_THERMAL: Final = frozenset({Medium.HEAT, Medium.COOLING})
_TARIFFS: Final = 10
"""A channel is ten times the sub-unit (pulse input) plus the tariff."""


def clock(records: Sequence[Record]) -> datetime | None:
    """Give the time of the meter when it sent."""
    return _times(records).get(0)


def meter_number(records: Sequence[Record]) -> str:
    """Give the number on the meter's plate, or else that in its address."""
    for what in (What.FABRICATION, What.IDENTIFICATION):
        for record in records:
            if record.what is what and _is_usable(record) and isinstance(record.value, str):
                return record.value
    return ""


def readings(
    records: Sequence[Record],
    medium: Medium,
    times: Mapping[int, datetime] | None = None,
    meter: str = "",
) -> Iterator[Reading]:
    """Give the readings of a meter for this medium, and that of its clock.

    Stored values without a time of their own are left out, unless `times`
    knows that of their storage number. Of equal records the first counts.
    """
    known = {**(times or {}), **_times(records)}
    number = meter or meter_number(records)
    if 0 in known:
        yield Reading(Quantity.CLOCK, known[0].timestamp(), 0, known[0], number)
    seen: set[tuple[Quantity, int, datetime | None]] = set()
    for record, at, value in _values(records, known):
        quantity = _quantity(record, medium)
        channel = _TARIFFS * record.subunit + record.tariff
        if quantity and record.tariff < _TARIFFS and (quantity, channel, at) not in seen:
            seen.add((quantity, channel, at))
            yield Reading(quantity, float(value), channel, at, number)


def _values(
    records: Sequence[Record], times: Mapping[int, datetime]
) -> Iterator[tuple[Record, datetime | None, Fraction]]:
    """Give every usable value with its time, those of profiles included."""
    usable = [record for record in records if _is_usable(record)]
    bases = {_place(r): r.value for r in usable if isinstance(r.value, Fraction)}
    for record in usable:
        at = times.get(record.storage)
        if isinstance(record.value, Fraction) and (at or record.storage == 0):
            yield record, at, record.value
        elif isinstance(record.value, bytes) and PROFILE in record.qualifiers:
            base = bases.get(_place(record))
            if at and isinstance(base, Fraction):
                past = expand(record.value, record.factor, base, at)
                yield from ((record, moment, value) for moment, value in past)


def _is_usable(record: Record) -> bool:
    return record.function is Function.INSTANTANEOUS


def _place(record: Record) -> tuple[What, tuple[int, ...], int, int, int]:
    """Give what a profile has in common with the record that it continues."""
    return (record.what, _kind(record), record.storage, record.tariff, record.subunit)


def _kind(record: Record) -> tuple[int, ...]:
    return tuple(code for code in record.qualifiers if code != PROFILE)


def _times(records: Iterable[Record]) -> dict[int, datetime]:
    return {
        record.storage: record.value
        for record in records
        if record.what is What.TIME
        and _is_usable(record)
        and not (record.tariff or record.subunit or record.qualifiers)
        and isinstance(record.value, datetime)
    }


def _quantity(record: Record, medium: Medium) -> Quantity | None:
    quantity = QUANTITIES.get((record.what, _kind(record)))
    if quantity is Quantity.ENERGY_EXPORT and medium in _THERMAL:
        # A heat meter counts backward what it cools.
        return Quantity.ENERGY_COOLING
    return quantity
