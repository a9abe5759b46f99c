"""A ChirpStack whose every answer is written down by a test, behind real gRPC."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
from typing import Any, Final, override

from chirpstack_api.api import (
    application_pb2,
    application_pb2_grpc,
    device_pb2,
    device_pb2_grpc,
    device_profile_pb2,
    device_profile_pb2_grpc,
    device_profile_template_pb2,
    device_profile_template_pb2_grpc,
    internal_pb2,
    internal_pb2_grpc,
    tenant_pb2,
    tenant_pb2_grpc,
)
from google.protobuf.timestamp_pb2 import Timestamp
import grpc

from simulator.chirpstack.ending import end

APPLICATION: Final = "1c2f0a9e-6f0e-4be4-9a55-8b6f6d1c7e02"
TENANT: Final = "7b8d3c0a-54b1-4a7c-8b13-2f0f8f3d6a01"
NANOSECONDS: Final = 1_000_000_000

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass
class Script:
    """What the server holds, and how it fails."""

    tenants: Mapping[str, str] = field(default_factory=lambda: {TENANT: "Stadt"})
    applications: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: {TENANT: {APPLICATION: "Wasser"}}
    )
    rows: list[device_pb2.DeviceListItem] = field(default_factory=list)
    catalogue: Mapping[str, str] = field(default_factory=dict)
    items: dict[str, list[internal_pb2.LogItem]] = field(default_factory=dict)
    ordered: bool = True
    """Knows `order_by`; a server before 4.12 sorts by name."""
    ends: bool = True
    """Event streams end behind their history: a real one never does, and takes its time."""
    pause: float = 1.0
    """Between two batches of ten events."""
    failures: dict[str, tuple[grpc.StatusCode, str]] = field(default_factory=dict)
    """By method, or by DevEUI for the stream of one device."""
    silent: set[str] = field(default_factory=set)
    """Methods or DevEUIs that are never answered."""
    calls: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    """Event streams that are over, by DevEUI."""

    async def enter(self, name: str, context: Context, *further: str) -> None:
        """Count a call, and fail it where that is written down."""
        self.calls[name] += 1
        for key in (name, *further):
            if key in self.silent:
                await asyncio.Event().wait()
            if key in self.failures:
                await context.abort(*self.failures[key])


def row(eui: str, seen: float | None, name: str = "", **more: Any) -> device_pb2.DeviceListItem:
    """Make a listed device, last seen at a second since 1970."""
    stamp = None
    if seen is not None:
        whole = round(seen * NANOSECONDS)
        stamp = Timestamp(seconds=whole // NANOSECONDS, nanos=whole % NANOSECONDS)
    return device_pb2.DeviceListItem(dev_eui=eui, name=name or eui, last_seen_at=stamp, **more)


def up(eui: str, second: float, f_cnt: int, **changes: Any) -> internal_pb2.LogItem:
    """Make an `up` event that was heard at a second since 1970, 0.2 s before it was listed."""
    heard = Timestamp()
    heard.FromNanoseconds(round((second - 0.2) * NANOSECONDS))
    body = {
        "deduplicationId": f"{eui}-{second}-{f_cnt}",
        "time": heard.ToJsonString(),
        "deviceInfo": {"devEui": eui},
        "fCnt": f_cnt,
        "fPort": 1,
        "data": "AQ==",
        "rxInfo": [{"nsTime": heard.ToJsonString(), "rssi": -80}],
        **changes,
    }
    return item(second, "up", json.dumps(body))


def item(second: float, kind: str, body: str = "{}", number: int = 0) -> internal_pb2.LogItem:
    """Make an event of any kind, stored a little after a second since 1970."""
    identity = f"{round(second * 1000) + 12}-{number}"
    return internal_pb2.LogItem(id=identity, description=kind, body=body)


class _Tenants(tenant_pb2_grpc.TenantServiceServicer):  # type: ignore[misc]  # generated, untyped
    def __init__(self, script: Script) -> None:
        self._script = script

    @override
    async def List(self, request: Any, context: Context) -> Any:
        await self._script.enter("TenantService.List", context)
        rows = [tenant_pb2.TenantListItem(id=k, name=v) for k, v in self._script.tenants.items()]
        return tenant_pb2.ListTenantsResponse(result=_page(rows, request))

    @override
    async def Get(self, request: Any, context: Context) -> Any:
        await self._script.enter("TenantService.Get", context)
        if request.id not in self._script.tenants:
            await context.abort(grpc.StatusCode.NOT_FOUND, "Object does not exist")
        return tenant_pb2.GetTenantResponse(tenant=tenant_pb2.Tenant(id=request.id))


class _Applications(application_pb2_grpc.ApplicationServiceServicer):  # type: ignore[misc]  # generated, untyped
    def __init__(self, script: Script) -> None:
        self._script = script

    @override
    async def List(self, request: Any, context: Context) -> Any:
        await self._script.enter("ApplicationService.List", context)
        found = self._script.applications.get(request.tenant_id, {})
        rows = [application_pb2.ApplicationListItem(id=k, name=v) for k, v in found.items()]
        return application_pb2.ListApplicationsResponse(result=_page(rows, request))


class _Devices(device_pb2_grpc.DeviceServiceServicer):  # type: ignore[misc]  # generated, untyped
    def __init__(self, script: Script) -> None:
        self._script = script

    @override
    async def List(self, request: Any, context: Context) -> Any:
        await self._script.enter("DeviceService.List", context, request.application_id)
        orders = device_pb2.ListDevicesRequest.OrderBy
        rows = sorted(self._script.rows, key=lambda row: row.name)
        if self._script.ordered and request.order_by == orders.DEV_EUI:
            rows.sort(key=lambda row: row.dev_eui)
        if self._script.ordered and request.order_by == orders.LAST_SEEN_AT:
            rows.sort(key=lambda row: row.last_seen_at.ToNanoseconds(), reverse=True)
        return device_pb2.ListDevicesResponse(result=_page(rows, request))


class _Profiles(device_profile_pb2_grpc.DeviceProfileServiceServicer):  # type: ignore[misc]  # generated, untyped
    def __init__(self, script: Script) -> None:
        self._script = script

    @override
    async def Get(self, request: Any, context: Context) -> Any:
        await self._script.enter("DeviceProfileService.Get", context, request.id)
        profile = device_profile_pb2.DeviceProfile(
            id=request.id, device_id=self._script.catalogue.get(request.id, "")
        )
        return device_profile_pb2.GetDeviceProfileResponse(device_profile=profile)

    @override
    async def GetDevice(self, request: Any, context: Context) -> Any:
        await self._script.enter("DeviceProfileService.GetDevice", context, request.id)
        model = device_profile_pb2.DeviceProfileDevice(id=request.id, name=f"Model {request.id}")
        return device_profile_pb2.GetDeviceProfileDeviceResponse(device=model)


class _Templates(device_profile_template_pb2_grpc.DeviceProfileTemplateServiceServicer):  # type: ignore[misc]  # generated, untyped
    def __init__(self, script: Script) -> None:
        self._script = script

    @override
    async def List(self, request: Any, context: Context) -> Any:
        await self._script.enter("DeviceProfileTemplateService.List", context)
        return device_profile_template_pb2.ListDeviceProfileTemplatesResponse()


class _Internal(internal_pb2_grpc.InternalServiceServicer):  # type: ignore[misc]  # generated, untyped
    def __init__(self, script: Script) -> None:
        self._script = script

    @override
    async def StreamDeviceEvents(self, request: Any, context: Context) -> AsyncIterator[Any]:
        script, eui = self._script, request.dev_eui
        try:
            await script.enter("InternalService.StreamDeviceEvents", context, eui)
            await context.send_initial_metadata(())
            given = 0
            while not script.ends or given < len(script.items.get(eui, ())):
                for one in script.items.get(eui, ())[given : given + 10]:
                    given += 1
                    yield one
                await asyncio.sleep(0 if script.ends else script.pause)
        finally:
            script.ended[eui] += 1


def _page(rows: list[Any], request: Any) -> list[Any]:
    return rows[request.offset : request.offset + request.limit]


@asynccontextmanager
async def served(script: Script) -> AsyncIterator[str]:
    """Serve a script on loopback and give its address."""
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    tenant_pb2_grpc.add_TenantServiceServicer_to_server(_Tenants(script), server)
    application_pb2_grpc.add_ApplicationServiceServicer_to_server(_Applications(script), server)
    device_pb2_grpc.add_DeviceServiceServicer_to_server(_Devices(script), server)
    device_profile_pb2_grpc.add_DeviceProfileServiceServicer_to_server(_Profiles(script), server)
    device_profile_template_pb2_grpc.add_DeviceProfileTemplateServiceServicer_to_server(
        _Templates(script), server
    )
    internal_pb2_grpc.add_InternalServiceServicer_to_server(_Internal(script), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await end(server)
