"""Everynet's HTTP interface over the simulated town, on loopback.

async with serve(town, Everynet) as server: …
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from aiohttp import web

from ..stored import Stored, begin_of
from ..town import Town
from .bodies import device_row, message

__all__ = ["Everynet"]

RETENTION = 16 * 86_400
"""Seconds for which messages are kept here; a true server keeps them for 30 days or more."""
DELAY = 30.0
"""Seconds until a message can be asked for."""
_LARGEST_PAGE = 10_000
_DEVICES = 100
"""Devices in a page at most, however many are asked for."""


class Everynet:
    """One key of an administrator, with the town's applications as organisations."""

    fields = ("everynet_url", "everynet_key")

    def __init__(self, town: Town, *, retention: float = RETENTION, delay: float = DELAY) -> None:
        """Tell of a town; messages are kept for `retention` seconds."""
        self._town = town
        self._delay = delay
        self._stored = Stored(town, retention)

    def routes(self) -> Iterable[web.RouteDef]:
        """Give its paths."""
        return (
            web.get("/api/v1.0/devices", self._devices),
            web.get("/api/v1.0/history/data", self._history),
        )

    def key_of(self, request: web.Request) -> str:
        """Give the key with which a request came."""
        return request.query.get("access_token", "")

    def refusal(self, status: int) -> web.Response:
        """Give an error as this server words it."""
        return web.json_response({"code": status, "message": "simulated"}, status=status)

    async def _devices(self, request: web.Request) -> web.Response:
        begin = int(request.query.get("offset", "0"))
        limit = min(int(request.query.get("limit", "100")), _DEVICES)
        every = sorted(self._town.present(), key=lambda device: device.dev_eui)
        rows = [device_row(device) for device in every[begin : begin + limit]]
        return web.json_response({"devices": rows})

    async def _history(self, request: web.Request) -> web.Response:
        """Give messages from a second on, up to another that is not one of them."""
        query, now = request.query, self._town.clock.now()
        if "from" not in query:
            return self.refusal(400)
        devices = self._town.present()
        if "devices" in query:
            devices = [d for d in devices if d.dev_eui in query["devices"].split(",")]
        rows = self._stored.of(devices)
        until = min(_seconds(query["to"]) if "to" in query else now, now - self._delay)
        begin, end = (
            begin_of(rows, int(at * 1000)) for at in (_seconds(query["from"]), until + 0.001)
        )
        limit = min(int(query.get("limit", "100")), _LARGEST_PAGE)
        return web.json_response(
            [message(*row, self._town.faults) for row in rows[begin : max(begin, end)][:limit]]
        )


def _seconds(text: str) -> float:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
