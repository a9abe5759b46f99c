"""ZENNER ELEMENT IoT's HTTP interface over the simulated town, on loopback.

async with serve(town, ZennerElement) as server: …
"""

from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from .. import traffic
from ..inventory import Application, Device
from ..stored import Stored, begin_of
from ..town import Town
from .bodies import (
    device_id,
    device_row,
    folder_row,
    packet_row,
    reading_id,
    reading_row,
    row_id,
    slug,
    stored_of,
)

__all__ = ["ZennerElement"]

RETENTION = 16 * 86_400
"""Seconds for which packets are kept here; a true server keeps them for longer."""
_LARGEST_PAGE = 100
_DEFAULT_PAGE = 10


def _read_by_the_server_alone(device: Device) -> bool:
    return device.codec == "decoded"


class ZennerElement:
    """One instance of the platform, with the town's applications as folders."""

    fields = ("element_url", "element_key")

    def __init__(
        self,
        town: Town,
        *,
        retention: float = RETENTION,
        hidden: Callable[[Device], bool] = _read_by_the_server_alone,
    ) -> None:
        """Tell of a town; the packets of hidden devices, too, come without their content."""
        self._town = town
        self._hidden = hidden
        self._stored = Stored(town, retention)

    def routes(self) -> Iterable[web.RouteDef]:
        """Give its paths."""
        folder, device = "/api/v1/tags/{folder}", "/api/v1/devices/{device}"
        return (
            web.get("/api/v1/tags", self._folders),
            web.get(f"{folder}/devices", self._devices),
            *(web.get(f"{one}/packets", self._packets) for one in (folder, device)),
            *(web.get(f"{one}/readings", self._readings) for one in (folder, device)),
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
            return packet_row(device, event, self._town.faults, hidden=self._hidden(device))

        return self._rows(request, row_id, packet)

    async def _readings(self, request: web.Request) -> web.Response:
        def reading(device: Device, event: traffic.Event) -> dict[str, Any]:
            return reading_row(device, event, self._town.faults)

        return self._rows(request, reading_id, reading)

    def _rows(
        self,
        request: web.Request,
        identity: Callable[[Device, traffic.Event], str],
        row: Callable[[Device, traffic.Event], dict[str, Any]],
    ) -> web.Response:
        """Give a page of what was stored of a folder or of one device."""
        devices = self._asked(request)
        if devices is None:
            return self.refusal(404)
        events = self._stored.of(devices)
        limit = _limit(request)
        backward = request.query.get("sort_direction") == "desc"
        after = request.query.get("retrieve_after")
        place = len(events) if backward else -1
        if after is not None:
            begin = begin_of(events, stored_of(after))
            ids = (identity(*event) for event in events[begin:])
            found = next((n for n, each in enumerate(ids, begin) if each == after), None)
            if found is None:
                return self.refusal(404)
            place = found
        here = events[max(0, place - limit) : place][::-1] if backward else events[place + 1 :]
        return _answer([row(*event) for event in here[:limit]])

    def _asked(self, request: web.Request) -> list[Device] | None:
        """Give whose rows are asked for, None where there is no such folder or device."""
        if "folder" in request.match_info:
            folder = self._find(request)
            return None if folder is None else self._town.devices(folder.id)
        asked = request.match_info["device"]
        every = self._town.all_devices.values()
        return [device for device in every if device_id(device) == asked] or None


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
