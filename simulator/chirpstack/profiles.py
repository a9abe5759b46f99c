"""DeviceProfileService, with the catalogue of vendors and devices."""

from collections.abc import Sequence
from typing import Any, override

from chirpstack_api.api import (
    device_profile_pb2,
    device_profile_pb2_grpc,
    device_profile_template_pb2,
    device_profile_template_pb2_grpc,
)
from chirpstack_api.common import common_pb2

from ..inventory import Model, Profile, Vendor
from ..town import Town
from .access import Context, Role, found, need, refuse, valid_uuid
from .common import CREATED, LIVING, MEMBERS, Options, page, since_newer

_SCRIPT = "function decodeUplink(input) { return {data: decode(input.bytes)}; }"


class Profiles(device_profile_pb2_grpc.DeviceProfileServiceServicer):  # type: ignore[misc]  # generated without types
    """DeviceProfileService."""

    def __init__(self, town: Town, options: Options) -> None:
        """Serve a town."""
        self._town = town
        self._options = options

    @override
    async def Get(
        self, request: Any, context: Context
    ) -> device_profile_pb2.GetDeviceProfileResponse:
        """Give one device profile."""
        name = await valid_uuid(context, request.id)
        role = await need(context, *MEMBERS)
        one = await found(context, role, self._town.profiles.get(name), name)
        catalogue = not self._options.old and one.model
        return device_profile_pb2.GetDeviceProfileResponse(
            device_profile=device_profile_pb2.DeviceProfile(
                id=one.id,
                tenant_id="" if catalogue else self._town.tenant_id,
                name=one.name,
                region=common_pb2.EU868,
                mac_version=common_pb2.LORAWAN_1_0_3,
                reg_params_revision=common_pb2.A,
                payload_codec_runtime=(
                    device_profile_pb2.JS if one.decodes else device_profile_pb2.NONE
                ),
                payload_codec_script=_SCRIPT if one.decodes else "",
                uplink_interval=3600,
                device_status_req_interval=1,
                supports_otaa=True,
                supports_class_c=one.class_c,
                tags=one.tags,
                device_id=catalogue.id if catalogue else "",
                firmware_version="1.0" if catalogue else "",
            ),
            created_at=CREATED,
            updated_at=CREATED,
        )

    def _item(self, one: Profile) -> device_profile_pb2.DeviceProfileListItem:
        model = None if self._options.old else one.model
        return device_profile_pb2.DeviceProfileListItem(
            id=one.id,
            created_at=CREATED,
            updated_at=CREATED,
            name=one.name,
            region=common_pb2.EU868,
            mac_version=common_pb2.LORAWAN_1_0_3,
            reg_params_revision=common_pb2.A,
            supports_otaa=True,
            supports_class_c=one.class_c,
            vendor_id=model.vendor.id if model else "",
            vendor_name=model.vendor.name if model else "",
            device_id=model.id if model else "",
            device_name=model.name if model else "",
            firmware_version="1.0" if model else "",
        )

    @override
    async def List(
        self, request: Any, context: Context
    ) -> device_profile_pb2.ListDeviceProfilesResponse:
        """Give the device profiles of a tenant, with the global ones."""
        tenant = await valid_uuid(context, request.tenant_id)
        role = await need(context, *MEMBERS)
        if role is Role.TENANT and tenant != self._town.tenant_id:
            await refuse(context)
        every = sorted(
            (
                one
                for one in self._town.profiles.values()
                if request.search.lower() in one.name.lower()
                and (not request.global_only or one.model)
                and not (request.tenant_only and one.model)
            ),
            key=lambda one: one.name,
        )
        return device_profile_pb2.ListDeviceProfilesResponse(
            total_count=len(every), result=[self._item(one) for one in page(every, request)]
        )

    def _models(self) -> dict[str, Model]:
        return {one.model.id: one.model for one in self._town.profiles.values() if one.model}

    def _vendors(self) -> Sequence[Vendor]:
        vendors = {model.vendor.id: model.vendor for model in self._models().values()}
        return sorted(vendors.values(), key=lambda vendor: vendor.name)

    @override
    async def ListVendors(
        self, request: Any, context: Context
    ) -> device_profile_pb2.ListDeviceProfileVendorsResponse:
        """Give the vendors of the catalogue (since 4.16)."""
        await since_newer(context, self._options)
        await need(context, *MEMBERS)
        vendors = self._vendors()
        return device_profile_pb2.ListDeviceProfileVendorsResponse(
            total_count=len(vendors),
            result=[
                device_profile_pb2.DeviceProfileVendorListItem(
                    id=vendor.id,
                    created_at=CREATED,
                    updated_at=CREATED,
                    name=vendor.name,
                    vendor_id=vendor.number,
                )
                for vendor in page(vendors, request)
            ],
        )

    @override
    async def GetVendor(
        self, request: Any, context: Context
    ) -> device_profile_pb2.GetDeviceProfileVendorResponse:
        """Give one vendor of the catalogue (since 4.16)."""
        await since_newer(context, self._options)
        name = await valid_uuid(context, request.id)
        role = await need(context, *MEMBERS)
        known = {vendor.id: vendor for vendor in self._vendors()}
        vendor = await found(context, role, known.get(name), name)
        return device_profile_pb2.GetDeviceProfileVendorResponse(
            vendor=device_profile_pb2.DeviceProfileVendor(
                id=vendor.id, name=vendor.name, vendor_id=vendor.number
            ),
            created_at=CREATED,
            updated_at=CREATED,
        )

    @override
    async def ListDevices(
        self, request: Any, context: Context
    ) -> device_profile_pb2.ListDeviceProfileDevicesResponse:
        """Give the devices that the catalogue knows of a vendor (since 4.16)."""
        await since_newer(context, self._options)
        vendor = await valid_uuid(context, request.vendor_id)
        await need(context, *MEMBERS)
        models = sorted(
            (model for model in self._models().values() if model.vendor.id == vendor),
            key=lambda model: model.name,
        )
        return device_profile_pb2.ListDeviceProfileDevicesResponse(
            total_count=len(models),
            result=[
                device_profile_pb2.DeviceProfileDeviceListItem(
                    id=model.id, created_at=CREATED, updated_at=CREATED, name=model.name
                )
                for model in page(models, request)
            ],
        )

    @override
    async def GetDevice(
        self, request: Any, context: Context
    ) -> device_profile_pb2.GetDeviceProfileDeviceResponse:
        """Give one device of the catalogue (since 4.16)."""
        await since_newer(context, self._options)
        name = await valid_uuid(context, request.id)
        role = await need(context, *MEMBERS)
        model = await found(context, role, self._models().get(name), name)
        return device_profile_pb2.GetDeviceProfileDeviceResponse(
            device=device_profile_pb2.DeviceProfileDevice(
                id=model.id, vendor_id=model.vendor.id, name=model.name
            ),
            created_at=CREATED,
            updated_at=CREATED,
        )


class Templates(device_profile_template_pb2_grpc.DeviceProfileTemplateServiceServicer):  # type: ignore[misc]  # generated without types
    """DeviceProfileTemplateService."""

    @override
    async def List(
        self, request: Any, context: Context
    ) -> device_profile_template_pb2.ListDeviceProfileTemplatesResponse:
        """Give none, to every living key."""
        await need(context, *LIVING)
        return device_profile_template_pb2.ListDeviceProfileTemplatesResponse()
