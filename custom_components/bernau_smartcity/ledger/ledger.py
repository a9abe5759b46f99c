"""Uplinks in, states out: decoded, placed in time, totalled and kept in one step."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
import sqlite3
from threading import Lock
from typing import Any, Final, Self

from ..metering.hours import Bounds, Compiled, Repair, Stretch, repair
from ..metering.limits import Span
from ..metering.plausibility import Limits
from ..metering.usage import Usage, usage
from ..model import (
    Batch,
    Codec,
    Device,
    Medium,
)
from .bridges import Taken, is_meter, released
from .choices import Choices
from .continuing import Continuing
from .database import is_damage, put_aside
from .deriving import Deriving
from .joining import Joining
from .judging import LIMIT_ALARMS
from .place_readings import PlaceReadings
from .places import Places
from .reader import Reader
from .samples import Due
from .state import UNWATCHED, DeviceState, Key, to_json, updated
from .store import Store
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
        self._lock = Lock()
        kept = store.load()
        self.cursors: dict[str, str] = kept.cursors
        self.renewed = kept.renewed
        """Devices of which nothing could be read that was kept."""
        self.aside = store.aside
        """Name of the file of which nothing could be read, if there was one."""
        self._joining = Joining(store, choices.places, self._limits_of)
        self._watcher = Watcher(store, choices.watching, self._medium_of)
        self._deriving = Deriving(store, choices, self._joining, self._watcher, bounds or {})
        self.revisions = self._deriving.revisions
        taken = Taken(choices.meters, choices.keys.owners)
        self._continuing = Continuing(choices, self._deriving, taken, Reader(store, taken))
        self._by_device: dict[str, DeviceState] = {}
        self.states: dict[str, DeviceState] = {}
        """By place: the DevEUI of the device that was the first there."""
        with store.transaction():
            self._watcher.begin()
            known = dict(kept.states)
            for state in kept.states.values():
                if not is_meter(state.device.dev_eui):
                    self._choose(state, known, kept.states)
            self._continuing.leave(known)
            self._by_device = known
            for dev_eui, state in known.items():
                if is_meter(dev_eui):
                    known[dev_eui] = self._continuing.met_again(state, self._codec_of(state))
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
                        state = self._known(batch.device, changed)
                        self._continuing.read(state, batch, changed, self._by_device)
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
                        self._choose(self._known(device, known), known, self._by_device)
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
                self._continuing.leave(left)
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

    @property
    def left(self) -> set[str]:
        """Meters behind bridges that are no longer read, and still shown."""
        return self._continuing.left

    def let_go(self) -> set[str]:
        """Give the meters that are left, and do not tell them again."""
        gone, self._continuing.left = self._continuing.left, set()
        return gone

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
            self._deriving.bounds = bounds
            consumed = self._deriving.consumed
            self._by_device = {k: consumed(state) for k, state in self._by_device.items()}
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
            newest = {
                (dev_eui, key): state.values[key].at
                for dev_eui, key in returned
                if (state := self.states.get(dev_eui)) is not None and key in state.totals
            }
            return self._store.hours.due(newest, never_written=never_written)

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
        found = (
            (each, self._joining.placed(each, by_device, self._deriving.bounds)) for each in places
        )
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

    def _choose(
        self, state: DeviceState, known: dict[str, DeviceState], before: Mapping[str, DeviceState]
    ) -> None:
        """Apply the present choices to a device, whose history is asked for again if need be."""
        if self._continuing.chosen_anew(state, known, before):
            self.cursors.pop(state.device.dev_eui, None)

    def _known(self, device: Device, changed: Mapping[str, DeviceState]) -> DeviceState:
        """Give the state of a device as it is listed now; a poll may not tell its catalogue."""
        state = changed.get(device.dev_eui) or self._by_device.get(device.dev_eui)
        if state is None:
            return DeviceState(device=device)
        catalogue = device.catalogue or state.device.catalogue
        return updated(state, device=replace(device, catalogue=catalogue))

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
