"""What can physically be: a value out of range means that the frame is not what it seems."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Final, overload

from ..model import DecodeError, Quantity, Reading, Told, Uplink
from ._times import is_plausible

_REGISTER: Final = (-1e10, 1e10)
_ANY: Final = (-1e15, 1e15)

RANGES: Final[Mapping[Quantity, tuple[float, float]]] = {
    Quantity.ENERGY: _REGISTER,
    Quantity.ENERGY_EXPORT: _REGISTER,
    Quantity.ENERGY_COOLING: _REGISTER,
    Quantity.VOLUME: _REGISTER,
    Quantity.VOLUME_REVERSE: _REGISTER,
    Quantity.PULSES: (0, 1e12),
    Quantity.POWER: (-1e9, 1e9),
    Quantity.FLOW: (-1e5, 1e5),
    Quantity.TEMPERATURE: (-60, 150),
    Quantity.FLOW_TEMPERATURE: (-60, 300),
    Quantity.RETURN_TEMPERATURE: (-60, 300),
    Quantity.TEMPERATURE_DIFFERENCE: (-300, 300),
    Quantity.HUMIDITY: (0, 100),
    Quantity.BATTERY: (0, 100),
    Quantity.BATTERY_VOLTAGE: (0, 60),
    Quantity.ENERGY_REACTIVE: _REGISTER,
    Quantity.ENERGY_REACTIVE_EXPORT: _REGISTER,
    Quantity.CHARGE: (0, 1e9),
    Quantity.HEAT_COST: (0, 1e9),
    Quantity.POWER_REACTIVE: (-1e9, 1e9),
    Quantity.POWER_APPARENT: (-1e9, 1e9),
    Quantity.POWER_FACTOR: (-1, 1),
    Quantity.VOLTAGE: (-1e6, 1e6),
    Quantity.CURRENT: (-1e5, 1e5),
    Quantity.FREQUENCY: (0, 500),
    Quantity.PRESSURE: (-1, 1_000),
    Quantity.ILLUMINANCE: (0, 200_000),
    Quantity.DISTANCE: (0, 1_000),
    Quantity.VALVE_OPENING: (0, 100),
    Quantity.SPEED: (0, 400),
    Quantity.SPEED_IN: (0, 400),
    Quantity.SPEED_OUT: (0, 400),
    Quantity.PEOPLE: (0, 100_000),
}
"""Smallest and largest possible value, in the quantity's unit."""


@overload
def checked(uplink: Uplink, told: Iterable[Reading]) -> tuple[Reading, ...]: ...
@overload
def checked(uplink: Uplink, told: Iterable[Told]) -> tuple[Told, ...]: ...
def checked(uplink: Uplink, told: Iterable[Told]) -> tuple[Told, ...]:
    """Give all that an uplink tells, or refuse it as a whole."""
    kept = tuple(_in_range(each) if isinstance(each, Reading) else each for each in told)
    readings = [each for each in kept if isinstance(each, Reading)]
    # Against a clock that the frame tells, its times can be set right later.
    if not any(reading.quantity is Quantity.CLOCK for reading in readings):
        for reading in readings:
            if reading.at and not is_plausible(reading.at, uplink.received_at):
                msg = f"time {reading.at:%Y-%m-%d} is not plausible"
                raise DecodeError(msg)
    return kept


def _in_range(reading: Reading) -> Reading:
    value = float(reading.value)
    low, high = RANGES.get(reading.quantity, _ANY)
    if not (isfinite(value) and low <= value <= high):
        unit = f" {reading.quantity.unit}".rstrip()
        msg = f"{reading.quantity} of {value:g}{unit} is out of range"
        raise DecodeError(msg)
    if type(reading.value) is float:
        return reading
    return Reading(reading.quantity, value, reading.channel, reading.at, reading.meter)
