"""Proofs hour by hour: what is kept, what the diagrams show, and what meters truly showed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from .check import Picture
from .home_assistant import HomeAssistant
from .kept import HOUR, Counted, Kept, Register, counted, full_hours
from .town import Device, Hours, Town

CLOSE: Final = 1e-6
UNITS: Final = {"energy": "kWh", "volume": "m³"}
"""Those of the truth, by kind of statistics."""

type Row = tuple[float, float]
"""Total at the end of an hour, and the sum of which the diagrams show the differences."""


@dataclass(frozen=True, slots=True)
class Series:
    """A total of a device with all that is known of it."""

    name: str
    points: Sequence[Counted]
    truth: Mapping[datetime, float]
    """What its register truly showed at full hours."""


async def of(place: Town, devices: Iterable[Device], kept: Kept) -> dict[Register, Series]:
    """Give all series with their truth."""
    found = {}
    for device in devices:
        own = {key[1:]: counted(p) for key, p in kept.points.items() if key[0] == device.dev_eui}
        times = [point.at for points in own.values() for point in points]
        if times:
            truth = await place.hours(device, min(times), max(times))
            for key, points in {**own, **_weighed(own, truth)}.items():
                name = f"{device.building}, {device.name}: {key[0]}"
                found[device.dev_eui, *key] = Series(name, points, truth.get(key, {}))
    return found


def _weighed(
    own: Mapping[tuple[str, int], Sequence[Counted]], truth: Hours
) -> dict[tuple[str, int], list[Counted]]:
    """Give what pulses stand for, by the weight that the truth has."""
    found = {}
    for (quantity, channel), points in own.items():
        for meant in UNITS if quantity == "pulses" else ():
            shown, pulses = truth.get((meant, channel), {}), truth.get((quantity, channel), {})
            weight = next((shown[at] / pulses[at] for at in shown if pulses.get(at)), None)
            if weight is not None:
                found[meant, channel] = [
                    Counted(p.at, p.value * weight, p.total * weight) for p in points
                ]
    return found


def untrue(series: Series) -> list[str]:
    """Expect at each full hour the truth: that of a reading just then, else between its two."""
    if series.points and series.points[-1].period:
        return _unaccounted(series)
    wrong = []
    for hour in full_hours(series.points):
        low, high = hour.before.value, hour.after.value
        true = series.truth.get(hour.at)
        if true is None:
            wrong.append(f"{series.name}: nobody knows the truth of {hour.at}")
        # A counter that begins anew between two readings tells nothing about the hour.
        elif low <= high and not low - CLOSE <= true <= high + CLOSE:
            wrong.append(f"{series.name}: {true:.9g} at {hour.at}, not in {low:.9g}…{high:.9g}")
    return wrong


def _unaccounted(series: Series) -> list[str]:
    """Expect that a sum rises as what was truly counted, of which it is a part from some day on.

    What lies before that day is the same at every hour.
    """
    known = [h for h in full_hours(series.points) if h.at in series.truth]
    if not known:
        return []
    least = max((series.truth[h.at] - h.after.total, h.at) for h in known)
    most = min((series.truth[h.at] - h.before.total, h.at) for h in known)
    if least[0] <= most[0] + CLOSE:
        return []
    return [f"{series.name}: between {least[1]} and {most[1]} it does not rise as what was counted"]


async def rows(
    hass: HomeAssistant, entity_ids: Iterable[str], since: datetime
) -> dict[str, dict[datetime, Row]]:
    """Give the hourly rows of the recorder, by the end of the hour."""
    answer: Mapping[str, list[Mapping[str, Any]]] = await hass.command(
        "recorder/statistics_during_period",
        start_time=(since - HOUR).isoformat(),
        statistic_ids=list(entity_ids),
        period="hour",
        types=["state", "sum"],
        units=UNITS,
    )
    return {
        entity_id: {
            datetime.fromtimestamp(row["end"] / 1000, UTC): (row["state"], row["sum"])
            for row in each
        }
        for entity_id, each in answer.items()
    }


def wrong_rows(
    series: Series, held: Mapping[datetime, Row], due: datetime | None
) -> tuple[int, list[str]]:
    """Expect all hours that are not due any more, each with its total and its share of the sum.

    Gives with the complaints how many hours there are.
    """
    known = series.points[0].at if series.points else None  # nothing is known of the hour before
    hours = [h for h in full_hours(series.points) if h.at != known and (due is None or h.at <= due)]
    wrong = [f"{series.name}: no row for the hour until {h.at}" for h in hours if h.at not in held]
    there = [hour for hour in hours if hour.at in held]
    wrong += [
        f"{series.name}: {held[hour.at][0]:.9g} at {hour.at} instead of {hour.total:.9g}"
        for hour in there
        if not _is_close(held[hour.at][0], hour.total)
    ]
    wrong += [
        f"{series.name}: the bar until {hour.at} is {bar:.9g} instead of {right:.9g}"
        for before, hour in pairwise(there)
        if not _is_close(
            bar := held[hour.at][1] - held[before.at][1], right := hour.total - before.total
        )
    ]
    return len(hours), wrong


def _is_close(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE + 1e-9 * abs(other)


def entities(
    picture: Picture, devices: Iterable[Device], known: Iterable[Register]
) -> dict[Register, str]:
    """Give the entity that shows each total, unless it is off."""
    by_eui = {device.dev_eui: device for device in devices}
    found = {}
    for register in known:
        dev_eui, quantity, channel = register
        suffix = f"{quantity}_{channel}" if channel else quantity
        entity_id = picture.enabled(by_eui[dev_eui], suffix)
        if entity_id is not None:
            found[register] = entity_id
    return found
