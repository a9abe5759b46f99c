"""A day of people: who crosses which gates, and when."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
import math
from random import Random
from zoneinfo import ZoneInfo

from ..curves import Curve
from .ways import Way

_LOCAL = ZoneInfo("Europe/Berlin")
_QUIET = time(3)
"""Local time at which nobody is there."""
_FIRST = date(2026, 10, 1)
"""The day that begins with the history of every counter, or shortly after."""
_MINUTE = 60
_HOME_BEFORE = 60
"""Seconds before the day's end at which the last have left."""
_FIXED = 240.0
"""Minutes; so long are fixed stays, at work or at school."""
_VARIES, _VARIES_LITTLE = 0.5, 0.12
"""Standard deviation of a stay, by its mean."""
_COMPANIES = (0.62, 0.9)
"""Up to the first come alone, up to the second in pairs, beyond in threes."""
_ABREAST = 0.4
"""Seconds between those who come together."""


@cache
def begin_of(day: int) -> float:
    """Give when a day begins, by its number."""
    begin = datetime.combine(_FIRST + timedelta(days=day), _QUIET, _LOCAL)
    return begin.astimezone(UTC).timestamp()


def day_at(at: float) -> int:
    """Give the number of the day around a time; below 0 before all history."""
    day = int((at - begin_of(0)) // 86_400)
    return day + (at >= begin_of(day + 1)) - (at < begin_of(day))


@dataclass(frozen=True, slots=True)
class Visit:
    """One person from coming to leaving."""

    group: int
    times: tuple[float, ...]
    """When each line of the way is crossed."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """When people of a group come."""

    curve: Curve
    people: float
    salt: int

    def came(self, day: int, luck: float) -> int:
        """Give how many come on a day."""
        amount = self.curve.total(begin_of(day + 1)) - self.curve.total(begin_of(day))
        return int(self.people * amount + luck)


@cache
def _minutes(curve: Curve, day: int) -> tuple[float, array[float]]:
    """Give when a day begins and the share of its people that has come when each minute ends."""
    begin, end = begin_of(day), begin_of(day + 1)
    before = curve.total(begin)
    times = range(int(begin) + _MINUTE, int(end) + 1, _MINUTE)
    return begin, array("d", (curve.total(at) - before for at in times))


def arrivals(curve: Curve, day: int, number: int, random: Random) -> Iterator[tuple[float, int]]:
    """Give when people come, and how many of them together; in no order."""
    begin, shares = _minutes(curve, day)
    left = number
    while left:
        luck = random.random()
        company = min(left, 1 + sum(luck >= share for share in _COMPANIES))
        minute = min(bisect_right(shares, random.random() * shares[-1]), len(shares) - 1)
        yield begin + _MINUTE * (minute + random.random()), company
        left -= company


def stays(minutes: Sequence[float], random: Random) -> list[float]:
    """Draw how many seconds somebody stays in each zone."""
    return [_MINUTE * mean * _factor(mean, random) for mean in minutes]


def _factor(mean: float, random: Random) -> float:
    varies = _VARIES_LITTLE if mean >= _FIXED else _VARIES
    variance = math.log(1 + varies * varies)
    return random.lognormvariate(-variance / 2, math.sqrt(variance))


def walked(crowd: Crowd, way: Way, group: int, day: int, number: int) -> Iterator[Visit]:
    """Let the people of a group walk; all have left before the day ends."""
    random = Random(crowd.salt * 100_003 + day)  # noqa: S311  # no secret
    latest = begin_of(day + 1) - _HOME_BEFORE
    for at, company in arrivals(crowd.curve, day, number, random):
        lasting = stays(way.minutes, random)
        times = [min(at, latest)]
        hurry = min(1.0, (latest - times[0]) / sum(lasting))
        for seconds in lasting:
            times.append(times[-1] + hurry * seconds)
        for place in range(company):
            yield Visit(group, tuple(when + _ABREAST * place for when in times))
