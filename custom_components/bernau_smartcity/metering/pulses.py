"""Pulses become energy or volume by their weight."""

from dataclasses import dataclass
from typing import Final

from ..model import Medium, Quantity

QUANTITY_OF_MEDIUM: Final = {
    Medium.ELECTRICITY: Quantity.ENERGY,
    Medium.HEAT: Quantity.ENERGY,
    Medium.COOLING: Quantity.ENERGY_COOLING,
    Medium.WATER: Quantity.VOLUME,
    Medium.GAS: Quantity.VOLUME,
}
"""What a pulse of a meter of this medium stands for."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A total that follows a total of pulses from one point on."""

    weight: float
    """kWh or m³ for one pulse."""
    pulses: float
    """Total of pulses at that point."""
    value: float
    """Total in kWh or m³ at that point."""

    def at(self, pulses: float) -> float:
        """Give the total in kWh or m³ for a total of pulses."""
        return self.value + (pulses - self.pulses) * self.weight


type Weights = tuple[Weighed, ...]
"""Each holds from its point on, the first for all that was before."""


def weigh(before: Weights, weight: float, pulses: float) -> Weights:
    """Weigh pulses from now on; a corrected weight changes no past consumption."""
    if not before:
        return (Weighed(weight, 0.0, 0.0),)
    if before[-1].weight == weight:
        return before
    return (*before, Weighed(weight, pulses, weighed(before, pulses)))


def weighed(weights: Weights, pulses: float) -> float:
    """Give the total in kWh or m³ for a total of pulses, by the weight that held then."""
    holding = weights[0]
    for each in weights[1:]:
        if each.pulses <= pulses:
            holding = each
    return holding.at(pulses)


def positive(text: str | None) -> float | None:
    """Give the number that a tag or a person wrote, None if it is not a positive one."""
    try:
        number = float((text or "").strip().replace(",", "."))
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None
