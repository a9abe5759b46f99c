"""ZENNER ELEMENT IoT: polled folder by folder, in the order in which packets were stored.

New packets follow the newest that was read; what is older is read backward, the
newest day by the first poll and some pages more by each that follows. Where the
server gives no packet content, the readings of its own parser stand for it.

The cursor of a folder is kept under its slug. Source: docs.element-iot.com (API)
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
import json
import logging
from typing import TYPE_CHECKING, Any, Final, Self, override
from urllib.parse import quote

from ..model import Batch, Connection, Device, Field, NetworkError, Reason, ServerType
from ._address import parse_address
from ._element_packets import decoded_of, device_of, lacks_payload, moment, uplink_of
from ._http import Credentials, Http, NotFoundError, Rate
from ._key import clean_key
from ._sent import Sent, batches

if TYPE_CHECKING:
    from aiohttp import ClientSession

_LOGGER: Final = logging.getLogger(__name__)

PAGE: Final = 100
"""Rows of a page; the server gives no more."""
RATE: Final = Rate(50, 10)
"""What the server allows."""
DAY: Final = timedelta(days=1)
RETAINED: Final = timedelta(days=31)
"""How far back history is read; the server may keep more."""
PAGES: Final = 40
"""Pages of older packets in one poll."""

type _Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Position:
    """How far a list was read, by ids of its rows."""

    newest: str = ""
    oldest: str | None = ""
    """None: everything older was read."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read."""

    packets: Position = Position()
    readings: Position = Position()
    lacking: tuple[str, ...] = field(default_factory=tuple)
    """Devices whose packets come without content, by their id on the server."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `__str__` wrote; anything else is a folder never read."""
        try:
            found = json.loads(text)
            return cls(
                Position(**found["packets"]),
                Position(**found["readings"]),
                tuple(found["lacking"]),
            )
        except ValueError, KeyError, TypeError:
            return cls()

    @override
    def __str__(self) -> str:
        """Write the cursor as it is kept."""
        return json.dumps(asdict(self), separators=(",", ":"))


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ZennerElement(Connection):
    """A connection to ELEMENT IoT."""

    def __init__(self, http: Http, now: Callable[[], datetime] = _utc_now) -> None:
        """Keep what is needed; nothing is sent before it is asked for."""
        self._http = http
        self._now = now
        self._inventory: dict[str, Device] = {}
        """By the device's id on the server."""

    @override
    async def scopes(self) -> Mapping[str, str]:
        """Give the name of each folder by its slug."""
        rows = [row async for page in self._list("/tags", "asc", "") for row in page]
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
                for identity, device in (await self._folder(scope)).items():
                    found.setdefault(identity, device)
            except NotFoundError:
                _LOGGER.debug("Folder %s is no longer there", scope)
        self._inventory |= found
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
                async for batch in self._read_folder(scope, cursors, now):
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
        async for rows in self._list(f"/tags/{quote(scope)}/devices", "asc", ""):
            for row in rows:
                try:
                    found[str(row.get("id"))] = device_of(row, scope)
                except ValueError:
                    _LOGGER.debug("A device of folder %s has no identity", scope)
        return found

    async def _read_folder(
        self, scope: str, cursors: Mapping[str, str], now: datetime
    ) -> AsyncGenerator[Batch]:
        """Read packets, and readings where packets have no content."""
        cursor = Cursor.parse(cursors.get(scope, ""))
        sessions = dict(cursors)
        async for rows, position in self._rows(scope, "packets", cursor.packets, now):
            lacking = {str(row.get("device_id")) for row in rows if lacks_payload(row)}
            cursor = replace(
                cursor,
                packets=position,
                lacking=tuple(sorted({*cursor.lacking, *lacking})),
            )
            sent, malformed = await self._understood(scope, rows, uplink_of)
            for batch in batches(sent, self._devices(scope), sessions):
                sessions |= batch.cursors
                yield batch
            yield Batch(cursors={scope: str(cursor)}, malformed=malformed)
        if not cursor.lacking:
            return
        async for rows, position in self._rows(scope, "readings", cursor.readings, now):
            cursor = replace(cursor, readings=position)
            wanted = [row for row in rows if str(row.get("device_id")) in cursor.lacking]
            sent, malformed = await self._understood(scope, wanted, decoded_of)
            for batch in batches(sent, self._devices(scope), sessions):
                yield replace(batch, cursors={}, joined=False)
            yield Batch(cursors={scope: str(cursor)}, malformed=malformed)

    def _devices(self, scope: str) -> dict[str, Device]:
        return {d.dev_eui: d for d in self._inventory.values() if d.scope == scope}

    async def _understood(
        self, scope: str, rows: _Rows, read: Callable[[dict[str, Any], Device], Sent | None]
    ) -> tuple[list[Sent], int]:
        """Give the uplinks of rows, and how many could not be understood."""
        known = self._inventory
        if any(str(row.get("device_id")) not in known for row in rows):
            known |= await self._folder(scope)
        sent: list[Sent] = []
        malformed = 0
        for row in rows:
            device = known.get(str(row.get("device_id")))
            try:
                found = None if device is None else read(row, device)
            except ValueError, KeyError:
                malformed += 1
                continue
            if found is not None:
                sent.append(found)
        return sent, malformed

    async def _rows(
        self, scope: str, kind: str, position: Position, now: datetime
    ) -> AsyncGenerator[tuple[_Rows, Position]]:
        """Give pages of what is new, then of what is older, each with where it leads to."""
        path = f"/tags/{quote(scope)}/{kind}"
        if position.newest:
            async for rows in self._list(path, "asc", position.newest):
                position = replace(position, newest=str(rows[-1]["id"]))
                yield rows, position
        if position.oldest is None:
            return
        goal = now - (RETAINED if position.newest else DAY)
        pages = 0
        async for rows in self._list(path, "desc", position.oldest):
            pages += 1
            newest = position.newest or str(rows[0]["id"])
            done = len(rows) < PAGE or _stored(rows[-1], now) < now - RETAINED
            position = Position(newest, None if done else str(rows[-1]["id"]))
            yield rows, position
            if done or pages == PAGES or _stored(rows[-1], now) < goal:
                return

    async def _list(self, path: str, direction: str, after: str) -> AsyncGenerator[_Rows]:
        """Give page after page; none is empty."""
        while True:
            params: dict[str, str | int] = {
                "limit": PAGE,
                "sort": "inserted_at",
                "sort_direction": direction,
            }
            if after:
                params["retrieve_after"] = after
            found = (await self._http.get(f"/api/v1{path}", params)).object().get("body")
            if not isinstance(found, list):
                raise NetworkError(Reason.NOT_THIS_SERVER, "there is no list in the answer")
            rows = [row for row in found if isinstance(row, dict) and row.get("id")]
            if rows:
                yield rows
            if len(found) < PAGE or not rows:
                return
            after = str(rows[-1]["id"])


def _stored(row: Mapping[str, Any], now: datetime) -> datetime:
    """Give when a row was stored; one that does not tell ends nothing."""
    try:
        return moment(row.get("inserted_at"))
    except ValueError:
        return now


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
