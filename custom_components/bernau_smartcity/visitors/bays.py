"""Arrivals and departures of cars, from which spaces are taken: only sums are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .parking import changes


@dataclass(slots=True)
class Bays:
    """The spaces of a parking area, and how many cars have come and gone."""

    states: dict[str, list[tuple[datetime, bool]]] = field(default_factory=dict)
    """Of each space since the newest change that has been counted."""
    arrived: int = 0
    left: int = 0

    def tell(self, space: str, at: datetime, *, occupied: bool) -> None:
        """Take over what a space tells."""
        self.states.setdefault(space, []).append((at, occupied))

    def count(self, until: datetime) -> None:
        """Count the changes until a time that have lasted long enough."""
        for space, states in self.states.items():
            found = changes(states, until)
            if not found:
                continue
            for _, occupied in found[1:]:
                self.arrived += occupied
                self.left += not occupied
            newest, _ = found[-1]
            later = [state for state in sorted(states) if state[0] > newest]
            self.states[space] = [found[-1], *later]

    @property
    def taken(self) -> Mapping[str, bool]:
        """Tell which spaces were taken when they were counted last."""
        return {space: states[0][1] for space, states in self.states.items()}
