"""DeviceService."""

from collections.abc import Callable, Mapping
from typing import Any, override

from chirpstack_api.api import device_pb2, device_pb2_grpc
from chirpstack_api.common import common_pb2

from .. import schedule, traffic
from ..inventory import Device
from ..town import Town
from .access import Context, found, need, valid_eui, valid_uuid
from .bodies import margin
from .common import CREATED, MEMBERS, Options, page, stamp

_BUCKETS = {common_pb2.HOUR: 3600, common_pb2.DAY: 86_400}
"""Seconds of the buckets in which link metrics are kept."""
_KEPT = {common_pb2.HOUR: 48 * 3600, common_pb2.DAY: 62 * 86_400}

_ORDER: Mapping[int, Callable[[Town], Callable[[Device], Any]]] = {
    device_pb2.ListDevicesRequest.NAME: lambda _: lambda device: device.name,
    device_pb2.ListDevicesRequest.DEV_EUI: lambda _: lambda device: device.dev_eui,
    device_pb2.ListDevicesRequest.LAST_SEEN_AT: lambda town: town.last_seen,
    device_pb2.ListDevicesRequest.DEVICE_PROFILE_NAME: lambda _: lambda d: d.profile.name,
}


def _status(town: Town, device: Device) -> device_pb2.DeviceStatus | None:
    at = town.status_at(device)
    if at is None:
        return None
    mains = device.profile.class_c
    return device_pb2.DeviceStatus(
        margin=margin(device),
        external_power_source=mains,
        battery_level=-1 if mains else schedule.battery(device, at),
    )


class Devices(device_pb2_grpc.DeviceServiceServicer):  # type: ignore[misc]  # generated without types
    """DeviceService."""

    def __init__(self, town: Town, options: Options) -> None:
        """Serve a town."""
        self._town = town
        self._options = options

    async def _one(self, dev_eui: str, context: Context) -> Device:
        eui = await valid_eui(context, dev_eui)
        role = await need(context, *MEMBERS)
        return await found(context, role, self._town.device(eui.lower()), eui)

    def _sorted(self, request: Any, devices: list[Device]) -> list[Device]:
        """Sort as asked; devices that were never seen stand last."""
        if self._options.old:
            return sorted(devices, key=lambda device: device.name)
        key = _ORDER[request.order_by](self._town)
        keyed = [(key(device), device) for device in devices]
        known = [pair for pair in keyed if pair[0] is not None]
        known.sort(key=lambda pair: pair[0], reverse=request.order_by_desc)
        return [d for _, d in known] + [d for value, d in keyed if value is None]

    def _matching(self, request: Any) -> list[Device]:
        devices = self._town.devices(request.application_id)
        if text := request.search.lower():
            devices = [d for d in devices if text in d.name.lower() or text in d.dev_eui]
        if self._options.old:
            return devices
        if profile := request.device_profile_id:
            devices = [d for d in devices if d.profile.id == profile]
        if request.tags:
            wanted = dict(request.tags).items()
            devices = [d for d in devices if wanted <= d.tags.items()]
        return devices

    def _item(self, device: Device) -> device_pb2.DeviceListItem:
        seen = self._town.last_seen(device)
        return device_pb2.DeviceListItem(
            dev_eui=device.dev_eui,
            created_at=CREATED,
            updated_at=CREATED,
            last_seen_at=None if seen is None else stamp(seen),
            name=device.name,
            description=device.description,
            device_profile_id=device.profile.id,
            device_profile_name=device.profile.name,
            device_status=_status(self._town, device),
            tags=None if self._options.old else device.tags,
        )

    @override
    async def List(self, request: Any, context: Context) -> device_pb2.ListDevicesResponse:
        """Give the devices of an application."""
        name = await valid_uuid(context, request.application_id)
        role = await need(context, *MEMBERS)
        await found(context, role, self._town.applications.get(name), name)
        devices = self._matching(request)
        wanted = page(self._sorted(request, devices), request) if request.limit else ()
        return device_pb2.ListDevicesResponse(
            total_count=len(devices), result=[self._item(device) for device in wanted]
        )

    @override
    async def Get(self, request: Any, context: Context) -> device_pb2.GetDeviceResponse:
        """Give one device."""
        device = await self._one(request.dev_eui, context)
        seen = self._town.last_seen(device)
        return device_pb2.GetDeviceResponse(
            device=device_pb2.Device(
                dev_eui=device.dev_eui,
                name=device.name,
                description=device.description,
                application_id=device.application.id,
                device_profile_id=device.profile.id,
                tags=device.tags,
                join_eui="0000000000000000",
            ),
            created_at=CREATED,
            updated_at=CREATED,
            last_seen_at=None if seen is None else stamp(seen),
            device_status=_status(self._town, device),
            class_enabled=common_pb2.CLASS_C if device.profile.class_c else common_pb2.CLASS_A,
        )

    @override
    async def GetMetrics(
        self, request: Any, context: Context
    ) -> device_pb2.GetDeviceMetricsResponse:
        """Give no metrics: nobody configured a kind for any measurement."""
        await self._one(request.dev_eui, context)
        return device_pb2.GetDeviceMetricsResponse()

    @override
    async def GetLinkMetrics(
        self, request: Any, context: Context
    ) -> device_pb2.GetDeviceLinkMetricsResponse:
        """Give how many uplinks were received in each hour or day."""
        device = await self._one(request.dev_eui, context)
        size = _BUCKETS.get(request.aggregation, 3600)
        now = self._town.clock.now()
        begin = max(request.start.seconds, int(now) - _KEPT.get(request.aggregation, 48 * 3600))
        first = begin - begin % size
        counts = dict.fromkeys(range(first, request.end.seconds + 1, size), 0)
        for _, seen in traffic.received(device, now, self._town.faults):
            bucket = seen // 1000 - seen // 1000 % size
            if bucket < first:
                break
            if bucket in counts:
                counts[bucket] += 1
        metric = common_pb2.Metric(
            name="Received",
            timestamps=[stamp(bucket * 1000) for bucket in counts],
            datasets=[common_pb2.MetricDataset(label="rx_count", data=list(counts.values()))],
            kind=common_pb2.ABSOLUTE,
        )
        return device_pb2.GetDeviceLinkMetricsResponse(rx_packets=metric)
