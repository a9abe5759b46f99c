"""TenantService and ApplicationService."""

from typing import Any, override

from chirpstack_api.api import (
    application_pb2,
    application_pb2_grpc,
    tenant_pb2,
    tenant_pb2_grpc,
)

from ..inventory import Application
from ..noise import text_salt, uuid
from ..town import Town
from .access import Context, Role, found, need, refuse, valid_uuid
from .common import CREATED, MEMBERS, Options, page, since_newer

_OTHER_TENANT = uuid(text_salt("other tenant")), "Stadtwerke"


class Tenants(tenant_pb2_grpc.TenantServiceServicer):  # type: ignore[misc]  # generated without types
    """TenantService."""

    def __init__(self, town: Town) -> None:
        """Serve a town."""
        self._town = town

    @override
    async def Get(self, request: Any, context: Context) -> tenant_pb2.GetTenantResponse:
        """Give one tenant."""
        name = await valid_uuid(context, request.id)
        role = await need(context, *MEMBERS)
        known = dict((self._town.tenant, _OTHER_TENANT))
        if role is Role.TENANT and name != self._town.tenant_id:
            await refuse(context)
        title = await found(context, role, known.get(name), name)
        return tenant_pb2.GetTenantResponse(
            tenant=tenant_pb2.Tenant(id=name, name=title),
            created_at=CREATED,
            updated_at=CREATED,
        )

    @override
    async def List(self, request: Any, context: Context) -> tenant_pb2.ListTenantsResponse:
        """Give all tenants, to administrators only."""
        await need(context, Role.ADMIN)
        tenants = sorted((self._town.tenant, _OTHER_TENANT), key=lambda tenant: tenant[1])
        return tenant_pb2.ListTenantsResponse(
            total_count=len(tenants),
            result=[
                tenant_pb2.TenantListItem(
                    id=name, name=title, created_at=CREATED, updated_at=CREATED
                )
                for name, title in page(tenants, request)
            ],
        )


class Applications(application_pb2_grpc.ApplicationServiceServicer):  # type: ignore[misc]  # generated without types
    """ApplicationService."""

    def __init__(self, town: Town, options: Options) -> None:
        """Serve a town."""
        self._town = town
        self._options = options

    async def _one(self, name: str, context: Context) -> Application:
        name = await valid_uuid(context, name)
        role = await need(context, *MEMBERS)
        return await found(context, role, self._town.applications.get(name), name)

    @override
    async def Get(self, request: Any, context: Context) -> application_pb2.GetApplicationResponse:
        """Give one application."""
        one = await self._one(request.id, context)
        return application_pb2.GetApplicationResponse(
            application=application_pb2.Application(
                id=one.id,
                name=one.name,
                description=one.description,
                tenant_id=self._town.tenant_id,
            ),
            created_at=CREATED,
            updated_at=CREATED,
        )

    @override
    async def List(
        self, request: Any, context: Context
    ) -> application_pb2.ListApplicationsResponse:
        """Give the applications of a tenant."""
        tenant = await valid_uuid(context, request.tenant_id)
        role = await need(context, *MEMBERS)
        if role is Role.TENANT and tenant != self._town.tenant_id:
            await refuse(context)
        known = self._town.applications.values() if tenant == self._town.tenant_id else ()
        every = sorted(
            (one for one in known if request.search.lower() in one.name.lower()),
            key=lambda one: one.name,
        )
        return application_pb2.ListApplicationsResponse(
            total_count=len(every),
            result=[
                application_pb2.ApplicationListItem(
                    id=one.id,
                    name=one.name,
                    description=one.description,
                    created_at=CREATED,
                    updated_at=CREATED,
                )
                for one in page(every, request)
            ],
        )

    @override
    async def ListDeviceProfiles(
        self, request: Any, context: Context
    ) -> application_pb2.ListApplicationDeviceProfilesResponse:
        """Give the device profiles in use in an application (since 4.12)."""
        await since_newer(context, self._options)
        one = await self._one(request.application_id, context)
        used = {d.profile.id: d.profile.name for d in self._town.devices(one.id)}
        return application_pb2.ListApplicationDeviceProfilesResponse(
            result=[
                application_pb2.ApplicationDeviceProfileListItem(id=key, name=name)
                for key, name in sorted(used.items(), key=lambda item: item[1])
            ]
        )

    @override
    async def ListDeviceTags(
        self, request: Any, context: Context
    ) -> application_pb2.ListApplicationDeviceTagsResponse:
        """Give the tags in use in an application (since 4.12)."""
        await since_newer(context, self._options)
        one = await self._one(request.application_id, context)
        used: dict[str, set[str]] = {}
        for device in self._town.devices(one.id):
            for key, value in device.tags.items():
                used.setdefault(key, set()).add(value)
        return application_pb2.ListApplicationDeviceTagsResponse(
            result=[
                application_pb2.ApplicationDeviceTagListItem(key=key, values=sorted(values))
                for key, values in sorted(used.items())
            ]
        )
