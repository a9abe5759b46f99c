"""Uplinks in, states out: decoded, placed in time, totalled and kept in one step."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
import sqlite3
from threading import Lock
from typing import Any, Final, Self

from ..metering.gas import Factors
from ..metering.hours import Bounds, Compiled, Repair, Stretch, repair
from ..metering.limits import Span
from ..metering.plausibility import Limits
from ..metering.pulses import QUANTITY_OF_MEDIUM, weigh
from ..metering.register import Point, Sample
from ..metering.usage import Usage, usage
from ..model import (
    Batch,
    Codec,
    Device,
    Medium,
    Missing,
    Quantity,
)
from .bridges import Taken, behind, identity_of, is_meter, released, unread
from .choices import Choices
from .database import is_damage, put_aside
from .gas_energy import factors_of, with_gas
from .joining import Joining
from .judging import LIMIT_ALARMS
from .place_readings import PlaceReadings
from .places import Places
from .reader import Read, Reader
from .readings import heard, newest, samples_of
from .revisions import Revisions
from .samples import Due
from .settings import decoding, reads_on
from .state import RESTART, UNWATCHED, DeviceState, Key, Value, to_json
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
from .watcher import Limits as TotalLimits, Watcher

DECISIONS_KEPT: Final = 20
GAPS_TOLD: Final = 20


class Ledger:
    """The states of all devices of an entry, as durably kept.

    Everything blocks: call it in an executor. One call waits for the other.
    """

    def __init__(self, store: Store, choices: Choices, bounds: Bounds | None = None) -> None:
        """Read what was kept, and apply what the user has changed since."""
        self._store = store
        self.choices = choices
        self._bounds = bounds or {}
        self._lock = Lock()
        self._taken = Taken(choices.meters, choices.keys.owners)
        self._reader = Reader(store, self._taken)
        kept = store.load()
        self.cursors: dict[str, str] = kept.cursors
        self.renewed = kept.renewed
        """Devices of which nothing could be read that was kept."""
        self.aside = store.aside
        """Name of the file of which nothing could be read, if there was one."""
        self._joining = Joining(store, choices.places, self._limits_of)
        self._watcher = Watcher(store, choices.watching, self._medium_of)
        self.revisions = Revisions()
        self._by_device: dict[str, DeviceState] = {}
        self.states: dict[str, DeviceState] = {}
        """By place: the DevEUI of the device that was the first there."""
        self.left: set[str] = set()
        """Meters behind bridges that are no longer read, and still shown."""
        with store.transaction():
            self._watcher.begin()
            known = dict(kept.states)
            for state in kept.states.values():
                if not is_meter(state.device.dev_eui):
                    self._chosen_anew(state, known, kept.states)
            self._leave(known)
            self._by_device = known
            for dev_eui, state in known.items():
                known[dev_eui] = self._met_again(state) if is_meter(dev_eui) else state
                before = kept.states.get(dev_eui)
                if before is None or to_json(known[dev_eui]) != to_json(before):
                    store.put_state(known[dev_eui])
            self._joining.apply(known)
            self.states = self._placed(known, known)

    @classmethod
    def open(cls, path: Path, choices: Choices, bounds: Bounds | None = None) -> Self:
        """Open what is kept in a file; one that turns out to be damaged is put aside.

        Raises OSError or sqlite3.Error when the place cannot be read or written.
        """
        store = Store.open(path)
        try:
            return cls(store, choices, bounds)
        except sqlite3.DatabaseError as error:
            store.close()
            if not is_damage(error):
                raise
            aside = put_aside(path)
        store = Store.open(path)
        store.aside = aside
        return cls(store, choices, bounds)

    def take(self, batches: Iterable[Batch]) -> dict[str, DeviceState]:
        """Keep batches and their cursors, and give the states that changed."""
        changed: dict[str, DeviceState] = {}
        cursors: dict[str, str] = {}
        with self._lock:
            with self._store.transaction():
                for batch in batches:
                    cursors |= batch.cursors
                    if batch.device is not None:
                        self._read(self._known(batch.device, changed), batch, changed)
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
        with self._lock:
            known = dict(self._by_device)
            with self._store.transaction():
                for device in devices:
                    before = known.get(device.dev_eui)
                    if before is None or before.device != device:
                        self._chosen_anew(self._known(device, known), known, self._by_device)
                changed = [k for k, v in known.items() if v is not self._by_device.get(k)]
                for dev_eui in changed:
                    self._store.put_state(known[dev_eui])
                placed = self._placed(changed, known)
            gone = self._by_device.keys() - known.keys()
            self._by_device = known
            self.states = {k: v for k, v in self.states.items() if k not in gone} | placed
        return placed

    def forget(self, dev_euis: Iterable[str]) -> set[str]:
        """Forget places, with all devices that stood there and the meters behind them.

        Gives the places that are gone.
        """
        places = set(dev_euis)
        gone = {each for where in places for each in self.places.devices(where)}
        with self._lock:
            with self._store.transaction():
                left = {k: v for k, v in self._by_device.items() if k not in gone}
                for dev_eui in gone:
                    left |= released(left, dev_eui)
                self._leave(left)
                gone |= self._by_device.keys() - left.keys()
                places |= gone & self.states.keys()
                for dev_eui in gone:
                    self._store.forget_device(dev_eui)
                changed = [k for k, v in left.items() if v is not self._by_device[k]]
                for dev_eui in changed:
                    self._store.put_state(left[dev_eui])
                self._joining.forget(places)
                placed = self._placed(changed, left)
            self._by_device = left
            self.states = {k: v for k, v in self.states.items() if k not in places} | placed
            self.cursors = {k: v for k, v in self.cursors.items() if k not in gone}
        return places

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

    def settings(self, dev_eui: str) -> dict[str, str]:
        """Give all that is known of a device outside of its payload, but for keys."""
        return self.choices.known(self._by_device[dev_eui])

    def with_objects(self) -> set[str]:
        """Give the devices of which the network server's own codec gave numbers."""
        with self._lock:
            return self._store.objects.devices()

    def objects(self, dev_euis: Iterable[str]) -> list[list[Mapping[str, Any]]]:
        """Give what the network server's own codec gave of some devices, oldest first each."""
        with self._lock:
            return self._store.objects.of(dev_euis)

    def reckon(self, bounds: Bounds) -> dict[str, DeviceState]:
        """Give all states, with the consumption of periods that have begun anew."""
        with self._lock:
            self._bounds = bounds
            self._by_device = {k: self._consumed(state) for k, state in self._by_device.items()}
            with self._store.transaction():
                self._watcher.begin()
                self.states = self._placed(self._by_device, self._by_device)
            return self.states

    def set_limits(self, limits: TotalLimits, places: Iterable[str]) -> dict[str, DeviceState]:
        """Use other limits of some places, and give their states."""
        with self._lock:
            self._watcher.set_limits(limits)
            return self._judged_anew(places)

    def end_hour(self) -> dict[str, DeviceState]:
        """Give the states of places whose limit of an hour lies too far back to be told."""
        with self._lock:
            alarm = LIMIT_ALARMS[Span.HOUR]
            return self._judged_anew(
                place
                for place, state in self.states.items()
                if any(name == alarm for _, name in state.watched.alarms)
            )

    def _judged_anew(self, places: Iterable[str]) -> dict[str, DeviceState]:
        with self._store.transaction():
            placed = self._placed([each for each in places if each in self.states], self._by_device)
        self.states = self.states | placed
        return placed

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

    def waiting(self) -> dict[str, int]:
        """Give how many messages wait, by device or by meter behind a bridge."""
        with self._lock:
            return self._store.waiting.counts()

    def gaps(self) -> dict[str, dict[Key, list[Stretch]]]:
        """Give by device and total the stretches over which consumption was spread."""
        with self._lock:
            return {
                where: {
                    key: list(self._joining.gaps(where, key, self._by_device))[-GAPS_TOLD:]
                    for key in state.totals
                }
                for where, state in self.states.items()
            }

    def usage(self, where: str, key: Key, start: datetime, end: datetime) -> Usage:
        """Give what a total counted between two times; blocks nobody for longer than that."""
        with self._lock:
            state = self.states.get(where)
            known = state is not None and key in state.totals
            points = self._joining.points(where, key, self._by_device, start) if known else ()
            return usage(points, start, end)

    def _repair(self, due: Due, compiled: Compiled) -> Repair | None:
        state = self.states.get(due.dev_eui)
        if state is None or due.key not in state.totals:
            return None
        since = compiled.anchor[0] if compiled.anchor else None
        points = self._joining.points(due.dev_eui, due.key, self._by_device, since)
        return repair(points, compiled, state.values[due.key].excess)

    def _placed(
        self, changed: Iterable[str], by_device: Mapping[str, DeviceState]
    ) -> dict[str, DeviceState]:
        """Give the states of the places of devices that changed."""
        places = dict.fromkeys(map(self.places.place, changed))
        found = ((each, self._joining.placed(each, by_device, self._bounds)) for each in places)
        return {
            place: self._judged(place, state, by_device)
            for place, state in found
            if state is not None
        }

    def _judged(
        self, place: str, state: DeviceState, by_device: Mapping[str, DeviceState]
    ) -> DeviceState:
        """Give a state with what its limits and watches tell."""
        held = self.states.get(place)
        readings = PlaceReadings(self._joining, place, by_device)
        return self._watcher.judged(place, state, readings, held.watched if held else UNWATCHED)

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

    def _chosen_anew(
        self,
        state: DeviceState,
        known: dict[str, DeviceState],
        before: Mapping[str, DeviceState],
    ) -> None:
        """Apply the present choice of codec, settings and meters to what is kept of a device."""
        codec = self.choices.codec(state.device)
        dev_eui = state.device.dev_eui
        now = decoding(self.choices.known(state), codec)
        same = codec is not None and codec.key == state.codec
        if state.codec and not (same and reads_on(state.decoding, now)):
            self._store.forget_readings(dev_eui)
            self._joining.begin_anew(self.places.place(dev_eui))
            self._watcher.begin_anew(self.places.place(dev_eui))
            self._store.waiting.unlearn(dev_eui)
            self.cursors.pop(dev_eui, None)
            known |= released(known, dev_eui)
            self._leave(known)
            state = DeviceState(
                device=state.device, settings=state.settings, heard=state.heard, lost=state.lost
            )
        known[dev_eui] = state = replace(state, decoding=now)
        since: dict[Key, datetime] = {}
        if codec is not None and (owners := self._readable(state, codec, before)):
            read = Read(state, codec, self.choices.for_codec(state, codec))
            self._take_over(self._reader.read_again(read, owners), known, since)
            for owner in known.keys() & owners:
                tried = self.choices.mark(owner, known[owner], codec)
                known[owner] = replace(known[owner], tried=tried)
        elif codec is not None:  # other limits may have been set
            known[dev_eui], since = self._totalled(state, {}, codec)
        known[dev_eui] = self._valued(known[dev_eui], codec, since)

    def _met_again(self, meter: DeviceState) -> DeviceState:
        """Apply the present limits to what is kept of a meter behind a bridge."""
        codec = self._codec_of(meter)
        since: dict[Key, datetime] = {}
        if codec is not None:
            meter, since = self._totalled(meter, {}, codec)
        return self._valued(meter, codec, since)

    def _readable(
        self, state: DeviceState, codec: Codec, known: Mapping[str, DeviceState]
    ) -> list[str]:
        """Give for whom messages of a device wait that can perhaps be read now."""
        dev_eui = state.device.dev_eui
        own = not state.codec or (state.problem and state.problem not in Missing)
        owners = [dev_eui] if own or state.tried != self.choices.mark(dev_eui, state, codec) else []
        for identity in map(identity_of, filter(partial(self._taken.of, codec=codec), state.found)):
            meter = known.get(identity)
            if meter is None or meter.tried != self.choices.mark(identity, meter, codec):
                owners.append(identity)
        return owners

    def _leave(self, known: dict[str, DeviceState]) -> None:
        """Forget the meters that are not to be read; what another continues stays."""
        exchanged = self.places.gone() | {each.place for each in self.places.exchanges}
        for identity in unread(known, self._taken, self.choices.codec) - exchanged:
            del known[identity]
            self._store.forget_device(identity)
            self.left.add(identity)

    def _read(self, state: DeviceState, batch: Batch, changed: dict[str, DeviceState]) -> None:
        """Read the uplinks of one batch into the states of their device and its meters."""
        codec = self.choices.codec(state.device)
        for uplink in sorted(batch.uplinks, key=lambda u: u.received_at):
            state = heard(state, uplink, joined=batch.joined)
            self._store.objects.put(uplink)
        state = replace(state, codec="" if codec is None else codec.key)
        uplinks = [uplink for uplink in batch.uplinks if uplink.payload or uplink.decoded]
        read = self._reader.read(Read(state, codec, self.choices.for_codec(state, codec)), uplinks)
        since: dict[Key, datetime] = {}
        self._take_over(read, changed, since)
        dev_eui = state.device.dev_eui
        changed[dev_eui] = self._valued(changed[dev_eui], codec, since)

    def _take_over(
        self, read: Read, changed: dict[str, DeviceState], since: dict[Key, datetime]
    ) -> None:
        """Continue a device and the meters behind it by what was read."""
        state, codec = read.state, read.codec
        if codec is None:
            changed[read.dev_eui] = state
            return
        tried = state.tried or self.choices.mark(read.dev_eui, state, codec)
        with_ = decoding(read.settings, codec) if state.decoding is None else state.decoding
        state = replace(state, codec=codec.key, tried=tried, decoding=with_)
        found = samples_of(read.readings, read.messages)
        state, own = self._totalled(newest(state, read.readings), found, codec)
        changed[read.dev_eui] = state
        since |= own
        for number, news in read.meters.items():
            if self._taken.of(number, codec):
                identity = identity_of(number)
                before = changed.get(identity) or self._by_device.get(identity)
                meter = newest(behind(state, news, before), news.readings)
                tried = meter.tried or self.choices.mark(identity, meter, codec)
                meter = replace(meter, tried=tried)
                found = samples_of(news.readings, read.messages)
                meter, moved = self._totalled(meter, found, codec)
                changed[identity] = self._valued(meter, None, moved)

    def _totalled(
        self, state: DeviceState, found: Mapping[Key, Sequence[Sample]], codec: Codec
    ) -> tuple[DeviceState, dict[Key, datetime]]:
        """Continue all registers that were read, and tell after which time each changed."""
        dev_eui = state.device.dev_eui
        registers = dict(state.registers)
        decisions = list(state.decisions)
        changed: dict[Key, datetime] = {}
        restarted = self._store.samples.add(dev_eui, RESTART, found.get(RESTART, ()))
        for key in dict.fromkeys((*registers, *(key for key in found if key != RESTART))):
            limits = self.choices.limits(state, codec, key)
            fresh, before = Fresh(found.get(key, ()), restarted), registers.get(key)
            step = continued(self._store, (dev_eui, key), fresh, limits, before)
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
        if codec is None and not is_meter(state.device.dev_eui):
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
            register = state.registers[source.register]
            last = register.total.last
            shown = total_of(source, Point(last.at, register.shown))
            is_other = is_displayed(state, key) and last.value != shown
            excess = shown - total_of(source, Point(last.at, register.total.value))
            display = last.value if is_other else None
            values[key] = Value(shown, last.at, display, excess, register.is_sum)
            self._note(dev_eui, key, source.register, changed)
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
        if since is not None:
            self._joining.changed(where, key, since)
            self._watcher.changed(where, key, since)
        if since is None and not self._store.hours.known(where, key):
            since = self._store.samples.oldest(dev_eui, register)
        if since is not None:
            edit = self._store.hours.changed(where, key, since)
            self.revisions.note(where, key, edit, since)

    def _consumed(self, state: DeviceState) -> DeviceState:
        dev_eui = state.device.dev_eui
        consumed = consumption(self._store, dev_eui, state.totals, self._bounds)
        found = [
            gap for source in state.totals.values() for gap in state.registers[source.register].gaps
        ]
        return replace(state, consumed=consumed, spread=spread_in(found, self._bounds))

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
            self._store,
            replace(state, weights=weights, totals=totals),
            self.places.place(state.device.dev_eui),
            held,
        )

    def limits(self, state: DeviceState, key: Key) -> Limits:
        """Give what is believed of a total of the device at a place."""
        present = self.places.present(state.device.dev_eui)
        return self._limits_of(self._by_device.get(present, state), key)

    def _limits_of(self, state: DeviceState, key: Key) -> Limits:
        codec = self._codec_of(state)
        return self.choices.limits(state, codec, key)

    def medium(self, state: DeviceState, channel: int = 0) -> Medium:
        """Give the medium of an input at a place, unknown where it has no decoder."""
        present = self.places.present(state.device.dev_eui)
        return self._medium_of(self._by_device.get(present, state), channel)

    def _medium_of(self, state: DeviceState, channel: int) -> Medium:
        return self.choices.medium(state, self._codec_of(state), channel)

    def _codec_of(self, state: DeviceState) -> Codec | None:
        """Give the codec of a device, or of the bridge through which a meter is heard."""
        if not is_meter(state.device.dev_eui):
            return self.choices.codec(state.device)
        bridge = self._by_device.get(state.bridge)
        return None if bridge is None else self.choices.codec(bridge.device)
