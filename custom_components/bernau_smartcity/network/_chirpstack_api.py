"""The calls of ChirpStack's gRPC API that are used here; all errors are `NetworkError`."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

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
from grpc import StatusCode
from grpc.aio import AioRpcError, Channel

from ..model import NetworkError, Reason
from ._address import Address
from ._chirpstack_pace import Pace
from ._grpc import network_error, open_channel

_UNREADABLE: Final = frozenset(
    {
        StatusCode.UNIMPLEMENTED,
        StatusCode.UNAUTHENTICATED,
        StatusCode.PERMISSION_DENIED,
        StatusCode.NOT_FOUND,
    }
)
_ORDERS: Final = device_pb2.ListDevicesRequest.OrderBy
BY_EUI: Final[Mapping[str, Any]] = {"order_by": _ORDERS.DEV_EUI}
"""The one order in which no device changes its place."""
NEWEST_FIRST: Final[Mapping[str, Any]] = {"order_by": _ORDERS.LAST_SEEN_AT, "order_by_desc": True}
"""Devices never seen come last; a server before 4.12 keeps to the order of names."""


class _Services:
    """The services of one channel."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.application = application_pb2_grpc.ApplicationServiceStub(channel)
        self.device = device_pb2_grpc.DeviceServiceStub(channel)
        self.internal = internal_pb2_grpc.InternalServiceStub(channel)
        self.profile = device_profile_pb2_grpc.DeviceProfileServiceStub(channel)
        self.template = device_profile_template_pb2_grpc.DeviceProfileTemplateServiceStub(channel)
        self.tenant = tenant_pb2_grpc.TenantServiceStub(channel)


@dataclass(frozen=True, slots=True)
class Named:
    """A tenant or an application."""

    id: str
    name: str


class Api:
    """ChirpStack at one address, with one key; opened at the first call."""

    def __init__(self, address: Address, key: str, pace: Pace) -> None:
        """Keep what is needed to open the channel."""
        self._address = address
        self._key = key
        self._pace = pace
        self._opening = asyncio.Lock()
        self._opened: _Services | None = None

    async def tenants(self, limit: int = 0) -> list[Named]:
        """Give all tenants, or the first few; refused to the key of one tenant."""
        request = tenant_pb2.ListTenantsRequest()
        rows = await self._rows(lambda services: services.tenant.List, request, limit)
        return [Named(row.id, row.name) for row in rows]

    async def tenant_exists(self, tenant: str) -> bool:
        """Tell whether there is such a tenant."""
        request = tenant_pb2.GetTenantRequest(id=tenant)
        absent = {StatusCode.NOT_FOUND}
        return await self._call(lambda services: services.tenant.Get, request, absent) is not None

    async def applications(self, tenant: str, limit: int = 0) -> list[Named]:
        """Give all applications of a tenant, or the first few."""
        request = application_pb2.ListApplicationsRequest(tenant_id=tenant)
        rows = await self._rows(lambda services: services.application.List, request, limit)
        if not all(row.id for row in rows):  # ChirpStack 3 had numbers in another place
            raise NetworkError(Reason.SERVER_TOO_OLD, "applications without a UUID")
        return [Named(row.id, row.name) for row in rows]

    async def devices(
        self, application: str, order: Mapping[str, Any], limit: int, offset: int
    ) -> list[device_pb2.DeviceListItem]:
        """Give one page of the devices of an application, none of a deleted one."""
        request = device_pb2.ListDevicesRequest(
            application_id=application, limit=limit, offset=offset, **order
        )
        absent = {StatusCode.NOT_FOUND}
        answer = await self._call(lambda services: services.device.List, request, absent)
        return list(answer.result) if answer else []

    async def catalogue(self, profile: str) -> str:
        """Give the name of the model that a profile is for in the device catalogue, or "".

        There since 4.16. The identities of models differ from server to server.
        """
        request = device_profile_pb2.GetDeviceProfileRequest(id=profile)
        answer = await self._call(lambda services: services.profile.Get, request, _UNREADABLE)
        if not answer or not answer.device_profile.device_id:
            return ""
        request = device_profile_pb2.GetDeviceProfileDeviceRequest(
            id=answer.device_profile.device_id
        )
        answer = await self._call(lambda services: services.profile.GetDevice, request, _UNREADABLE)
        return str(answer.device.name) if answer else ""

    async def key_lives(self) -> bool | None:
        """Tell whether the key itself is valid, by the one list that any key may read."""
        request = device_profile_template_pb2.ListDeviceProfileTemplatesRequest(limit=1)
        absent = {StatusCode.UNIMPLEMENTED}
        try:
            answer = await self._call(lambda services: services.template.List, request, absent)
        except NetworkError as error:
            if error.is_auth:
                return False
            raise
        return None if answer is None else True

    async def events(self, dev_eui: str) -> Any:
        """Open the event stream of a device: retained history first, then live, endless.

        The errors of the stream are gRPC's own; `error` translates them.
        """
        services = await self._services()
        request = internal_pb2.StreamDeviceEventsRequest(dev_eui=dev_eui)
        return services.internal.StreamDeviceEvents(request, metadata=self._metadata)

    async def error(self, error: AioRpcError) -> NetworkError:
        """Tell why a call failed."""
        return await network_error(error, self._address, secret=self._key, wait=self._pace.probe)

    async def close(self) -> None:
        """Close the channel, and every stream with it."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.channel.close(None)

    @property
    def _metadata(self) -> tuple[tuple[str, str]]:
        return (("authorization", f"Bearer {self._key}"),)

    async def _services(self) -> _Services:
        async with self._opening:
            if self._opened is None:
                self._opened = _Services(await open_channel(self._address))
            return self._opened

    async def _rows(self, pick: Callable[[_Services], Any], request: Any, limit: int) -> list[Any]:
        """Read page after page until one is short, or one page of a few rows."""
        request.limit = limit or self._pace.page
        rows: list[Any] = []
        while True:
            request.offset = len(rows)
            page = (await self._call(pick, request)).result
            rows.extend(page)
            if limit or len(page) < request.limit:
                return rows

    async def _call(
        self,
        pick: Callable[[_Services], Any],
        request: Any,
        absent: Collection[StatusCode] = (),
    ) -> Any:
        """Give the answer of one call, None where it fails with one of the `absent` codes."""
        method = pick(await self._services())
        try:
            return await method(request, metadata=self._metadata, timeout=self._pace.request)
        except AioRpcError as error:
            if error.code() in absent:
                return None
            failure = await self.error(error)
        raise failure
