"""The Things Stack and The Things Network: polled from the Storage Integration.

One request per application gives all uplinks that were stored since the last
poll, page by page. Uplinks are stored late and not quite in order, so each poll
reaches a few minutes back, and once a day over the whole day; an uplink read
twice is the same uplink. What is older than a day when the first poll begins is
read a day at a time by the polls that follow.

Cursors are kept under the id of an application and, for the session in which a
device sent, under its DevEUI. Source: thethingsindustries.com/docs/integrations/storage
"""

from collections.abc import AsyncGenerator, Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import logging
from typing import TYPE_CHECKING, Final, Self, override

from ..model import Batch, Connection, Device, Field, NetworkError, Reason, Sent, ServerType
from ._address import Address, parse_address
from ._http import Credentials, Http, NotFoundError
from ._key import clean_key
from ._sent import NO_SESSION, batches
from ._tts_api import PAGE, Api, Of, Page, Registered
from ._tts_uplinks import read

if TYPE_CHECKING:
    from aiohttp import ClientSession

_LOGGER: Final = logging.getLogger(__name__)

RETAINED: Final = timedelta(days=30)
"""The longest for which anyone keeps uplinks; The Things Network keeps them for a day."""
OVERLAP: Final = timedelta(minutes=5)
"""Rows are written in batches, every few seconds."""
DAY: Final = timedelta(days=1)
_CLUSTERS: Final = ("eu1", "nam1", "au1")
"""Of The Things Network."""
_CLOUD: Final = ("cloud.thethings.network", "cloud.thethings.industries")
"""Where one identity server, in `eu1`, serves all clusters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far an application was read: `<newest receipt>|<last sweep>|<oldest day>`."""

    newest: datetime
    swept: datetime
    oldest: datetime
    """From when on everything was read."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `__str__` wrote; anything else is an application never read."""
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
    def first(cls, now: datetime) -> Self:
        """Begin with the last day, so that there is a value soon; older days follow."""
        return cls(newest=now - DAY + OVERLAP, swept=now, oldest=now - DAY)

    def since(self, now: datetime) -> tuple[datetime, Self]:
        """Give from when on to read, and the cursor with the sweep noted if it is one."""
        if now - self.swept >= DAY:
            return min(self.newest, now) - DAY, replace(self, swept=now)
        return min(self.newest, now) - OVERLAP, self

    def reached(self, at: datetime) -> Self:
        """Give the cursor after an uplink was read."""
        return replace(self, newest=max(self.newest, at))

    def earlier(self, now: datetime) -> Self | None:
        """Give the cursor once the day before the oldest is read, None if nobody keeps that."""
        return replace(self, oldest=self.oldest - DAY) if self.oldest > now - RETAINED else None


@dataclass(slots=True)
class _Offered:
    """The ids of newly read uplinks, and the cursor with which they were given."""

    cursor: str = ""
    ids: dict[str, datetime] = field(default_factory=dict)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class TheThingsStack(Connection):
    """A connection to The Things Stack."""

    def __init__(self, api: Api, now: Callable[[], datetime] = _utc_now) -> None:
        """Keep what is needed; nothing is sent before it is asked for."""
        self._api = api
        self._now = now
        self._inventory: dict[str, Registered] = {}
        self._offered: dict[str, _Offered] = {}

    @override
    async def scopes(self) -> Mapping[str, str]:
        """Give the name of each application by its id."""
        own = await self._api.application_of_key()
        if own is not None:
            return {own: await self._api.application_name(own)}
        found = await self._api.applications()
        if not found:
            raise NetworkError(Reason.NO_APPLICATIONS, "nothing to read yet")
        return found

    @override
    async def devices(self, scopes: Iterable[str]) -> list[Device]:
        """Give the inventory; a deleted application has no devices."""
        found: list[Registered] = []
        for scope in dict.fromkeys(scopes):
            try:
                found += await self._api.devices(scope)
            except NotFoundError:
                _LOGGER.debug("Application %s is no longer there", scope)
                continue
            if await self._api.stores(scope) is False:
                raise NetworkError(Reason.STORAGE_DISABLED, scope)
        self._inventory |= {each.device.dev_eui: each for each in found}
        return [each.device for each in found]

    @override
    async def poll(
        self, scopes: Iterable[str], cursors: Mapping[str, str]
    ) -> AsyncGenerator[Batch]:
        """Read what was stored since.

        An application that cannot be read does not keep the others from being
        read; its error is raised when they are.
        """
        now = self._now()
        failure: NetworkError | None = None
        for scope in dict.fromkeys(scopes):
            try:
                async for batch in self._application(scope, cursors, now):
                    yield batch
            except NotFoundError:
                _LOGGER.debug("Application %s is no longer there", scope)
            except NetworkError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    @override
    async def close(self) -> None:
        """Nothing is held: the session belongs to somebody else."""

    async def _application(
        self, scope: str, cursors: Mapping[str, str], now: datetime
    ) -> AsyncGenerator[Batch]:
        """Read what is new in one application, and one more day of what is older."""
        kept = cursors.get(scope, "")
        before = Cursor.parse(kept)
        after, cursor = (before or Cursor.first(now)).since(now)
        if before is None:
            await self._learn(scope, ())
            yield Batch(cursors=dict.fromkeys(self._unread(scope, cursors), NO_SESSION))
        unread = self._unread(scope, cursors) if before else {}
        sessions = dict(cursors)
        offered = dict(self._known(scope, kept))
        async for found in self._pages(Of(scope), after):
            fresh = [each for each in found.sent if each.uplink.id not in offered]
            offered |= {each.uplink.id: each.uplink.received_at for each in fresh}
            for batch in await self._batches(scope, found, fresh, sessions, unread):
                sessions |= batch.cursors
                yield batch
            if found.complete:
                cursor = cursor.reached(found.until)
            if found.complete and str(cursor) != kept:
                kept = str(cursor)
                yield Batch(cursors={scope: kept})
        recent = {one: at for one, at in offered.items() if at >= cursor.newest - 2 * OVERLAP}
        for registered in unread.values():
            async for batch in self._history(registered, now):
                yield batch
        earlier = cursor.earlier(now) if before else None
        if earlier is not None:
            async for batch in self._day(scope, earlier.oldest, cursor.oldest):
                yield batch
            kept = str(earlier)
            yield Batch(cursors={scope: kept})
        self._offered[scope] = _Offered(kept, recent)

    async def _day(self, scope: str, begin: datetime, end: datetime) -> AsyncGenerator[Batch]:
        """Read what is older than all that was read so far."""
        async for found in self._pages(Of(scope), begin, end):
            for batch in await self._batches(scope, found, found.sent, {}):
                yield replace(batch, cursors={}, joined=False)

    def _unread(self, scope: str, cursors: Mapping[str, str]) -> dict[str, Registered]:
        """Give the devices without a cursor: to be read anew, or never read."""
        return {
            dev_eui: registered
            for dev_eui, registered in self._inventory.items()
            if registered.device.scope == scope and registered.id and dev_eui not in cursors
        }

    async def _history(self, registered: Registered, now: datetime) -> AsyncGenerator[Batch]:
        """Read all that is retained of one device."""
        device, session = registered.device, NO_SESSION
        try:
            async for found in self._pages(Of(device.scope, registered.id), now - RETAINED):
                uplinks = tuple(each.uplink for each in found.sent)
                session = found.sent[-1].session if found.sent else session
                yield Batch(device=device, uplinks=uplinks, malformed=found.malformed)
        except NotFoundError:
            _LOGGER.debug("A device of application %s is no longer there", device.scope)
        yield Batch(cursors={device.dev_eui: session})

    async def _pages(
        self, of: Of, after: datetime, before: datetime | None = None
    ) -> AsyncGenerator[_Read]:
        """Give page after page; raises `NetworkError` after one that broke off."""
        token = ""
        while True:
            page = await self._api.uplinks(of, after, before, token)
            found = _read(page, after)
            yield found
            if not found.complete:
                raise NetworkError(Reason.SERVER_ERROR, "the answer broke off")
            token = page.token
            if not token and (len(page.rows) < PAGE or found.until <= after):
                return
            after = found.until

    def _known(self, scope: str, cursor: str) -> dict[str, datetime]:
        """Give the uplinks that were kept for certain: their cursor has come back."""
        offered = self._offered.get(scope, _Offered())
        return offered.ids if cursor and offered.cursor == cursor else {}

    async def _batches(
        self,
        scope: str,
        found: _Read,
        sent: list[Sent],
        sessions: Mapping[str, str],
        unread: Container[str] = (),
    ) -> list[Batch]:
        """Give the batches of uplinks, with what the registry tells of their devices."""
        if any(each.device.dev_eui not in self._inventory for each in sent):
            await self._learn(scope, sent)
        devices = {eui: registered.device for eui, registered in self._inventory.items()}
        malformed = [Batch(malformed=found.malformed)] if found.malformed else []
        return [*malformed, *batches(sent, devices, sessions, unread)]

    async def _learn(self, scope: str, sent: Iterable[Sent]) -> None:
        """Read the registry; a device that is no longer in it is known by its uplinks alone."""
        try:
            registered = await self._api.devices(scope)
        except NetworkError as error:
            if error.reason not in {Reason.KEY_WITHOUT_RIGHTS, Reason.NOT_THIS_SERVER}:
                raise
            registered = list[Registered]()
        told = {each.device.dev_eui: Registered("", each.device) for each in sent}
        known = {each.device.dev_eui: each for each in registered}
        self._inventory = told | known | self._inventory


@dataclass(frozen=True, slots=True)
class _Read:
    """What a page told."""

    sent: list[Sent]
    malformed: int
    """Rows that could not be understood."""
    until: datetime
    """Newest receipt."""
    complete: bool


def _read(page: Page, after: datetime) -> _Read:
    sent: list[Sent] = []
    malformed = 0
    for row in page.rows:
        try:
            found = read(row)
        except ValueError:
            malformed += 1
            continue
        if found is not None:
            sent.append(found)
    newest = max((each.uplink.received_at for each in sent), default=after)
    return _Read(sent, malformed, newest, page.complete)


def _identity_server(cluster: Address) -> Address:
    """Give where the registry of a cluster is."""
    for domain in _CLOUD:
        if cluster.host.endswith(f".{domain}"):
            *tenant, _region = cluster.host.removesuffix(f".{domain}").split(".")
            return replace(cluster, host=".".join((*tenant, "eu1", domain)))
    return cluster


def _connect(fields: Mapping[str, str], session: ClientSession) -> TheThingsStack:
    """Open nothing yet; raises `NetworkError` where a field cannot be right."""
    cluster = parse_address(fields[Field.CLUSTER], plain_port=1885, scheme="https")
    key = clean_key(fields[Field.CLUSTER_KEY])
    credentials = Credentials(headers={"Authorization": f"Bearer {key}"})
    application_server = Http(session, cluster.url, credentials)
    registry = _identity_server(cluster)
    if registry == cluster:
        return TheThingsStack(Api(application_server, application_server))
    return TheThingsStack(Api(Http(session, registry.url, credentials), application_server))


SERVER: Final = ServerType(
    key="the_things_stack",
    name="The Things Stack / The Things Network",
    required=(Field.CLUSTER, Field.CLUSTER_KEY),
    addresses=tuple(f"https://{cluster}.cloud.thethings.network" for cluster in _CLUSTERS),
    connect=_connect,
    pushed=read,
)
