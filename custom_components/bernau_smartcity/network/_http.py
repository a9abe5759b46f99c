"""JSON over HTTP: every failure is told by its reason, and no answer is unbounded."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from ..model import NetworkError, Reason
from ._json import parsed

if TYPE_CHECKING:
    from aiohttp import ClientSession

LARGEST: Final = 64 * 2**20
"""Bytes of an answer; a page of uplinks has a thousandth of it."""
_RETRY_HEADERS: Final = ("X-Rate-Limit-Retry", "Retry-After")
_LONGEST_PAUSE: Final = 3600.0

_OK: Final = 200
_UNKNOWN: Final = frozenset({404, 405, 410})
_FIRST_FAILURE: Final = 500

_OF_STATUS: Final[Mapping[int, Reason]] = {
    401: Reason.KEY_REJECTED,
    403: Reason.KEY_WITHOUT_RIGHTS,
    429: Reason.RATE_LIMITED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait for what, in seconds."""

    answer: float = 60.0
    connection: float = 10.0
    pause: float = 5.0
    """Longer than this nobody waits until a server allows the next request."""
    default_pause: float = 10.0
    """Where a server does not tell when it will allow the next request."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests a server allows in how many seconds."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What goes with every request and may hold the key."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)


class NotFoundError(NetworkError):
    """The server knows no such thing."""

    def __init__(self, detail: str) -> None:
        """Tell what was asked for."""
        super().__init__(Reason.NOT_THIS_SERVER, detail)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    body: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        """Read the body; raises `NetworkError` if it is no JSON."""
        try:
            return parsed(self.body)
        except ValueError:
            raise NetworkError(Reason.NOT_THIS_SERVER, "the answer is no JSON") from None

    def object(self) -> dict[str, Any]:
        """Read the body, which must be an object."""
        found = self.json()
        if not isinstance(found, dict):
            raise NetworkError(Reason.NOT_THIS_SERVER, "the answer is no JSON object")
        return found

    def lines(self) -> tuple[list[dict[str, Any]], bool]:
        """Read one object from each line that is not empty, and tell whether all could be read.

        What follows a line that cannot be read is left out. Raises `NetworkError` if that is
        the first.
        """
        found: list[dict[str, Any]] = []
        for line in filter(None, map(bytes.strip, self.body.splitlines())):
            row = _object(line)
            if row is None and not found:
                raise NetworkError(Reason.NOT_THIS_SERVER, "the answer is no JSON")
            if row is None:
                return found, False
            found.append(row)
        return found, True


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        found = parsed(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class Http:
    """Requests to one server with one key."""

    def __init__(
        self,
        session: ClientSession,
        base: str,
        credentials: Credentials,
        *,
        rate: Rate | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Ask at most as often as the server allows."""
        self._session = session
        self._base = base
        self._credentials = credentials
        self._rate = rate
        self._pace = pace or Pace()
        self._sent: deque[float] = deque(maxlen=rate.requests if rate else 1)
        self._allowed_at = 0.0

    async def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        accept: str = "application/json",
    ) -> Answer:
        """Ask for something; raises `NetworkError`, of which no text holds the key."""
        for _ in range(2):
            await self._allowed()
            answer = await self._ask(path, params or {}, accept)
            if answer is not None:
                return answer
        raise NetworkError(Reason.RATE_LIMITED, path)

    async def _ask(self, path: str, params: Mapping[str, str | int], accept: str) -> Answer | None:
        """Give the answer, None where the server wants to be asked later."""
        pace = self._pace
        timeout = aiohttp.ClientTimeout(total=pace.answer, sock_connect=pace.connection)
        try:
            async with self._session.get(
                f"{self._base}{path}",
                params={**params, **self._credentials.params},
                headers={"Accept": accept, **self._credentials.headers},
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                if _OF_STATUS.get(response.status) is Reason.RATE_LIMITED:
                    self._wait_for(response.headers)
                    return None
                _check(response, path)
                return Answer(await _body(response), response.headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Not chained: the error quotes the address with the key.
            raise NetworkError(_reason(error), f"{path}: {type(error).__name__}") from None

    def _wait_for(self, headers: Mapping[str, str]) -> None:
        texts = [text for name in _RETRY_HEADERS if (text := headers.get(name, "")).isdecimal()]
        pause = float(texts[0]) if texts else self._pace.default_pause
        now = asyncio.get_running_loop().time()
        self._allowed_at = now + min(pause, _LONGEST_PAUSE)

    async def _allowed(self) -> None:
        """Wait until the server allows a request, or raise where it wants that to take long."""
        now = asyncio.get_running_loop().time()
        wait = self._allowed_at - now
        if wait > self._pace.pause:
            raise NetworkError(Reason.RATE_LIMITED, f"{wait:.0f} s are left to wait")
        if self._rate is not None:
            wait = max(wait, self._rate_allows_at(self._rate) - now)
        self._sent.append(now + max(wait, 0.0))
        if wait > 0:
            await asyncio.sleep(wait)

    def _rate_allows_at(self, rate: Rate) -> float:
        return self._sent[0] + rate.seconds if len(self._sent) == rate.requests else 0.0


def _check(response: aiohttp.ClientResponse, path: str) -> None:
    status = response.status
    if status in _OF_STATUS:
        raise NetworkError(_OF_STATUS[status], path)
    if status in _UNKNOWN:
        raise NotFoundError(path)
    if status >= _FIRST_FAILURE:
        raise NetworkError(Reason.SERVER_ERROR, f"{path}: status {status}")
    if response.headers.get("Location", "").startswith("https://"):
        raise NetworkError(Reason.TLS_NEEDED, f"{path}: the server leads on to https")
    if status != _OK:
        raise NetworkError(Reason.NOT_THIS_SERVER, f"{path}: status {status}")


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(2**16):
        body += chunk
        if len(body) > LARGEST:
            raise NetworkError(Reason.SERVER_ERROR, "the answer is too long")
    return bytes(body)


def _reason(error: Exception) -> Reason:
    for kind, reason in _OF_ERROR:
        if isinstance(error, kind):
            return reason
    return Reason.SERVER_ERROR


_OF_ERROR: Final[tuple[tuple[type[Exception], Reason], ...]] = (
    (TimeoutError, Reason.TIMEOUT),
    (aiohttp.InvalidURL, Reason.ADDRESS_INVALID),
    (aiohttp.ClientConnectorDNSError, Reason.NAME_UNKNOWN),
    (aiohttp.ClientConnectorCertificateError, Reason.CERTIFICATE),
    (aiohttp.ClientSSLError, Reason.TLS_NOT_OFFERED),
    (aiohttp.ClientConnectorError, Reason.CONNECTION_REFUSED),
)
"""The first that fits holds."""
