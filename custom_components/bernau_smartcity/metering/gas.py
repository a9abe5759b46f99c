"""Gas in kWh: the volume that was consumed, by the calorific value of its time.

A supplier bills m³ by state number and calorific value, and both numbers change
from one date on. So a factor has a history, and the energy total follows the
volume total piece by piece: what was consumed across such a date is divided
there, as if it had been consumed evenly between the two readings.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from .register import Point

CALORIFIC_VALUE: Final = (5.0, 15.0)
"""Smallest and largest kWh in a standard m³: lean natural gas to pure methane with reserve."""
STATE_NUMBER: Final = (0.5, 2.0)
"""Smallest and largest standard m³ for one m³ as counted; well above 1 at higher pressure."""


@dataclass(frozen=True, slots=True, order=True)
class Dated:
    """A number that holds from a date on, or always until the next date."""

    since: date
    number: float


def read_dated(text: str, limits: tuple[float, float]) -> tuple[Dated, ...]:
    """Read `11.2`, or `11.2 | 2026-01-01 11.4`: a number, then others each from a date on.

    Sorted by date. Raises ValueError.
    """
    found: dict[date, float] = {}
    for part in text.split("|"):
        *since, number = part.split()
        at = _day(" ".join(since)) if since else date.min
        value = float(number.replace(",", "."))
        if at in found or not limits[0] <= value <= limits[1]:
            raise ValueError(part)
        found[at] = value
    return tuple(Dated(at, value) for at, value in sorted(found.items()))


def _day(text: str) -> date:
    """Read `2026-01-31` or `31.1.2026`."""
    if "." not in text:
        return date.fromisoformat(text)
    day, month, year = map(int, text.split("."))
    return date(year, month, day)


def written(dated: Iterable[Dated]) -> str:
    """Give numbers as they are read."""
    return " | ".join(
        f"{each.number:.12g}" if each.since == date.min else f"{each.since} {each.number:.12g}"
        for each in sorted(dated)
    )


def with_dated(before: Iterable[Dated], new: Dated) -> tuple[Dated, ...]:
    """Give a history with one number more; at the same date the new one holds."""
    return tuple(sorted([*(each for each in before if each.since != new.since), new]))


@dataclass(frozen=True, slots=True, order=True)
class Factor:
    """kWh for one m³ as counted, from a time on."""

    since: datetime
    factor: float


type Factors = tuple[Factor, ...]
"""In order of time; the first holds for all that was before."""


def factors(
    calorific: Sequence[Dated], state: Sequence[Dated], midnight: Callable[[date], datetime]
) -> Factors:
    """Give the product of two histories; the first number of each holds for all before."""
    dates = sorted({each.since for each in (*calorific, *state)})
    return tuple(
        Factor(midnight(at), _holding(calorific, at) * _holding(state, at)) for at in dates
    )


def _holding(dated: Sequence[Dated], at: date) -> float:
    number = dated[0].number
    for each in dated:
        if each.since <= at:
            number = each.number
    return number


def factor_at(factors: Sequence[Factor | Converted], at: datetime) -> float:
    """Give the factor that holds at a time."""
    factor = factors[0].factor
    for each in factors:
        if each.since <= at:
            factor = each.factor
    return factor


@dataclass(frozen=True, slots=True)
class Converted:
    """An energy total that follows a total of volume, from a time on."""

    since: datetime
    factor: float
    volume: float
    """Total in m³ at that time."""
    energy: float
    """Total in kWh at that time."""


type Conversion = tuple[Converted, ...]
"""Each holds from its time on, the first for all that was before."""


def energy_at(conversion: Sequence[Converted], point: Point) -> float:
    """Give the energy total at a point of the volume total."""
    holding = conversion[0]
    for each in conversion:
        if each.since <= point.at:
            holding = each
    return holding.energy + (point.total - holding.volume) * holding.factor


def convert(
    before: Conversion,
    factors: Factors,
    oldest: Point,
    newest: datetime,
    volume_at: Callable[[datetime], float],
) -> Conversion:
    """Follow the volume total from the oldest point that is still known up to the newest.

    What was counted before the very first is taken as consumed at its factor.
    Later the total continues what it was `before` at the oldest point: another
    factor changes what was consumed since then, and never the total by
    everything that the meter ever counted.
    """
    found = [Converted(oldest.at, factor_at(factors, oldest.at), oldest.total, 0.0)]
    for each in factors:
        if oldest.at < each.since < newest:
            volume = volume_at(each.since)
            energy = energy_at(found, Point(each.since, volume))
            found.append(Converted(each.since, each.factor, volume, energy))
    if not before:
        return lifted(found, oldest.total * found[0].factor)
    at = max(oldest.at, before[0].since)
    common = Point(at, volume_at(at))
    return lifted(found, energy_at(before, common) - energy_at(found, common))


def lifted(conversion: Iterable[Converted], by: float) -> Conversion:
    """Give the same consumption with a total that is higher throughout."""
    return tuple(Converted(s.since, s.factor, s.volume, s.energy + by) for s in conversion)


def in_energy(conversion: Conversion, points: Iterable[Point]) -> list[Point]:
    """Give the energy total at points of the volume total, and at each date between them."""
    volumes = sorted(points)
    found = {point.at: Point(point.at, energy_at(conversion, point)) for point in volumes}
    for each in conversion:
        if volumes and volumes[0].at < each.since < volumes[-1].at:
            found.setdefault(each.since, Point(each.since, each.energy))
    return sorted(found.values())


def in_turn(parts: Iterable[tuple[datetime | None, Conversion]]) -> Factors:
    """Give the factors of a place: those of each device from when it stood there."""
    found: list[Factor] = []
    for begin, conversion in parts:
        if conversion:
            start = begin or conversion[0].since
            found = [each for each in found if each.since < start]
            found.append(Factor(start, factor_at(conversion, start)))
            found += [Factor(s.since, s.factor) for s in conversion if s.since > start]
    return tuple(found)


def differ_since(before: Conversion, after: Conversion) -> datetime | None:
    """Give the earliest time from which on consumption is another, None if it is the same."""
    for at in sorted({each.since for each in (*before, *after)}):
        if factor_at(before, at) != factor_at(after, at):
            return at
    return None
