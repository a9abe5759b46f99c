"""A small town that stands still, and its network server."""

from collections.abc import AsyncIterator
from typing import Any

from chirpstack_api.api import device_pb2_grpc, internal_pb2, internal_pb2_grpc
import grpc
import pytest

from simulator.build import build
from simulator.chirpstack import Options, Server, serve
from simulator.clock import Clock
from simulator.town import Town

NOW = "2026-11-20T08:00:00+00:00"
"""A Friday morning."""
PAUSE = 0.02
"""Seconds between two reads of a stream; a true server takes one."""


@pytest.fixture(scope="session", autouse=True)
def _poller() -> None:
    """Start gRPC's thread before the harness looks which threads a test leaves behind."""
    grpc.aio.init_grpc_aio()  # type: ignore[attr-defined]  # the stubs do not know it


@pytest.fixture
def town() -> Town:
    """Give the named town, which stands still until its clock is advanced."""
    return build(clock=Clock.standing(NOW))


@pytest.fixture
def options() -> Options:
    """Give how the server is set up."""
    return Options(pause=PAUSE)


@pytest.fixture
async def server(town: Town, options: Options) -> AsyncIterator[Server]:
    """Give the town's network server."""
    async with serve(town, options) as running:
        yield running


class Client:
    """Calls a server with one key."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        """Use a channel."""
        self.channel = channel
        self.metadata = (("authorization", f"Bearer {key}"),)
        self.devices = device_pb2_grpc.DeviceServiceStub(channel)
        self._internal = internal_pb2_grpc.InternalServiceStub(channel)

    def stream(self, dev_eui: str) -> Any:
        """Open the event stream of a device."""
        request = internal_pb2.StreamDeviceEventsRequest(dev_eui=dev_eui)
        return self._internal.StreamDeviceEvents(request, metadata=self.metadata)

    async def events(self, dev_eui: str, count: int) -> list[internal_pb2.LogItem]:
        """Read so many events of a device."""
        call = self.stream(dev_eui)
        items = [await call.read() for _ in range(count)]
        call.cancel()
        return items


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    """Give a client with the tenant's key."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield Client(channel, server.api_key)
