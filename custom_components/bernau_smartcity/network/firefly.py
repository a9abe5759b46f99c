"""DIGIMONDO firefly: polled for the packets of an organisation, in order of receipt.

One key tells the packets of an organisation and all those below it at once, a hundred
at a time. How long packets are kept is documented nowhere.

Source: apidocs.fireflyiot.com (50 requests in 10 seconds for a key).
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta
from itertools import pairwise
import logging
from typing import TYPE_CHECKING, Any, Final, override

from ..model import Batch, Connection, Device, Field, NetworkError, Reason, ServerType
from ._address import parse_address
from ._firefly_packets import (
    device_of,
    organisation_name,
    organisation_of,
    received,
    uplink_of,
)
from ._http import Credentials, Http, Rate
from ._key import clean_key
from ._timeline import Timeline, utc_now
from ._timeline_cursor import Reach
from ._timeline_source import Found, Of, Registered, Row, Scopes, understood

if TYPE_CHECKING:
    from aiohttp import ClientSession

_LOGGER: Final = logging.getLogger(__name__)

RATE: Final = Rate(50, 10)
"""What the server allows."""
PAGE: Final = 100
"""Packets of a page; the server gives no more."""
REACH: Final = Reach(
    retained=timedelta(days=31), overlap=timedelta(minutes=2), sweep=None, apart=False
)
"""Packets are told in order of receipt, so what is late is so by little."""


class Firefly(Connection):
    """A connection to firefly."""

    def __init__(self, http: Http, now: Callable[[], datetime] = utc_now) -> None:
        """Keep what is needed; nothing is sent before it is asked for."""
        self._http = http
        self._timeline = Timeline(self, REACH, now)

    @override
    async def scopes(self) -> Mapping[str, str]:
        """Give the name of each organisation that has devices, by its number."""
        found = {organisation_of(row): organisation_name(row) for row in await self._devices()}
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
        """Read what was received since, of all organisations at once."""
        return self._timeline.poll(scopes, cursors)

    @override
    async def close(self) -> None:
        """Nothing is held: the session belongs to somebody else."""

    async def registry(self, scopes: Scopes) -> list[Registered]:
        """Give the devices of organisations, with the names of their classes."""
        rows, classes = await self._devices(), await self._classes()
        found: dict[str, Registered] = {}
        for row in rows:
            try:
                device = device_of(row, classes)
            except ValueError:
                _LOGGER.debug("A device has no DevEUI")
                continue
            if device.scope in scopes:
                found[device.dev_eui] = Registered(str(row["eui"]), device)
        return list(found.values())

    async def pages(
        self, of: Of, after: datetime, before: datetime | None = None
    ) -> AsyncGenerator[Found]:
        """Give page after page."""
        if of.device:
            async with aclosing(self._pages_of_device(of.device, after)) as pages:
                async for page in pages:
                    yield page
            return
        while True:
            rows, more = await self._page("/packets", direction="asc", received_after=_text(after))
            found = understood(rows, after, uplink_of, received)
            if more:
                _check_order(rows)
            yield found.before(before)
            if not more or (before is not None and found.until >= before):
                return
            if found.until <= after:
                raise NetworkError(Reason.SERVER_ERROR, "the next page would be the same")
            after = found.until

    async def _pages_of_device(self, dev_eui: str, after: datetime) -> AsyncGenerator[Found]:
        """Give the packets of a device.

        Whether they can be had in another order than newest first is documented
        nowhere. So pages are counted: one that comes meanwhile repeats some.
        """
        path, offset, more = f"/devices/eui/{dev_eui}/packets", 0, True
        while more:
            rows, more = await self._page(path, offset=offset, received_after=_text(after))
            yield understood(rows, after, uplink_of, received)
            more, offset = more and bool(rows), offset + len(rows)

    async def _page(self, path: str, **params: str | int) -> tuple[list[Row], bool]:
        """Give packets, and whether there are more of them."""
        answer = await self._get(path, limit_to_last=PAGE, **params)
        rows = _rows(answer.get("packets"))
        return rows, answer.get("more") is True or len(rows) >= PAGE

    async def _devices(self) -> list[Row]:
        """Give all devices; no pages of them are documented."""
        return _rows((await self._get("/devices")).get("devices"))

    async def _classes(self) -> dict[str, str]:
        """Give the names of the device classes; none where the key may not read them."""
        try:
            found = _rows((await self._get("/device_classes")).get("device_classes"))
        except NetworkError as error:
            if error.reason not in {Reason.KEY_WITHOUT_RIGHTS, Reason.NOT_THIS_SERVER}:
                raise
            return {}
        return {str(row.get("id")): str(row.get("name") or "") for row in found}

    async def _get(self, path: str, **params: str | int) -> dict[str, Any]:
        return (await self._http.get(f"/api/v1{path}", params)).object()


def _rows(found: object) -> list[Row]:
    if not isinstance(found, list):
        raise NetworkError(Reason.NOT_THIS_SERVER, "there is no list in the answer")
    return [row for row in found if isinstance(row, dict)]


def _check_order(rows: Iterable[Row]) -> None:
    """Insist on the order that was asked for: newest first, the rest would be left out."""
    times = [row.get("received_at") for row in rows]
    texts = [text for text in times if isinstance(text, str)]
    if all(a > b for a, b in pairwise(texts)) and len(texts) > 1:
        raise NetworkError(Reason.SERVER_ERROR, "packets come newest first")


def _text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _connect(fields: Mapping[str, str], session: ClientSession) -> Firefly:
    """Open nothing yet; raises `NetworkError` where a field cannot be right."""
    address = parse_address(fields[Field.FIREFLY_URL], plain_port=80, scheme="https")
    credentials = Credentials(params={"auth": clean_key(fields[Field.FIREFLY_KEY])})
    return Firefly(Http(session, address.url, credentials, rate=RATE))


SERVER: Final = ServerType(
    key="firefly",
    name="DIGIMONDO firefly",
    required=(Field.FIREFLY_URL, Field.FIREFLY_KEY),
    addresses=("https://api.fireflyiot.com",),
    connect=_connect,
)
