"""What can physically be: a value out of range means that the frame is not what it seems."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Final

from ..model import DecodeError, Quantity, Reading, Uplink
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
}
"""Smallest and largest possible value, in the quantity's unit."""


def checked(uplink: Uplink, readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Give all readings of an uplink, or refuse it as a whole."""
    kept = tuple(
        Reading(reading.quantity, _in_range(reading), reading.channel, reading.at, reading.meter)
        for reading in readings
    )
    # Against a clock that the frame tells, its times can be set right later.
    if not any(reading.quantity is Quantity.CLOCK for reading in kept):
        for reading in kept:
            if reading.at and not is_plausible(reading.at, uplink.received_at):
                msg = f"time {reading.at:%Y-%m-%d} is not plausible"
                raise DecodeError(msg)
    return kept


def _in_range(reading: Reading) -> float:
    value = float(reading.value)
    low, high = RANGES.get(reading.quantity, _ANY)
    if not (isfinite(value) and low <= value <= high):
        unit = f" {reading.quantity.unit}".rstrip()
        msg = f"{reading.quantity} of {value:g}{unit} is out of range"
        raise DecodeError(msg)
    return value
