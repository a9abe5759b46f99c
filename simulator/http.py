"""A network server whose interface is HTTP, on loopback.

The interface itself comes from an `Api`; here is what all have in common: counting, keys,
and the faults of the server.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from .faults import Kind
from .ports import held
from .requests import Requests
from .town import Town

OTHER_JSON = (
    "7",
    "null",
    '"text"',
    "[]",
    "[[7]]",
    "{}",
    '{"body": [7], "packets": {}, "result": 7}',
)
"""Answers of something else, by the `value` of the fault."""
KEY = "simulated-key"
"""The one that the server knows."""


class Api(Protocol):
    """One server's interface over a town."""

    fields: tuple[str, str]
    """Names of the fields for address and key where the integration is set up."""

    def routes(self) -> Iterable[web.RouteDef]:
        """Give its paths."""

    def key_of(self, request: web.Request) -> str:
        """Give the key with which a request came."""

    def refusal(self, status: int) -> web.Response:
        """Give an error as this server words it."""


class HttpServer:
    """A running network server."""

    def __init__(self, town: Town, api: Api) -> None:
        """Serve a town."""
        self.town = town
        self.requests = Requests()
        self.port = 0
        self.api_key = KEY
        self._api = api
        self._runner: web.AppRunner | None = None
        self._hanging = asyncio.Event()
        self._changing = asyncio.Lock()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where the server is found."""
        return f"http://{self.address}"

    @property
    def credentials(self) -> dict[str, str]:
        """What is entered where the integration is set up, by field."""
        address, key = self._api.fields
        return {address: self.url, key: self.api_key}

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        app = web.Application(middlewares=[self._gate])
        app.add_routes(self._api.routes())
        self._hanging = asyncio.Event()
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
        self.port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Close all connections and stop listening."""
        runner, self._runner = self._runner, None
        self._hanging.set()
        if runner is not None:
            await runner.cleanup()

    async def settle(self) -> None:
        """Stop or begin to listen, as the faults demand."""
        async with self._changing:
            if any(self.town.faults.present(Kind.REFUSE)):
                await self.stop()
            elif self._runner is None:
                await self.start(self.port)

    def _refusal(self, request: web.Request, name: str) -> web.Response | None:
        """Give what is answered instead of what was asked for, if anything."""
        fault = self.town.faults.method
        if limit := fault(Kind.RATE_LIMIT, name):
            refusal = self._api.refusal(429)
            if limit.seconds:
                refusal.headers["X-Rate-Limit-Retry"] = f"{limit.seconds:.0f}"
            return refusal
        if error := fault(Kind.ERROR, name):
            return self._api.refusal(error.value)
        if fault(Kind.REJECT_KEY, name) or self._api.key_of(request) != self.api_key:
            return self._api.refusal(401)
        if fault(Kind.NO_JSON, name):
            return web.Response(text="<html>Wartung</html>", content_type="text/html")
        if other := fault(Kind.OTHER_JSON, name):
            return web.Response(text=OTHER_JSON[other.value], content_type="application/json")
        return None

    @web.middleware
    async def _gate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count a call and let the faults of the server have their way."""
        resource = request.match_info.route.resource
        name = resource.canonical if resource else request.path
        self.requests.calls[name] += 1
        fault = self.town.faults.method
        if slow := fault(Kind.SLOW, name):
            await asyncio.sleep(slow.seconds)
        if fault(Kind.HANG, name):
            await self._hanging.wait()
        if fault(Kind.CONNECTION_RESET, name) and request.transport:
            request.transport.abort()
        refusal = self._refusal(request, name)
        if refusal is not None:
            return refusal
        answer = await handler(request)
        if fault(Kind.CUT_BODY, name) and isinstance(answer, web.Response):
            return await _cut(request, answer)
        return answer


async def _cut(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Send the first half of an answer and close the connection."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    cut = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    cut.content_length = len(body) + 1
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    if request.transport:
        request.transport.close()
    return cut


@asynccontextmanager
async def serve(town: Town, api: Callable[[Town], Api], port: int = 0) -> AsyncIterator[HttpServer]:
    """Run a network server for a town."""
    server = HttpServer(town, api(town))
    with held(port=port) as own:
        await server.start(own)
        try:
            yield server
        finally:
            await server.stop()
