"""Uplinks of a server that is asked by time: what is new, then what is older.

Uplinks are stored late and not quite in order, so each poll reaches a little back
before the newest that was read; an uplink read twice is the same uplink. The first poll
reads a day, so that there is a value soon; those that follow also read what is older.

Cursors are kept under the scopes and, for the session in which a device sent, under
its DevEUI.
"""

from collections.abc import AsyncGenerator, Callable, Container, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
import logging
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol, Self

from ..model import Batch, Device, NetworkError, Reason, Sent
from ._http import NotFoundError
from ._sent import NO_SESSION, SILENT, UNSEEN, batches
from ._timeline_cursor import DAY, Cursor, Reach

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

type Scopes = tuple[str, ...]
type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Registered:
    """A device in the registry."""

    id: str
    """With which its uplinks are asked for; empty where it is known by them alone."""
    device: Device


class Of(NamedTuple):
    """Whose uplinks are asked for."""

    scopes: Scopes
    device: str = ""
    """Its id in the registry; empty: those of all devices of the scopes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a page told."""

    sent: list[Sent]
    malformed: int
    """Rows that could not be understood."""
    until: datetime
    """Newest receipt."""
    complete: bool = True
    """Nothing broke off."""

    def before(self, end: datetime | None) -> Self:
        """Leave out what was received later, where a server can be asked for no end."""
        if end is None:
            return self
        return replace(self, sent=[each for each in self.sent if each.uplink.received_at < end])


def understood(
    rows: Iterable[Row],
    after: datetime,
    read: Callable[[Row], Sent | None],
    received: Callable[[Row], datetime],
) -> Found:
    """Read rows; one that cannot be understood is counted, and its time leads on all the same."""
    sent: list[Sent] = []
    malformed, until = 0, after
    for row in rows:
        try:
            until = max(until, received(row))
            found = read(row)
        except ValueError:
            malformed += 1
            continue
        if found is not None:
            sent.append(found)
    return Found(sent, malformed, until)


class Source(Protocol):
    """What a server gives."""

    async def registry(self, scopes: Scopes) -> list[Registered]:
        """Give the devices of scopes."""

    def pages(
        self, of: Of, after: datetime, before: datetime | None = None
    ) -> AsyncGenerator[Found]:
        """Give page after page, at least one; raises `NetworkError` after one that broke off."""


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
        self._strangers: set[str] = set()
        """Who sends, but is in no scope that is read."""
        self._offered: dict[Scopes, _Offered] = {}
        self._piece = _PIECE

    def know(self, registered: Iterable[Registered]) -> None:
        """Take over a registry that was read."""
        self._inventory |= {each.device.dev_eui: each for each in registered}
        self._strangers.clear()

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
        after, cursor = (before or Cursor.begin(now, self._reach)).since(now, self._reach)
        if before is None:
            await self._learn(scopes, ())
            cursors = {**dict.fromkeys(self._unread(scopes, cursors), UNSEEN), **cursors}
            yield Batch(cursors={eui: each for eui, each in cursors.items() if each == UNSEEN})
        unread = self._unread(scopes, cursors)
        unseen = {eui for eui in self._of(scopes) if cursors.get(eui) == UNSEEN}
        sessions = {**cursors, **dict.fromkeys(unseen, NO_SESSION)}
        heard: set[str] = set()
        offered = dict(self._known(scopes, kept))
        async with aclosing(self._source.pages(Of(scopes), after)) as pages:
            async for found in pages:
                fresh = [each for each in found.sent if each.uplink.id not in offered]
                offered |= {each.uplink.id: each.uplink.received_at for each in fresh}
                for batch in await self._batches(scopes, found, fresh, sessions, unread):
                    sessions |= batch.cursors
                    heard |= {uplink.dev_eui for uplink in batch.uplinks}
                    yield batch
                if found.complete and str(cursor := cursor.reached(found.until)) != kept:
                    kept = str(cursor)
                    yield Batch(cursors=dict.fromkeys(scopes, kept))
        self._offered[scopes] = _Offered(kept, self._at_the_ends(offered, cursor))
        if unseen & heard:
            yield Batch(cursors={eui: sessions[eui] for eui in unseen & heard})
        few = [self._inventory[eui] for eui in islice(sorted(unseen - heard), SILENT)]
        async with aclosing(self._histories(few, unread.values(), now)) as batches:
            async for batch in batches:
                yield batch
        if before is not None:
            async with aclosing(self._fill(scopes, cursor, now)) as batches:
                async for batch in batches:
                    yield batch

    async def _histories(
        self, silent: Iterable[Registered], anew: Iterable[Registered], now: datetime
    ) -> AsyncGenerator[Batch]:
        """Read devices one by one, those for which there is no time by the next poll.

        Of those that sent nothing for a day a page is enough to show a value.
        """
        begin = monotonic()
        for each, whole in (*((one, False) for one in silent), *((one, True) for one in anew)):
            async with aclosing(self._history(each, now, whole=whole)) as batches:
                async for batch in batches:
                    yield batch
            if monotonic() - begin > PATIENCE:
                return

    async def _history(
        self, registered: Registered, now: datetime, *, whole: bool
    ) -> AsyncGenerator[Batch]:
        """Read all that is retained of one device, or a page."""
        device, session = registered.device, NO_SESSION
        of = Of((device.scope,), registered.id)
        try:
            async with aclosing(self._source.pages(of, now - self._reach.retained)) as pages:
                async for found in pages:
                    sent = sorted(found.sent, key=lambda each: each.uplink.received_at)
                    uplinks = tuple(each.uplink for each in sent)
                    session = sent[-1].session if sent else session
                    yield Batch(device=device, uplinks=uplinks, malformed=found.malformed)
                    if not whole:
                        break
        except NotFoundError:
            _LOGGER.debug("A device of %s is no longer there", device.scope)
        yield Batch(cursors={device.dev_eui: session})

    async def _fill(self, scopes: Scopes, cursor: Cursor, now: datetime) -> AsyncGenerator[Batch]:
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
                    for batch in await self._batches(scopes, found, fresh, {}):
                        yield replace(batch, cursors={}, joined=False)
            self._piece = _fitting(self._piece, count)
            cursor = replace(cursor, oldest=start)
            kept = str(cursor)
            self._offered[scopes] = _Offered(kept, self._at_the_ends(offered, cursor))
            yield Batch(cursors=dict.fromkeys(scopes, kept))

    def _at_the_ends(self, offered: Mapping[str, datetime], cursor: Cursor) -> dict[str, datetime]:
        """Give the uplinks that may be read once more: what is read next overlaps with them."""
        newer, older = cursor.newest - 2 * self._reach.overlap, cursor.oldest + _BLUR
        return {one: at for one, at in offered.items() if at >= newer or at <= older}

    def _of(self, scopes: Scopes) -> dict[str, Registered]:
        """Give the devices of scopes that can be asked for."""
        every = self._inventory.items()
        return {eui: each for eui, each in every if each.id and each.device.scope in scopes}

    def _unread(self, scopes: Scopes, cursors: Mapping[str, str]) -> dict[str, Registered]:
        """Give the devices without a cursor: to be read anew, or never read."""
        return {eui: each for eui, each in self._of(scopes).items() if eui not in cursors}

    def _known(self, scopes: Scopes, cursor: str) -> dict[str, datetime]:
        """Give the uplinks that were kept for certain: their cursor has come back."""
        offered = self._offered.get(scopes, _Offered())
        return offered.ids if cursor and offered.cursor == cursor else {}

    async def _batches(
        self,
        scopes: Scopes,
        found: Found,
        sent: list[Sent],
        sessions: Mapping[str, str],
        unread: Container[str] = (),
    ) -> list[Batch]:
        """Give the batches of uplinks, with what the registry tells of their devices."""
        heard = {each.device.dev_eui for each in sent}
        if heard - self._inventory.keys() - self._strangers:
            await self._learn(scopes, sent)
        devices = {eui: registered.device for eui, registered in self._inventory.items()}
        wanted = [
            each
            for each in sent
            if each.device.dev_eui in devices
            and (each.device.scope or devices[each.device.dev_eui].scope) in scopes
        ]
        malformed = [Batch(malformed=found.malformed)] if found.malformed else []
        return [*malformed, *batches(wanted, devices, sessions, unread)]

    async def _learn(self, scopes: Scopes, sent: Iterable[Sent]) -> None:
        """Read the registry; a device that is no longer in it is known by its uplinks alone."""
        try:
            registered = await self._source.registry(scopes)
        except NetworkError as error:
            if error.reason not in {Reason.KEY_WITHOUT_RIGHTS, Reason.NOT_THIS_SERVER}:
                raise
            registered = list[Registered]()
        told = {
            each.device.dev_eui: Registered("", each.device)
            for each in sent
            if each.device.scope in scopes
        }
        known = {each.device.dev_eui: each for each in registered}
        self._inventory = told | known | self._inventory
        self._strangers |= {each.device.dev_eui for each in sent} - self._inventory.keys()
