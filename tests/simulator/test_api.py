"""Lists and lookups answer as ChirpStack v4 does, wrong calls included."""

from collections.abc import AsyncIterator
from pathlib import Path
import time
from typing import Any

from chirpstack_api.api import (
    application_pb2,
    application_pb2_grpc,
    device_pb2,
    device_pb2_grpc,
    device_profile_pb2,
    device_profile_pb2_grpc,
    device_profile_template_pb2,
    device_profile_template_pb2_grpc,
    gateway_pb2,
    gateway_pb2_grpc,
    internal_pb2_grpc,
    tenant_pb2,
    tenant_pb2_grpc,
)
from chirpstack_api.common import common_pb2
from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp
import grpc
import pytest

from simulator import visitors
from simulator.build import build
from simulator.catalogue import BUILDINGS, VISITORS
from simulator.chirpstack import Options, Role, Server, api_key, serve
from simulator.clock import Clock
from simulator.town import Town

from . import certificates
from .conftest import NOW, Client

NOBODY = "00000000-0000-4000-8000-000000000000"
ListDevices = device_pb2.ListDevicesRequest

_STUBS: dict[str, Any] = {
    "tenant": tenant_pb2_grpc.TenantServiceStub,
    "application": application_pb2_grpc.ApplicationServiceStub,
    "device": device_pb2_grpc.DeviceServiceStub,
    "profile": device_profile_pb2_grpc.DeviceProfileServiceStub,
    "template": device_profile_template_pb2_grpc.DeviceProfileTemplateServiceStub,
    "internal": internal_pb2_grpc.InternalServiceStub,
}


class Api:
    """Calls any method with any key."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Use a channel."""
        self.channel = channel

    async def call(self, path: str, request: Any, key: str | None = api_key(Role.TENANT)) -> Any:
        """Call `service.Method`; without a key no header is sent."""
        service, method = path.split(".")
        metadata = () if key is None else (("authorization", f"Bearer {key}"),)
        return await getattr(_STUBS[service](self.channel), method)(request, metadata=metadata)

    async def refusal(self, path: str, request: Any, key: str | None) -> tuple[str, str]:
        """Give code and text with which a call is refused."""
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await self.call(path, request, key)
        return error.value.code().name, error.value.details() or ""


@pytest.fixture
async def api(server: Server) -> AsyncIterator[Api]:
    """Give a way to call the server."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield Api(channel)


TENANT, ADMIN = api_key(Role.TENANT), api_key(Role.ADMIN)
OTHER, DELETED = api_key(Role.OTHER_TENANT), api_key(Role.DELETED)
REFUSED = ("UNAUTHENTICATED", "")
APPLICATION = application_pb2.GetApplicationRequest(id=BUILDINGS.id)
NO_APPLICATION = application_pb2.GetApplicationRequest(id=NOBODY)


@pytest.mark.parametrize(
    ("path", "request_", "key", "refusal"),
    [
        # Codes and texts: chirpstack/src/api (auth/validator.rs, auth/mod.rs, error.rs), v4.19.
        ("application.Get", APPLICATION, None, ("UNAUTHENTICATED", "no authorization provided")),
        ("application.Get", APPLICATION, "nonsense", ("UNAUTHENTICATED", "InvalidToken")),
        ("application.Get", APPLICATION, TENANT + "x", ("UNAUTHENTICATED", "InvalidSignature")),
        ("application.Get", APPLICATION, DELETED, REFUSED),
        ("application.Get", APPLICATION, OTHER, REFUSED),
        ("application.Get", NO_APPLICATION, TENANT, REFUSED),
        (
            "application.Get",
            NO_APPLICATION,
            ADMIN,
            ("NOT_FOUND", f"Object does not exist (id: {NOBODY})"),
        ),
        ("tenant.List", tenant_pb2.ListTenantsRequest(limit=9), TENANT, REFUSED),
        ("tenant.Get", tenant_pb2.GetTenantRequest(id=NOBODY), TENANT, REFUSED),
        (
            "application.List",
            application_pb2.ListApplicationsRequest(tenant_id=NOBODY),
            TENANT,
            REFUSED,
        ),
        ("device.List", ListDevices(application_id=NOBODY, limit=1), TENANT, REFUSED),
        ("device.Get", device_pb2.GetDeviceRequest(dev_eui="0102030405060708"), TENANT, REFUSED),
        (
            "profile.List",
            device_profile_pb2.ListDeviceProfilesRequest(tenant_id=NOBODY),
            TENANT,
            REFUSED,
        ),
        (
            "template.List",
            device_profile_template_pb2.ListDeviceProfileTemplatesRequest(limit=1),
            DELETED,
            REFUSED,
        ),
        ("internal.GetVersion", Empty(), ADMIN, REFUSED),
        ("internal.ListRegions", Empty(), TENANT, REFUSED),
    ],
)
async def test_refusals(
    api: Api, path: str, request_: Any, key: str | None, refusal: tuple[str, str]
) -> None:
    """Each with the code and text of the true server."""
    assert await api.refusal(path, request_, key) == refusal


@pytest.mark.parametrize(
    ("path", "request_", "code"),
    [
        ("device.List", ListDevices(limit=1), "INVALID_ARGUMENT"),
        ("application.List", application_pb2.ListApplicationsRequest(), "INVALID_ARGUMENT"),
        ("tenant.Get", tenant_pb2.GetTenantRequest(id="Bernau"), "INVALID_ARGUMENT"),
        ("device.Get", device_pb2.GetDeviceRequest(dev_eui="12"), "INTERNAL"),
        ("device.Create", device_pb2.CreateDeviceRequest(), "UNIMPLEMENTED"),
    ],
)
async def test_bad_requests(api: Api, path: str, request_: Any, code: str) -> None:
    """What cannot be read is told before any right is checked."""
    assert (await api.refusal(path, request_, TENANT))[0] == code


async def test_malformed_header(api: Api) -> None:
    """Only bearer tokens are known."""
    stub = application_pb2_grpc.ApplicationServiceStub(api.channel)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.Get(APPLICATION, metadata=(("authorization", f"Basic {TENANT}"),))
    assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_service_that_is_not_there(api: Api) -> None:
    """As on any gRPC server."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await gateway_pb2_grpc.GatewayServiceStub(api.channel).List(
            gateway_pb2.ListGatewaysRequest()
        )
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_tenant_and_applications(api: Api, server: Server) -> None:
    """What a key of the tenant may see."""
    tenant = await api.call("tenant.Get", tenant_pb2.GetTenantRequest(id=server.tenant_id))
    assert tenant.tenant.name == "Stadt Bernau bei Berlin"
    every = await api.call("tenant.List", tenant_pb2.ListTenantsRequest(limit=9), ADMIN)
    assert server.tenant_id in {item.id for item in every.result}
    asked = application_pb2.ListApplicationsRequest(tenant_id=server.tenant_id, limit=9)
    applications = await api.call("application.List", asked)
    assert [one.name for one in applications.result] == ["Besucher", "Gebäude"]
    one = await api.call("application.Get", APPLICATION)
    assert one.application.tenant_id == server.tenant_id
    templates = device_profile_template_pb2.ListDeviceProfileTemplatesRequest(limit=1)
    assert (await api.call("template.List", templates, OTHER)).total_count == 0


async def _list(api: Api, **how: Any) -> Any:
    return await api.call(
        "device.List", ListDevices(**{"application_id": BUILDINGS.id, "limit": 1000, **how})
    )


ORDERS = [
    (ListDevices.NAME, lambda item: item.name),
    (ListDevices.DEV_EUI, lambda item: item.dev_eui),
    (ListDevices.LAST_SEEN_AT, lambda item: item.last_seen_at.ToNanoseconds()),
    (ListDevices.DEVICE_PROFILE_NAME, lambda item: item.device_profile_name),
]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("order", "key"), ORDERS)
async def test_order(api: Api, order: int, key: Any, *, descending: bool) -> None:
    """Sorted as asked, either way."""
    answer = await _list(api, order_by=order, order_by_desc=descending)
    keys = [key(item) for item in answer.result]
    assert keys == sorted(keys, reverse=descending)
    assert len(set(keys)) > 3


async def test_pages(api: Api, town: Town) -> None:
    """Pages together are the whole; a limit of 0 counts only."""
    every = {device.dev_eui for device in town.devices(BUILDINGS.id)}
    seen: list[str] = []
    while True:
        page = await _list(api, order_by=ListDevices.DEV_EUI, limit=30, offset=len(seen))
        assert page.total_count == len(every)
        seen += [item.dev_eui for item in page.result]
        if len(page.result) < 30:
            break
    assert seen == sorted(every)
    count = await _list(api, limit=0)
    assert (count.total_count, len(count.result)) == (len(every), 0)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"search": "solar"}, lambda device: device.name == "Strom Solardach"),
        ({"tags": {"building": "Rathaus"}}, lambda device: device.building == "Rathaus"),
        ({"tags": {"medium": "gas", "building": "Rathaus"}}, lambda _: False),
    ],
)
async def test_filters(api: Api, town: Town, how: dict[str, Any], expected: Any) -> None:
    """Search in the name, tags all equal."""
    found = {item.dev_eui for item in (await _list(api, **how)).result}
    assert found == {d.dev_eui for d in town.devices(BUILDINGS.id) if expected(d)}


async def test_devices_never_seen_stand_last(town: Town, api: Api) -> None:
    """In either order."""
    silent = town.devices(BUILDINGS.id)[3]
    town.faults.add("silent", devices=[silent.dev_eui], since="2026-10-01")
    for descending in (False, True):
        items = (
            await _list(api, order_by=ListDevices.LAST_SEEN_AT, order_by_desc=descending)
        ).result
        assert [i.dev_eui for i in items if not i.HasField("last_seen_at")] == [silent.dev_eui]
        assert items[-1].dev_eui == silent.dev_eui


async def test_facts_of_a_device(api: Api, town: Town) -> None:
    """List and lookup say the same."""
    item = (await _list(api, limit=1)).result[0]
    device = town.all_devices[item.dev_eui]
    assert dict(item.tags) == dict(device.tags)
    assert 1 <= item.device_status.battery_level <= 100
    one = await api.call("device.Get", device_pb2.GetDeviceRequest(dev_eui=item.dev_eui))
    assert one.device.name == item.name == device.name
    assert one.last_seen_at == item.last_seen_at
    metrics = device_pb2.GetDeviceMetricsRequest(dev_eui=item.dev_eui)
    assert not (await api.call("device.GetMetrics", metrics)).metrics


async def test_link_metrics_count_what_was_received(api: Api, town: Town) -> None:
    """One bucket for each hour, lost uplinks left out."""
    device = next(d for d in town.all_devices.values() if d.interval == 900)
    end = Timestamp()
    end.FromJsonString(NOW.replace("+00:00", "Z"))
    begin = Timestamp(seconds=end.seconds - 6 * 3600)
    request = device_pb2.GetDeviceLinkMetricsRequest(
        dev_eui=device.dev_eui, start=begin, end=end, aggregation=common_pb2.HOUR
    )
    before = (await api.call("device.GetLinkMetrics", request)).rx_packets
    assert [stamp.seconds for stamp in before.timestamps] == [
        begin.seconds + 3600 * hour for hour in range(7)
    ]
    assert list(before.datasets[0].data[:6]) == [4.0] * 6
    town.faults.add("drop", devices=[device.dev_eui], since=begin.seconds + 3600)
    after = (await api.call("device.GetLinkMetrics", request)).rx_packets
    assert sum(after.datasets[0].data) == 4.0


async def test_profiles_with_and_without_catalogue(api: Api, server: Server) -> None:
    """From a profile to the number of the vendor."""
    asked = device_profile_pb2.ListDeviceProfilesRequest(tenant_id=server.tenant_id, limit=99)
    profiles = (await api.call("profile.List", asked)).result
    listed = {item.name: item for item in profiles}
    assert listed["Milesight EM300-DI"].device_name == "Milesight EM300-DI"
    assert listed["Qalcosonic W1"].device_id == ""
    request = device_profile_pb2.GetDeviceProfileRequest(id=listed["Milesight EM300-DI"].id)
    profile = (await api.call("profile.Get", request)).device_profile
    model = await api.call(
        "profile.GetDevice",
        device_profile_pb2.GetDeviceProfileDeviceRequest(id=profile.device_id),
    )
    vendor = await api.call(
        "profile.GetVendor",
        device_profile_pb2.GetDeviceProfileVendorRequest(id=model.device.vendor_id),
    )
    assert (vendor.vendor.name, vendor.vendor.vendor_id) == ("Milesight", 601)
    vendors = device_profile_pb2.ListDeviceProfileVendorsRequest(limit=9)
    assert len((await api.call("profile.ListVendors", vendors)).result) == 1
    models = device_profile_pb2.ListDeviceProfileDevicesRequest(limit=9, vendor_id=vendor.vendor.id)
    assert len((await api.call("profile.ListDevices", models)).result) == 8


async def test_profiles_and_tags_of_an_application(api: Api) -> None:
    """What a server since 4.12 tells."""
    profiles = application_pb2.ListApplicationDeviceProfilesRequest(application_id=VISITORS.id)
    names = [
        item.name for item in (await api.call("application.ListDeviceProfiles", profiles)).result
    ]
    used = {profile.name for _, profile in visitors.MODELS.values()}
    assert names == sorted(used)
    tags = application_pb2.ListApplicationDeviceTagsRequest(application_id=BUILDINGS.id)
    found = {
        item.key: item.values
        for item in (await api.call("application.ListDeviceTags", tags)).result
    }
    assert found["medium"] == ["electricity", "gas", "heat", "water"]
    assert found["model"] == ["EM300-DI"]


@pytest.mark.parametrize("options", [Options(old=True)])
async def test_old_server(api: Api, options: Options) -> None:
    """Order, tags and catalogue are unknown to it."""
    assert options.old
    answer = await _list(api, order_by=ListDevices.LAST_SEEN_AT, order_by_desc=True)
    names = [item.name for item in answer.result]
    assert names == sorted(names)
    assert not any(item.tags for item in answer.result)
    everything = await _list(api, tags={"building": "Rathaus"})
    assert everything.total_count == answer.total_count
    for path, request in (
        ("application.ListDeviceTags", application_pb2.ListApplicationDeviceTagsRequest()),
        ("application.ListDeviceProfiles", application_pb2.ListApplicationDeviceProfilesRequest()),
        ("profile.ListVendors", device_profile_pb2.ListDeviceProfileVendorsRequest()),
    ):
        assert await api.refusal(path, request, TENANT) == ("UNIMPLEMENTED", "")


async def test_requests_are_counted(api: Api, server: Server) -> None:
    """Refused ones, too."""
    for _ in range(3):
        await _list(api)
    await api.refusal("application.Get", APPLICATION, DELETED)
    counts = {"DeviceService/List": 3, "ApplicationService/Get": 1}
    assert dict(server.requests.calls) == counts
    assert server.requests.as_json()["total"] == 4
    server.requests.reset()
    assert not server.requests.calls


async def test_ten_thousand_devices_by_last_seen() -> None:
    """The cost follows the request, not the length of the past."""
    town = build(devices=10_000, clock=Clock.standing(NOW))
    how = {"order_by": ListDevices.LAST_SEEN_AT, "order_by_desc": True, "limit": 200}
    async with serve(town) as server, grpc.aio.insecure_channel(server.address) as channel:
        api = Api(channel)
        await _list(api, **how)
        begin = time.process_time()
        answer = await _list(api, **how)
        assert time.process_time() - begin < 0.3
    assert answer.total_count > 5000


async def test_tls(town: Town, tmp_path: Path) -> None:
    """With the certificate that was given."""
    files = certificates.make(tmp_path)
    async with serve(town, tls=files) as server:
        assert server.url.startswith("https://")
        credentials = grpc.ssl_channel_credentials(files[0].read_bytes())
        async with grpc.aio.secure_channel(server.address, credentials) as channel:
            client = Client(channel, server.api_key)
            answer = await client.devices.List(
                ListDevices(application_id=VISITORS.id), metadata=client.metadata
            )
    assert answer.total_count == len(visitors.COUNTERS) + len(visitors.SPOTS)
