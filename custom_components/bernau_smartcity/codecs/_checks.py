"""What can physically be: a value out of range means that the frame is not what it seems."""

from collections.abc import Iterable, Mapping
from typing import Final, overload

from ..model import DecodeError, Quantity, Reading, Told, Uplink
from ._times import is_plausible

_REGISTER: Final = (-1e10, 1e10)
_ANY: Final = (-1e15, 1e15)
_CLOCK: Final = Quantity.CLOCK

RANGES: Final[Mapping[Quantity, tuple[float, float]]] = {
    **dict.fromkeys(Quantity, _ANY),
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
    kept: list[Told] = []
    last = earliest = latest = None
    has_clock = False
    for each in told:
        if isinstance(each, Reading):
            quantity, value, channel, at, meter = each
            low, high = RANGES[quantity]
            if not low <= value <= high:
                raise DecodeError(_out_of_range(quantity, value))
            if type(value) is not float:
                each = Reading(quantity, float(value), channel, at, meter)  # noqa: PLW2901  # the same, as a float
            if quantity is _CLOCK:
                has_clock = True
            # Most readings of a frame share their time.
            if at is not None and at is not last:
                last = at
                earliest = at if earliest is None or at < earliest else earliest
                latest = at if latest is None or at > latest else latest
        kept.append(each)
    # Against a clock that the frame tells, its times can be set right later.
    if not has_clock:
        for at in (earliest, latest):
            if at is not None and not is_plausible(at, uplink.received_at):
                msg = f"time {at:%Y-%m-%d} is not plausible"
                raise DecodeError(msg)
    return tuple(kept)


def _out_of_range(quantity: Quantity, value: float) -> str:
    unit = f" {quantity.unit}".rstrip()
    return f"{quantity} of {value:g}{unit} is out of range"
