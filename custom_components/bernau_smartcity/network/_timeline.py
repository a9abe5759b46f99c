"""Uplinks of a server that is asked by time: what is new, then what is older.

Uplinks are stored late and not quite in order, so each poll reaches a little back
before the newest that was read; an uplink read twice is the same uplink. The first poll
reads a day, so that there is a value soon; those that follow also read what is older.

Cursors are kept under the scopes and, for the newest uplink of a device, under its DevEUI.
A device that was away from the server when others were read is found by its frame counter
once it sends again, and is then asked for by itself.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import logging
from time import monotonic
from typing import Final, NamedTuple

from ..model import Batch, NetworkError, Reason, Sent
from ._http import NotFoundError
from ._sent import NO_SESSION, SILENT, UNSEEN, batches, is_dev_eui
from ._timeline_cursor import DAY, Cursor, Reach
from ._timeline_source import Found, Of, Registered, Scopes, Source
from ._trail import Gap, Newest, Trail

_LOGGER: Final = logging.getLogger(__name__)

PATIENCE: Final = 8.0
"""Seconds after which the rest of what is old is left to the next poll, as what is new must
not wait."""
_PIECE: Final = timedelta(hours=1)
"""How much of what is old is read at once, at first; then as much as makes some pages."""
_SHORTEST: Final = timedelta(minutes=15)
_FEW: Final = 4
_MANY: Final = 16
_EDGE: Final = timedelta(milliseconds=1)
"""Both ends of a time may be left out of it by the server."""
_BLUR: Final = timedelta(seconds=2)
"""Or reach further than was asked: some servers know no fractions of a second."""


class _Asked(NamedTuple):
    """A device of which uplinks are asked for."""

    registered: Registered
    after: datetime
    until: datetime | None = None
    """Receipt of one that it surely has; if that is not told, the device is gone again."""
    page: bool = False
    """The first page is enough."""


@dataclass(frozen=True, slots=True)
class _Offered:
    """The ids of newly read uplinks, and the cursor with which they were given."""

    cursor: str = ""
    ids: dict[str, datetime] = field(default_factory=dict)


def _fitting(piece: timedelta, pages: int) -> timedelta:
    """Give how much to read at once after so much made so many pages."""
    if pages <= _FEW:
        return min(2 * piece, DAY)
    return max(piece / 2, _SHORTEST) if pages > _MANY else piece


def utc_now() -> datetime:
    """Give the time by the clock of this system."""
    return datetime.now(UTC)


class Timeline:
    """Reads scopes, those that the server gives together at once."""

    def __init__(self, source: Source, reach: Reach, now: Callable[[], datetime] = utc_now) -> None:
        """Keep what is needed; nothing is asked yet."""
        self._source = source
        self._reach = reach
        self._now = now
        self._inventory: dict[str, Registered] = {}
        self._is_listed = True
        """The key may read the registry."""
        self._is_known = False
        """All devices are known that there are, so others with a cursor are gone."""
        self._strangers: set[str] = set()
        """Who sends, but is in no scope that is read."""
        self._gaps: dict[str, Gap] = {}
        """By DevEUI, what is still to be asked for; each gap is found anew if that fails."""
        self._offered: dict[Scopes, _Offered] = {}
        self._piece = _PIECE

    def know(self, registered: Iterable[Registered]) -> None:
        """Take over a registry that was read."""
        self._inventory |= {each.device.dev_eui: each for each in registered}
        self._strangers.clear()
        self._is_known = True

    async def poll(
        self, scopes: Iterable[str], cursors: Mapping[str, str]
    ) -> AsyncGenerator[Batch]:
        """Read what was stored since.

        A scope that cannot be read does not keep the others from being read; its
        error is raised when they are. One that was deleted has nothing to read.
        """
        now = self._now()
        chosen = tuple(dict.fromkeys(scopes))
        failure: NetworkError | None = None
        for each in [(scope,) for scope in chosen] if self._reach.apart else [chosen]:
            try:
                async with aclosing(self._read(each, cursors, now)) as batches:
                    async for batch in batches:
                        yield batch
            except NotFoundError as error:
                _LOGGER.debug("Nothing is there of %s", ", ".join(each))
                failure = failure or (None if self._reach.apart else error)
            except NetworkError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    async def _read(
        self, scopes: Scopes, cursors: Mapping[str, str], now: datetime
    ) -> AsyncGenerator[Batch]:
        """Read what is new in scopes, and some more of what is older."""
        before = Cursor.least(cursors.get(scope, "") for scope in scopes)
        kept = "" if before is None else str(before)
        begin = now - self._reach.retained
        after, cursor = (before or Cursor.begin(now, self._reach)).since(now, self._reach)
        since = {NO_SESSION: begin, UNSEEN: cursor.oldest}
        if before is None:
            await self._learn(scopes, ())
            unread = [eui for eui in self._of(scopes) if eui not in cursors]
            cursors = {**dict.fromkeys(unread, UNSEEN), **cursors}
            yield Batch(cursors={eui: each for eui, each in cursors.items() if each == UNSEEN})
            del since[UNSEEN]
        trail = Trail(cursors, self._gaps)
        offered = dict(self._known(scopes, kept))
        async with aclosing(self._source.pages(Of(scopes), after)) as pages:
            async for found in pages:
                fresh = [each for each in found.sent if each.uplink.id not in offered]
                offered |= {each.uplink.id: each.uplink.received_at for each in fresh}
                sent = await self._wanted(scopes, fresh)
                for batch in self._batches(found, sent, trail.sessions(sent)):
                    yield batch
                told = trail.take(sent, since, alone=not self._is_listed)
                if found.complete and str(cursor := cursor.reached(found.until)) != kept:
                    kept = str(cursor)
                    told |= dict.fromkeys(scopes, kept)
                if told:
                    yield Batch(cursors=told)
        self._offered[scopes] = _Offered(kept, self._at_the_ends(offered, cursor))
        async with aclosing(self._histories(self._asked(scopes, trail.cursors, begin))) as batches:
            async for batch in batches:
                yield batch
        if before is not None:
            async with aclosing(self._fill(scopes, cursor, trail.cursors, now)) as batches:
                async for batch in batches:
                    yield batch

    def _asked(
        self, scopes: Scopes, cursors: Mapping[str, str], begin: datetime
    ) -> Iterable[_Asked]:
        """Give the devices that are asked for by themselves.

        A page is enough to show a value of some of those that sent nothing for a day; those
        without a cursor are read as a whole.
        """
        silent: list[_Asked] = []
        others: list[_Asked] = []
        for eui, each in self._of(scopes).items():
            kept, gap = cursors.get(eui, ""), self._gaps.get(eui)
            if not kept:
                self._gaps.pop(eui, None)
                others.append(_Asked(each, begin))
            elif gap is not None:
                others.append(_Asked(each, gap.after - self._reach.overlap, gap.until))
            elif kept == UNSEEN:
                silent.append(_Asked(each, begin, page=True))
        return [*silent[:SILENT], *others]

    async def _histories(self, every: Iterable[_Asked]) -> AsyncGenerator[Batch]:
        """Read devices one by one, those for which there is no time by the next poll."""
        start = monotonic()
        for each in every:
            async with aclosing(self._history(each)) as batches:
                async for batch in batches:
                    yield batch
            if monotonic() - start > PATIENCE:
                return

    async def _history(self, asked: _Asked) -> AsyncGenerator[Batch]:
        """Read what is retained of one device, or a page; then its cursor can be told.

        Not that of one that is gone: it comes back with its past, and is asked for again.
        """
        device, reached = asked.registered.device, list[Newest]()
        self._gaps.pop(device.dev_eui, None)
        of = Of((device.scope,), asked.registered.id)
        try:
            async with aclosing(self._source.pages(of, asked.after)) as pages:
                async for found in pages:
                    sent = sorted(found.sent, key=lambda each: each.uplink.received_at)
                    uplinks = tuple(each.uplink for each in sent)
                    yield Batch(device=device, uplinks=uplinks, malformed=found.malformed)
                    reached += map(Newest.of, sent[-1:])
                    if asked.page:
                        break
        except NotFoundError:
            _LOGGER.debug("A device of %s is no longer there", device.scope)
            self._inventory.pop(device.dev_eui, None)
            return
        newest = max(reached, key=lambda each: each.at, default=None)
        if asked.until is None or (newest is not None and newest.at >= asked.until):
            kept = NO_SESSION if asked.page or newest is None else str(newest)
            yield Batch(cursors={device.dev_eui: kept})

    async def _fill(
        self, scopes: Scopes, cursor: Cursor, cursors: Mapping[str, str], now: datetime
    ) -> AsyncGenerator[Batch]:
        """Read some of what is older than all that was read, piece by piece.

        From the newest on, so that there is never a gap between what is known.
        """
        begin = monotonic()
        while not cursor.full(now, self._reach) and monotonic() - begin <= PATIENCE:
            start, count = cursor.oldest - self._piece, 0
            offered = dict(self._offered[scopes].ids)
            async with aclosing(
                self._source.pages(Of(scopes), start, cursor.oldest + _EDGE)
            ) as pages:
                async for found in pages:
                    count += 1
                    fresh = [each for each in found.sent if each.uplink.id not in offered]
                    offered |= {each.uplink.id: each.uplink.received_at for each in fresh}
                    sent = await self._wanted(scopes, fresh)
                    for batch in self._batches(found, sent, {}):
                        yield replace(batch, joined=False)
            self._piece = _fitting(self._piece, count)
            cursor = replace(cursor, oldest=start)
            kept = str(cursor)
            self._offered[scopes] = _Offered(kept, self._at_the_ends(offered, cursor))
            yield Batch(cursors=await self._gone(scopes, cursors) | dict.fromkeys(scopes, kept))

    async def _gone(self, scopes: Scopes, cursors: Mapping[str, str]) -> dict[str, str]:
        """Give a cursor to devices that were not there to be read: as a whole on their return."""
        registered = await self._registered(scopes)
        if registered is None:
            return {}
        gone = self._of(scopes).keys() - registered.keys()
        for eui in gone:
            del self._inventory[eui]
        if self._is_known:
            heard_of = filter(is_dev_eui, cursors)
            gone |= {*heard_of} - self._inventory.keys() - registered.keys()
        return dict.fromkeys(gone, "")

    def _at_the_ends(self, offered: Mapping[str, datetime], cursor: Cursor) -> dict[str, datetime]:
        """Give the uplinks that may be read once more: what is read next overlaps with them."""
        newer, older = cursor.newest - 2 * self._reach.overlap, cursor.oldest + _BLUR
        return {one: at for one, at in offered.items() if at >= newer or at <= older}

    def _of(self, scopes: Scopes) -> dict[str, Registered]:
        """Give the devices of scopes that can be asked for."""
        every = self._inventory.items()
        return {eui: each for eui, each in every if each.id and each.device.scope in scopes}

    def _known(self, scopes: Scopes, cursor: str) -> dict[str, datetime]:
        """Give the uplinks that were kept for certain: their cursor has come back."""
        offered = self._offered.get(scopes, _Offered())
        return offered.ids if cursor and offered.cursor == cursor else {}

    async def _wanted(self, scopes: Scopes, sent: list[Sent]) -> list[Sent]:
        """Give the uplinks of devices of scopes, of which the registry is read if need be."""
        heard = {each.device.dev_eui for each in sent}
        if heard - self._inventory.keys() - self._strangers:
            await self._learn(scopes, sent)
        return [
            each
            for each in sent
            if (known := self._inventory.get(each.device.dev_eui)) is not None
            and (each.device.scope or known.device.scope) in scopes
        ]

    def _batches(
        self, found: Found, sent: list[Sent], sessions: Mapping[str, str]
    ) -> Iterator[Batch]:
        """Give the batches of uplinks, with what the registry tells of their devices."""
        devices = {
            each.device.dev_eui: self._inventory[each.device.dev_eui].device for each in sent
        }
        if found.malformed:
            yield Batch(malformed=found.malformed)
        yield from batches(sent, devices, sessions)

    async def _learn(self, scopes: Scopes, sent: Iterable[Sent]) -> None:
        """Read the registry; a device that is no longer in it is known by its uplinks alone."""
        told = {
            each.device.dev_eui: Registered("", each.device)
            for each in sent
            if each.device.scope in scopes
        }
        known = await self._registered(scopes) or {}
        self._inventory = told | known | self._inventory
        self._strangers |= {each.device.dev_eui for each in sent} - self._inventory.keys()

    async def _registered(self, scopes: Scopes) -> dict[str, Registered] | None:
        """Read the registry by DevEUI, None where the key may not."""
        try:
            found = await self._source.registry(scopes)
        except NetworkError as error:
            self._is_listed = error.reason not in {
                Reason.KEY_WITHOUT_RIGHTS,
                Reason.NOT_THIS_SERVER,
            }
            if self._is_listed:
                raise
            return None
        self._is_listed = True
        return {each.device.dev_eui: each for each in found}
