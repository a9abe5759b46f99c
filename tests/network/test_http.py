"""Every way in which an HTTP request can fail is told by its reason."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Final

from aiohttp import ClientSession, web
import pytest

from custom_components.bernau_smartcity.model import NetworkError, Reason
from custom_components.bernau_smartcity.network import _http
from custom_components.bernau_smartcity.network._http import (
    Answer,
    Credentials,
    Http,
    NotFoundError,
    Pace,
    Rate,
)
from simulator.ports import held
from tests.network.faulty import closing, http1, listening, make_authority, silent

KEY: Final = "secret-key"
HASTY: Final = Pace(answer=0.3)

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def ask(
    base: str, pace: Pace | None = None, rate: Rate | None = None, times: int = 1
) -> Answer:
    """Ask a server so often, and give its last answer."""
    credentials = Credentials(params={"auth": KEY}, headers={"Authorization": KEY})
    async with ClientSession() as session:
        http = Http(session, base, credentials, pace=pace, rate=rate)
        for _ in range(times):
            answer = await http.get("/path", {"limit": 3})
        return answer


async def answered(handler: Handler, **how: object) -> Answer:
    """Ask a web server that answers so."""
    app = web.Application()
    app.router.add_get("/path", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        port = runner.addresses[0][1]
        return await ask(f"http://127.0.0.1:{port}", **how)  # type: ignore[arg-type]  # passed on
    finally:
        await runner.cleanup()


def status(number: int, **headers: str) -> Handler:
    """Make a handler that answers with a status."""

    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=number, headers=headers)

    return handle


async def refused(asking: Awaitable[object]) -> NetworkError:
    """Give the error in which asking ends; it never holds the key."""
    with pytest.raises(NetworkError) as caught:
        await asking
    assert KEY not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


async def test_what_is_sent() -> None:
    """The question, and the key in header and query."""
    seen: list[web.Request] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request)
        return web.json_response({"a": 1}, headers={"X-More": "yes"})

    answer = await answered(handle)
    assert answer.object() == {"a": 1}
    assert answer.headers["X-More"] == "yes"
    assert dict(seen[0].query) == {"limit": "3", "auth": KEY}
    assert seen[0].headers["Authorization"] == KEY
    assert seen[0].headers["Accept"] == "application/json"


def test_credentials_are_not_shown() -> None:
    """Not even by accident."""
    assert KEY not in repr(Credentials(params={"auth": KEY}, headers={"Authorization": KEY}))


@pytest.mark.parametrize(
    ("number", "headers", "reason"),
    [
        (401, {}, Reason.KEY_REJECTED),
        (403, {}, Reason.KEY_WITHOUT_RIGHTS),
        (404, {}, Reason.NOT_THIS_SERVER),
        (418, {}, Reason.NOT_THIS_SERVER),
        (301, {"Location": "https://elsewhere/"}, Reason.TLS_NEEDED),
        (302, {"Location": "/login"}, Reason.NOT_THIS_SERVER),
        (500, {}, Reason.SERVER_ERROR),
        (504, {}, Reason.SERVER_ERROR),
    ],
)
async def test_status(number: int, headers: dict[str, str], reason: Reason) -> None:
    """What the status says; nobody follows to another place with the key."""
    error = await refused(answered(status(number, **headers)))
    assert error.reason is reason
    assert isinstance(error, NotFoundError) is (number == 404)


@pytest.mark.parametrize(
    ("handler", "pace", "reason"),
    [
        (closing, None, Reason.SERVER_ERROR),
        (silent, HASTY, Reason.TIMEOUT),
        (http1, None, Reason.NOT_THIS_SERVER),
    ],
)
async def test_no_web_server(handler: object, pace: Pace | None, reason: Reason) -> None:
    """Hangs up, says nothing, does not understand."""
    async with listening(handler) as port:  # type: ignore[arg-type]  # one of the three
        error = await refused(ask(f"http://127.0.0.1:{port}", pace))
    assert error.reason is reason


async def test_nobody_there() -> None:
    """Nothing listens; no such name; no such address."""
    with held() as port:
        error = await refused(ask(f"http://127.0.0.1:{port}"))
    assert error.reason is Reason.CONNECTION_REFUSED
    assert (await refused(ask("http://[::1"))).reason is Reason.ADDRESS_INVALID


async def test_tls(tmp_path: object) -> None:
    """A certificate of an unknown authority; and no TLS where it is expected."""
    authority = make_authority(tmp_path)  # type: ignore[arg-type]  # pytest gives a path
    async with listening(silent, authority.context("http/1.1")) as port:
        error = await refused(ask(f"https://127.0.0.1:{port}"))
        assert error.reason is Reason.CERTIFICATE
    async with listening(http1) as port:
        error = await refused(ask(f"https://127.0.0.1:{port}"))
        assert error.reason is Reason.TLS_NOT_OFFERED


async def test_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told apart from a computer that does not answer."""

    async def unknown(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", unknown)
    async with ClientSession() as session:
        monkeypatch.setattr(session.connector._resolver, "resolve", unknown)  # type: ignore[union-attr]  # noqa: SLF001  # no name server in a test
        http = Http(session, "http://nowhere.invalid", Credentials())
        assert (await refused(http.get("/"))).reason is Reason.NAME_UNKNOWN


async def test_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer without end does not fill the memory."""
    monkeypatch.setattr(_http, "LARGEST", 1000)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 1000)

    assert (await refused(answered(endless))).reason is Reason.SERVER_ERROR


@pytest.mark.parametrize("header", ["X-Rate-Limit-Retry", "Retry-After"])
async def test_asked_too_often(header: str) -> None:
    """A short pause is waited for; for a long one nobody waits, nor asks again meanwhile."""
    calls = 0

    async def once(_: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        return (
            web.Response(status=429, headers={header: "0"}) if calls == 1 else web.json_response(1)
        )

    assert (await answered(once)).json() == 1
    assert calls == 2
    error = await refused(answered(status(429, **{header: "60"})))
    assert error.reason is Reason.RATE_LIMITED
    assert "left to wait" in str(error)
    error = await refused(answered(status(429), pace=Pace(default_pause=0.01)))
    assert error.reason is Reason.RATE_LIMITED


async def test_rate_of_the_server_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it never has to refuse: after two requests an hour has to pass."""
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    loop = asyncio.get_running_loop()
    at = loop.time()
    monkeypatch.setattr(
        _http, "asyncio", SimpleNamespace(sleep=wait, get_running_loop=lambda: loop)
    )
    await answered(status(200), rate=Rate(2, 3600), times=5)
    # The time by the clock stands in for the hours that nobody has waited here.
    passed = loop.time() - at
    assert waits == [pytest.approx(hours * 3600, abs=passed) for hours in (1, 1, 2)]


@pytest.mark.parametrize("body", [b"<html>", b"", b"[1]", b"[" * 100_000])
def test_body_that_is_no_object(body: bytes) -> None:
    """Whatever it is, it is not this server."""
    with pytest.raises(NetworkError) as caught:
        Answer(body, {}).object()
    assert caught.value.reason is Reason.NOT_THIS_SERVER


@pytest.mark.parametrize(
    ("body", "rows", "complete"),
    [
        (b"", 0, True),
        (b'{"a":1}\n\n{"a":2}\n\n', 2, True),
        (b'{"a":1}\n{"a":', 1, False),
        (b'{"a":1}\n7', 1, False),
    ],
)
def test_lines(body: bytes, rows: int, *, complete: bool) -> None:
    """What could be read counts, and whether that was all."""
    assert Answer(body, {}).lines() == ([{"a": n + 1} for n in range(rows)], complete)


def test_lines_of_another_server() -> None:
    """A page for people is no broken list."""
    with pytest.raises(NetworkError):
        Answer(b"<html>\n</html>", {}).lines()
