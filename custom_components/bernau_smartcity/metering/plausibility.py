"""What a register can count in an hour, and how far it may step back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from ..model import Medium, Quantity

type Own = tuple[float | None, float | None]
"""The most in an hour and the modulus, as far as a person has set them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is believed of a register without a second reading."""

    per_hour: float
    """The most it can count in an hour, in the quantity's unit."""
    dip: float = 0.0
    """Share of its value by which it may step back (backflow, rounding)."""
    restarts: bool = False
    """The device counts by itself and begins at zero after a power loss."""
    at_least: float = 0.25
    """Hours for which it is believed to have counted, even if it was read more often."""
    at_once: float = 0.0
    """What it can count beyond that, in whatever time."""
    modulus: float | None = None
    """Where it begins at zero again."""
    own: Own = (None, None)
    """What of both a person has set."""

    def adjusted(self, own: Own) -> Limits:
        """Give them as a person wants them."""
        per_hour, modulus = own
        return replace(
            self, per_hour=per_hour or self.per_hour, modulus=modulus or self.modulus, own=own
        )

    def believable(self, increase: float, span: timedelta) -> bool:
        """Tell whether it can have counted this much in this time."""
        hours = max(span / timedelta(hours=1), self.at_least)
        return 0 <= increase <= self.per_hour * hours + self.at_once

    def is_material(self, excess: float, day: float) -> bool:
        """Tell whether a total that stands too high by so much is worth a word.

        It is not where what the meter counts in a day catches up with it, nor
        where it is little for a meter of that kind.
        """
        return excess > max(day, self.per_hour / 100)

    def across_rollover(self, last: float, value: float) -> float | None:
        """Give the increase if the register rolled over, None if it did not.

        Only from the last quarter of its range: a fall from elsewhere is far
        more often a restart, and taking it for a rollover invents consumption.
        """
        if self.modulus is None or value >= last or last < self.modulus * 3 / 4:
            return None
        return value + self.modulus - last


_ELECTRICITY: Final = Limits(per_hour=1_000, dip=0.01)  # 1 MW, above any municipal building
_HEAT: Final = Limits(per_hour=10_000, dip=0.01)  # 10 MW, a district heating station
_WATER: Final = Limits(per_hour=500, dip=0.01)  # DN 150 at overload
_CHARGE: Final = Limits(per_hour=5_000, restarts=True)  # the largest clamps
_HEAT_COST: Final = Limits(per_hour=100)
_COUNTER: Final = Limits(per_hour=6_000, restarts=True, at_least=0, at_once=10)
"""A hundred people a minute, and a few more in messages that come in quick succession."""
_PULSES: Final = Limits(per_hour=360_000, restarts=True)  # 100 Hz

_BY_QUANTITY: Final[Mapping[Quantity, Limits]] = {
    Quantity.ENERGY: _ELECTRICITY,
    Quantity.ENERGY_EXPORT: _ELECTRICITY,
    Quantity.ENERGY_COOLING: _HEAT,
    Quantity.VOLUME: _WATER,
    Quantity.VOLUME_REVERSE: _WATER,
    Quantity.PULSES: _PULSES,
    Quantity.PEOPLE_IN: _COUNTER,
    Quantity.PEOPLE_OUT: _COUNTER,
    Quantity.ENERGY_REACTIVE: _ELECTRICITY,
    Quantity.ENERGY_REACTIVE_EXPORT: _ELECTRICITY,
    Quantity.CHARGE: _CHARGE,
    Quantity.HEAT_COST: _HEAT_COST,
    Quantity.CHILDREN_IN: _COUNTER,
    Quantity.CHILDREN_OUT: _COUNTER,
    Quantity.PASSAGES: _COUNTER,
    Quantity.PEOPLE_FLOW: _COUNTER,
    Quantity.MOVEMENTS: _COUNTER,
    Quantity.VEHICLES: _COUNTER,
    Quantity.VEHICLES_IN: _COUNTER,
    Quantity.VEHICLES_OUT: _COUNTER,
}
_BY_MEDIUM: Final[Mapping[tuple[Quantity, Medium], Limits]] = {
    (Quantity.ENERGY, Medium.HEAT): _HEAT,
    (Quantity.ENERGY, Medium.COOLING): _HEAT,
    (Quantity.ENERGY, Medium.GAS): _HEAT,
}


def limits_of(quantity: Quantity, medium: Medium) -> Limits:
    """Give the limits of a register of this quantity in a meter of this medium."""
    return _BY_MEDIUM.get((quantity, medium), _BY_QUANTITY[quantity])
