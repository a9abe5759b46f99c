"""Servers that cannot be asked for what they sent before, and only send by themselves.

Whichever of the known forms a message has, it is read. Devices are known once
they were heard.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, override

from ..model import Batch, Connection, Device, Sent, ServerType
from . import _chirpstack_events, _thingpark, _tts_uplinks

if TYPE_CHECKING:
    from aiohttp import ClientSession

SCOPE: Final = "push"
"""Where all devices belong that were heard."""

_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Sent | None]]] = {
    _thingpark.UPLINK: _thingpark.read,
    "deviceInfo": _chirpstack_events.pushed,
    "end_device_ids": _tts_uplinks.read,
}
"""By a name that only messages of this form have."""


class PushOnly(Connection):
    """Nothing to ask."""

    @override
    async def scopes(self) -> Mapping[str, str]:
        """Give the one in which all devices are."""
        return {SCOPE: ""}

    @override
    async def devices(self, scopes: Iterable[str]) -> list[Device]:
        """Know none beforehand."""
        return []

    @override
    async def poll(
        self, scopes: Iterable[str], cursors: Mapping[str, str]
    ) -> AsyncGenerator[Batch]:
        """Give a batch with nothing in it."""
        yield Batch()

    @override
    async def close(self) -> None:
        """Nothing is held."""


def pushed(body: Mapping[str, Any]) -> Sent | None:
    """Read a message in whichever form; None for what is no uplink. Raises `ValueError`."""
    for name, read in _READERS.items():
        if name in body:
            found = read(body)
            return found and replace(found, device=replace(found.device, scope=SCOPE))
    return None


def connect(_fields: Mapping[str, str], _session: ClientSession) -> PushOnly:
    """Open nothing."""
    return PushOnly()


SERVER: Final = ServerType(
    key="push_only",
    name="Push (ThingPark, Swisscom, …)",
    required=(),
    connect=connect,
    pushed=pushed,
    polled=False,
)
