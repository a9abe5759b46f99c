"""Uplinks of a server that is asked by time: what is new, then what is older.

Uplinks are stored late and not quite in order, so each poll reaches a little back
before the newest that was read; an uplink read twice is the same uplink. What is
older than the first poll read is read piece by piece by the polls that follow.

Cursors are kept under the scopes and, for the session in which a device sent, under
its DevEUI.
"""

from collections.abc import AsyncGenerator, Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import logging
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol, Self, override

from ..model import Batch, Device, NetworkError, Reason, Sent
from ._http import NotFoundError
from ._sent import NO_SESSION, batches

_LOGGER: Final = logging.getLogger(__name__)

DAY: Final = timedelta(days=1)
PATIENCE: Final = 30.0
"""Seconds after which the rest of what is old is left to the next poll."""
_EDGE: Final = timedelta(milliseconds=1)
"""Both ends of a piece may be left out of it by the server."""

type Scopes = tuple[str, ...]
type Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far back a server is read, and in which pieces."""

    retained: timedelta
    """The longest for which it may keep uplinks."""
    overlap: timedelta
    """How late a row may appear."""
    piece: timedelta = DAY
    """What the first poll reads, and then each piece of what is older."""
    pieces: int = 1
    """Of what is older, in one poll."""
    sweep: timedelta | None = DAY
    """Once in such a time all of it is read again, for what appeared later still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a scope was read: `<newest receipt>|<last sweep>|<oldest piece>`."""

    newest: datetime
    swept: datetime
    oldest: datetime
    """From when on everything was read."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `__str__` wrote; anything else is a scope never read."""
        try:
            newest, swept, oldest = map(datetime.fromisoformat, text.split("|"))
        except ValueError:
            return None
        return cls(newest=newest, swept=swept, oldest=oldest)

    @override
    def __str__(self) -> str:
        """Write the cursor as it is kept."""
        return "|".join(at.isoformat() for at in (self.newest, self.swept, self.oldest))

    @classmethod
    def first(cls, now: datetime, reach: Reach) -> Self:
        """Begin with the last piece, so that there is a value soon; older ones follow."""
        begin = now - reach.piece
        return cls(newest=begin + reach.overlap, swept=now, oldest=begin)

    @classmethod
    def least(cls, texts: Iterable[str]) -> Self | None:
        """Give what was read of all scopes that are read together, None if one never was."""
        found = [cls.parse(text) for text in texts]
        known = [each for each in found if each is not None]
        if not known or len(known) < len(found):
            return None
        return cls(
            newest=min(each.newest for each in known),
            swept=min(each.swept for each in known),
            oldest=max(each.oldest for each in known),
        )

    def since(self, now: datetime, reach: Reach) -> tuple[datetime, Self]:
        """Give from when on to read, and the cursor with the sweep noted if it is one."""
        newest = min(self.newest, now)
        if reach.sweep is not None and now - self.swept >= reach.sweep:
            return newest - reach.sweep, replace(self, swept=now)
        return newest - reach.overlap, self

    def reached(self, at: datetime) -> Self:
        """Give the cursor after an uplink was read."""
        return replace(self, newest=max(self.newest, at))

    def earlier(self, now: datetime, reach: Reach) -> Self | None:
        """Give the cursor once the next older piece is read, None if nobody keeps that."""
        if self.oldest <= now - reach.retained:
            return None
        return replace(self, oldest=self.oldest - reach.piece)


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


@dataclass(slots=True)
class _Offered:
    """The ids of newly read uplinks, and the cursor with which they were given."""

    cursor: str = ""
    ids: dict[str, datetime] = field(default_factory=dict)


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

    def know(self, registered: Iterable[Registered]) -> None:
        """Take over a registry that was read."""
        self._inventory |= {each.device.dev_eui: each for each in registered}
        self._strangers.clear()

    async def poll(
        self, groups: Iterable[Scopes], cursors: Mapping[str, str]
    ) -> AsyncGenerator[Batch]:
        """Read what was stored since.

        A group that cannot be read does not keep the others from being read; its
        error is raised when they are. Nothing is there of one that was deleted.
        """
        now = self._now()
        failure: NetworkError | None = None
        for scopes in dict.fromkeys(groups):
            try:
                async for batch in self._read(scopes, cursors, now):
                    yield batch
            except NotFoundError:
                _LOGGER.debug("Nothing is there any more of %s", ", ".join(scopes))
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
        after, cursor = (before or Cursor.first(now, self._reach)).since(now, self._reach)
        if before is None:
            await self._learn(scopes, ())
            yield Batch(cursors=dict.fromkeys(self._unread(scopes, cursors), NO_SESSION))
        unread = self._unread(scopes, cursors) if before else {}
        sessions = dict(cursors)
        offered = dict(self._known(scopes, kept))
        async for found in self._source.pages(Of(scopes), after):
            fresh = [each for each in found.sent if each.uplink.id not in offered]
            offered |= {each.uplink.id: each.uplink.received_at for each in fresh}
            for batch in await self._batches(scopes, found, fresh, sessions, unread):
                sessions |= batch.cursors
                yield batch
            if found.complete:
                cursor = cursor.reached(found.until)
            if found.complete and str(cursor) != kept:
                kept = str(cursor)
                yield Batch(cursors=dict.fromkeys(scopes, kept))
        since = cursor.newest - 2 * self._reach.overlap
        recent = {one: at for one, at in offered.items() if at >= since}
        self._offered[scopes] = _Offered(kept, recent)
        async for batch in self._histories(unread.values(), now):
            yield batch
        if before is not None:
            async for batch in self._older(scopes, cursor, now):
                yield batch

    async def _histories(
        self, unread: Iterable[Registered], now: datetime
    ) -> AsyncGenerator[Batch]:
        """Read all that is retained of devices, of the rest of them by the next poll."""
        begin = monotonic()
        for registered in unread:
            async for batch in self._history(registered, now):
                yield batch
            if monotonic() - begin > PATIENCE:
                return

    async def _history(self, registered: Registered, now: datetime) -> AsyncGenerator[Batch]:
        """Read all that is retained of one device."""
        device, session = registered.device, NO_SESSION
        of = Of((device.scope,), registered.id)
        try:
            async for found in self._source.pages(of, now - self._reach.retained):
                sent = sorted(found.sent, key=lambda each: each.uplink.received_at)
                uplinks = tuple(each.uplink for each in sent)
                session = sent[-1].session if sent else session
                yield Batch(device=device, uplinks=uplinks, malformed=found.malformed)
        except NotFoundError:
            _LOGGER.debug("A device of %s is no longer there", device.scope)
        yield Batch(cursors={device.dev_eui: session})

    async def _older(self, scopes: Scopes, cursor: Cursor, now: datetime) -> AsyncGenerator[Batch]:
        """Read some pieces of what is older than all that was read so far."""
        begin = monotonic()
        for _ in range(self._reach.pieces):
            earlier = cursor.earlier(now, self._reach)
            if earlier is None or monotonic() - begin > PATIENCE:
                return
            async for batch in self._piece(scopes, earlier.oldest, cursor.oldest):
                yield batch
            cursor = earlier
            self._offered[scopes].cursor = str(cursor)
            yield Batch(cursors=dict.fromkeys(scopes, str(cursor)))

    async def _piece(self, scopes: Scopes, begin: datetime, end: datetime) -> AsyncGenerator[Batch]:
        async for found in self._source.pages(Of(scopes), begin, end + _EDGE):
            for batch in await self._batches(scopes, found, found.sent, {}):
                yield replace(batch, cursors={}, joined=False)

    def _unread(self, scopes: Scopes, cursors: Mapping[str, str]) -> dict[str, Registered]:
        """Give the devices without a cursor: to be read anew, or never read."""
        return {
            dev_eui: registered
            for dev_eui, registered in self._inventory.items()
            if registered.device.scope in scopes and registered.id and dev_eui not in cursors
        }

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
