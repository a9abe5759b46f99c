"""Where meters stand: which device continues which, and what their displays showed.

These are facts that people noted, kept in the options of the entry. A place has
the identity (DevEUI) of its first device for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from ..const import CONF_DISPLAYS, CONF_EXCHANGES
from ..metering.exchange import Change, Noted
from .state import Key, suffix_of

type Readings = Mapping[str, tuple[float | None, float | None]]
"""Last reading of the old and first of the new meter, by name of the total."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """From a time on a new device stands at a place."""

    place: str
    new: str
    at: datetime
    readings: Readings = field(default_factory=dict)

    def change(self, key: Key) -> Change:
        """Give it as one total sees it."""
        return Change(self.at, *self.readings.get(suffix_of(key), (None, None)))

    def to_json(self) -> dict[str, Any]:
        """Give it as it is kept."""
        readings = {name: list(pair) for name, pair in sorted(self.readings.items())}
        return {
            "place": self.place,
            "new": self.new,
            "at": self.at.isoformat(),
            "readings": readings,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what was kept."""
        readings = {name: (last, first) for name, (last, first) in data["readings"].items()}
        return cls(data["place"], data["new"], datetime.fromisoformat(data["at"]), readings)


@dataclass(frozen=True, slots=True)
class Display:
    """What the display of the meter at a place showed."""

    place: str
    total: str
    """Name of the total, as in the identity of its entity."""
    at: datetime
    value: float

    def to_json(self) -> dict[str, Any]:
        """Give it as it is kept."""
        return {
            "place": self.place,
            "total": self.total,
            "at": self.at.isoformat(),
            "value": self.value,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what was kept."""
        return cls(data["place"], data["total"], datetime.fromisoformat(data["at"]), data["value"])


@dataclass(frozen=True, slots=True)
class Places:
    """All that was noted for an entry."""

    exchanges: Sequence[Exchange] = ()
    displays: Sequence[Display] = ()

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read the options of an entry."""
        exchanges = map(Exchange.from_json, options.get(CONF_EXCHANGES, ()))
        displays = map(Display.from_json, options.get(CONF_DISPLAYS, ()))
        return cls(
            sorted(exchanges, key=lambda each: each.at), sorted(displays, key=lambda each: each.at)
        )

    def changed(self) -> set[str]:
        """Give the places of which anything was noted."""
        return {e.place for e in self.exchanges} | {d.place for d in self.displays}

    def gone(self) -> set[str]:
        """Give the devices that stand at the place of another."""
        return {each.new for each in self.exchanges}

    def place(self, dev_eui: str) -> str:
        """Give the place of a device."""
        return next((e.place for e in self.exchanges if e.new == dev_eui), dev_eui)

    def exchanges_at(self, place: str) -> list[Exchange]:
        """Give the exchanges at a place, oldest first."""
        return [each for each in self.exchanges if each.place == place]

    def devices(self, place: str) -> list[str]:
        """Give the devices that stood at a place, oldest first."""
        return [place, *(each.new for each in self.exchanges_at(place))]

    def present(self, place: str) -> str:
        """Give the device that stands at a place now."""
        return self.devices(place)[-1]

    def noted(self, place: str, key: Key) -> list[Noted]:
        """Give what the display of a total showed."""
        name = suffix_of(key)
        return [Noted(d.at, d.value) for d in self.displays if (d.place, d.total) == (place, name)]

    def facts(self, place: str) -> list[dict[str, Any]]:
        """Give everything noted of a place, as it is kept."""
        return [
            *(each.to_json() for each in self.exchanges_at(place)),
            *(each.to_json() for each in self.displays if each.place == place),
        ]

    def with_exchange(self, exchange: Exchange) -> Places:
        """Give it with one exchange more."""
        return Places([*self.exchanges, exchange], self.displays)

    def with_display(self, display: Display) -> Places:
        """Give it with the number of one display more; at the same time the newer number holds."""
        others = [
            each
            for each in self.displays
            if (each.place, each.total, each.at) != (display.place, display.total, display.at)
        ]
        return Places(self.exchanges, [*others, display])

    def without_exchange(self, exchange: Exchange) -> Places:
        """Give it as if the newest exchange at a place had not been.

        What was noted of the displays of the new meter goes with it.
        """
        return Places(
            [each for each in self.exchanges if each != exchange],
            [d for d in self.displays if d.place != exchange.place or d.at < exchange.at],
        )

    def without_display(self, display: Display) -> Places:
        """Give it as if the number of a display had not been noted."""
        return Places(self.exchanges, [each for each in self.displays if each != display])

    def to_options(self) -> dict[str, list[dict[str, Any]]]:
        """Give it as it is kept in the options of an entry."""
        return {
            CONF_EXCHANGES: [each.to_json() for each in self.exchanges],
            CONF_DISPLAYS: [each.to_json() for each in self.displays],
        }
