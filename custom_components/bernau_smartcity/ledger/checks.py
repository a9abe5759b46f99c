"""Whether what a person notes of a meter can be true; nothing is changed before."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from math import isfinite
from typing import Final

from ..metering.exchange import Joined, Part
from ..metering.hours import TOLERANCE, total_at
from ..metering.plausibility import Limits
from ..model import Quantity
from .joining import Joining
from .places import Display, Exchange, Places
from .state import DeviceState, Key, suffix_of

BENCH_TIME: Final = timedelta(days=1)
"""A new meter may have counted for as long before it is in place."""
LARGEST: Final = 1e9
"""Displays have nine digits at most before the decimal point."""


class Refusal(StrEnum):
    """Why something noted cannot be true; each has a text with the next step."""

    DATE_IN_FUTURE = "date_in_future"
    DATE_TOO_EARLY = "date_too_early"
    DEVICE_IN_USE = "device_in_use"
    DEVICE_UNKNOWN = "device_unknown"
    DISPLAY_IS_SENT = "display_is_sent"
    DISPLAY_UNKNOWN = "display_unknown"
    EXCHANGE_OTHER_QUANTITY = "exchange_other_quantity"
    EXCHANGE_SAME_DEVICE = "exchange_same_device"
    NOTHING_TO_UNDO = "nothing_to_undo"
    NOT_LOADED = "not_loaded"
    READING_ABOVE_SENT = "reading_above_sent"
    READING_ABSURD = "reading_absurd"
    READING_BELOW_SENT = "reading_below_sent"
    READING_FAR_ABOVE_SENT = "reading_far_above_sent"
    READING_FAR_BELOW_SENT = "reading_far_below_sent"
    READING_NEGATIVE = "reading_negative"
    TOTAL_UNKNOWN = "total_unknown"


class RefusedError(Exception):
    """What was noted cannot be true."""

    def __init__(self, reason: Refusal, **words: str | float | datetime) -> None:
        """Keep the reason for a translated text, and the words that complete it."""
        super().__init__(reason)
        self.reason = reason
        self.words = words


def check_exchange(
    joining: Joining, states: Mapping[str, DeviceState], exchange: Exchange, now: datetime
) -> None:
    """Refuse an exchange that cannot be, or that contradicts what the devices sent."""
    devices = [each for each in joining.places.devices(exchange.place) if each in states]
    _check_devices(joining.places, devices, exchange, states)
    if exchange.at > now:
        raise RefusedError(Refusal.DATE_IN_FUTURE)
    new = states[exchange.new]
    parts = {key: joining.part(new, key) for key, source in new.totals.items() if not source.gas}
    if any(_counted_before(part, exchange.at - BENCH_TIME) for part in parts.values()):
        raise RefusedError(Refusal.DEVICE_IN_USE)
    old = {
        key: source
        for each in devices
        for key, source in states[each].totals.items()
        if not source.gas
    }
    if old and parts and not old.keys() & parts.keys():
        raise RefusedError(Refusal.EXCHANGE_OTHER_QUANTITY)
    _check_begin(joining, states, exchange, list(old))
    names = {suffix_of(key): key for key in (*old, *parts)}
    for name, (last, first) in exchange.readings.items():
        if name not in names:
            raise RefusedError(Refusal.TOTAL_UNKNOWN, total=name)
        key = names[name]
        _check_number(last)
        _check_number(first)
        if last is not None:
            before = joining.joined(exchange.place, key, states, exchange.at)
            limits = joining.limits(states[devices[-1]], key)
            _check_last(before, exchange.at, last, key[0], limits)
        if first is not None and key in parts:
            _check_first(parts[key].between(exchange.at, None), exchange.at, first, key[0])


def _check_devices(
    places: Places, devices: Sequence[str], exchange: Exchange, states: Mapping[str, DeviceState]
) -> None:
    """Refuse devices that are not known, or that stand elsewhere."""
    place, new = exchange.place, exchange.new
    if not devices or new not in states:
        raise RefusedError(Refusal.DEVICE_UNKNOWN)
    if new == places.present(place):
        raise RefusedError(Refusal.EXCHANGE_SAME_DEVICE)
    if new in places.gone() or places.exchanges_at(new) or new == place:
        raise RefusedError(Refusal.DEVICE_IN_USE)


def check_display(
    joining: Joining, states: Mapping[str, DeviceState], display: Display, now: datetime
) -> None:
    """Refuse a number for a meter that sends its own, or one that cannot be."""
    present = states.get(joining.places.present(display.place))
    if present is None:
        raise RefusedError(Refusal.DEVICE_UNKNOWN)
    key = next((key for key in present.totals if suffix_of(key) == display.total), None)
    if key is None:
        raise RefusedError(Refusal.TOTAL_UNKNOWN, total=display.total)
    if not is_counted_by_pulses(present, key):
        raise RefusedError(Refusal.DISPLAY_IS_SENT)
    _check_number(display.value)
    if display.at > now:
        raise RefusedError(Refusal.DATE_IN_FUTURE)
    exchanges = joining.places.exchanges_at(display.place)
    since = exchanges[-1].at if exchanges else joining.part(present, key).points[0].at
    if display.at < since:
        raise RefusedError(Refusal.DATE_TOO_EARLY, since=since)


def is_counted_by_pulses(state: DeviceState, key: Key) -> bool:
    """Tell whether a total says nothing about the display of the meter."""
    source = state.totals[key]
    return source.register[0] is Quantity.PULSES and not source.gas


def _counted_before(part: Part, at: datetime) -> bool:
    return bool(part.points) and total_at(part.points, at) > part.points[0].total


def _check_begin(
    joining: Joining, states: Mapping[str, DeviceState], exchange: Exchange, keys: list[Key]
) -> None:
    """Refuse a date before the previous exchange, or before anything was read."""
    before = joining.places.exchanges_at(exchange.place)
    if before and exchange.at <= before[-1].at:
        raise RefusedError(Refusal.DATE_TOO_EARLY, since=before[-1].at)
    series = [joining.joined(exchange.place, key, states).points for key in keys]
    starts = [points[0].at for points in series if points]
    if starts and exchange.at < min(starts):
        raise RefusedError(Refusal.DATE_TOO_EARLY, since=min(starts))


def _check_number(reading: float | None) -> None:
    if reading is None:
        return
    if not isfinite(reading) or reading >= LARGEST:
        raise RefusedError(Refusal.READING_ABSURD, value=reading)
    if reading < 0:
        raise RefusedError(Refusal.READING_NEGATIVE, value=reading)


def _check_last(
    before: Joined, at: datetime, last: float, quantity: Quantity, limits: Limits
) -> None:
    """Compare the last reading of the old meter with what it sent before."""
    if not before.points:
        return
    if before.display is None:
        raise RefusedError(Refusal.DISPLAY_UNKNOWN)
    sent, newest = before.display, before.points[-1].at
    refused = partial(RefusedError, value=last, sent=sent, unit=quantity.unit, at=newest)
    if last < sent - TOLERANCE:
        raise refused(Refusal.READING_BELOW_SENT)
    if not limits.believable(max(last - sent, 0.0), at - newest):
        raise refused(Refusal.READING_FAR_ABOVE_SENT)


def _check_first(own: Part, at: datetime, first: float, quantity: Quantity) -> None:
    """Compare the first reading of the new meter with what it sent afterwards."""
    if not own.points or own.displays is None:
        return
    sent, point = own.displays[0], own.points[0]
    refused = partial(RefusedError, value=first, sent=sent, unit=quantity.unit, at=point.at)
    if first > sent + TOLERANCE:
        raise refused(Refusal.READING_ABOVE_SENT)
    if not own.limits.believable(max(sent - first, 0.0), point.at - at):
        raise refused(Refusal.READING_FAR_BELOW_SENT)
