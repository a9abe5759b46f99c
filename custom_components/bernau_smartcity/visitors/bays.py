"""Arrivals and departures of cars, from which spaces are taken: only sums are kept."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from .parking import changes


@dataclass(slots=True)
class Bays:
    """The spaces of a parking area, how many cars have come and gone, and how long they stood."""

    states: dict[str, list[tuple[datetime, bool]]] = field(default_factory=dict)
    """Of each space since the newest change that has been counted."""
    arrived: int = 0
    left: int = 0
    stays: int = 0
    """Those of the cars that left of which is known when they came."""
    stood: timedelta = timedelta()
    """How long these had stood, all together."""
    since: dict[str, datetime] = field(default_factory=dict)
    """Of each space: when its newest change was that has been counted."""

    def tell(self, space: str, at: datetime, *, occupied: bool) -> None:
        """Take over what a space tells."""
        self.states.setdefault(space, []).append((at, occupied))

    def count(self, until: datetime) -> None:
        """Count the changes until a time that have lasted long enough."""
        for space, states in self.states.items():
            found = changes(states, until)
            for (begin, _), (at, occupied) in pairwise(found):
                self.arrived += occupied
                self.left += not occupied
                if not occupied and self.since.get(space) == begin:
                    self.stays += 1
                    self.stood += at - begin
                self.since[space] = at
            if found:
                newest, _ = found[-1]
                later = [state for state in sorted(states) if state[0] > newest]
                self.states[space] = [found[-1], *later]
