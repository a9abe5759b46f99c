"""Unit curves: how a use of a building consumes a medium, as running hourly sums.

A curve's hours lie between 0 and about 1.2; one is an hour of full use. A device scales one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
import math

from . import days, weather
from .clock import EPOCH
from .days import Hour
from .noise import text_salt, unit

type Weight = Callable[[Hour, float], float]

_NOISE = 0.24
_DRAW = 0.12
"""Of water: a few people draw some now and then, and none in between."""
_DIMMED = range(5)
"""Hours in which every second street lamp is off."""
_ROOM = 17.5
"""Outdoor temperature in °C from which nothing is heated."""


@dataclass(frozen=True, slots=True)
class Use:
    """When people are in a building: shares of full use by local hour, twelve times two hours."""

    working: str
    saturday: str
    sunday: str
    in_break: float = 1.0

    def presence(self, hour: Hour) -> float:
        """Give the share of full use in an hour."""
        row = self.sunday if hour.is_rest else self.working
        if hour.is_saturday:
            row = self.saturday
        share = int(row[hour.hour // 2]) / 9
        return share * (self.in_break if hour.school_break else 1.0)


USES: Mapping[str, Use] = {
    #              00 04 08 12 16 20
    "office": Use("000289887410", "000000000000", "000000000000"),
    "school": Use("000399972100", "000000000000", "000000000000", 0.12),
    "daycare": Use("000499887100", "000000000000", "000000000000", 0.6),
    "fire": Use("112344445321", "111233334321", "111122333211"),
    "hall": Use("000266769985", "000136778620", "000036776300", 0.5),
    "library": Use("000025878500", "000025600000", "000000000000", 0.8),
    "culture": Use("000012333686", "000013455799", "000024666520"),
    "depot": Use("003988871000", "000111000000", "000000000000"),
    "museum": Use("000013666300", "000024889510", "000024889400"),
    "club": Use("000000158972", "000000268997", "000000013310", 0.9),
    "parking": Use("112467777543", "112356777543", "111234555432"),
}


def _use(name: str) -> Use:
    return USES[name]


def _electricity(use: Use) -> Weight:
    """Night base load, presence, and more light in the dark months."""

    def weight(hour: Hour, at: float) -> float:
        del at
        dark = 0.12 * (1 + math.cos(2 * math.pi * (hour.month - 0.5) / 12))
        return 0.16 + (0.72 + dark) * use.presence(hour)

    return weight


def _water(use: Use) -> Weight:
    """Flows when people are there, and a little flushing else."""

    def weight(hour: Hour, at: float) -> float:
        del at
        return 0.004 + 0.95 * math.pow(use.presence(hour), 1.4)

    return weight


def _heat(use: Use) -> Weight:
    """Follow the cold outside; set back when nobody is there or will be soon."""

    def weight(hour: Hour, at: float) -> float:
        soon = days.hour(int((at - EPOCH) // 3600) + 2)
        busy = max(use.presence(hour), use.presence(soon))
        cold = max(0.0, _ROOM - weather.outdoor(at + 1800)) / 28
        return 0.012 + cold * (0.55 + 0.45 * min(1.0, 2 * busy))

    return weight


def _solar(use: Use) -> Weight:
    del use

    def weight(hour: Hour, at: float) -> float:
        del hour
        return weather.sun(at + 1800)

    return weight


def _lighting(use: Use) -> Weight:
    """Lamps burn in the dark."""
    del use

    def weight(hour: Hour, at: float) -> float:
        bright = 0.5 if hour.hour in _DIMMED else 1.0
        return bright if weather.daylight(at + 1800) <= 0 else 0.01

    return weight


_MEDIA: Mapping[str, Callable[[Use], Weight]] = {
    "electricity": _electricity,
    "water": _water,
    "heat": _heat,
    "gas": _heat,
    "solar": _solar,
    "lighting": _lighting,
}

_COMMUTERS = (
    (2, 0, 0, 2, 18, 55, 95, 100, 70, 42, 36, 33, 32, 34, 35, 36, 36, 34, 28, 22, 16, 12, 9, 5),
    (6, 2, 0, 1, 4, 9, 16, 24, 34, 46, 52, 50, 46, 44, 42, 40, 38, 34, 30, 26, 20, 16, 12, 9),
)
_DAY_SHAPES: Mapping[str, tuple[Sequence[int], Sequence[int]]] = {
    # visitors per hour of the day in hundredths of the busiest: working days, other days
    "train": _COMMUTERS,
    "commuter": _COMMUTERS,
    "strolling": (
        (1, 0, 0, 0, 1, 4, 14, 34, 46, 60, 72, 78, 74, 70, 76, 88, 100, 92, 66, 42, 26, 16, 9, 4),
        (4, 2, 1, 0, 0, 1, 4, 10, 26, 50, 78, 96, 100, 92, 94, 90, 78, 60, 44, 34, 28, 20, 13, 8),
    ),
    "work": (
        (0, 0, 0, 0, 1, 12, 62, 100, 74, 24, 8, 4, 3, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 1, 4, 8, 12, 14, 8, 4, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ),
    "leaving": (
        (0, 0, 0, 2, 18, 55, 96, 100, 62, 30, 20, 16, 16, 16, 14, 12, 11, 9, 7, 5, 4, 3, 1, 0),
        (0, 0, 0, 1, 4, 9, 16, 24, 34, 40, 38, 32, 28, 24, 22, 20, 16, 14, 12, 10, 8, 5, 2, 0),
    ),
    "returning": (
        (0, 0, 0, 0, 1, 2, 4, 6, 7, 8, 10, 14, 20, 30, 46, 72, 98, 100, 72, 44, 28, 20, 14, 9),
        (0, 0, 0, 0, 1, 2, 4, 6, 8, 11, 14, 18, 22, 26, 30, 34, 38, 40, 36, 30, 24, 18, 14, 9),
    ),
    "evening": (
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 12, 60, 100, 18, 2, 0, 0),
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 8, 10, 12, 40, 60, 20, 30, 70, 100, 12, 0, 0, 0),
    ),
    "market": (
        (0, 0, 0, 0, 0, 0, 1, 10, 62, 96, 100, 86, 58, 22, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 0, 0, 8, 54, 96, 100, 92, 60, 20, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ),
    "errands": (
        (0, 0, 0, 0, 0, 1, 4, 16, 62, 92, 100, 88, 46, 64, 70, 66, 52, 28, 4, 2, 1, 0, 0, 0),
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ),
    "reading": (
        (0, 0, 0, 0, 0, 0, 0, 1, 3, 30, 66, 60, 42, 58, 84, 100, 92, 70, 24, 1, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 90, 100, 70, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ),
}
_TO_WORK = frozenset({"train", "commuter", "work", "leaving", "returning"})
_CLOSED_ON_SUNDAY = frozenset({"errands", "reading"})
_MARKET_HOURS = range(8, 14)
_MARKET_CROWD = 1.9


def _visitors(kind: str) -> Weight:
    """Follow the day; more on market days, fewer in the rain."""
    working, other = _DAY_SHAPES[kind]

    def weight(hour: Hour, at: float) -> float:
        if kind in _CLOSED_ON_SUNDAY and hour.is_rest:
            return 0.0
        if kind == "market" and not hour.market_day:
            return 0.0
        share = (working if hour.working_day else other)[hour.hour] / 100
        if kind == "strolling":
            share *= 1 - 0.55 * min(1.0, weather.rain(at))
            if hour.market_day and hour.hour in _MARKET_HOURS:
                share *= _MARKET_CROWD
        if kind in _TO_WORK and hour.school_break:
            share *= 0.8
        return share

    return weight


_TRAINS = ((2, 0.22), (18, 0.34), (22, 0.22), (42, 0.22))
"""Minute at which passengers begin to come, and their share: S-Bahn every 20 minutes, regional."""
_CROWD_MINUTES = 4.0


def train_rhythm(part: float) -> float:
    """Give the share of an hour's passengers that has come after a part of the hour."""
    minute = part * 60
    return sum(
        share * min(1.0, max(0.0, (minute - begin) / _CROWD_MINUTES)) for begin, share in _TRAINS
    )


def evenly(part: float) -> float:
    """Give the share of an hour's amount that has come after a part of the hour."""
    return part


@dataclass(slots=True, eq=False)
class Curve:
    """Running sums of hourly amounts since the beginning, extended as far as asked."""

    weight: Weight
    salt: int
    shape: Callable[[float], float] = evenly
    draw: float = 0.0
    """What is taken at once: less comes in some hours only, and then as much."""
    _sums: list[float] = field(default_factory=lambda: [0.0])

    def _sum(self, index: int) -> float:
        sums = self._sums
        for hour in range(len(sums) - 1, index):
            noise = 1 + _NOISE * (unit(self.salt, hour) - 0.5)
            amount = noise * self._drawn(hour)
            sums.append(sums[-1] + amount)
        return sums[index]

    def _drawn(self, hour: int) -> float:
        """Give the amount of an hour before noise."""
        weight = self.weight(days.hour(hour), EPOCH + 3600 * hour)
        if weight >= self.draw:
            return weight
        return self.draw if unit(self.salt, hour, 1) < weight / self.draw else 0.0

    def total(self, at: float) -> float:
        """Give the amount from the beginning to a time."""
        hours = (at - EPOCH) / 3600
        if hours <= 0:
            return 0.0
        index = int(hours)
        after, before = self._sum(index + 1), self._sum(index)
        return before + (after - before) * self.shape(hours - index)

    def rate(self, at: float) -> float:
        """Give the amount per hour at a time."""
        index = int(max(0.0, at - EPOCH) // 3600)
        after, before = self._sum(index + 1), self._sum(index)
        return after - before


@cache
def curve(use: str, medium: str, variant: int = 0) -> Curve:
    """Give the curve that a use of a building makes with a medium."""
    draw = _DRAW if medium == "water" else 0.0
    salt = text_salt(f"{use}/{medium}/{variant}")
    return Curve(_MEDIA[medium](_use(use)), salt, draw=draw)


@cache
def visitor_curve(kind: str, variant: int, *, by_train: bool = False) -> Curve:
    """Give the curve of people who come past a counter."""
    shape = train_rhythm if by_train or kind == "train" else evenly
    return Curve(_visitors(kind), text_salt(f"{kind}/{variant}"), shape)
