"""Watches over a total: leak, base load, standstill, unusual day.

All of them compare a meter with its own past, by medians: a few odd days in the
past, or a leak that was found, hardly move them. Whatever lies in a gap is
unknown and never compared.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise, takewhile
from math import ceil, gcd
from statistics import median
from typing import Final, NamedTuple

from ..model import Medium
from .hours import HOUR, LONGEST, TOLERANCE, full_hour, total_at
from .register import Point

DAYS_KEPT: Final = 70
"""Ten of each weekday."""
SIGMA: Final = 1.4826
"""The median of the distances from the median, as a standard deviation of what is normal."""
SIGMAS: Final = 4.0
SHARE: Final = 0.3
"""Of the median: less than that is never unusual."""
DAY_SHARE: Final = 0.5
"""The same for whole days, on which more happens."""
DAY_LEAST: Final = 0.5
"""Of an ordinary day: a cleaner on a Sunday is no event."""
ALWAYS: Final = 0.1
"""Of an ordinary day: who counts less on some days also rests on some."""
ALIKE: Final = 0.15
FINEST: Final = 0.0001
"""A tenth of a litre: no register is finer."""
PEAK_SHARE: Final = 0.01
"""Of the busiest hour: less than that is dripping, rounding, a cleaner."""
NIGHTS: Final = (14, 28)
"""Of how many nights at least, and of how many at most, the past is made."""
REST_DAYS: Final = (6, 20)
WEEKDAYS: Final = (4, 10)
COUNTING_DAYS: Final = (14, 28)
PEAKS: Final = 7
SATURDAY: Final = 5
SUNDAY: Final = 6
BUSY: Final = 0.9
"""The quantile of daily peaks that counts as the busiest hour: above lie bursts."""


class Watch(StrEnum):
    """What a total is watched for."""

    LEAK = "leak_suspected"
    BASE = "base_load_high"
    STANDSTILL = "standstill_suspected"
    UNUSUAL = "unusual_day"


_BY_PAST: Final = (Watch.BASE, Watch.STANDSTILL, Watch.UNUSUAL)
POSSIBLE: Final[Mapping[Medium, tuple[Watch, ...]]] = {
    Medium.WATER: (Watch.LEAK, *_BY_PAST),
    Medium.ELECTRICITY: _BY_PAST,
    Medium.HEAT: _BY_PAST,
    Medium.COOLING: _BY_PAST,
    Medium.GAS: _BY_PAST,
}
"""By medium."""
USUAL: Final[Mapping[Medium, tuple[Watch, ...]]] = {
    Medium.WATER: POSSIBLE[Medium.WATER],
    Medium.ELECTRICITY: POSSIBLE[Medium.ELECTRICITY],
    Medium.HEAT: (),
    Medium.COOLING: (),
    Medium.GAS: (),
}
"""What is watched unless a person wants it otherwise: heating follows the weather."""
LEAST: Final[Mapping[Medium, float]] = {
    Medium.WATER: 0.002,
    Medium.GAS: 0.02,
}
"""Consumption in an hour that is not worth a word, in the unit of the total."""
LEAST_ENERGY: Final = 0.05
NIGHT: Final = (0, 5)
LEAK_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Rules:
    """By which a total is watched."""

    least: float = LEAST_ENERGY
    night: tuple[int, int] = NIGHT
    """Local hours from and to which nobody should need anything."""
    leak_hours: int = LEAK_HOURS
    """How long it must run without an hour of rest."""


class Day(NamedTuple):
    """What is kept of a local day; None is what nobody knows."""

    number: int
    """As `date.toordinal`."""
    consumed: float | None
    night: float | None
    """In the quietest of the hours of night."""
    peak: float | None
    """The busiest hour."""
    end: float
    """The total at its end."""


class Finding(NamedTuple):
    """What a watch has found; None where it cannot tell yet."""

    on: bool | None
    measured: float | None = None
    usual: float | None = None
    since: datetime | None = None


UNKNOWN: Final = Finding(None)


def midnight(number: int, zone: tzinfo | None, hour: int = 0) -> datetime:
    """Give when a local day begins, or one of its hours."""
    return datetime.combine(date.fromordinal(number), time(hour), zone).astimezone(UTC)


def day_of(at: datetime, zone: tzinfo | None) -> int:
    """Give the local day in which a time lies."""
    return at.astimezone(zone).date().toordinal()


def known_at(points: Sequence[Point], at: datetime) -> float | None:
    """Give the total at a time, None within a gap and outside of what was read."""
    following = bisect_left(points, at, key=lambda point: point.at)
    if following == len(points):
        return None
    after = points[following]
    if after.at == at:
        return after.total
    if following == 0 or after.at - points[following - 1].at > LONGEST:
        return None
    return total_at(points[following - 1 : following + 1], at)


def hourly(points: Sequence[Point], start: datetime, end: datetime) -> Iterator[float | None]:
    """Give what was consumed in each hour from one full hour to another."""
    total = known_at(points, start)
    while start < end:
        start += HOUR
        following = known_at(points, start)
        yield None if total is None or following is None else following - total
        total = following


def _weekday(day: Day) -> int:
    return date.fromordinal(day.number).weekday()


def days(
    points: Sequence[Point], zone: tzinfo | None, rules: Rules, first: int | None = None
) -> Iterator[Day]:
    """Give each local day that had begun and ended when something was read."""
    oldest = day_of(points[0].at, zone)
    number = oldest if first is None else max(first, oldest)
    while (end := midnight(number + 1, zone)) <= points[-1].at:
        start = midnight(number, zone)
        begin = max(0, bisect_left(points, start, key=lambda point: point.at) - 1)
        until = bisect_left(points, end, key=lambda point: point.at) + 1
        yield _day(points[begin:until], number, zone, rules)
        number += 1


def _day(points: Sequence[Point], number: int, zone: tzinfo | None, rules: Rules) -> Day:
    start, end = midnight(number, zone), midnight(number + 1, zone)
    from_, to = (midnight(number, zone, hour) for hour in rules.night)
    night = list(hourly(points, full_hour(from_), full_hour(to)))
    quiet = [each for each in night if each is not None]
    busy = [each for each in hourly(points, full_hour(start), full_hour(end)) if each is not None]
    return Day(
        number,
        _risen(points, start, end),
        min(quiet) if quiet and len(quiet) == len(night) else None,
        max(busy, default=None),
        total_at(points, end),
    )


def _risen(points: Sequence[Point], start: datetime, end: datetime) -> float | None:
    before, after = known_at(points, start), known_at(points, end)
    return None if before is None or after is None else after - before


def deviation(values: Sequence[float]) -> tuple[float, float]:
    """Give the median, and the standard deviation as the middle half of the values has it."""
    middle = median(values)
    return middle, SIGMA * median(abs(value - middle) for value in values)


def tolerance(values: Sequence[float], share: float, least: float) -> tuple[float, float]:
    """Give the median, and how far from it nothing is unusual."""
    middle, sigma = deviation(values)
    return middle, max(SIGMAS * sigma, share * middle, least)


def busiest(known: Sequence[Day]) -> float | None:
    """Give the busiest hour of a meter, None as long as too few days are known."""
    peaks = sorted(day.peak for day in known if day.peak is not None)
    return peaks[ceil(BUSY * len(peaks)) - 1] if len(peaks) >= PEAKS else None


def least_of(known: Sequence[Day], rules: Rules) -> float | None:
    """Give what is not worth a word in an hour of this meter, None if not yet known."""
    peak = busiest(known)
    return None if peak is None else max(rules.least, PEAK_SHARE * peak)


def leak(points: Sequence[Point], least: float, hours: int, *, was: bool) -> Finding:
    """Tell whether something has run without an hour of rest; one hour of rest ends it.

    What runs by itself is always the same: to begin with, the quietest third of
    the hours must be alike. Where people draw water all night they are not.
    """
    end = full_hour(points[-1].at)
    told = list(hourly(points, end - hours * HOUR, end))
    known = sorted(each for each in told if each is not None)
    if not known:
        return Finding(was or None)
    lowest, quiet = known[0], known[(len(known) - 1) // 3]
    if was:
        return Finding(lowest >= least / 2, lowest, least)
    step = step_of([point for point in points if point.at >= end - hours * HOUR])
    runs = lowest >= max(least, 2 * step) - TOLERANCE and quiet <= lowest * (1 + ALIKE) + step
    return UNKNOWN if runs and len(known) < len(told) else Finding(runs, lowest, least)


def step_of(points: Sequence[Point]) -> float:
    """Give in which steps a register counts, 0 where its readings do not show it."""
    rises = {
        round((after.total - before.total) / FINEST)
        for before, after in pairwise(points)
        if after.at - before.at <= LONGEST
    } - {0}
    return gcd(*rises) * FINEST if len(rises) > 1 else 0.0


def _raised(
    series: Sequence[tuple[int, float]], least: float, need: tuple[int, int], began: int | None
) -> tuple[Finding, int | None]:
    """Tell whether the two newest values lie above the past; one that does not ends it.

    Above all of the past, but for one odd value. It ends where the alarm began.
    Gives with it the day on which that was.
    """
    if len(series) < 2:  # noqa: PLR2004  # two in a row
        return UNKNOWN, None
    (first, earlier), (last, newest) = series[-2:]
    since = first if began is None else began
    past = [value for number, value in series if number < since][-need[1] :]
    if len(past) < need[0]:
        return UNKNOWN, None
    middle, most = tolerance(past, SHARE, least)
    if began is not None:
        on = newest > middle + most / 2
    else:
        highest = sorted(past)[-2]
        on = last - first == 1 and min(earlier, newest) > max(middle + most, highest)
    return Finding(on, newest, middle), since if on else None


class Base(NamedTuple):
    """Days on which alarms of the base load began."""

    night: int | None = None
    weekend: int | None = None


def base_load(known: Sequence[Day], least: float, began: Base) -> tuple[Finding, Base]:
    """Tell whether two nights in a row, or a whole weekend, took more than before.

    A weekend is compared with weekends, by hour, and tells what no night has told.
    """
    nights = [(day.number, day.night) for day in known if day.night is not None]
    found, night = _raised(nights, least, NIGHTS, began.night)
    rest = [
        (day.number, day.consumed / 24)
        for day in known
        if day.consumed is not None and _weekday(day) >= SATURDAY
    ]
    if found.on or (began.weekend is None and _weekday(known[-1]) < SATURDAY):
        return found, Base(night)
    by_rest, weekend = _raised(rest, least, REST_DAYS, began.weekend)
    return (by_rest if by_rest.on else found), Base(night, weekend)


def standstill(known: Sequence[Day], total: float) -> tuple[Finding, int | None]:
    """Tell whether a meter that counted a fair amount every day has not for a whole day.

    Gives with it the first day on which it did not.
    """
    consumed = [(day.number, day.consumed) for day in known if day.consumed is not None]
    still = list(takewhile(lambda each: each[1] <= TOLERANCE, reversed(consumed)))
    past = consumed[: len(consumed) - len(still)][-COUNTING_DAYS[1] :]
    if len(past) < COUNTING_DAYS[0]:
        return UNKNOWN, None
    usual = median(value for _, value in past)
    always = all(value > ALWAYS * usual for _, value in past) and usual > TOLERANCE
    on = bool(still) and always and total <= known[-1].end + TOLERANCE
    if not on:
        return Finding(on=False, usual=usual), None
    return Finding(on=True, measured=0.0, usual=usual), still[-1][0]


def unusual(known: Sequence[Day], least: float) -> Finding:
    """Tell whether the newest day differs from the same weekday of the past weeks.

    As little as on a Sunday is not unusual: a day off, holidays.
    """
    newest = known[-1]
    if newest.consumed is None:
        return UNKNOWN
    same, sundays = (
        [
            day.consumed
            for day in known[:-1]
            if day.consumed is not None and _weekday(day) == weekday
        ][-WEEKDAYS[1] :]
        for weekday in (_weekday(newest), SUNDAY)
    )
    if len(same) < WEEKDAYS[0] or len(sundays) < WEEKDAYS[0]:
        return UNKNOWN
    little_of_a_day = max(24 * least, DAY_LEAST * median(day.consumed or 0.0 for day in known[:-1]))
    middle, most = tolerance(same, DAY_SHARE, little_of_a_day)
    quiet, little = tolerance(sundays, DAY_SHARE, 24 * least)
    lowest = min(middle - most, quiet - little)
    on = newest.consumed > middle + most or newest.consumed < lowest - TOLERANCE
    return Finding(on, newest.consumed, middle)


def fresh(newest: datetime, now: datetime) -> bool:
    """Tell whether what was read is new enough to begin an alarm."""
    return now - newest <= timedelta(days=1)
