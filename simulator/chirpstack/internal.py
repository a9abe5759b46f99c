"""InternalService: the event stream of a device, and what keys may not ask."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Any, override

from chirpstack_api.api import internal_pb2, internal_pb2_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from ..faults import Kind
from ..inventory import Device
from ..town import Town
from ..traffic import Event, What
from . import bodies
from .access import Context, Role, need, refuse, valid_eui
from .common import MEMBERS, Options

_BATCH = 10
"""Events that the server reads at a time."""
_TAIL = 30
"""Enough of the history to find what came during one pause."""


def _without_region(body: dict[str, Any]) -> None:
    """Put the region where servers before 4.11 put it."""
    if body.pop("regionConfigId", None):
        for info in body.get("rxInfo", ()):
            info["metadata"] = {"region_common_name": "EU868", "region_config_id": "eu868"}


class Internal(internal_pb2_grpc.InternalServiceServicer):  # type: ignore[misc]  # generated without types
    """InternalService."""

    def __init__(self, town: Town, options: Options) -> None:
        """Serve a town."""
        self._town = town
        self._options = options

    def _item(self, device: Device, event: Event) -> internal_pb2.LogItem:
        body = bodies.body(device, event, self._town.tenant, self._town.faults)
        if self._options.old:
            _without_region(body)
        text = bodies.text(body)
        at = event.sent / 1000
        if self._town.faults.striking(Kind.BODY, device, event.number, at):
            text = text[: len(text) // 2]
        time = Timestamp()
        time.FromJsonString(body["time"])
        payload = b64decode(body["data"]) if event.what is What.UP else b""
        return internal_pb2.LogItem(
            id=f"{event.stored}-{event.sequence}",
            time=time,
            description=event.what,
            body=text,
            properties=bodies.properties(event.what, body, payload),
        )

    def _history(self, device: Device | None, length: int) -> list[Event]:
        """Give what the server still holds."""
        if device is None:
            return []
        events = self._town.history(device, length)
        expired = (self._town.clock.now() - self._options.event_ttl) * 1000
        return events if events and events[-1].stored > expired else []

    @override
    async def StreamDeviceEvents(
        self, request: Any, context: Context
    ) -> AsyncIterator[internal_pb2.LogItem]:
        """Give the history, oldest first, then what comes; never ends.

        Only the access is checked: an unknown EUI is an endless empty stream to an
        administrator, and so is one in upper case to everybody.
        """
        eui = await valid_eui(context, request.dev_eui)
        role = await need(context, *MEMBERS)
        device = self._town.device(eui.lower())
        if device is None and role is not Role.ADMIN:
            await refuse(context)
        await context.send_initial_metadata(())
        if eui != eui.lower():
            device = None
        waiting = self._history(device, self._options.history)
        last = (0, 0)
        while True:
            if not waiting:
                tail = min(_TAIL, self._options.history)
                waiting = [event for event in self._history(device, tail) if event.id > last]
            batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
            if device is not None:
                for event in batch:
                    last = event.id
                    yield self._item(device, event)
            await asyncio.sleep(self._options.pause)

    @override
    async def GetVersion(self, request: Any, context: Context) -> internal_pb2.GetVersionResponse:
        """Refuse: keys may not ask for the version."""
        await need(context)
        return internal_pb2.GetVersionResponse()

    @override
    async def ListRegions(self, request: Any, context: Context) -> internal_pb2.ListRegionsResponse:
        """Refuse: keys may not ask for the regions."""
        await need(context)
        return internal_pb2.ListRegionsResponse()
