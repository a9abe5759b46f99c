"""The Things Stack's HTTP interface over the simulated town, on loopback.

async with serve(town, TheThingsStack) as server: …
"""

from collections.abc import Iterable, Iterator, Sequence
import json
from math import ceil, floor
from typing import Any

from aiohttp import web

from ..clock import parse
from ..faults import Kind
from ..inventory import Application, Device
from ..stored import Stored, begin_of
from ..town import Town
from .bodies import application_id, application_up, device_id, end_device

__all__ = ["TheThingsStack"]

RETENTION = 30 * 86_400
"""Seconds for which uplinks are kept."""
_LARGEST_PAGE = 1000
_REASONS = {
    400: (3, "pkg/errors", "invalid_argument"),
    401: (16, "pkg/auth", "api_key_not_found"),
    403: (7, "pkg/auth/rights", "no_application_rights"),
    404: (5, "pkg/identityserver/store", "application_not_found"),
    429: (8, "pkg/ratelimit", "rate_limit_exceeded"),
}


class TheThingsStack:
    """The identity server and the application server of one cluster."""

    fields = ("cluster", "cluster_key")

    def __init__(self, town: Town, *, retention: float = RETENTION) -> None:
        """Tell of a town; uplinks are kept for `retention` seconds."""
        self._town = town
        self._stored = Stored(town, retention)
        self._pages: dict[str, list[str]] = {}

    def routes(self) -> Iterable[web.RouteDef]:
        """Give its paths."""
        one = "/api/v3/applications/{application}"
        stored = "/api/v3/as/applications/{application}/packages"
        return (
            web.get("/api/v3/auth_info", self._auth_info),
            web.get("/api/v3/applications", self._applications),
            web.get(one, self._application),
            web.get(f"{one}/devices", self._devices),
            web.get(f"{stored}/associations", self._associations),
            web.get(f"{stored}/storage/uplink_message", self._uplinks),
            web.get(
                "/api/v3/as/applications/{application}/devices/{device}"
                "/packages/storage/uplink_message",
                self._uplinks,
            ),
        )

    def key_of(self, request: web.Request) -> str:
        """Give the key with which a request came."""
        return request.headers.get("Authorization", "").removeprefix("Bearer ")

    def refusal(self, status: int) -> web.Response:
        """Give an error as this server words it."""
        code, namespace, name = _REASONS.get(status, (13, "pkg/web", "internal"))
        message = f"error:{namespace}:{name} (simulated)"
        details = [
            {
                "@type": "type.googleapis.com/ttn.lorawan.v3.ErrorDetails",
                "namespace": namespace,
                "name": name,
                "message_format": "simulated",
                "code": code,
            }
        ]
        body = {"code": code, "message": message, "details": details}
        return web.json_response(body, status=status)

    def _find(self, request: web.Request) -> Application | None:
        asked = request.match_info["application"]
        every = self._town.applications.values()
        return next((a for a in every if application_id(a) == asked), None)

    async def _auth_info(self, _: web.Request) -> web.Response:
        key = {"api_key": {"id": "SIMULATED"}, "entity_ids": {"user_ids": {"user_id": "stadt"}}}
        return web.json_response({"api_key": key})

    async def _applications(self, request: web.Request) -> web.Response:
        rows = [
            {"ids": {"application_id": application_id(a)}, "name": a.name}
            for a in self._town.applications.values()
        ]
        return _page(request, "applications", rows)

    async def _application(self, request: web.Request) -> web.Response:
        found = self._find(request)
        if found is None:
            return self.refusal(404)
        return web.json_response(
            {"ids": {"application_id": application_id(found)}, "name": found.name}
        )

    async def _devices(self, request: web.Request) -> web.Response:
        found = self._find(request)
        if found is None:
            return self.refusal(404)
        rows = [end_device(device) for device in self._town.devices(found.id)]
        return _page(request, "end_devices", rows)

    async def _associations(self, request: web.Request) -> web.Response:
        found = self._find(request)
        if found is None:
            return self.refusal(404)
        if any(self._town.faults.present(Kind.NOT_STORED)):
            return web.json_response({})
        ids = {"application_ids": {"application_id": application_id(found)}, "f_port": 100}
        return web.json_response(
            {"defaults": [{"ids": ids, "package_name": "storage-integration"}]}
        )

    async def _uplinks(self, request: web.Request) -> web.Response:
        found = self._find(request)
        if found is None:
            return self.refusal(404)
        token = request.query.get("continuation_token")
        if token is not None:
            rows = self._pages.pop(token, None)
            return self.refusal(400) if rows is None else self._stream(rows)
        try:
            after = parse(request.query.get("after", "1970-01-01"))
            before = parse(request.query.get("before", "9999-12-31"))
            limit = int(request.query.get("limit", "0"))
        except ValueError:
            return self.refusal(400)
        asked = request.match_info.get("device")
        devices = [d for d in self._town.devices(found.id) if asked in {None, device_id(d)}]
        rows = list(self._bodies(devices, after, before))
        return self._stream(rows, limit or len(rows))

    def _bodies(self, devices: Sequence[Device], after: float, before: float) -> Iterator[str]:
        """Give the stored uplinks in order of receipt, as JSON."""
        if any(self._town.faults.present(Kind.NOT_STORED)):
            return
        rows = self._stored.of(devices)
        begin, end = begin_of(rows, floor(after * 1000) + 1), begin_of(rows, ceil(before * 1000))
        for device, event in rows[begin:end]:
            body = application_up(device, event, self._town.faults)
            yield json.dumps({"result": body}, separators=(",", ":"))

    def _stream(self, rows: list[str], limit: int = _LARGEST_PAGE) -> web.Response:
        here, rest = rows[:limit], rows[limit:]
        headers = {}
        if rest:
            token = f"page-{len(self._pages)}-{len(rest)}"
            self._pages[token] = rest
            headers["X-Continuation-Token"] = token
        text = "".join(f"{row}\n\n" for row in here)
        return web.Response(text=text, content_type="text/event-stream", headers=headers)


def _page(request: web.Request, key: str, rows: list[dict[str, Any]]) -> web.Response:
    limit = min(int(request.query.get("limit", "100")), _LARGEST_PAGE)
    begin = limit * (int(request.query.get("page", "1")) - 1)
    here = rows[begin : begin + limit]
    headers = {"X-Total-Count": str(len(rows))}
    return web.json_response({key: here} if here else {}, headers=headers)
