"""What a register counts: how much has passed up to a time, and how fast it passes."""

from dataclasses import dataclass
import math
from typing import Protocol

from .clock import EPOCH
from .curves import Curve


class Load(Protocol):
    """Something that a register counts."""

    def total(self, at: float) -> float:
        """Give the exact register at a time in seconds since 1970."""

    def rate(self, at: float) -> float:
        """Give what passes per hour at a time."""

    def leaks(self, at: float) -> bool:
        """Tell whether the meter has noticed a leak."""


@dataclass(frozen=True, slots=True)
class Steady:
    """A load with a daily wave in closed form: cheap in any number."""

    start: float
    per_hour: float
    phase: float = 0.0

    def total(self, at: float) -> float:
        """Integrate the wave from the beginning."""
        hours = max(0.0, at - EPOCH) / 3600
        turn = 2 * math.pi / 24
        wave = math.cos(turn * self.phase) - math.cos(turn * (hours + self.phase))
        return self.start + self.per_hour * (hours + 0.8 * wave / turn)

    def rate(self, at: float) -> float:
        """Give the height of the wave."""
        hours = (at - EPOCH) / 3600
        return self.per_hour * (1 + 0.8 * math.sin(2 * math.pi / 24 * (hours + self.phase)))

    def leaks(self, at: float) -> bool:
        """Never leak."""
        del at
        return False


@dataclass(frozen=True, slots=True)
class Leak:
    """Water that runs day and night from some time on."""

    since: float
    per_hour: float
    noticed_after: float = 86_400.0
    """Seconds until the meter reports it."""

    def total(self, at: float) -> float:
        """Give what has run out up to a time."""
        return max(0.0, at - self.since) / 3600 * self.per_hour


@dataclass(frozen=True, slots=True)
class Scaled:
    """A unit curve, scaled, from a register that did not begin at zero."""

    curve: Curve
    scale: float
    start: float = 0.0
    delay: float = 0.0
    """Seconds by which it follows the curve: who came in leaves later."""
    leak: Leak | None = None

    def total(self, at: float) -> float:
        """Scale the curve's sum."""
        lost = self.leak.total(at) if self.leak else 0.0
        return self.start + self.scale * self.curve.total(at - self.delay) + lost

    def rate(self, at: float) -> float:
        """Scale the curve's present height."""
        lost = self.leak.per_hour if self.leak and at > self.leak.since else 0.0
        return self.scale * self.curve.rate(at - self.delay) + lost

    def leaks(self, at: float) -> bool:
        """Tell whether the meter has noticed a leak."""
        return self.leak is not None and at > self.leak.since + self.leak.noticed_after
