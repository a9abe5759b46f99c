"""Receive what network servers send by themselves, beside polling or instead of it.

The address holds a secret. It is Home Assistant's own web server that listens, but
not its webhooks: those tell the secret to the log, and answer a wrong one with success.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
import hmac
from ipaddress import ip_address
import secrets
from typing import TYPE_CHECKING, Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.network import NoURLAvailableError, get_url, is_cloud_connection
from homeassistant.util import dt as dt_util
from homeassistant.util.network import is_local

from .const import CONF_LOCAL_ONLY, CONF_PUSH, CONF_SCOPES, CONF_SECRET, DOMAIN, LOGGER
from .model import Batch, Sent
from .network import batches, parsed

if TYPE_CHECKING:
    from .coordinator import SmartCityCoordinator

PATH: Final = f"/api/{DOMAIN}/push/{{secret}}"
LARGEST: Final = 256 * 1024
"""Bytes of a message; the longest known has a hundredth of it."""
RECEIVING: Final = 10.0
"""Seconds for which the sender may take its time."""
KEEPING: Final = 4.0
"""Seconds for which the sender waits until its message is kept; ChirpStack waits five."""
WAITING: Final = 1000
"""Messages that may wait to be kept."""
AT_ONCE: Final = 200
"""Messages kept in one transaction."""
RATE: Final = 100.0
"""Messages a second that are taken for long; a town of 10,000 hourly meters sends three."""
BURST: Final = 1000.0
DEVICES: Final = 20_000
"""More than this are not learnt from what is sent."""
PAST: Final = timedelta(days=400)
FUTURE: Final = timedelta(days=1)
"""Between the times of messages; beyond, a clock is wrong."""


def new_secret() -> str:
    """Make an address that nobody can guess."""
    return secrets.token_hex(32)


def address(hass: HomeAssistant, secret: str, *, local_only: bool) -> str:
    """Give where a network server is to send."""
    try:
        base = get_url(hass, prefer_external=not local_only, allow_cloud=not local_only)
    except NoURLAvailableError:
        base = "http://homeassistant.local:8123"
    return base + PATH.format(secret=secret)


@dataclass(slots=True)
class Allowance:
    """How many messages are taken: so many at once, then so many a second."""

    left: float = BURST
    at: float = 0.0

    def take(self, now: float) -> bool:
        """Tell whether one more is taken."""
        self.left = min(BURST, self.left + (now - self.at) * RATE)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(frozen=True, slots=True)
class _Waiting:
    sent: Sent
    kept: asyncio.Future[bool]


class Push:
    """What was sent to one entry, on its way to be kept."""

    def __init__(self, coordinator: SmartCityCoordinator) -> None:
        """Have everything kept by the coordinator of the entry."""
        self._coordinator = coordinator
        self._keeping: asyncio.Task[None] | None = None
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(WAITING)
        self._sessions: dict[str, str] = {}
        self.allowance = Allowance()

    def read(self, body: object) -> Sent | None:
        """Read a message; None for what is not wanted. Raises `ValueError`."""
        if not isinstance(body, dict):
            msg = "no object"
            raise ValueError(msg)  # noqa: TRY004  # whatever is wrong with it, it cannot be read
        pushed = self._coordinator.server.pushed
        sent = None if pushed is None else pushed(body)
        if sent is None:
            return None
        now = dt_util.utcnow()
        if not now - PAST < sent.uplink.received_at < now + FUTURE:
            msg = "a time that cannot be right"
            raise ValueError(msg)
        return self._wanted(sent)

    def _wanted(self, sent: Sent) -> Sent | None:
        """Give an uplink of a device that is known, or belongs where devices are read."""
        coordinator = self._coordinator
        known = coordinator.ledger.device(sent.device.dev_eui)
        if known is not None and coordinator.server.polled:
            return replace(sent, device=known)
        wanted = sent.device.scope in coordinator.config_entry.options[CONF_SCOPES]
        if known is None and (not wanted or len(coordinator.states) >= DEVICES):
            LOGGER.debug("%s was sent to by a device that is not read", coordinator.name)
            return None
        return sent

    async def async_take(self, sent: Sent) -> bool:
        """Have an uplink kept; tell whether it is, so that else it can be sent again."""
        kept = self._enqueue(sent)
        if kept is None:
            return False
        done, _ = await asyncio.wait([kept], timeout=KEEPING)
        return bool(done) and kept.result()

    @callback
    def hear(self, text: bytes) -> bool:
        """Have a message kept for which nobody waits; tell whether it could be taken."""
        if not self.allowance.take(asyncio.get_running_loop().time()) or len(text) > LARGEST:
            return False
        try:
            sent = self.read(parsed(text))
        except ValueError:
            return False
        return sent is None or self._enqueue(sent) is not None

    def _enqueue(self, sent: Sent) -> asyncio.Future[bool] | None:
        """Give what tells whether it was kept, None if too many wait."""
        kept = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(_Waiting(sent, kept))
        except asyncio.QueueFull:
            return None
        if self._keeping is None or self._keeping.done():
            coordinator = self._coordinator
            self._keeping = coordinator.config_entry.async_create_background_task(
                coordinator.hass, self._async_keep(), f"{DOMAIN} push", eager_start=False
            )
        return kept

    async def _async_keep(self) -> None:
        while not self._queue.empty():
            count = min(self._queue.qsize(), AT_ONCE)
            await self._async_keep_all([self._queue.get_nowait() for _ in range(count)])

    async def _async_keep_all(self, waiting: Sequence[_Waiting]) -> None:
        """Keep messages together; where that fails, one by one."""
        try:
            await self._coordinator.async_take(self._batches(each.sent for each in waiting))
        except Exception:  # noqa: BLE001  # one faulty message must not stop the others
            if len(waiting) == 1:
                LOGGER.exception("A message that was sent could not be kept")
                waiting[0].kept.set_result(False)
            else:
                for each in waiting:
                    await self._async_keep_all([each])
        else:
            for each in waiting:
                each.kept.set_result(True)

    def _batches(self, sent: Iterable[Sent]) -> list[Batch]:
        """Group uplinks; cursors stay with the poll, which has not read them yet."""
        heard = sorted(sent, key=lambda each: each.uplink.received_at)
        found = list(batches(heard, {}, self._sessions))
        self._sessions |= {each.device.dev_eui: each.session for each in heard if each.session}
        return found


@callback
def async_receive(hass: HomeAssistant) -> None:
    """Listen where network servers send to.

    Not by a view of Home Assistant: it tells each address to the log where that tells much.
    """
    hass.http.app.router.add_route("POST", PATH, _receive)


async def _receive(request: web.Request) -> web.Response:
    """Take a message; no answer repeats anything of it."""
    hass = request.app[KEY_HASS]
    entry = _entry_of(hass, request.match_info["secret"])
    if entry is None or (entry.options[CONF_PUSH][CONF_LOCAL_ONLY] and not _near(hass, request)):
        raise web.HTTPNotFound
    if entry.state is not ConfigEntryState.LOADED:
        raise web.HTTPServiceUnavailable
    push: Push = entry.runtime_data.push
    if not push.allowance.take(asyncio.get_running_loop().time()):
        raise web.HTTPTooManyRequests
    body = await _body(request)
    try:
        sent = push.read(parsed(body))
    except ValueError:
        # What can be understood is taken whatever it says that it is.
        raise _refusal(request.content_type) from None
    if sent is not None and not await push.async_take(sent):
        raise web.HTTPServiceUnavailable
    return web.Response()


def _refusal(content_type: str) -> web.HTTPException:
    """Tell a sender what is wrong: the form in which it sends, or what is in it."""
    if content_type.endswith(("/json", "+json")):
        return web.HTTPBadRequest()
    return web.HTTPUnsupportedMediaType()


async def _body(request: web.Request) -> bytes:
    """Receive a message that is neither too long nor too slow."""
    length = request.content_length or 0
    if length > LARGEST:
        raise web.HTTPRequestEntityTooLarge(LARGEST, length)
    body = bytearray()
    try:
        async with asyncio.timeout(RECEIVING):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > LARGEST:
                    raise web.HTTPRequestEntityTooLarge(LARGEST, len(body))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return bytes(body)


def _entry_of(hass: HomeAssistant, secret: str) -> ConfigEntry | None:
    """Give the entry whose secret this is, in a time that tells nothing of it."""
    given = secret.encode()
    found = None
    for entry in hass.config_entries.async_entries(DOMAIN):
        push = entry.options.get(CONF_PUSH)
        if push and hmac.compare_digest(str(push[CONF_SECRET]).encode(), given):
            found = entry
    return found


def _near(hass: HomeAssistant, request: web.Request) -> bool:
    """Tell whether the sender is in the own network."""
    try:
        return not is_cloud_connection(hass) and is_local(ip_address(request.remote or ""))
    except ValueError:
        return False
