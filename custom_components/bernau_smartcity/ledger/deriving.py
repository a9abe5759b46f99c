"""What follows from the samples of a device: its registers, its totals, and what they counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ..metering.gas import Factors
from ..metering.hours import Bounds
from ..metering.pulses import QUANTITY_OF_MEDIUM, weigh
from ..metering.register import Point, Sample
from ..model import Codec, Medium, Quantity
from .bridges import is_meter
from .choices import Choices
from .gas_energy import factors_of, with_gas
from .joining import Joining
from .revisions import Revisions
from .state import RESTART, DeviceState, Key, Value, updated
from .store import Store
from .totals import (
    Fresh,
    consumption,
    continued,
    is_displayed,
    pruned,
    sources,
    spread_in,
    total_of,
)
from .watcher import Watcher

DECISIONS_KEPT: Final = 20


@dataclass(slots=True)
class Deriving:
    """Derives the state of a device, and notes whose hours are to be written."""

    store: Store
    choices: Choices
    joining: Joining
    watcher: Watcher
    bounds: Bounds
    revisions: Revisions = field(default_factory=Revisions)

    def totalled(
        self, state: DeviceState, found: Mapping[Key, Sequence[Sample]], codec: Codec
    ) -> tuple[DeviceState, dict[Key, datetime]]:
        """Continue all registers that were read, and tell after which time each changed."""
        dev_eui = state.device.dev_eui
        registers = dict(state.registers)
        decisions = list(state.decisions)
        changed: dict[Key, datetime] = {}
        restarted = self.store.samples.add(dev_eui, RESTART, found.get(RESTART, ()))
        for key in dict.fromkeys((*registers, *(key for key in found if key != RESTART))):
            limits = self.choices.limits(state, codec, key)
            fresh, before = Fresh(found.get(key, ()), restarted), registers.get(key)
            step = continued(self.store, (dev_eui, key), fresh, limits, before)
            if step is not None:
                registers[key], since, made = step
                changed[key] = since
                decisions = [(k, told) for k, told in decisions if k != key or told.at <= since]
                decisions += [(key, told) for told in made]
        decisions.sort(key=lambda told: told[1].at)
        state = updated(state, registers=registers, decisions=tuple(decisions[-DECISIONS_KEPT:]))
        return state, changed

    def valued(
        self, state: DeviceState, codec: Codec | None, changed: Mapping[Key, datetime]
    ) -> DeviceState:
        """Derive what entities show, and note whose hours are to be written."""
        if codec is None and not is_meter(state.device.dev_eui):
            return replace(state, values={}, totals={}, consumed={})
        state = self._with_totals(state, codec)
        dev_eui = state.device.dev_eui
        where = self.joining.places.place(dev_eui)
        values = {
            key: Value(reading.value, reading.at)
            for key, reading in state.latest.items()
            if reading.at is not None
        }
        for key, source in state.totals.items():
            register = state.registers[source.register]
            last = register.total.last
            shown = total_of(source, Point(last.at, register.shown))
            is_other = is_displayed(state, key) and last.value != shown
            excess = shown - total_of(source, Point(last.at, register.total.value))
            display = last.value if is_other else None
            values[key] = Value(shown, last.at, display, excess, register.is_sum)
            self._note(dev_eui, key, source.register, changed)
        registers = {
            key: pruned(self.store, (dev_eui, key), register, where, self.joining.cuts(dev_eui))
            if key in changed
            else register
            for key, register in state.registers.items()
        }
        return self.consumed(replace(state, registers=registers, values=values))

    def _note(self, dev_eui: str, key: Key, register: Key, changed: Mapping[Key, datetime]) -> None:
        """Note whose hours are to be written: what changed, and all of a new total."""
        where = self.joining.places.place(dev_eui)
        since = changed.get(register)
        if since is not None:
            self.joining.changed(where, key, since)
            self.watcher.changed(where, key, since)
        if since is None and not self.store.hours.known(where, key):
            since = self.store.samples.oldest(dev_eui, register)
        if since is not None:
            edit = self.store.hours.changed(where, key, since)
            self.revisions.note(where, key, edit, since)

    def consumed(self, state: DeviceState) -> DeviceState:
        """Give what the totals counted in the present periods."""
        dev_eui = state.device.dev_eui
        consumed = consumption(self.store, dev_eui, state.totals, self.bounds)
        found = [
            gap for source in state.totals.values() for gap in state.registers[source.register].gaps
        ]
        return updated(state, consumed=consumed, spread=spread_in(found, self.bounds))

    def _with_totals(self, state: DeviceState, codec: Codec | None) -> DeviceState:
        """Weigh pulses, convert gas, and tell which totals there are."""
        settings = self.choices.known(state)
        weights = dict(state.weights)
        quantities: dict[int, Quantity] = {}
        for (counted, channel), register in state.registers.items():
            weight = self.choices.weight(state, codec, channel)
            if counted is Quantity.PULSES and weight is not None:
                weights[channel] = weigh(weights.get(channel, ()), weight, register.shown)
                quantity = QUANTITY_OF_MEDIUM.get(self.choices.medium(state, codec, channel))
                if quantity is not None:
                    quantities[channel] = quantity
        totals = sources(state.registers, weights, quantities)

        def held(channel: int) -> tuple[Medium, Factors]:
            medium = self.choices.medium(state, codec, channel)
            return medium, factors_of(settings, channel, self.choices.midnight)

        return with_gas(
            self.store,
            updated(state, weights=weights, totals=totals),
            self.joining.places.place(state.device.dev_eui),
            held,
        )
