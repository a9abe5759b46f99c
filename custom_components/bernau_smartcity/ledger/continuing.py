"""Devices and the meters behind them, continued by new messages and by other choices."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from ..model import Batch, Codec, Missing
from .bridges import Taken, behind, identity_of, released, unread
from .choices import Choices
from .deriving import Deriving
from .places import Places
from .reader import Read, Reader
from .readings import heard, newest, samples_of
from .settings import decoding, reads_on
from .state import DeviceState, Key, updated
from .store import Store


@dataclass(slots=True)
class Continuing:
    """Reads messages by the present choices; works on the states that it is given."""

    choices: Choices
    deriving: Deriving
    taken: Taken
    reader: Reader
    left: set[str] = field(default_factory=set)
    """Meters behind bridges that are no longer read."""

    @property
    def _store(self) -> Store:
        return self.deriving.store

    @property
    def _places(self) -> Places:
        return self.deriving.joining.places

    def chosen_anew(
        self,
        state: DeviceState,
        known: dict[str, DeviceState],
        before: Mapping[str, DeviceState],
    ) -> bool:
        """Apply the present choice of codec, settings and meters to what is kept of a device.

        Tells whether it is to be read anew, as what was read of it says nothing any more.
        """
        codec = self.choices.codec(state.device)
        dev_eui = state.device.dev_eui
        now = decoding(self.choices.known(state), codec)
        same = codec is not None and codec.key == state.codec
        is_anew = bool(state.codec) and not (same and reads_on(state.decoding, now))
        if is_anew:
            self._store.forget_readings(dev_eui)
            self.deriving.joining.begin_anew(self._places.place(dev_eui))
            self.deriving.watcher.begin_anew(self._places.place(dev_eui))
            self._store.waiting.unlearn(dev_eui)
            known |= released(known, dev_eui)
            self.leave(known)
            state = DeviceState(
                device=state.device, settings=state.settings, heard=state.heard, lost=state.lost
            )
        known[dev_eui] = state = replace(state, decoding=now)
        since: dict[Key, datetime] = {}
        if codec is not None and (owners := self._readable(state, codec, before)):
            read = Read(state, codec, self.choices.for_codec(state, codec))
            since = self._take_over(self.reader.read_again(read, owners), known, before)
            for owner in known.keys() & owners:
                tried = self.choices.mark(owner, known[owner], codec)
                known[owner] = replace(known[owner], tried=tried)
        elif codec is not None:  # other limits may have been set
            known[dev_eui], since = self.deriving.totalled(state, {}, codec)
        known[dev_eui] = self.deriving.valued(known[dev_eui], codec, since)
        return is_anew

    def met_again(self, meter: DeviceState, codec: Codec | None) -> DeviceState:
        """Apply the present limits to what is kept of a meter behind a bridge."""
        since: dict[Key, datetime] = {}
        if codec is not None:
            meter, since = self.deriving.totalled(meter, {}, codec)
        return self.deriving.valued(meter, codec, since)

    def _readable(
        self, state: DeviceState, codec: Codec, known: Mapping[str, DeviceState]
    ) -> list[str]:
        """Give for whom messages of a device wait that can perhaps be read now."""
        dev_eui = state.device.dev_eui
        own = not state.codec or (state.problem and state.problem not in Missing)
        owners = [dev_eui] if own or state.tried != self.choices.mark(dev_eui, state, codec) else []
        for identity in map(identity_of, filter(partial(self.taken.of, codec=codec), state.found)):
            meter = known.get(identity)
            if meter is None or meter.tried != self.choices.mark(identity, meter, codec):
                owners.append(identity)
        return owners

    def leave(self, known: dict[str, DeviceState]) -> None:
        """Forget the meters that are not to be read; what another continues stays."""
        exchanged = self._places.gone() | {each.place for each in self._places.exchanges}
        for identity in unread(known, self.taken, self.choices.codec) - exchanged:
            del known[identity]
            self._store.forget_device(identity)
            self.left.add(identity)

    def read(
        self,
        state: DeviceState,
        batch: Batch,
        changed: dict[str, DeviceState],
        before: Mapping[str, DeviceState],
    ) -> None:
        """Read the uplinks of one batch into the states of their device and its meters."""
        codec = self.choices.codec(state.device)
        for uplink in sorted(batch.uplinks, key=lambda u: u.received_at):
            state = heard(state, uplink, joined=batch.joined)
            self._store.objects.put(uplink)
        state = updated(state, codec="" if codec is None else codec.key)
        uplinks = [uplink for uplink in batch.uplinks if uplink.payload or uplink.decoded]
        read = self.reader.read(Read(state, codec, self.choices.for_codec(state, codec)), uplinks)
        since = self._take_over(read, changed, before)
        dev_eui = state.device.dev_eui
        changed[dev_eui] = self.deriving.valued(changed[dev_eui], codec, since)

    def _take_over(
        self, read: Read, changed: dict[str, DeviceState], before: Mapping[str, DeviceState]
    ) -> dict[Key, datetime]:
        """Continue a device and the meters behind it by what was read.

        Tells after which time each register of the device changed.
        """
        state, codec = read.state, read.codec
        if codec is None:
            changed[read.dev_eui] = state
            return {}
        tried = state.tried or self.choices.mark(read.dev_eui, state, codec)
        with_ = decoding(read.settings, codec) if state.decoding is None else state.decoding
        state = updated(state, codec=codec.key, tried=tried, decoding=with_)
        found = samples_of(read.readings, read.messages)
        state, since = self.deriving.totalled(newest(state, read.readings), found, codec)
        changed[read.dev_eui] = state
        for number, news in read.meters.items():
            if self.taken.of(number, codec):
                identity = identity_of(number)
                held = changed.get(identity) or before.get(identity)
                meter = newest(behind(state, news, held), news.readings)
                tried = meter.tried or self.choices.mark(identity, meter, codec)
                meter = replace(meter, tried=tried)
                found = samples_of(news.readings, read.messages)
                meter, moved = self.deriving.totalled(meter, found, codec)
                changed[identity] = self.deriving.valued(meter, None, moved)
        return since
