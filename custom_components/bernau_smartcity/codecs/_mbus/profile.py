"""Inverse compact profiles: past values of a register as differences, newest first."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import count
from math import lcm
from typing import Final

from ...model import DecodeError

_SIZES: Final[Mapping[int, int]] = {1: 1, 2: 2, 3: 3, 4: 4, 6: 6, 7: 8}
"""Bytes of an element by its code, which is that of a DIF."""
_UNITS: Final = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
_MONTHLY: Final = 254
_MONTHS: Final[Mapping[int, int]] = {1: 6, 2: 3, 3: 1}
_LARGEST_SPACING: Final = 250
_HEAD: Final = 2
_ABSOLUTE, _INCREASE, _DECREASE, _SIGNED = range(4)
_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def expand(
    profile: bytes, factor: Fraction, base: float | None, base_factor: Fraction, base_at: datetime
) -> Iterator[tuple[datetime, float]]:
    """Give the values before the base and their times, or nothing if the form is unknown.

    First byte: how the values differ, unit of the spacing and size of an
    element; second byte: the spacing. The base is the number as sent.
    """
    if len(profile) < _HEAD or base is None:
        return
    mode, unit, size = profile[0] >> 6, profile[0] >> 4 & 3, _SIZES.get(profile[0] & 0x0F)
    times = _times(unit, profile[1], base_at)
    if size is None or times is None:
        return
    if (len(profile) - _HEAD) % size:
        msg = "M-Bus profile ends within a value"
        raise DecodeError(msg)
    # Sums of whole numbers stay exact.
    over = lcm(factor.denominator, base_factor.denominator)
    step = factor.numerator * over // factor.denominator * _sign(mode)
    value = base * (base_factor.numerator * over // base_factor.denominator)
    none = _none(mode, 8 * size)
    for start, at in zip(range(_HEAD, len(profile), size), times, strict=False):
        element = int.from_bytes(profile[start : start + size], "little", signed=mode == _SIGNED)
        if element == none:
            return
        value = element * step if mode == _ABSOLUTE else value - element * step
        yield at, value / over


def _sign(mode: int) -> int:
    return -1 if mode == _DECREASE else 1


def _none(mode: int, bits: int) -> int:
    """Give the element that means "no more data"."""
    return -(1 << bits - 1) if mode == _SIGNED else (1 << bits) - 1


def _times(unit: int, spacing: int, at: datetime) -> Iterator[datetime] | None:
    """Give the times before another, the newest first; None if the spacing is unknown."""
    if spacing == _MONTHLY and unit in _MONTHS:
        return (_months_before(at, places * _MONTHS[unit]) for places in count(1))
    if 0 < spacing <= _LARGEST_SPACING:
        return _steps_before(at, spacing * _UNITS[unit])
    return None


def _steps_before(at: datetime, step: timedelta) -> Iterator[datetime]:
    while True:
        at -= step
        yield at


def _months_before(at: datetime, months: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    leap = month == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return at.replace(year=year, month=month + 1, day=min(at.day, _DAYS[month] + leap))
