"""The Things Stack and The Things Network: polled from the Storage Integration.

One request per application gives all uplinks that were stored since the last
poll, page by page. Uplinks are stored late and not quite in order, so each poll
reaches a few minutes back, and once a day over the whole day; an uplink read
twice is the same uplink.

Cursors are kept under the id of an application and, for the session in which a
device sent, under its DevEUI. Source: thethingsindustries.com/docs/integrations/storage
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
import logging
from typing import TYPE_CHECKING, Final, override

from ..model import Batch, Connection, Device, Field, NetworkError, Reason, ServerType
from ._address import Address, parse_address
from ._http import Credentials, Http, NotFoundError
from ._key import clean_key
from ._sent import moment
from ._timeline import Timeline, utc_now
from ._timeline_cursor import Reach
from ._timeline_source import Found, Of, Registered, Row, Scopes, understood
from ._tts_api import PAGE, Api
from ._tts_uplinks import read

if TYPE_CHECKING:
    from aiohttp import ClientSession

_LOGGER: Final = logging.getLogger(__name__)

REACH: Final = Reach(retained=timedelta(days=30), overlap=timedelta(minutes=5))
"""The longest for which anyone keeps uplinks; The Things Network keeps them for a day.

Rows are written in batches, every few seconds.
"""
_CLUSTERS: Final = ("eu1", "nam1", "au1")
"""Of The Things Network."""
_CLOUD: Final = ("cloud.thethings.network", "cloud.thethings.industries")
"""Where one identity server, in `eu1`, serves all clusters."""


class TheThingsStack(Connection):
    """A connection to The Things Stack."""

    def __init__(self, api: Api, now: Callable[[], datetime] = utc_now) -> None:
        """Keep what is needed; nothing is sent before it is asked for."""
        self._api = api
        self._timeline = Timeline(self, REACH, now)

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
        self._timeline.know(found)
        return [each.device for each in found]

    @override
    def poll(self, scopes: Iterable[str], cursors: Mapping[str, str]) -> AsyncGenerator[Batch]:
        """Read what was stored since, application by application."""
        return self._timeline.poll(scopes, cursors)

    @override
    async def close(self) -> None:
        """Nothing is held: the session belongs to somebody else."""

    async def registry(self, scopes: Scopes) -> list[Registered]:
        """Give the registered devices of an application."""
        return [each for scope in scopes for each in await self._api.devices(scope)]

    async def pages(
        self, of: Of, after: datetime, before: datetime | None = None
    ) -> AsyncGenerator[Found]:
        """Give page after page; raises `NetworkError` after one that broke off."""
        token = ""
        while True:
            page = await self._api.uplinks(of, after, before, token)
            found = understood(page.rows, after, read, _received)
            yield replace(found, complete=page.complete)
            if not page.complete:
                raise NetworkError(Reason.SERVER_ERROR, "the answer broke off")
            token = page.token
            if not token and (len(page.rows) < PAGE or found.until <= after):
                return
            after = found.until


def _received(row: Row) -> datetime:
    return moment(row.get("received_at"))


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
