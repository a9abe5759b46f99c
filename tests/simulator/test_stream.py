"""The event stream of a device behaves like that of ChirpStack v4."""

import asyncio
import json
from typing import Any

import grpc
import pytest

from simulator.chirpstack import Options, Role, Server, api_key, bodies as made, serve
from simulator.inventory import Device
from simulator.town import Town

from .conftest import PAUSE, Client


def _of(town: Town, codec: str) -> Device:
    return next(device for device in town.all_devices.values() if device.codec == codec)


@pytest.fixture
def device(town: Town) -> Device:
    """Give an electricity meter."""
    return _of(town, "klax")


async def test_history_comes_first_and_oldest_first(
    client: Client, town: Town, device: Device
) -> None:
    """All that is retained, in the order of its ids."""
    items = await client.events(device.dev_eui, 10)
    ids = [tuple(map(int, item.id.split("-"))) for item in items]
    assert ids == sorted(set(ids))
    assert ids == [event.id for event in town.history(device, 10)]
    newest = town.last_seen(device)
    assert newest is not None
    assert abs(ids[-1][0] - newest) < 3000


async def test_stream_tells_no_end_and_goes_on(client: Client, town: Town, device: Device) -> None:
    """After the history it waits for what comes."""
    call = client.stream(device.dev_eui)
    history = [await call.read() for _ in range(10)]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(reading := asyncio.ensure_future(call.read())), 0.1)
    town.clock.advance(device.interval)
    live = await asyncio.wait_for(reading, 60)
    assert live.id > history[-1].id
    call.cancel()


async def test_ten_events_between_two_pauses(town: Town, device: Device) -> None:
    """The eleventh waits, however long the pause."""
    async with (
        serve(town, Options(history=25, pause=3600)) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        call = Client(channel, server.api_key).stream(device.dev_eui)
        for _ in range(10):
            await call.read()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call.read(), 0.1)


@pytest.mark.parametrize("options", [Options(history=25, pause=PAUSE)])
async def test_long_history_comes_whole(client: Client, town: Town, device: Device) -> None:
    """Ten by ten, in one order."""
    items = await client.events(device.dev_eui, 25)
    expected = [f"{event.stored}-{event.sequence}" for event in town.history(device, 25)]
    assert [item.id for item in items] == expected


async def test_upper_case_eui_is_allowed_but_silent(client: Client, town: Town) -> None:
    """The access is checked, the text is taken as it is."""
    device = next(d for d in town.all_devices.values() if d.dev_eui != d.dev_eui.upper())
    call = client.stream(device.dev_eui.upper())
    await call.wait_for_connection()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call.read(), 5 * PAUSE)


async def test_unknown_device(server: Server, client: Client) -> None:
    """Refused to the tenant, an empty stream to an administrator."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.stream("0102030405060708").read()
    assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert error.value.details() == ""
    call = Client(client.channel, server.admin_key).stream("0102030405060708")
    await call.wait_for_connection()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call.read(), 5 * PAUSE)


async def test_malformed_eui(client: Client) -> None:
    """An error of the server, by its own account."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.stream("not an EUI").read()
    assert error.value.code() is grpc.StatusCode.INTERNAL


async def test_open_streams_are_counted(server: Server, client: Client, town: Town) -> None:
    """As long as they are open."""
    calls = [client.stream(dev_eui) for dev_eui in list(town.all_devices)[:3]]
    for call in calls:
        await call.read()
    assert server.requests.open_streams == 3
    for call in calls:
        call.cancel()
    await server.stop()
    assert server.requests.open_streams == 0
    assert server.requests.max_open_streams == 3
    assert server.requests.streams == 3


async def test_history_expires(town: Town, device: Device) -> None:
    """With the time to live of its last event."""
    town.faults.add("silent", devices=[device.dev_eui])
    town.clock.advance(3600)
    async with (
        serve(town, Options(pause=PAUSE, event_ttl=1800)) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        call = Client(channel, server.api_key).stream(device.dev_eui)
        await call.wait_for_connection()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call.read(), 5 * PAUSE)


@pytest.fixture
def bodies(town: Town) -> dict[str, Any]:
    """Give one body of each event type, from a long history."""
    device = _of(town, "milesight_vs350")
    events = town.history(device, 4000)
    return {e.what.value: made.body(device, e, town.tenant, town.faults) for e in events}


DEVICE_INFO = {
    "tenantId",
    "tenantName",
    "applicationId",
    "applicationName",
    "deviceProfileId",
    "deviceProfileName",
    "deviceName",
    "devEui",
    "deviceClassEnabled",
    "tags",
}


# Field names and which defaults are written: ChirpStack's integration.proto, v4.19.
FIELDS = {
    "up": """deduplicationId time deviceInfo devAddr adr dr fCnt fPort confirmed data rxInfo txInfo
        regionConfigId""",
    "join": "deduplicationId time deviceInfo devAddr regionConfigId",
    "status": """deduplicationId time deviceInfo margin externalPowerSource
        batteryLevelUnavailable batteryLevel""",
    "log": "time deviceInfo level code description context",
}


@pytest.mark.parametrize(("what", "fields"), FIELDS.items(), ids=FIELDS)
def test_fields_of_bodies(bodies: dict[str, Any], what: str, fields: str) -> None:
    """Defaults are written, what is not set is absent."""
    assert set(bodies[what]) == set(fields.split())
    assert set(bodies[what]["deviceInfo"]) == DEVICE_INFO


async def test_body_is_json_and_has_its_facts_beside_it(client: Client, device: Device) -> None:
    """Both tell the same."""
    items = [i for i in await client.events(device.dev_eui, 10) if i.description == "up"]
    for item in items:
        body = json.loads(item.body)
        assert body["deviceInfo"]["devEui"] == device.dev_eui
        assert item.properties["FCnt"] == str(body["fCnt"])
        assert item.time.ToJsonString()[:23] == body["time"][:23]


@pytest.mark.parametrize("old", [False, True])
async def test_region_of_old_servers(town: Town, device: Device, *, old: bool) -> None:
    """Once it stood with each reception."""
    async with (
        serve(town, Options(pause=PAUSE, old=old)) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        client = Client(channel, api_key(Role.TENANT))
        items = [i for i in await client.events(device.dev_eui, 10) if i.description == "up"]
    body = json.loads(items[0].body)
    assert ("regionConfigId" in body) is not old
    assert ("metadata" in body["rxInfo"][0]) is old
