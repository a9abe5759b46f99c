"""What lies before the newest readings of a place, worked out once for as long as it holds.

A total of a place follows that of its present device at a constant distance, so a
new reading need not look at all earlier ones again. All functions block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ..metering.exchange import Joined
from ..metering.hours import Bounds, Period, Stretch, gaps, total_at
from ..metering.register import Point
from .state import DeviceState, Key, Source
from .store import Store
from .totals import is_displayed, series, total_of, value_at


@dataclass(frozen=True, slots=True)
class Head:
    """A total of a place up to the first reading of its present device there."""

    since: datetime
    """When that reading was."""
    until: datetime
    """It holds as long as no reading from before then changes."""
    shift: float
    """What the total is above that of the device."""
    display: float | None
    """What the display is above the total of the device, where only pulses are counted."""
    gaps: tuple[Stretch, ...]
    earlier: dict[datetime, float] = field(default_factory=dict)
    """The total at times before `since` that were asked for."""


class Present(NamedTuple):
    """What is shown of a total of a place."""

    newest: Point
    display: float | None
    consumed: dict[Period, float]
    gaps: Sequence[Stretch]


def head_of(
    store: Store,
    state: DeviceState,
    source: Source,
    whole: Joined,
    cuts: tuple[datetime | None, Sequence[datetime]],
) -> Head | None:
    """Give the head of a total, None as long as the next reading can still change it.

    The energy of gas has none: each device has factors of its own. The cuts are
    when the device came to its place, None where it was the
    first there, and when somebody noted what the display showed.
    """
    came, noted = cuts
    register = state.registers[source.register]
    if source.gas or not whole.points or whole.points[-1].at != register.total.last.at:
        return None
    since = whole.points[0].at if came is None else _next(store, state, source, came)
    following = [since, *(_next(store, state, source, at) for at in noted)]
    known = [at for at in following if at is not None]
    if since is None or len(known) < len(following):
        return None
    own = total_of(source, Point(register.total.last.at, register.total.value))
    return Head(
        since,
        max(known),
        whole.points[-1].total - own,
        None if whole.display is None else whole.display - own,
        tuple(gaps([point for point in whole.points if point.at <= since])),
    )


def _next(store: Store, state: DeviceState, source: Source, at: datetime) -> datetime | None:
    """Give when the first reading after a time was."""
    found = store.samples.neighbours(state.device.dev_eui, source.register, at)
    return next((point.at for point in found if point.at > at), None)


def present(
    store: Store, head: Head, state: DeviceState, key: Key, bounds: Bounds
) -> Present | None:
    """Give what is shown of a total, None where it takes more than the head to tell."""
    source = state.totals[key]
    register = state.registers[source.register]
    last = register.total.last
    own = total_of(source, Point(register.total.last.at, register.total.value))

    def at(edge: datetime) -> float:
        if edge < head.since:
            return head.earlier[edge]
        return value_at(store, state.device.dev_eui, source, edge) + head.shift

    edges = {edge for stretch in bounds.values() for edge in stretch if edge < head.since}
    if not edges <= head.earlier.keys():
        return None
    if is_displayed(state, key):
        display: float | None = last.value
    else:
        display = None if head.display is None else own + head.display
    later = (gap for gap in register.gaps if gap[0] >= head.since)
    return Present(
        Point(last.at, own + head.shift),
        display,
        {period: at(end) - at(start) for period, (start, end) in bounds.items()},
        (*head.gaps, *later),
    )


def whole_present(whole: Joined, head: Head | None, bounds: Bounds) -> Present:
    """Give what is shown of a total from all of its points, and let the head remember it."""
    edges = {edge: total_at(whole.points, edge) for each in bounds.values() for edge in each}
    if head is not None:
        head.earlier.update(edges)
    return Present(
        whole.points[-1],
        whole.display,
        {period: edges[end] - edges[start] for period, (start, end) in bounds.items()},
        list(gaps(whole.points)),
    )


def points_since(
    store: Store, head: Head, state: DeviceState, key: Key, since: datetime
) -> list[Point]:
    """Give the points of a total from the newest one not after a time on."""
    found = series(store, state.device.dev_eui, state.totals[key], since)
    return [Point(at, total + head.shift) for at, total in found]
