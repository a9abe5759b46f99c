"""The messages of a device in order, each decoded in the light of those before it.

What came late is put in its place: the messages that were decoded by what
earlier ones told are then decoded again, so that their order of arrival does
not matter. What waits is decoded as soon as what it waits for is there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ..metering.placement import place
from ..model import Codec, Medium, Meter, Missing, Reading, Remember, Uplink, readings_of
from .bridges import News, Taken, found_by, identity_of
from .decoding import Decoded, decoded
from .memory import Memory, Recall, merged, remembered
from .state import DeviceState, updated
from .store import Store
from .waiting import KEPT, Kept

KEPT_OF_STRANGER: Final = 48
"""Messages of a meter that nobody has chosen: days, until somebody does."""


@dataclass(slots=True)
class Read:
    """What some messages of one device tell."""

    state: DeviceState
    codec: Codec | None
    settings: Mapping[str, str]
    readings: list[Reading] = field(default_factory=list)
    """Of the device itself."""
    messages: dict[datetime, int] = field(default_factory=dict)
    """Frame counters, by the time of receipt."""
    meters: dict[str, News] = field(default_factory=dict)
    """Of the meters behind it, by number: those that are read and others."""

    @property
    def dev_eui(self) -> str:
        """Give which device sent them."""
        return self.state.device.dev_eui

    def hear(self, meter: Meter, at: datetime, missing: str = "") -> News:
        """Note that a meter was heard."""
        news = self.meters.setdefault(meter.number, News(meter, at))
        news.hear(meter, at, missing)
        return news

    def judge(self, at: datetime, problem: str) -> None:
        """Note what became of a payload, if it is the newest."""
        if self.state.judged is None or at >= self.state.judged:
            self.state = replace(self.state, judged=at, problem=problem)


class Reader:
    """Decodes; keeps what waits and what later messages may depend on."""

    def __init__(self, store: Store, taken: Taken) -> None:
        """Work on an open store, inside of its transactions."""
        self._store = store
        self._taken = taken

    def read(self, read: Read, uplinks: Iterable[Uplink]) -> Read:
        """Read uplinks that were delivered, perhaps not for the first time."""
        new = sorted({_order(uplink): uplink for uplink in uplinks}.values(), key=_order)
        later: Sequence[Kept] = ()
        if new and read.state.recalls:
            later = self._store.recent.since(read.dev_eui, new[0].received_at)
            known = {_order(kept.uplink) for kept in later}
            new = [uplink for uplink in new if _order(uplink) not in known]
            later = [kept for kept in later if new and _order(kept.uplink) > _order(new[0])]
        memory = later[0].memory if later else read.state.memory
        self._store.waiting.drop(kept.uplink for kept in later)
        again = [kept.uplink for kept in later]
        for uplink in sorted((*new, *again), key=_order):
            memory = self._next(read, Kept(uplink, memory))
        return self._done(read, memory)

    def read_again(self, read: Read, owners: Sequence[str]) -> Read:
        """Read what waits for some owners, now that more is known."""
        waiting = self._store.waiting.take(read.dev_eui, owners) if owners else []
        if not waiting:
            return read
        rows = {_order(kept.uplink): kept for kept in waiting}
        for kept in self._store.recent.since(read.dev_eui):
            rows.setdefault(_order(kept.uplink), kept)
        memory: Memory = {}
        for _, kept in sorted(rows.items(), key=lambda row: row[0]):
            # There may be gaps between them: what was known then counts as well.
            memory = self._next(read, Kept(kept.uplink, merged(kept.memory, memory)))
        memory = merged(read.state.memory, memory)
        self._retry_all(read, memory)
        return self._done(read, memory)

    def _done(self, read: Read, memory: Memory) -> Read:
        state, left_out = found_by(read.state, read.meters.values())
        for number in left_out:
            if not self._taken.of(number, read.codec):
                self._store.waiting.forget(identity_of(number))
        read.state = updated(state, memory=memory)
        return read

    def _next(self, read: Read, kept: Kept) -> Memory:
        """Read one uplink, and give what is remembered afterwards."""
        uplink, before = kept.uplink, kept.memory
        recall = Recall(before, uplink.received_at)
        found = self._decode(read, uplink, recall)
        asked = [each for each in found.told if isinstance(each, Remember)]
        if asked or recall.used:
            self._store.recent.put(kept)
            read.state = replace(read.state, recalls=True)
        self._take(read, kept, found)
        if not asked:
            return before
        after = remembered(before, asked, uplink.received_at)
        if after.keys() != before.keys() or any(after[n].text != before[n].text for n in after):
            self._retry_all(read, after)
        return after

    def _retry_all(self, read: Read, memory: Memory) -> None:
        """Read what waits for an earlier message; of meters only those that are read."""
        numbers = {*read.state.found, *read.meters}
        meters = (identity_of(n) for n in numbers if self._taken.of(n, read.codec))
        owners = [read.dev_eui, *meters]
        for kept in self._store.waiting.missing(read.dev_eui, Missing.HEADER, owners):
            self._retry(read, kept, memory)

    def _retry(self, read: Read, kept: Kept, memory: Memory) -> None:
        """Read what waits for an earlier message once more, by what is remembered now.

        What was remembered in its own turn belongs to it; only if it cannot use
        that, what is newer counts.
        """
        for known in ({**memory, **kept.memory}, merged(kept.memory, memory)):
            recall = Recall(known, kept.uplink.received_at)
            found = self._decode(read, kept.uplink, recall)
            if found.told or (found.waiting and found.waiting.missing is not Missing.HEADER):
                self._store.waiting.drop([kept.uplink])
                self._take(read, kept, found)
                return

    def _decode(self, read: Read, uplink: Uplink, recall: Recall) -> Decoded:
        return decoded(replace(uplink, settings=read.settings, memory=recall), read.codec)

    def _take(self, read: Read, kept: Kept, found: Decoded) -> None:
        """Take over what an uplink told, or let it wait."""
        at = kept.uplink.received_at
        read.messages[at] = kept.uplink.f_cnt
        missing = found.waiting.missing if found.waiting else ""
        if found.waiting and found.waiting.meter and read.codec and read.codec.bridge:
            meter = found.waiting.known or Meter(found.waiting.meter, Medium.UNKNOWN)
            read.hear(meter, at, missing)
            read.judge(at, "")
            self._wait_for_meter(read, kept, meter.number, missing)
            return
        read.judge(at, found.problem)
        if found.waits:
            self._store.waiting.put(read.dev_eui, kept, missing)
        elif read.codec is None or not read.codec.bridge:
            read.readings += place(readings_of(found.told), at)
        else:
            self._take_of_bridge(read, kept, found)

    def _take_of_bridge(self, read: Read, kept: Kept, found: Decoded) -> None:
        """Sort the readings by meter; each meter has its own clock."""
        at = kept.uplink.received_at
        meters = {each.number: each for each in found.told if isinstance(each, Meter)}
        groups: dict[str, list[Reading]] = {number: [] for number in meters}
        for reading in readings_of(found.told):
            groups.setdefault(reading.meter, []).append(reading)
        read.readings += place(groups.pop("", ()), at)
        for number, group in groups.items():
            news = read.hear(meters.get(number) or Meter(number, Medium.UNKNOWN), at)
            if self._taken.of(number, read.codec):
                news.readings += place(group, at)
            elif group:
                self._wait_for_meter(read, kept, number)

    def _wait_for_meter(self, read: Read, kept: Kept, number: str, missing: str = "") -> None:
        limit = KEPT if self._taken.of(number, read.codec) else KEPT_OF_STRANGER
        self._store.waiting.put(identity_of(number), kept, missing, limit)


def _order(uplink: Uplink) -> tuple[datetime, str]:
    return uplink.received_at, uplink.id
