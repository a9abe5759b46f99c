"""ChirpStack v4's gRPC interface over the simulated town, on loopback.

    async with serve(town, Options(history=100)) as server:
        channel = grpc.aio.insecure_channel(server.address)
        metadata = (("authorization", f"Bearer {server.api_key}"),)

`server.requests` counts the calls. Faults are those of `town.faults`; the one that refuses
connections takes effect with `await server.settle()`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from chirpstack_api.api import (
    application_pb2_grpc,
    device_pb2_grpc,
    device_profile_pb2_grpc,
    device_profile_template_pb2_grpc,
    internal_pb2_grpc,
    tenant_pb2_grpc,
)
import grpc

from ..faults import Kind
from ..ports import held
from ..requests import Requests
from ..town import Town
from .access import Role, api_key
from .common import Options
from .devices import Devices
from .ending import end
from .gate import Gate
from .internal import Internal
from .profiles import Profiles, Templates
from .tenants import Applications, Tenants

__all__ = ["Options", "Requests", "Role", "Server", "api_key", "serve"]


class Server:
    """A running network server."""

    def __init__(
        self, town: Town, options: Options, tls: tuple[Path, Path] | None, host: str
    ) -> None:
        """Serve a town; `tls` holds the files of certificate and key."""
        self.town = town
        self.options = options
        self.requests = Requests()
        self.port = 0
        self._host = host
        self._tls = tls
        self._grpc: grpc.aio.Server | None = None
        self._gate = Gate(town.faults, self.requests, self._cut)
        self._changing = asyncio.Lock()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self._host}:{self.port}"

    @property
    def url(self) -> str:
        """Where the server is found."""
        return f"{'https' if self._tls else 'http'}://{self.address}"

    @property
    def api_key(self) -> str:
        """A key of the town's tenant."""
        return api_key(Role.TENANT)

    @property
    def admin_key(self) -> str:
        """A key of an administrator."""
        return api_key(Role.ADMIN)

    @property
    def tenant_id(self) -> str:
        """The town's tenant."""
        return self.town.tenant_id

    @property
    def credentials(self) -> dict[str, str]:
        """What is entered where the integration is set up, by field."""
        return {"url": self.url, "api_key": self.api_key, "tenant": self.tenant_id}

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        server = grpc.aio.server(
            interceptors=(self._gate,),
            options=(("grpc.so_reuseport", 0), ("grpc.max_concurrent_streams", 20_000)),
        )
        town, options = self.town, self.options
        tenant_pb2_grpc.add_TenantServiceServicer_to_server(Tenants(town), server)
        application_pb2_grpc.add_ApplicationServiceServicer_to_server(
            Applications(town, options), server
        )
        device_pb2_grpc.add_DeviceServiceServicer_to_server(Devices(town, options), server)
        device_profile_pb2_grpc.add_DeviceProfileServiceServicer_to_server(
            Profiles(town, options), server
        )
        device_profile_template_pb2_grpc.add_DeviceProfileTemplateServiceServicer_to_server(
            Templates(), server
        )
        internal_pb2_grpc.add_InternalServiceServicer_to_server(Internal(town, options), server)
        where = f"{self._host}:{port}"
        if self._tls:
            certificate, key = (path.read_bytes() for path in self._tls)
            credentials = grpc.ssl_server_credentials([(key, certificate)])
            self.port = server.add_secure_port(where, credentials)
        else:
            self.port = server.add_insecure_port(where)
        await server.start()
        self._grpc = server

    async def stop(self) -> None:
        """Close all connections and stop listening."""
        server, self._grpc = self._grpc, None
        if server is not None:
            await end(server)

    async def settle(self) -> None:
        """Stop or begin to listen, as the faults demand."""
        async with self._changing:
            refused = any(self.town.faults.present(Kind.REFUSE))
            if refused:
                await self.stop()
            elif self._grpc is None:
                await self.start(self.port)

    async def _cut(self) -> None:
        """Close all connections in the middle of a call, then listen again."""
        self._cutting = asyncio.create_task(self._listen_anew())

    async def _listen_anew(self) -> None:
        async with self._changing:
            await self.stop()
            await self.start(self.port)


@asynccontextmanager
async def serve(
    town: Town,
    options: Options | None = None,
    *,
    port: int = 0,
    tls: tuple[Path, Path] | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[Server]:
    """Run a network server for a town."""
    server = Server(town, options or Options(), tls, host)
    with held(host, port) as own:
        await server.start(own)
        try:
            yield server
        finally:
            await server.stop()
