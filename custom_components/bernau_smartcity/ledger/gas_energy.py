"""The energy totals of gas meters, from their totals of volume.

All functions work on the store and block.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Final

from ..metering.gas import (
    CALORIFIC_VALUE,
    STATE_NUMBER,
    Factors,
    convert,
    differ_since,
    energy_at,
    factors,
    lifted,
    read_dated,
)
from ..metering.hours import total_at
from ..metering.register import Point
from ..model import Medium, Quantity, Setting
from .settings import of_input
from .state import DeviceState, Energy, Key, Source, updated
from .store import Store
from .totals import followed, total_of

type Midnight = Callable[[date], datetime]
"""When a day begins."""

_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def midnight_utc(day: date) -> datetime:
    """Give when a day begins in UTC."""
    return datetime.combine(day, time(), UTC)


def factors_of(settings: Mapping[str, str], channel: int, midnight: Midnight) -> Factors:
    """Give kWh for one m³ of an input; none where either number is missing or none."""
    try:
        return factors(
            read_dated(of_input(settings, Setting.CALORIFIC_VALUE, channel), CALORIFIC_VALUE),
            read_dated(of_input(settings, Setting.STATE_NUMBER, channel), STATE_NUMBER),
            midnight,
        )
    except ValueError:
        return ()


def with_gas(
    store: Store,
    state: DeviceState,
    place: str,
    held: Callable[[int], tuple[Medium, Factors]],
) -> DeviceState:
    """Add an energy total to each total of gas, and note the hours that other factors change."""
    energies = dict(state.energies)
    totals = dict(state.totals)
    for key, source in state.totals.items():
        quantity, channel = key
        if quantity is not Quantity.VOLUME or (Quantity.ENERGY, channel) in totals:
            continue
        medium, valid = held(channel)
        if medium is Medium.GAS and valid:
            before = state.energies.get(key)
            energy = _energy(store, state, source, before, valid)
            energies[key] = energy
            of: Key = (Quantity.ENERGY, channel)
            totals[of] = source._replace(gas=energy.conversion)
            since = before and differ_since(before.conversion, energy.conversion)
            if since:
                store.hours.anew(place, of, since)
    return updated(state, energies=energies, totals=totals)


def _energy(
    store: Store, state: DeviceState, source: Source, before: Energy | None, held: Factors
) -> Energy:
    """Continue the energy total up to the present."""
    dev_eui = state.device.dev_eui
    register = state.registers[source.register]

    def volume_at(at: datetime) -> float:
        points = store.samples.neighbours(dev_eui, source.register, at)
        return total_at(followed(source, points), at)

    oldest = store.samples.neighbours(dev_eui, source.register, _EPOCH)
    newest = register.total.last.at
    conversion = convert(
        before.conversion if before else (),
        held,
        followed(source, oldest)[0],
        newest,
        volume_at,
    )
    volume = total_of(source, Point(newest, register.shown))
    shown = energy_at(conversion, Point(newest, volume))
    if before and shown < before.shown:
        conversion, shown = lifted(conversion, before.shown - shown), before.shown
    return Energy(conversion, shown)
