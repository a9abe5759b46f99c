"""ZENNER ELEMENT IoT: polled folder by folder, in the order in which packets were stored.

New packets follow the newest that was read; what is older is read backward, the
newest day by the first poll and some pages more by each that follows. Where the
server gives no packet content, the readings of its own parser stand for it.

The cursor of a folder is kept under its slug, and the newest packet of a device under its
DevEUI: its frame counter tells whether the device was away when the others were read.
Source: docs.element-iot.com (API)
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from itertools import islice
import logging
from time import monotonic
from typing import TYPE_CHECKING, Final, override
from urllib.parse import quote

from ..model import Batch, Connection, Device, Field, NetworkError, Reason, Sent, ServerType
from . import _element_lists
from ._address import parse_address
from ._element_cursor import Cursor, Offered
from ._element_lists import OVERLAP, RETAINED, Row, Rows, history, pages, unread
from ._element_packets import decoded_of, device_of, lacks_payload, uplink_of
from ._http import Credentials, Http, NotFoundError, Rate
from ._key import clean_key
from ._sent import NO_SESSION, SILENT, UNSEEN, batches, is_dev_eui
from ._timeline import utc_now
from ._trail import Gap, Newest, Trail

if TYPE_CHECKING:
    from aiohttp import ClientSession

_LOGGER: Final = logging.getLogger(__name__)

RATE: Final = Rate(50, 10)
"""What the server allows."""

type _Read = Callable[[Row, Device], Sent | None]


class ZennerElement(Connection):
    """A connection to ELEMENT IoT."""

    def __init__(self, http: Http, now: Callable[[], datetime] = utc_now) -> None:
        """Keep what is needed; nothing is sent before it is asked for."""
        self._http = http
        self._now = now
        self._inventory: dict[str, Device] = {}
        """By the device's id on the server."""
        self._is_known = False
        """All folders that are read were asked for their devices."""
        self._strangers: set[str] = set()
        """Ids of devices that are in no folder that is read."""
        self._gaps: dict[str, Gap] = {}
        """By DevEUI, what is still to be asked for."""
        self._offered: dict[str, Offered] = {}

    @override
    async def scopes(self) -> Mapping[str, str]:
        """Give the name of each folder by its slug."""
        rows = [row async for page in pages(self._http, "/tags", "asc") for row in page]
        found = {
            str(row["slug"]): str(row.get("name") or row["slug"]) for row in rows if row.get("slug")
        }
        if not found:
            raise NetworkError(Reason.NO_APPLICATIONS, "nothing to read yet")
        return found

    @override
    async def devices(self, scopes: Iterable[str]) -> list[Device]:
        """Give the inventory; a device in several folders belongs to the first."""
        found: dict[str, Device] = {}
        for scope in dict.fromkeys(scopes):
            try:
                found = await self._folder(scope) | found
            except NotFoundError:
                _LOGGER.debug("Folder %s is no longer there", scope)
        self._inventory = found
        self._strangers.clear()
        self._is_known = True
        return list({device.dev_eui: device for device in found.values()}.values())

    @override
    async def poll(
        self, scopes: Iterable[str], cursors: Mapping[str, str]
    ) -> AsyncGenerator[Batch]:
        """Read what was stored since.

        A folder that cannot be read does not keep the others from being read;
        its error is raised when they are.
        """
        now = self._now()
        failure: NetworkError | None = None
        for scope in dict.fromkeys(scopes):
            try:
                async with aclosing(self._new(scope, cursors, now)) as batches:
                    async for batch in batches:
                        yield batch
                async with aclosing(self._anew(scope, cursors, now)) as batches:
                    async for batch in batches:
                        yield batch
            except NotFoundError:
                _LOGGER.debug("Folder %s, or what was read of it, is no longer there", scope)
                if cursors.get(scope):
                    yield Batch(cursors={scope: ""})
            except NetworkError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    @override
    async def close(self) -> None:
        """Nothing is held: the session belongs to somebody else."""

    async def _folder(self, scope: str) -> dict[str, Device]:
        """Give the devices of a folder by their id on the server."""
        found: dict[str, Device] = {}
        async for rows in pages(self._http, f"/tags/{quote(scope)}/devices", "asc"):
            for row in rows:
                try:
                    found[str(row["id"])] = device_of(row, scope)
                except ValueError:
                    _LOGGER.debug("A device of folder %s has no identity", scope)
        return found

    async def _new(
        self, scope: str, cursors: Mapping[str, str], now: datetime
    ) -> AsyncGenerator[Batch]:
        """Read packets of a folder, and readings where packets have no content."""
        kept = cursors.get(scope, "")
        cursor = Cursor.parse(kept)
        if not kept:
            self._inventory = await self._folder(scope) | self._inventory
            cursors = dict.fromkeys(self._of(scope), UNSEEN)
            yield Batch(cursors=cursors)
        trail = Trail(cursors, self._gaps)
        since = dict.fromkeys((NO_SESSION, UNSEEN), now - RETAINED)
        last = self._offered.get(scope, Offered())
        offered = Offered(kept, dict(last.rows) if kept and last.cursor == kept else {})
        reached, goes_back = cursor, False
        heard: set[str] = set()
        async with aclosing(self._lists(scope, cursor, now)) as lists:
            async for found, rows, read in lists:
                sent, malformed = await self._sent(scope, offered.fresh(rows, now), read)
                heard |= {each.device.dev_eui for each in sent}
                for batch in _batches(sent, malformed):
                    yield batch
                is_back = found.goes_back(reached)
                told = trail.take(_counted(sent), {} if is_back else since)
                reached, goes_back = found, goes_back or is_back
                if not goes_back and str(reached) != kept:
                    kept = str(reached)
                    told |= {scope: kept}
                if told:
                    yield Batch(cursors=told)
        if not kept or goes_back:
            kept = str(reached)
            yield Batch(cursors=await self._gone(scope, cursors) | {scope: kept})
        self._offered[scope] = offered.newest(kept)
        unseen = {eui for eui in self._of(scope) if cursors.get(eui) == UNSEEN}
        async with aclosing(self._silent(scope, unseen - heard)) as batches:
            async for batch in batches:
                yield batch

    async def _gone(self, scope: str, cursors: Mapping[str, str]) -> dict[str, str]:
        """Give a cursor to devices that were not there to be read: as a whole on their return."""
        listed = await self._folder(scope)
        away = self._of(scope).items() - {(each.dev_eui, one) for one, each in listed.items()}
        for _, identity in away:
            del self._inventory[identity]
        gone = {dev_eui for dev_eui, _ in away}
        if self._is_known:
            there = {each.dev_eui for each in (self._inventory | listed).values()}
            gone |= {*filter(is_dev_eui, cursors)} - there
        return dict.fromkeys(gone, "")

    def _of(self, scope: str) -> dict[str, str]:
        """Give the devices of a folder by DevEUI, each with its id on the server."""
        every = self._inventory.items()
        return {device.dev_eui: each for each, device in every if device.scope == scope}

    async def _silent(self, scope: str, silent: Iterable[str]) -> AsyncGenerator[Batch]:
        """Read the newest of devices that sent nothing for a day, so that they show a value."""
        identities = self._of(scope)
        for dev_eui in islice(silent, SILENT):
            try:
                path = f"/devices/{quote(identities[dev_eui])}/packets"
                async with aclosing(pages(self._http, path, "desc")) as newest:
                    rows: Rows = await anext(newest, [])
                for batch in _batches(*await self._sent(scope, rows, uplink_of)):
                    yield batch
            except NotFoundError:
                _LOGGER.debug("A device of folder %s is no longer there", scope)
            yield Batch(cursors={dev_eui: NO_SESSION})

    async def _lists(
        self, scope: str, cursor: Cursor, now: datetime
    ) -> AsyncGenerator[tuple[Cursor, Rows, _Read]]:
        """Give rows with where they lead to, packets before readings."""
        path = f"/tags/{quote(scope)}"
        async with aclosing(unread(self._http, f"{path}/packets", cursor.packets, now)) as found:
            async for rows, position in found:
                cursor = replace(cursor.lacks(rows), packets=position)
                yield cursor, rows, uplink_of
        if not cursor.lacking:
            return
        async with aclosing(unread(self._http, f"{path}/readings", cursor.readings, now)) as found:
            async for rows, position in found:
                cursor = replace(cursor, readings=position)
                wanted = [row for row in rows if str(row.get("device_id")) in cursor.lacking]
                yield cursor, wanted, decoded_of

    async def _anew(
        self, scope: str, cursors: Mapping[str, str], now: datetime
    ) -> AsyncGenerator[Batch]:
        """Read devices whose cursor was thrown away, that are new here, or that were away.

        What takes longer is left to the next poll, as what is new must not wait.
        """
        if not cursors.get(scope):
            return
        begin = monotonic()
        for dev_eui, identity in self._of(scope).items():
            is_known = bool(cursors.get(dev_eui))
            gap = self._gaps.get(dev_eui) if is_known else Gap(now - RETAINED, now - RETAINED)
            if gap is None:
                continue
            self._gaps.pop(dev_eui, None)
            kept = "" if is_known else NO_SESSION
            async with aclosing(
                self._history(scope, f"/devices/{quote(identity)}", gap, now)
            ) as found:
                async for sent, malformed in found:
                    for batch in _batches(sent, malformed):
                        yield batch
                    for newest in map(Newest.of, _counted(sent)):
                        if newest.at >= gap.until:
                            gap, kept = gap._replace(until=newest.at), str(newest)
            if kept:
                yield Batch(cursors={dev_eui: kept})
            if monotonic() - begin > _element_lists.PATIENCE:
                return

    async def _history(
        self, scope: str, path: str, gap: Gap, now: datetime
    ) -> AsyncGenerator[tuple[list[Sent], int]]:
        """Read packets of a device, and readings where packets have no content."""
        lacking, since = False, gap.after - OVERLAP
        try:
            async with aclosing(history(self._http, f"{path}/packets", since, now)) as found:
                async for rows in found:
                    lacking = lacking or any(map(lacks_payload, rows))
                    yield await self._sent(scope, rows, uplink_of)
            if lacking:
                async with aclosing(history(self._http, f"{path}/readings", since, now)) as found:
                    async for rows in found:
                        yield await self._sent(scope, rows, decoded_of)
        except NotFoundError:
            _LOGGER.debug("A device of folder %s is no longer there", scope)

    async def _sent(self, scope: str, rows: Rows, read: _Read) -> tuple[list[Sent], int]:
        """Give the uplinks of rows, and how many rows could not be understood."""
        await self._learn(scope, rows)
        sent: list[Sent] = []
        malformed = 0
        for row in rows:
            device = self._inventory.get(str(row.get("device_id")))
            try:
                found = None if device is None else read(row, device)
            except ValueError:
                malformed += 1
                continue
            if found is not None:
                sent.append(found)
        return sent, malformed

    async def _learn(self, scope: str, rows: Rows) -> None:
        """Read which devices there are, once some of them are not known."""
        heard = {str(row.get("device_id")) for row in rows}
        if heard - self._inventory.keys() - self._strangers:
            self._inventory = await self._folder(scope) | self._inventory
            self._strangers |= heard - self._inventory.keys()


def _counted(sent: Iterable[Sent]) -> list[Sent]:
    """Leave out readings, which have no frame counter."""
    return [each for each in sent if each.uplink.counted]


def _batches(sent: Iterable[Sent], malformed: int) -> Iterator[Batch]:
    """Give uplinks by device; joins are not told here."""
    if malformed:
        yield Batch(malformed=malformed)
    yield from batches(sent, {}, {})


def _connect(fields: Mapping[str, str], session: ClientSession) -> ZennerElement:
    """Open nothing yet; raises `NetworkError` where a field cannot be right."""
    address = parse_address(fields[Field.ELEMENT_URL], plain_port=80, scheme="https")
    credentials = Credentials(params={"auth": clean_key(fields[Field.ELEMENT_KEY])})
    return ZennerElement(Http(session, address.url, credentials, rate=RATE))


SERVER: Final = ServerType(
    key="zenner_element",
    name="ZENNER ELEMENT IoT",
    required=(Field.ELEMENT_URL, Field.ELEMENT_KEY),
    addresses=("https://element-iot.com",),
    connect=_connect,
)
