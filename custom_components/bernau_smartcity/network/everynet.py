"""Everynet: polled from its History API, which the server calls a beta.

One request tells what all devices of an organisation sent since a time. Messages appear
there half a minute late, in earlier versions five minutes, so each poll reaches ten back,
and once a day over the whole day.

Messages can also be asked for by their id; but in which field of a message that stands
is documented nowhere, and the time leads to the same. That times without a zone are in
UTC is taken for granted, as all others are seconds of Unix; if they were not, each day's
sweep would find what is left out.

Source: ns.docs.everynet.io (History API, Management API).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta
from itertools import batched
import logging
from typing import TYPE_CHECKING, Final, override

from ..model import Batch, Connection, Device, Field, NetworkError, Reason, ServerType
from ._address import parse_address
from ._everynet_messages import device_of, organisation_of, received, uplink_of
from ._http import Answer, Credentials, Http
from ._json import objects
from ._key import clean_key
from ._timeline import Timeline, utc_now
from ._timeline_cursor import Reach
from ._timeline_source import Found, Of, Registered, Row, Scopes, understood

if TYPE_CHECKING:
    from aiohttp import ClientSession

_LOGGER: Final = logging.getLogger(__name__)

REACH: Final = Reach(retained=timedelta(days=31), overlap=timedelta(minutes=10), apart=False)
"""Messages are kept for at least 30 days."""
PAGE: Final = 10_000
"""Messages of a page; the server gives no more."""
AT_ONCE: Final = 200
"""Messages that are read before others may run."""
DEVICES: Final = 1000
"""Devices of a page; the server may give fewer, how many is documented nowhere."""
_SECOND: Final = timedelta(seconds=1)


class Everynet(Connection):
    """A connection to Everynet."""

    def __init__(self, http: Http, now: Callable[[], datetime] = utc_now) -> None:
        """Keep what is needed; nothing is sent before it is asked for."""
        self._http = http
        self._now = now
        self._timeline = Timeline(self, REACH, now)

    @override
    async def scopes(self) -> Mapping[str, str]:
        """Give each organisation that has devices; the server tells no names.

        That the key may read messages is tried as well: it takes the rights of an
        administrator.
        """
        found = {organisation_of(row): organisation_of(row) for row in await self._devices()}
        await self._messages(Of(()), self._now() - _SECOND, None, 1)
        if not found:
            raise NetworkError(Reason.NO_APPLICATIONS, "there is no device yet")
        return found

    @override
    async def devices(self, scopes: Iterable[str]) -> list[Device]:
        """Give the inventory."""
        found = await self.registry(tuple(scopes))
        self._timeline.know(found)
        return [each.device for each in found]

    @override
    def poll(self, scopes: Iterable[str], cursors: Mapping[str, str]) -> AsyncGenerator[Batch]:
        """Read what was sent since, of all organisations at once."""
        return self._timeline.poll(scopes, cursors)

    @override
    async def close(self) -> None:
        """Nothing is held: the session belongs to somebody else."""

    async def registry(self, scopes: Scopes) -> list[Registered]:
        """Give the devices of organisations."""
        found: dict[str, Registered] = {}
        for row in await self._devices():
            try:
                device = device_of(row)
            except ValueError:
                _LOGGER.debug("A device has no DevEUI")
                continue
            if device.scope in scopes:
                found[device.dev_eui] = Registered(str(row["dev_eui"]), device)
        return list(found.values())

    async def pages(
        self, of: Of, after: datetime, before: datetime | None = None
    ) -> AsyncGenerator[Found]:
        """Give page after page; raises `NetworkError` after one that broke off."""
        while True:
            answer = await self._messages(of, after, before, PAGE)
            begin, count = after, 0
            async with aclosing(_read(answer, after)) as pieces:
                async for found, rows in pieces:
                    yield found.before(before)
                    after, count = found.until, count + rows
            if count < PAGE:
                return
            if _text(after) == _text(begin):
                raise NetworkError(Reason.SERVER_ERROR, "the next page would be the same")

    async def _messages(
        self, of: Of, after: datetime, before: datetime | None, limit: int
    ) -> Answer:
        """Ask for messages from a second on, up to another."""
        params: dict[str, str | int] = {
            "from": _text(after),
            "limit": limit,
            "types": "uplink",
            "radio": 1,
        }
        if before is not None:
            params["to"] = _text(before + _SECOND)
        if of.device:
            params["devices"] = of.device
        return await self._http.get("/api/v1.0/history/data", params)

    async def _devices(self) -> list[Row]:
        """Give all devices, page by page until one tells nothing new."""
        found: dict[str, Row] = {}
        while True:
            params: dict[str, str | int] = {
                "sort": "dev_eui",
                "offset": len(found),
                "limit": DEVICES,
            }
            answer = (await self._http.get("/api/v1.0/devices", params)).object()
            rows = answer.get("devices")
            if not isinstance(rows, list):
                raise NetworkError(Reason.NOT_THIS_SERVER, "there is no list in the answer")
            known = len(found)
            found |= {str(row.get("dev_eui")): row for row in rows if isinstance(row, dict)}
            if len(found) == known:
                return list(found.values())


async def _read(answer: Answer, after: datetime) -> AsyncGenerator[tuple[Found, int]]:
    """Read an answer piece by piece, each with how many rows it had, at least one.

    Its form is documented nowhere: a list is understood, and lines with an object each.
    """
    found, rows = Found([], 0, after), 0
    try:
        for some in batched(objects(answer.body), AT_ONCE, strict=False):
            if not rows and "meta" not in some[0]:
                raise NetworkError(Reason.NOT_THIS_SERVER, "the answer tells no messages")
            rows += len(some)
            found = understood(some, found.until, uplink_of, received)
            yield found, len(some)
            await asyncio.sleep(0)  # others may run between them
    except ValueError:
        reason = Reason.SERVER_ERROR if rows else Reason.NOT_THIS_SERVER
        raise NetworkError(reason, "the answer broke off") from None
    if not rows:
        yield found, 0


def _text(at: datetime) -> str:
    """Write a time as the server wants it, without the fraction of its second."""
    return f"{at:%Y%m%d%H%M%S}"


def _connect(fields: Mapping[str, str], session: ClientSession) -> Everynet:
    """Open nothing yet; raises `NetworkError` where a field cannot be right."""
    address = parse_address(fields[Field.EVERYNET_URL], plain_port=80, scheme="https")
    credentials = Credentials(params={"access_token": clean_key(fields[Field.EVERYNET_KEY])})
    return Everynet(Http(session, address.url, credentials))


SERVER: Final = ServerType(
    key="everynet",
    name="Everynet",
    required=(Field.EVERYNET_URL, Field.EVERYNET_KEY),
    addresses=("https://ns.eu.everynet.io",),
    connect=_connect,
)
