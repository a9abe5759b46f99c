"""ZENNER ELEMENT IoT's HTTP interface over the simulated town, on loopback.

async with serve(town, ZennerElement) as server: …
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from aiohttp import web

from .. import traffic
from ..inventory import Application, Device
from ..town import Town
from .bodies import device_row, folder_row, packet_row, reading_row, row_id, slug

__all__ = ["ZennerElement"]

RETENTION = 31 * 86_400
"""Seconds for which packets are kept."""
_LARGEST_PAGE = 100
_DEFAULT_PAGE = 10


class ZennerElement:
    """One instance of the platform, with the town's applications as folders."""

    fields = ("element_url", "element_key")

    def __init__(
        self, town: Town, *, retention: float = RETENTION, hidden: frozenset[str] = frozenset()
    ) -> None:
        """Tell of a town; the packets of hidden devices come without their content."""
        self._town = town
        self._retention = retention
        self._hidden = hidden

    def routes(self) -> Iterable[web.RouteDef]:
        """Give its paths."""
        one = "/api/v1/tags/{folder}"
        return (
            web.get("/api/v1/tags", self._folders),
            web.get(f"{one}/devices", self._devices),
            web.get(f"{one}/packets", self._packets),
            web.get(f"{one}/readings", self._readings),
        )

    def key_of(self, request: web.Request) -> str:
        """Give the key with which a request came."""
        return request.query.get("auth", "")

    def refusal(self, status: int) -> web.Response:
        """Give an error as this server words it."""
        return web.json_response(
            {"ok": False, "status": status, "error": "simulated"}, status=status
        )

    def _find(self, request: web.Request) -> Application | None:
        asked = request.match_info["folder"]
        return next((a for a in self._town.applications.values() if slug(a) == asked), None)

    async def _folders(self, request: web.Request) -> web.Response:
        return _page(request, [folder_row(a) for a in self._town.applications.values()])

    async def _devices(self, request: web.Request) -> web.Response:
        found = self._find(request)
        if found is None:
            return self.refusal(404)
        return _page(request, [device_row(device) for device in self._town.devices(found.id)])

    async def _packets(self, request: web.Request) -> web.Response:
        def packet(device: Device, event: traffic.Event) -> dict[str, Any]:
            hidden = device.dev_eui in self._hidden
            return packet_row(device, event, self._town.faults, hidden=hidden)

        return self._stored(request, packet)

    async def _readings(self, request: web.Request) -> web.Response:
        def reading(device: Device, event: traffic.Event) -> dict[str, Any]:
            return reading_row(device, event, self._town.faults)

        return self._stored(request, reading)

    def _stored(
        self, request: web.Request, row: Callable[[Device, traffic.Event], dict[str, Any]]
    ) -> web.Response:
        found = self._find(request)
        if found is None:
            return self.refusal(404)
        events = sorted(self._events(found), key=lambda each: (each[1].stored, each[0].dev_eui))
        if request.query.get("sort_direction") == "desc":
            events.reverse()
        ids = [row_id(device, event) for device, event in events]
        after = request.query.get("retrieve_after")
        if after is not None and after not in ids:
            return self.refusal(404)
        begin = ids.index(after) + 1 if after is not None else 0
        here = events[begin : begin + _limit(request)]
        return _answer([row(device, event) for device, event in here])

    def _events(self, folder: Application) -> Iterator[tuple[Device, traffic.Event]]:
        now = self._town.clock.now()
        for device in self._town.devices(folder.id):
            length = 4 * (int(self._retention / device.interval) + 4)
            for event in self._town.history(device, length):
                if event.what is traffic.What.UP and event.stored > (now - self._retention) * 1000:
                    yield device, event


def _limit(request: web.Request) -> int:
    return min(int(request.query.get("limit", _DEFAULT_PAGE)), _LARGEST_PAGE)


def _page(request: web.Request, rows: list[dict[str, Any]]) -> web.Response:
    after = request.query.get("retrieve_after")
    ids = [row["id"] for row in rows]
    begin = ids.index(after) + 1 if after in ids else 0
    return _answer(rows[begin : begin + _limit(request)])


def _answer(rows: list[dict[str, Any]]) -> web.Response:
    body: dict[str, Any] = {"body": rows, "ok": True, "status": 200}
    if rows:
        body["retrieve_after_id"] = rows[-1]["id"]
    return web.json_response(body)
