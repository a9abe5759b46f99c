"""The state of a place, from what is kept of the devices that stood there.

All functions work on the store and block.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import isclose
from typing import Final

from ..metering.exchange import Joined, Part, joined
from ..metering.gas import Conversion, convert, in_energy, in_turn, lifted
from ..metering.hours import HOUR, Bounds, Period, Stretch, total_at
from ..metering.plausibility import Limits
from ..metering.register import Decision, Kind as DecisionKind, Point
from ..model import Kind, Quantity
from .heads import Head, Present, head_of, points_since, present, whole_present
from .places import Places
from .state import DeviceState, Key, Value, suffix_of
from .store import Store
from .totals import is_displayed, series, spread_in, total_of

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
        self._heads: dict[tuple[str, Key], Head] = {}

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
                before_it = self._before(known, key, since - HOUR)
                self.store.hours.anew(place, key, before_it)
                # A day begins somewhere on the earth up to a day earlier.
                self.store.watches.changed(place, key, before_it.toordinal() - 1)

    def part(self, state: DeviceState, key: Key) -> Part:
        """Give what a device counted of a total."""
        limits = self.limits(state, key)
        if key not in state.totals:
            return Part((), limits, ())
        source = state.totals[key]
        rows = self.store.samples.shown(state.device.dev_eui, source.register)
        return Part(
            [Point(at, total_of(source, Point(at, total))) for at, total, _ in rows],
            limits,
            [value for _, _, value in rows] if is_displayed(state, key) else None,
        )

    def _before(self, states: Iterable[DeviceState], key: Key, at: datetime) -> datetime:
        """Give the time of the newest reading from before a time, of whichever device."""
        found = [
            point.at
            for state in states
            if key in state.totals
            for point in self.store.samples.neighbours(
                state.device.dev_eui, state.totals[key].register, at
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
        gas = [states[each].totals[key].gas if _has(states, each, key) else () for each in devices]
        if any(gas):
            volumes = self.joined(place, (Quantity.VOLUME, key[1]), states, until).points
            begins = (None, *(each.at for each in exchanges))
            return Joined(_energy(volumes, list(zip(begins, gas, strict=True))), None)
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
        if place not in self.altered:
            return states.get(place)
        known = [states[dev_eui] for dev_eui in self.places.devices(place) if dev_eui in states]
        if not known:
            return None
        heard = next((each for each in reversed(known) if each.heard), known[-1])
        device = replace(known[-1].device, dev_eui=place, name=known[0].device.name)
        values = {k: v for k, v in heard.values.items() if k[0].kind is not Kind.REGISTER}
        floors = self._floors.get(place, {})
        consumption: dict[tuple[Key, Period], float] = {}
        totals = {}
        found: list[Stretch] = []
        for key, source, register in (
            (key, source, state.registers[source.register])
            for state in known
            for key, source in state.totals.items()
        ):
            told = self._present(place, key, states, bounds)
            if told is None:
                continue
            (at, total), display = told.newest, told.display
            name = suffix_of(key)
            shown = max(total, floors.get(name, total))
            floors = {**floors, name: shown}
            if display is not None and isclose(display, shown, abs_tol=1e-9):
                display = None
            values[key] = Value(shown, at, display, shown - total, register.is_sum)
            totals[key] = source
            found += told.gaps
            consumption |= {(key, period): much for period, much in told.consumed.items()}
        if floors != self._floors.get(place, {}):
            self._floors[place] = floors
            self.store.places.put(place, self.places.facts(place), floors)
        return replace(
            known[-1],
            device=device,
            meter=heard.meter,
            heard=heard.heard,
            rhythm=heard.rhythm,
            lost=sum(each.lost for each in known),
            latest=heard.latest,
            decisions=self._decisions(place, known),
            values=values,
            totals=totals,
            consumed=consumption,
            spread=spread_in(found, bounds),
        )

    def _present(
        self, place: str, key: Key, states: Mapping[str, DeviceState], bounds: Bounds
    ) -> Present | None:
        """Give what is shown of a total of a place, None where nothing was ever read."""
        state = states.get(self.places.present(place))
        head = self._heads.get((place, key))
        if head is not None and state is not None and key in state.totals:
            told = present(self.store, head, state, key, bounds)
            if told is not None:
                return told
        whole = self.joined(place, key, states)
        if not whole.points:
            return None
        if head is None and state is not None and key in state.totals:
            exchanges = self.places.exchanges_at(place)
            noted = [each.at for each in self.places.noted(place, key)]
            cuts = (exchanges[-1].at if exchanges else None, noted)
            head = head_of(self.store, state, state.totals[key], whole, cuts)
            if head is not None:
                self._heads[place, key] = head
        return whole_present(whole, head, bounds)

    def changed(self, place: str, key: Key, since: datetime) -> None:
        """Work the past of a total out again where a reading has changed it."""
        head = self._heads.get((place, key))
        if head is not None and since < head.until:
            del self._heads[place, key]

    def begin_anew(self, place: str) -> None:
        """Work all totals of a place out again."""
        self._heads = {each: head for each, head in self._heads.items() if each[0] != place}

    def points(
        self, place: str, key: Key, states: Mapping[str, DeviceState], since: datetime | None
    ) -> list[Point]:
        """Give the points of a total of a place, at least those after a time."""
        if place not in self.altered:
            return series(self.store, place, states[place].totals[key], since)
        head = self._heads.get((place, key))
        if head is None or since is None or since < head.since:
            return self.joined(place, key, states).points
        return points_since(self.store, head, states[self.places.present(place)], key, since)

    def gaps(self, place: str, key: Key, states: Mapping[str, DeviceState]) -> Sequence[Stretch]:
        """Give the gaps of a total of a place."""
        if place not in self.altered:
            state = states[place]
            return state.registers[state.totals[key].register].gaps
        told = self._present(place, key, states, {})
        return () if told is None else told.gaps

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
            self.begin_anew(place)
            self.store.places.put(place, (), {})

    def cuts(self, dev_eui: str) -> list[datetime]:
        """Give the times for which the readings around must be kept."""
        return [
            datetime.fromisoformat(fact["at"])
            for fact in self.places.facts(self.places.place(dev_eui))
        ]


def _has(states: Mapping[str, DeviceState], dev_eui: str, key: Key) -> bool:
    return dev_eui in states and key in states[dev_eui].totals


def _energy(
    volumes: Sequence[Point], parts: Sequence[tuple[datetime | None, Conversion]]
) -> list[Point]:
    """Give the energy of the gas of a place, each device with its own factors."""
    if not volumes:
        return []
    begin = next(conversion[0].energy for _, conversion in parts if conversion)
    conversion = convert(
        (), in_turn(parts), volumes[0], volumes[-1].at, lambda at: total_at(volumes, at)
    )
    return in_energy(lifted(conversion, begin - conversion[0].energy), volumes)
