"""Registers continued by samples, and the series of the totals that follow.

All functions work on the store and block.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ..metering.gas import energy_at, in_energy
from ..metering.hours import Bounds, Period, Stretch, gaps, spread, total_at
from ..metering.placement import OLDEST
from ..metering.plausibility import Limits
from ..metering.pulses import Weights, weighed
from ..metering.register import Decision, Folded, Point, Sample, Total, fold
from ..model import Quantity
from .state import RESTART, DeviceState, Key, Register, Source
from .store import Store

SAMPLES_KEPT: Final = timedelta(days=40)
"""Longer than any network server retains uplinks, so late ones find their place."""
PRUNE_STEP: Final = timedelta(days=1)
INSTANT: Final = timedelta(microseconds=1)


class Fresh(NamedTuple):
    """What is new of a register."""

    samples: Sequence[Sample]
    restarted: datetime | None = None
    """When its device began anew at the earliest."""


def continued(
    store: Store,
    of: tuple[str, Key],
    fresh: Fresh,
    limits: Limits,
    before: Register | None,
) -> tuple[Register, datetime, tuple[Decision, ...]] | None:
    """Continue one register; samples that came late are put where they belong.

    With limits that a person has changed all that is kept of it is judged anew,
    and what follows a restart of the device of which only now is known.
    Gives it with the time after which its total may have changed and the
    decisions made since then, None where nothing changed.
    """
    dev_eui, key = of
    samples, restarted = fresh
    kept_since = None if before is None else before.since
    if kept_since is not None:
        samples = [sample for sample in samples if sample.at > kept_since]
    earliest = store.samples.add(dev_eui, key, samples)
    if before is not None and restarted is not None:
        known = restarted if kept_since is None else max(restarted, kept_since + INSTANT)
        earliest = known if earliest is None else min(known, earliest)
    if before is not None and before.own != limits.own:
        oldest = store.samples.oldest(dev_eui, key)
        earliest = oldest if kept_since is None else kept_since + INSTANT
    if earliest is None:
        return None
    start = store.samples.firm_before(dev_eui, key, earliest)
    since = None if start is None else start.last.at
    replayed = _told(
        store.samples.after(dev_eui, key, since), store.samples.after(dev_eui, RESTART, since)
    )
    folded = fold(start, replayed, limits)
    if folded.total is None:  # pragma: no cover  # a fold over samples always gives a total
        return None
    store.samples.put_totals(dev_eui, key, replayed, folded)
    total = folded.total
    if folded.above is not None:
        # The sum was a part of what the register had counted; it did not begin below zero.
        lift = max(folded.above, -store.samples.base(dev_eui, key))
        store.samples.lift(dev_eui, key, lift)
        total = replace(total, value=total.value + lift)
        since = store.samples.oldest(dev_eui, key)
    floor = total.value if before is None else before.shown
    found = _gaps(() if before is None else before.gaps, start, folded)
    register = Register(total, floor, kept_since, found, limits.own)
    return register, since or earliest, folded.decisions


def _told(samples: list[Sample], restarts: Iterable[Sample]) -> list[Sample]:
    """Mark the first sample after each restart of which the device told."""
    for restart in restarts:
        following = bisect_left(samples, restart.at, key=lambda sample: sample.at)
        if following < len(samples):
            samples[following] = replace(samples[following], restarted=True)
    return samples


def _gaps(before: Iterable[Stretch], start: Total | None, folded: Folded) -> tuple[Stretch, ...]:
    """Give the gaps of a register that was continued from a total on."""
    if start is None:
        return tuple(gaps(folded.points))
    points = (Point(start.last.at, start.value), *folded.points)
    oldest = points[-1].at - SAMPLES_KEPT
    known = (gap for gap in before if oldest < gap[1] <= start.last.at)
    return (*known, *gaps(points))


def pruned(
    store: Store,
    of: tuple[str, Key],
    register: Register,
    place: str,
    cuts: Iterable[datetime] = (),
) -> Register:
    """Forget samples that no late uplink can precede and no hour still needs.

    The hours are those of the place of the device. What was read around a cut,
    where somebody noted something, is kept.
    """
    dev_eui, key = of
    newest = register.total.last.at
    due = store.hours.since(place, key) or newest
    limit = min(newest - SAMPLES_KEPT, max(due, newest - OLDEST))
    oldest = store.samples.oldest(dev_eui, key)
    if oldest is None or oldest >= limit - PRUNE_STEP:
        return register
    base = store.samples.firm_before(dev_eui, key, limit)
    if base is None:
        return register
    keep = {each.at for cut in cuts for each in store.samples.neighbours(dev_eui, key, cut)}
    store.samples.forget_before(dev_eui, key, base.last.at, keep)
    store.samples.forget_before(dev_eui, RESTART, limit)
    return replace(register, since=base.last.at)


def sources(
    registers: Mapping[Key, Register],
    weights: Mapping[int, Weights],
    quantities: Mapping[int, Quantity],
) -> dict[Key, Source]:
    """Give what each total of a device follows; the pulses of a channel stand for its quantity."""
    found = {key: Source(key) for key in registers}
    for channel, quantity in quantities.items():
        source = Source((Quantity.PULSES, channel), weights[channel])
        found.setdefault((quantity, channel), source)
    return found


def is_displayed(state: DeviceState, key: Key) -> bool:
    """Tell whether a total follows what the device itself shows."""
    return state.totals[key].register == key and not state.registers[key].is_sum


def total_of(source: Source, point: Point) -> float:
    """Give a total from a point of the register which it follows."""
    total = weighed(source.weights, point.total) if source.weights else point.total
    return energy_at(source.gas, Point(point.at, total)) if source.gas else total


def followed(source: Source, points: Iterable[Point]) -> list[Point]:
    """Give the points of a total from those of the register which it follows."""
    totals = [Point(each.at, total_of(source._replace(gas=()), each)) for each in points]
    return in_energy(source.gas, totals) if source.gas else totals


def series(store: Store, dev_eui: str, source: Source, since: datetime | None) -> list[Point]:
    """Give the points of a total from the newest one not after a time on, or all."""
    return followed(source, store.samples.points(dev_eui, source.register, since))


def spread_in(found: Iterable[Stretch], bounds: Bounds) -> timedelta:
    """Give how much of this month lies in gaps."""
    month = bounds.get(Period.THIS_MONTH)
    return spread(found, *month) if month else timedelta()


def value_at(store: Store, dev_eui: str, source: Source, at: datetime) -> float:
    """Give a total of a device at a time."""
    points = store.samples.neighbours(dev_eui, source.register, at)
    return total_at(followed(source, points), at)


def consumption(
    store: Store, dev_eui: str, totals: Mapping[Key, Source], bounds: Bounds
) -> dict[tuple[Key, Period], float]:
    """Give what was consumed in each period by each total."""
    found: dict[tuple[Key, Period], float] = {}
    for key, source in totals.items():
        for period, edges in bounds.items():
            start, end = (value_at(store, dev_eui, source, edge) for edge in edges)
            found[key, period] = end - start
    return found
