"""Uplinks in, states out: decoded, placed in time, totalled and kept in one step."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
import logging
from threading import Lock
from typing import Final

from .joining import Joining
from .metering.hours import Bounds, Compiled, Repair, gaps, repair
from .metering.placement import place
from .metering.plausibility import limits_of
from .metering.pulses import QUANTITY_OF_MEDIUM, Weights, pulse_weight, weigh
from .metering.register import Point
from .model import (
    Batch,
    Codec,
    DecodeError,
    Device,
    Medium,
    Quantity,
    Reading,
    Setting,
    Uplink,
    readings_of,
)
from .places import Places
from .readings import heard, newest, samples_of
from .samples import Due
from .state import DeviceState, Key, Value, to_json
from .store import Store
from .totals import consumption, continued, pruned, series, sources, total_of

_LOGGER: Final = logging.getLogger(__package__)

DECISIONS_KEPT: Final = 20
GAPS_TOLD: Final = 20

ENCRYPTED: Final = "encrypted"
"""The `problem` of a device whose payload only somebody else can decrypt."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user has decided about devices."""

    codec: Callable[[Device], Codec | None]
    settings: Callable[[str], Mapping[str, str]]
    """By DevEUI; wins over the server's tags."""
    places: Places = field(default_factory=Places)


class Ledger:
    """The states of all devices of an entry, as durably kept.

    Everything blocks: call it in an executor. One call waits for the other.
    """

    def __init__(self, store: Store, choices: Choices, bounds: Bounds | None = None) -> None:
        """Read what was kept, and apply what the user has changed since."""
        self._store = store
        self._choices = choices
        self._bounds = bounds or {}
        self._lock = Lock()
        kept = store.load()
        self.cursors: dict[str, str] = kept.cursors
        self._joining = Joining(store, choices.places, self._medium_of)
        self._by_device: dict[str, DeviceState] = {}
        self.states: dict[str, DeviceState] = {}
        """By place: the DevEUI of the device that was the first there."""
        with store.transaction():
            for before in kept.states.values():
                state = self._chosen_anew(before)
                self._by_device[state.device.dev_eui] = state
                if to_json(state) != to_json(before):
                    store.put_state(state)
            self._joining.apply(self._by_device)
            self.states = self._placed(self._by_device, self._by_device)

    def take(self, batches: Iterable[Batch]) -> dict[str, DeviceState]:
        """Keep batches and their cursors, and give the states that changed."""
        changed: dict[str, DeviceState] = {}
        cursors: dict[str, str] = {}
        with self._lock:
            with self._store.transaction():
                for batch in batches:
                    cursors |= batch.cursors
                    if batch.device is not None:
                        state = self._known(batch.device, changed)
                        changed[batch.device.dev_eui] = self._read(state, batch)
                for state in changed.values():
                    self._store.put_state(state)
                self._store.put_cursors(cursors)
                by_device = self._by_device | changed
                placed = self._placed(changed, by_device)
            self._by_device = by_device
            self.states = self.states | placed
            self.cursors = self.cursors | cursors
        return placed

    def meet(self, devices: Iterable[Device]) -> dict[str, DeviceState]:
        """Take over the inventory, and give the states that changed."""
        changed: dict[str, DeviceState] = {}
        with self._lock:
            with self._store.transaction():
                for device in devices:
                    before = self._by_device.get(device.dev_eui)
                    if before is None or before.device != device:
                        state = self._chosen_anew(self._known(device, {}))
                        changed[device.dev_eui] = state
                        self._store.put_state(state)
                by_device = self._by_device | changed
                placed = self._placed(changed, by_device)
            self._by_device = by_device
            self.states = self.states | placed
        return placed

    def forget(self, dev_euis: Iterable[str]) -> None:
        """Forget places, with all devices that stood there."""
        places = set(dev_euis)
        gone = {each for where in places for each in self.places.devices(where)}
        with self._lock:
            with self._store.transaction():
                for dev_eui in gone:
                    self._store.forget_device(dev_eui)
                self._joining.forget(places)
            self._by_device = {k: v for k, v in self._by_device.items() if k not in gone}
            self.states = {k: v for k, v in self.states.items() if k not in places}
            self.cursors = {k: v for k, v in self.cursors.items() if k not in gone}

    def device(self, dev_eui: str) -> Device | None:
        """Give a device as it is known, None if it is not."""
        state = self._by_device.get(dev_eui)
        return None if state is None else state.device

    def close(self) -> None:
        """Close the store."""
        with self._lock:
            self._store.close()

    def run[T](self, job: Callable[[Joining, Mapping[str, DeviceState]], T]) -> T:
        """Let a job look at what is kept of the devices, while nothing changes."""
        with self._lock:
            return job(self._joining, self._by_device)

    def reckon(self, bounds: Bounds) -> dict[str, DeviceState]:
        """Give all states, with the consumption of periods that have begun anew."""
        with self._lock:
            self._bounds = bounds
            self._by_device = {k: self._consumed(state) for k, state in self._by_device.items()}
            with self._store.transaction():
                self.states = self._placed(self._by_device, self._by_device)
            return self.states

    def due(self, returned: Iterable[tuple[str, Key]], *, never_written: bool) -> list[Due]:
        """Give the totals whose hours are to be written: all, or those that never were.

        Of those that returned at least what follows their newest reading.
        """
        with self._lock:
            found = {
                (d.dev_eui, d.key): d for d in self._store.hours.all(never_written=never_written)
            }
            for dev_eui, key in returned:
                state = self.states.get(dev_eui)
                if state is not None and key in state.totals:
                    since = state.values[key].at
                    edit = self._store.hours.edit(dev_eui, key)
                    found.setdefault((dev_eui, key), Due(dev_eui, key, since, edit))
            return list(found.values())

    def repairs(self, compiled: Iterable[tuple[Due, Compiled]]) -> dict[Due, Repair]:
        """Give what is to be written to make the recorder's hours true."""
        with self._lock:
            return {
                due: found
                for due, held in compiled
                if (found := self._repair(due, held)) is not None
            }

    def settle(self, written: Iterable[Due], idle: Iterable[Due] = ()) -> None:
        """Note that hours were written as they were due, and for which nobody waits."""
        with self._lock, self._store.transaction():
            self._store.hours.written(written)
            self._store.hours.rest(idle)

    def gaps(self) -> dict[str, dict[Key, list[tuple[datetime, datetime]]]]:
        """Give by device and total the stretches over which consumption was spread."""
        with self._lock:
            return {
                dev_eui: {
                    key: list(gaps(self._points(dev_eui, key, None)))[-GAPS_TOLD:]
                    for key in state.totals
                }
                for dev_eui, state in self.states.items()
            }

    def _repair(self, due: Due, compiled: Compiled) -> Repair | None:
        state = self.states.get(due.dev_eui)
        if state is None or due.key not in state.totals:
            return None
        since = compiled.anchor[0] if compiled.anchor else None
        points = self._points(due.dev_eui, due.key, since)
        excess = state.values[due.key].value - points[-1].total
        return repair(points, compiled, excess)

    def _points(self, where: str, key: Key, since: datetime | None) -> list[Point]:
        """Give the points of a total of a place, at least those after a time."""
        if where in self._joining.altered:
            return self._joining.joined(where, key, self._by_device).points
        return series(self._store, where, self.states[where].totals[key], since)

    def _placed(
        self, changed: Iterable[str], by_device: Mapping[str, DeviceState]
    ) -> dict[str, DeviceState]:
        """Give the states of the places of devices that changed."""
        found: dict[str, DeviceState] = {}
        for where in dict.fromkeys(map(self.places.place, changed)):
            state = (
                self._joining.placed(where, by_device, self._bounds)
                if where in self._joining.altered
                else by_device[where]
            )
            if state is not None:
                found[where] = state
        return found

    @property
    def places(self) -> Places:
        """Give what was noted of places."""
        return self._joining.places

    def _known(self, device: Device, changed: Mapping[str, DeviceState]) -> DeviceState:
        """Give the state of a device as it is listed now; a poll may not tell its catalogue."""
        state = changed.get(device.dev_eui) or self._by_device.get(device.dev_eui)
        if state is None:
            return DeviceState(device=device)
        catalogue = device.catalogue or state.device.catalogue
        return replace(state, device=replace(device, catalogue=catalogue))

    def _chosen_anew(self, state: DeviceState) -> DeviceState:
        """Apply the present choice of codec and settings to what is kept."""
        codec = self._choices.codec(state.device)
        dev_eui = state.device.dev_eui
        if state.codec and (codec is None or codec.key != state.codec):
            self._store.forget_readings(dev_eui)
            self.cursors.pop(dev_eui, None)
            state = DeviceState(
                device=state.device, settings=state.settings, heard=state.heard, lost=state.lost
            )
        if codec is not None and (state.problem or not state.codec):
            state = self._read(
                state,
                Batch(device=state.device, uplinks=tuple(self._store.take_undecoded(dev_eui))),
            )
        return self._valued(state, codec, {})

    def _read(self, state: DeviceState, batch: Batch) -> DeviceState:
        """Read the uplinks of one batch into the state of their device."""
        codec = self._choices.codec(state.device)
        readings: list[Reading] = []
        for uplink in sorted(batch.uplinks, key=lambda u: u.received_at):
            state = heard(state, uplink, joined=batch.joined)
            if uplink.payload:
                found, problem = self._decoded(uplink, codec, state)
                state = replace(state, problem=problem)
                readings += found
        state = replace(state, codec="" if codec is None else codec.key)
        changed: dict[Key, datetime] = {}
        if codec is not None:
            state, changed = self._totalled(newest(state, readings), readings, codec)
        return self._valued(state, codec, changed)

    def _decoded(
        self, uplink: Uplink, codec: Codec | None, state: DeviceState
    ) -> tuple[list[Reading], str]:
        """Give the readings of an uplink, or keep it and say why there are none."""
        if uplink.encrypted:
            self._store.put_undecoded(uplink)
            return [], ENCRYPTED
        if codec is None:
            self._store.put_undecoded(uplink)
            return [], ""
        try:
            told = codec.decode(replace(uplink, settings=self._settings(state)))
            frame = tuple(readings_of(told))
        except DecodeError as error:
            problem = str(error)
        except Exception as error:  # one faulty codec must not stop the others
            _LOGGER.exception("Decoder %s failed on a payload", codec.key)
            problem = type(error).__name__
        else:
            return list(place(frame, uplink.received_at)), ""
        self._store.put_undecoded(uplink)
        return [], problem

    def _totalled(
        self, state: DeviceState, readings: Sequence[Reading], codec: Codec
    ) -> tuple[DeviceState, dict[Key, datetime]]:
        """Continue all registers that were read, and tell after which time each changed."""
        dev_eui = state.device.dev_eui
        medium = self._medium(state, codec)
        registers = dict(state.registers)
        decisions = list(state.decisions)
        changed: dict[Key, datetime] = {}
        for key, samples in samples_of(readings).items():
            limits = replace(limits_of(key[0], medium), modulus=codec.modulus.get(key[0]))
            before = registers.get(key)
            step = continued(self._store, (dev_eui, key), samples, limits, before)
            if step is not None:
                registers[key], since, made = step
                changed[key] = since
                decisions = [(k, told) for k, told in decisions if k != key or told.at <= since]
                decisions += [(key, told) for told in made]
        decisions.sort(key=lambda told: told[1].at)
        state = replace(state, registers=registers, decisions=tuple(decisions[-DECISIONS_KEPT:]))
        return state, changed

    def _valued(
        self, state: DeviceState, codec: Codec | None, changed: Mapping[Key, datetime]
    ) -> DeviceState:
        """Derive what entities show, and note whose hours are to be written."""
        if codec is None:
            return replace(state, values={}, totals={}, consumed={})
        state = self._with_totals(state, codec)
        dev_eui = state.device.dev_eui
        where = self.places.place(dev_eui)
        values = {
            key: Value(reading.value, reading.at)
            for key, reading in state.latest.items()
            if reading.at is not None
        }
        for key, source in state.totals.items():
            register = state.registers[source[0]]
            last = register.total.last
            shown = total_of(source, register.shown)
            display = None if source[1] or last.value == shown else last.value
            values[key] = Value(shown, last.at, display)
            self._note(dev_eui, key, source[0], changed)
        registers = {
            key: pruned(self._store, (dev_eui, key), register, where, self._joining.cuts(dev_eui))
            if key in changed
            else register
            for key, register in state.registers.items()
        }
        return self._consumed(replace(state, registers=registers, values=values))

    def _note(self, dev_eui: str, key: Key, register: Key, changed: Mapping[Key, datetime]) -> None:
        """Note whose hours are to be written: what changed, and all of a new total."""
        where = self.places.place(dev_eui)
        since = changed.get(register)
        if since is None and not self._store.hours.known(where, key):
            since = self._store.samples.oldest(dev_eui, register)
        if since is not None:
            self._store.hours.changed(where, key, since)

    def _consumed(self, state: DeviceState) -> DeviceState:
        dev_eui = state.device.dev_eui
        consumed = consumption(self._store, dev_eui, state.totals, self._bounds)
        return replace(state, consumed=consumed)

    def _with_totals(self, state: DeviceState, codec: Codec) -> DeviceState:
        """Weigh pulses, and tell which totals there are."""
        weight = pulse_weight(self._settings(state).get(Setting.PULSE_WEIGHT))
        if weight is None or Setting.PULSE_WEIGHT not in codec.settings:
            return replace(state, totals=sources(state.registers, {}, None))
        weights: dict[int, Weights] = {
            channel: weigh(state.weights.get(channel, ()), weight, register.shown)
            for (quantity, channel), register in state.registers.items()
            if quantity is Quantity.PULSES
        }
        quantity = QUANTITY_OF_MEDIUM.get(self._medium(state, codec))
        totals = sources(state.registers, weights, quantity)
        return replace(state, weights=weights, totals=totals)

    def _settings(self, state: DeviceState) -> dict[str, str]:
        return {**state.tags, **self._choices.settings(state.device.dev_eui)}

    def _medium(self, state: DeviceState, codec: Codec) -> Medium:
        chosen = self._settings(state).get(Setting.MEDIUM, "").strip().lower()
        if Setting.MEDIUM in codec.settings and chosen in Medium:
            return Medium(chosen)
        return codec.medium

    def medium(self, state: DeviceState) -> Medium:
        """Give the medium of the device at a place, unknown where it has no decoder."""
        present = self.places.present(state.device.dev_eui)
        return self._medium_of(self._by_device.get(present, state))

    def _medium_of(self, state: DeviceState) -> Medium:
        codec = self._choices.codec(state.device)
        return Medium.UNKNOWN if codec is None else self._medium(state, codec)
