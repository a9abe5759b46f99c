"""The state of a place, from what is kept of the devices that stood there.

All functions work on the store and block.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from math import isclose
from typing import Final

from .metering.exchange import Joined, Part, joined
from .metering.hours import HOUR, Bounds, Stretch, consumed, gaps
from .metering.plausibility import Limits
from .metering.register import Decision, Kind as DecisionKind, Point
from .model import Kind, Quantity
from .places import Places
from .state import DeviceState, Key, Value, suffix_of
from .store import Store
from .totals import spread_in, total_of

NOTHING: Final = Part((), Limits(per_hour=0.0), ())
"""Of a device that is not known."""


class Joining:
    """What was noted, applied to the devices."""

    def __init__(
        self, store: Store, places: Places, limits: Callable[[DeviceState, Key], Limits]
    ) -> None:
        """Read what was noted when the store was used last."""
        self.store = store
        self.limits = limits
        self.places = places
        self.altered = places.changed()
        """Places whose state is not simply that of their device."""
        self._floors: dict[str, dict[str, float]] = {}

    def apply(self, states: Mapping[str, DeviceState]) -> None:
        """Note the hours of all totals that follow from what was noted or taken back since."""
        kept = self.store.places.all()
        for place in kept.keys() | self.altered:
            before, floors = kept.get(place, ([], {}))
            now = self.places.facts(place)
            if before == now:
                self._floors[place] = floors
                continue
            self.store.places.put(place, now, {})
            differing = [fact for fact in (*before, *now) if (fact in before) != (fact in now)]
            since = min(datetime.fromisoformat(fact["at"]) for fact in differing)
            devices = [place, *(fact["new"] for fact in (*before, *now) if "new" in fact)]
            for dev_eui in self.places.gone().intersection(devices):
                self.store.hours.forget(dev_eui)
            known = [states[dev_eui] for dev_eui in devices if dev_eui in states]
            for key in dict.fromkeys(key for state in known for key in state.totals):
                self.store.hours.anew(place, key, self._before(known, key, since - HOUR))

    def part(self, state: DeviceState, key: Key) -> Part:
        """Give what a device counted of a total."""
        limits = self.limits(state, key)
        if key not in state.totals:
            return Part((), limits, ())
        source = state.totals[key]
        no_display = source[0][0] is Quantity.PULSES or state.registers[source[0]].is_sum
        rows = self.store.samples.shown(state.device.dev_eui, source[0])
        return Part(
            [Point(at, total_of(source, total)) for at, total, _ in rows],
            limits,
            None if no_display else [value for _, _, value in rows],
        )

    def _before(self, states: Iterable[DeviceState], key: Key, at: datetime) -> datetime:
        """Give the time of the newest reading from before a time, of whichever device."""
        found = [
            point.at
            for state in states
            if key in state.totals
            for point in self.store.samples.neighbours(
                state.device.dev_eui, state.totals[key][0], at
            )
        ]
        return min([*found, at])

    def joined(
        self,
        place: str,
        key: Key,
        states: Mapping[str, DeviceState],
        until: datetime | None = None,
    ) -> Joined:
        """Give a total of a place, at present or at a time."""
        exchanges = [
            each for each in self.places.exchanges_at(place) if until is None or each.at < until
        ]
        devices = [place, *(each.new for each in exchanges)]
        return joined(
            [
                self.part(states[dev_eui], key) if dev_eui in states else NOTHING
                for dev_eui in devices
            ],
            [each.change(key) for each in exchanges],
            [n for n in self.places.noted(place, key) if until is None or n.at <= until],
            until,
        )

    def placed(
        self, place: str, states: Mapping[str, DeviceState], bounds: Bounds
    ) -> DeviceState | None:
        """Give the state of a place; None where none of its devices is known."""
        known = [states[dev_eui] for dev_eui in self.places.devices(place) if dev_eui in states]
        if not known:
            return None
        heard = next((each for each in reversed(known) if each.heard), known[-1])
        device = replace(known[-1].device, dev_eui=place, name=known[0].device.name)
        values = {k: v for k, v in heard.values.items() if k[0].kind is not Kind.REGISTER}
        floors = self._floors.get(place, {})
        consumption = {}
        totals = {}
        found: list[Stretch] = []
        for key, source, register in (
            (key, source, state.registers[source[0]])
            for state in known
            for key, source in state.totals.items()
        ):
            points, display = self.joined(place, key, states)
            if not points:
                continue
            name = suffix_of(key)
            shown = max(points[-1].total, floors.get(name, points[-1].total))
            floors = {**floors, name: shown}
            if display is not None and isclose(display, shown, abs_tol=1e-9):
                display = None
            excess = shown - points[-1].total
            values[key] = Value(shown, points[-1].at, display, excess, register.is_sum)
            totals[key] = source
            found += gaps(points)
            for period, (start, end) in bounds.items():
                consumption[key, period] = consumed(points, start, end)
        if floors != self._floors.get(place, {}):
            self._floors[place] = floors
            self.store.places.put(place, self.places.facts(place), floors)
        return replace(
            known[-1],
            device=device,
            meter=heard.meter,
            heard=heard.heard,
            lost=sum(each.lost for each in known),
            latest=heard.latest,
            decisions=self._decisions(place, known),
            values=values,
            totals=totals,
            consumed=consumption,
            spread=spread_in(found, bounds),
        )

    def _decisions(
        self, place: str, known: Iterable[DeviceState]
    ) -> tuple[tuple[Key, Decision], ...]:
        """Give what was decided, the exchanges among it."""
        made = [told for state in known for told in state.decisions]
        for exchange in self.places.exchanges_at(place):
            for key in dict.fromkeys(key for state in known for key in state.totals):
                last, first = exchange.readings.get(suffix_of(key), (None, None))
                if last is not None and first is not None:
                    made.append((key, Decision(DecisionKind.EXCHANGE, exchange.at, last, first)))
        return tuple(sorted(made, key=lambda told: told[1].at))

    def forget(self, places: Iterable[str]) -> None:
        """Forget what was shown of places."""
        for place in places:
            self._floors.pop(place, None)
            self.store.places.put(place, (), {})

    def cuts(self, dev_eui: str) -> list[datetime]:
        """Give the times for which the readings around must be kept."""
        return [
            datetime.fromisoformat(fact["at"])
            for fact in self.places.facts(self.places.place(dev_eui))
        ]
