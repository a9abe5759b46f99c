"""The points of the totals of a place, whichever devices stood there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..metering.register import Point
from .joining import Joining
from .state import DeviceState, Key
from .totals import followed


@dataclass(frozen=True, slots=True)
class PlaceReadings:
    """What was read of a place."""

    joining: Joining
    where: str
    states: Mapping[str, DeviceState]
    """Of all devices."""

    def points(self, key: Key, since: datetime | None) -> list[Point]:
        """Give the points of a total, at least those after a time."""
        return self.joining.points(self.where, key, self.states, since)

    def around(self, key: Key, at: datetime) -> list[Point]:
        """Give the newest point of a total not after a time, and the oldest after it."""
        joining, where = self.joining, self.where
        if where not in joining.altered:
            source = self.states[where].totals[key]
            return followed(source, joining.store.samples.neighbours(where, source.register, at))
        points = joining.points(where, key, self.states, at)
        before = [point for point in points if point.at <= at]
        after = [point for point in points if point.at > at]
        return [*before[-1:], *after[:1]]
