"""The data of a record: numbers, text and times, least significant byte first."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta, timezone
from math import isfinite
import struct
from typing import Final

from .._times import METER_SUMMER_TIME, METER_TIME

type Number = float | None
"""As sent, an `int` wherever it is whole; None is the standard's "not available"."""

_ZONES: Final = (METER_TIME, METER_SUMMER_TIME)
_DAY: Final = timedelta(days=1)
_YEARS: Final = 100
_YEAR_2000_UNTIL: Final = 80
"""Two-digit years up to this one are 20xx where no century is told."""
_FLOAT_SIZES: Final = {4: "<f", 8: "<d"}
_HUGE: Final = 1e30
_LOWEST: Final = tuple(-(1 << 8 * size - 1) if size else 0 for size in range(9))
"""The most negative number of each size, which stands for "not available"."""


def integer(data: bytes) -> Number:
    """Read two's complement."""
    value = int.from_bytes(data, "little", signed=True)
    return None if value == _LOWEST[len(data)] else value


def real(data: bytes) -> Number:
    """Read an IEEE 754 number; none that no meter can show."""
    code = _FLOAT_SIZES.get(len(data))
    value: float = struct.unpack(code, data)[0] if code else float("nan")
    return value if isfinite(value) and abs(value) < _HUGE else None


def bcd(data: bytes) -> Number:
    """Read decimal digits; an F in the first place is a minus sign."""
    digits = data[::-1].hex()
    if digits.isdecimal():
        return int(digits)
    return -int(digits[1:]) if digits[:1] == "f" and digits[1:].isdecimal() else None


def bcd_negative(data: bytes) -> Number:
    """Read decimal digits that are told to be negative."""
    number = bcd(data)
    return None if number is None else -number


def nothing(data: bytes) -> Number:
    """Read a field that carries no data."""
    del data
    return None


FIELDS: Final[Mapping[int, tuple[int, Callable[[bytes], Number]]]] = {
    0x0: (0, nothing),
    0x1: (1, integer),
    0x2: (2, integer),
    0x3: (3, integer),
    0x4: (4, integer),
    0x5: (4, real),
    0x6: (6, integer),
    0x7: (8, integer),
    0x8: (0, nothing),
    0x9: (1, bcd),
    0xA: (2, bcd),
    0xB: (3, bcd),
    0xC: (4, bcd),
    0xE: (6, bcd),
}
"""Length and reader by the data field of a DIF; D (variable) and F (special) are apart."""


def digits_of(data: bytes) -> str:
    """Give a number written in decimal digits with its leading zeros, else nothing."""
    digits = data[::-1].hex()
    return digits if digits.isdecimal() else ""


def text_of(data: bytes) -> str:
    """Give a text, which is sent last character first."""
    return "".join(c for c in data[::-1].decode("latin-1") if c.isprintable()).strip()


def date_g(data: bytes) -> datetime | None:
    """Read type G: a date, taken as its first moment.

    Of the last day of a month it is the last: due dates are written as the end
    of a month or as the first of the next, and mean the same midnight.
    """
    at = _moment(_year_g(data), data[1], data[0])
    after = at and at + _DAY
    return after if after and after.day == 1 else at


def date_time_f(data: bytes) -> datetime | None:
    """Read type F: date, hour and minute, with flags "invalid" and "summer time"."""
    minute, hour, day, month = data
    if minute & 0x80:
        return None
    year = _year(day >> 5 | month >> 4 << 3, hour >> 5 & 0x03)
    return _moment(year, month, day, (hour, minute, 0), _ZONES[hour >> 7])


def date_time_i(data: bytes) -> datetime | None:
    """Read type I: date and time to the second, with the same flags."""
    second, minute, hour, day, month, _ = data
    if minute & 0x80:
        return None
    at, zone = (hour, minute, second), _ZONES[second >> 6 & 1]
    return _moment(_year_g(data[3:5]), month, day, at, zone)


def time_j(data: bytes) -> time | None:
    """Read type J: a time of day."""
    second, minute, hour = data
    try:
        return time(hour & 0x1F, minute & 0x3F, second & 0x3F)
    except ValueError:
        return None


TIMES: Final[Mapping[int, Callable[[bytes], datetime | time | None]]] = {
    2: date_g,
    3: time_j,
    4: date_time_f,
    6: date_time_i,
}
"""Reader of a date or time by its length."""


def _year_g(data: bytes) -> int:
    return _year(data[0] >> 5 | data[1] >> 4 << 3, 0)


def _year(two_digits: int, century: int) -> int:
    """Give the full year; 0 (impossible) for more than two digits, as in a date never set."""
    if two_digits >= _YEARS:
        return 0
    if century == 0 and two_digits <= _YEAR_2000_UNTIL:
        century = 1
    return 1900 + _YEARS * century + two_digits


def _moment(
    year: int,
    month: int,
    day: int,
    at: tuple[int, int, int] = (0, 0, 0),
    zone: timezone = METER_TIME,
) -> datetime | None:
    """Give the moment of bytes that have further bits; none if there is no such."""
    hour, minute, second = at
    try:
        return datetime(
            year, month & 0x0F, day & 0x1F, hour & 0x1F, minute & 0x3F, second & 0x3F, tzinfo=zone
        )
    except ValueError:
        return None
