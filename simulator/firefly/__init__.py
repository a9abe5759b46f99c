"""DIGIMONDO firefly's HTTP interface over the simulated town, on loopback.

async with serve(town, Firefly) as server: …
"""

from collections.abc import Iterable

from aiohttp import web

from ..clock import parse
from ..stored import Row, Stored, begin_of
from ..town import Town
from .bodies import class_row, device_row, packet_row

__all__ = ["Firefly"]

RETENTION = 16 * 86_400
"""Seconds for which packets are kept here; how long a true server keeps them is unknown."""
_LARGEST_PAGE = 100


class Firefly:
    """One key of an organisation, with the town's applications as organisations below it."""

    fields = ("firefly_url", "firefly_key")

    def __init__(self, town: Town, *, retention: float = RETENTION) -> None:
        """Tell of a town; packets are kept for `retention` seconds."""
        self._town = town
        self._stored = Stored(town, retention)

    def routes(self) -> Iterable[web.RouteDef]:
        """Give its paths."""
        return (
            web.get("/api/v1/devices", self._devices),
            web.get("/api/v1/device_classes", self._classes),
            web.get("/api/v1/packets", self._packets),
            web.get("/api/v1/devices/eui/{eui}/packets", self._packets_of_device),
        )

    def key_of(self, request: web.Request) -> str:
        """Give the key with which a request came."""
        return request.query.get("auth", "")

    def refusal(self, status: int) -> web.Response:
        """Give an error as this server words it."""
        return web.json_response({"error": "simulated"}, status=status)

    async def _devices(self, _: web.Request) -> web.Response:
        every = [device_row(device) for device in self._town.present()]
        return web.json_response({"devices": every})

    async def _classes(self, _: web.Request) -> web.Response:
        profiles = {device.profile.id: device.profile for device in self._town.present()}
        return web.json_response({"device_classes": [class_row(p) for p in profiles.values()]})

    async def _packets(self, request: web.Request) -> web.Response:
        rows = self._after(request, self._stored.of(self._town.present()))
        return self._answer(request, rows, 0)

    async def _packets_of_device(self, request: web.Request) -> web.Response:
        asked = request.match_info["eui"].lower()
        devices = [device for device in self._town.present() if device.dev_eui == asked]
        if not devices:
            return self.refusal(404)
        rows = self._after(request, self._stored.of(devices))
        return self._answer(request, rows, int(request.query.get("offset", "0")))

    def _after(self, request: web.Request, rows: list[Row]) -> list[Row]:
        """Give the rows from a time on; a row of that very time is one of them."""
        text = request.query.get("received_after")
        begin = 0 if text is None else begin_of(rows, round(parse(text) * 1000))
        found = rows[begin:]
        return found if request.query.get("direction") == "asc" else found[::-1]

    def _answer(self, request: web.Request, rows: list[Row], offset: int) -> web.Response:
        limit = min(int(request.query.get("limit_to_last", "1")), _LARGEST_PAGE)
        here = rows[offset : offset + limit]
        packets = [packet_row(device, event, self._town.faults) for device, event in here]
        more = len(rows) > offset + len(here)
        return web.json_response({"count": len(rows), "packets": packets, "more": more})
