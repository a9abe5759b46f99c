"""The weather of Bernau: deterministic, with seasons, days and spells of a few days."""

import math

from .noise import unit

_DAY = 86_400
_YEAR = 365.25 * _DAY


def _spell(at: float, days: float, salt: int) -> float:
    """Give a smooth random wave from -1 to 1 with steps of some days."""
    position = at / (days * _DAY)
    whole = math.floor(position)
    rest = position - whole
    ease = rest * rest * (3 - 2 * rest)
    before, after = unit(salt, whole), unit(salt, whole + 1)
    return 2 * (before + (after - before) * ease) - 1


def outdoor(at: float) -> float:
    """Give the outdoor temperature in °C at a time in seconds since 1970."""
    year = math.cos(2 * math.pi * (at / _YEAR - 0.055))
    day = math.cos(2 * math.pi * (at / _DAY - 0.58))
    swing = 2.5 - 1.5 * year
    return 9.8 - 9.6 * year + swing * day + 4.5 * _spell(at, 4, 11) + 1.5 * _spell(at, 1.3, 12)


def rain(at: float) -> float:
    """Give how wet it is, from 0 (dry, most of the time) to 1."""
    return max(0.0, _spell(at, 0.9, 13) + 0.5 * _spell(at, 0.2, 14) - 0.4)


def sun(at: float) -> float:
    """Give the sunshine on a roof, from 0 (night) to 1 (a clear noon in June)."""
    year = math.cos(2 * math.pi * (at / _YEAR - 0.475))
    height = math.cos(2 * math.pi * (at / _DAY - 0.465)) + 0.55 * year - 0.15
    cloud = 0.55 + 0.45 * _spell(at, 0.7, 15)
    return max(0.0, height / 1.4) * cloud


def daylight(at: float) -> float:
    """Give the height of the sun: above 0 by day, below at night."""
    year = math.cos(2 * math.pi * (at / _YEAR - 0.475))
    return math.cos(2 * math.pi * (at / _DAY - 0.465)) + 0.55 * year
