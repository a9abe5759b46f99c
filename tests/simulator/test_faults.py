"""Each fault does what it says, and nothing to the past or to others."""

import asyncio
from base64 import b64decode
import json
from typing import Any

from chirpstack_api.api import device_pb2
import grpc
import pytest

from simulator import frames
from simulator.catalogue import BUILDINGS
from simulator.chirpstack import Server, bodies
from simulator.clock import parse
from simulator.inventory import Device
from simulator.town import Town
from simulator.traffic import Event, What

from .conftest import PAUSE, Client

_LIST = device_pb2.ListDevicesRequest(application_id=BUILDINGS.id, limit=1)


def _of(town: Town, codec: str) -> Device:
    return next(device for device in town.all_devices.values() if device.codec == codec)


@pytest.fixture
def device(town: Town) -> Device:
    """Give an electricity meter."""
    return _of(town, "klax")


def _ups(town: Town, device: Device, length: int = 60) -> list[Event]:
    return [event for event in town.history(device, length) if event.what is What.UP]


def _body(town: Town, device: Device, event: Event) -> dict[str, Any]:
    return bodies.body(device, event, town.tenant, town.faults)


def _payload(town: Town, device: Device) -> bytes:
    return b64decode(_body(town, device, _ups(town, device)[-1])["data"])


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("drop", {}),
        ("silent", {}),
        ("duplicate", {}),
        ("delay", {"seconds": 3000}),
        ("reorder", {}),
        ("late_event", {"seconds": 3000}),
        ("broken", {}),
        ("cut", {}),
        ("encrypted", {}),
        ("reset", {}),
    ],
)
def test_past_and_others_stay(town: Town, device: Device, kind: str, how: dict[str, Any]) -> None:
    """Neither adding nor ending changes what was; only forgetting does."""

    def everything() -> list[object]:
        return [
            (event, _body(town, one, event))
            for one in list(town.all_devices.values())[:8]
            for event in town.history(one, 12)
        ]

    before = everything()
    fault = town.faults.add(kind, devices=[device.dev_eui], **how)
    assert everything() == before
    town.clock.advance(4 * device.interval)
    during = everything()
    town.faults.end(fault.id)
    assert everything() == during
    town.faults.forget()
    healthy = everything()
    assert during != healthy
    others = slice(12, None)
    assert during[others] == healthy[others]


def test_drop_loses_some(town: Town, device: Device) -> None:
    """About as many as asked."""
    numbers = [event.number for event in _ups(town, device, 400)]
    town.faults.add("drop", devices=[device.dev_eui], probability=0.3, since="2026-10-01")
    left = {event.number for event in _ups(town, device, 400)}
    share = len([number for number in numbers if number not in left]) / len(numbers)
    assert 0.15 < share < 0.45


def test_silent_device_is_not_seen(town: Town, device: Device) -> None:
    """The server knows no later time."""
    seen = town.last_seen(device)
    town.faults.add("silent", devices=[device.dev_eui])
    town.clock.advance(86_400)
    assert town.last_seen(device) == seen


def test_duplicates_are_the_same_message(town: Town, device: Device) -> None:
    """With the same identity."""
    town.faults.add("duplicate", devices=[device.dev_eui], since="2026-10-01")
    first, second = _ups(town, device)[-2:]
    assert first.id < second.id
    same = [_body(town, device, event)["deduplicationId"] for event in (first, second)]
    assert same[0] == same[1]


def test_delay_moves_arrival_not_measurement(town: Town, device: Device) -> None:
    """The truth is what has arrived."""
    newest, seen = _ups(town, device)[-1], town.last_seen(device)
    town.faults.add("delay", devices=[device.dev_eui], seconds=600, since="2026-10-01")
    town.clock.advance(300)
    late = _ups(town, device)[-1]
    assert late.sent <= newest.sent
    assert late.seen - late.sent > 600_000
    assert town.last_seen(device) == late.seen != seen
    truth = town.truth(device)
    assert truth is not None
    assert truth.at == late.sent / 1000


def test_reordered_uplinks_swap(town: Town, device: Device) -> None:
    """Nothing is lost by it."""
    town.faults.add("reorder", devices=[device.dev_eui], since="2026-10-01")
    numbers = [event.number for event in _ups(town, device)]
    assert numbers != sorted(numbers)
    assert sorted(numbers)[3:-3] == list(range(sorted(numbers)[3], sorted(numbers)[-4] + 1))
    ids = [event.id for event in _ups(town, device)]
    assert ids == sorted(set(ids))
    truth = town.truth(device)
    assert truth is not None
    assert truth.at >= max(event.sent for event in _ups(town, device)) / 1000


def test_late_event_moves_last_seen_first(town: Town, device: Device) -> None:
    """The event follows."""
    town.faults.add("late_event", devices=[device.dev_eui], seconds=120)
    before = _ups(town, device)[-1]
    town.clock.advance(device.interval - (town.clock.now() - before.sent / 1000) + 60)
    seen = town.last_seen(device)
    assert seen is not None
    assert seen > before.seen
    assert _ups(town, device)[-1] == before
    town.clock.advance(121)
    assert _ups(town, device)[-1].seen == seen


def test_broken_integration_of_an_application(town: Town, device: Device) -> None:
    """The server sees, the history does not; others go on."""
    events, seen = town.history(device, 10), town.last_seen(device)
    assert seen is not None
    town.faults.add("broken", application="Gebäude")
    town.clock.advance(2 * device.interval)
    assert town.history(device, 10) == events
    assert (town.last_seen(device) or 0) > seen
    counter = _of(town, "parametric_pcr2")
    assert town.history(counter, 1)[0].sent / 1000 > town.clock.now() - 2 * counter.interval


@pytest.mark.parametrize("kind", ["cut", "long", "foreign", "encrypted"])
def test_spoilt_payloads(town: Town, device: Device, kind: str) -> None:
    """The truth stays with the last good one."""
    good, truth = _payload(town, device), town.truth(device)
    town.faults.add(kind, devices=[device.dev_eui])
    town.clock.advance(2 * device.interval)
    bad = _payload(town, device)
    match kind:
        case "cut":
            assert len(bad) < len(good)
        case "long":
            assert len(bad) > len(good)
        case "foreign":
            assert bad[:3] != good[:3]
        case "encrypted":
            assert "joinServerContext" in _body(town, device, _ups(town, device)[-1])
            assert bad[:8] != good[:8]
    assert town.truth(device) == truth


def test_no_decoded_object_of_a_spoilt_payload(town: Town) -> None:
    """The server's codec fails on it, too."""
    counter = _of(town, "milesight_vs133")
    assert "object" in _body(town, counter, _ups(town, counter)[-1])
    town.faults.add("cut", since="2026-10-01")
    assert "object" not in _body(town, counter, _ups(town, counter)[-1])


async def test_body_that_is_not_json(client: Client, town: Town, device: Device) -> None:
    """Cut in the middle."""
    town.faults.add("body", devices=[device.dev_eui], since="2026-10-01")
    (item,) = await client.events(device.dev_eui, 1)
    with pytest.raises(ValueError, match=r"."):
        json.loads(item.body)


def _register(town: Town, device: Device, at: float) -> float:
    return frames.shown(device, at, town.faults)[0].value


@pytest.mark.parametrize(
    ("codec", "modulus"),
    [
        ("elvaco_cmi4110", 1e8),
        ("axioma_qalcosonic_w1", 2**32 / 1000),
        ("klax", 2**31 / 1000),
        ("milesight_em300_di", 2**32),
        ("milesight_vs350", 2**16),
        ("milesight_vs133", 2**32),
        ("parametric_pcr2", 2**16),
    ],
)
def test_rollover(town: Town, codec: str, modulus: float) -> None:
    """The register ends, and goes on at zero."""
    device, at = _of(town, codec), town.clock.now()
    truly = _register(town, device, at + 7200) - _register(town, device, at - 7200)
    town.faults.add("rollover", devices=[device.dev_eui])
    before, after = _register(town, device, at - 7200), _register(town, device, at + 7200)
    assert 0.9 * modulus < before < modulus
    assert after < 0.1 * modulus
    assert after + modulus - before == pytest.approx(truly % modulus, abs=0.002)


def test_reset_begins_at_zero_and_says_so(town: Town) -> None:
    """In the first frame after it, only."""
    device = _of(town, "milesight_vs350")
    town.faults.add("reset", devices=[device.dev_eui])
    at = town.clock.now()
    assert _register(town, device, at - 3600) > 0
    assert _register(town, device, at) == 0
    town.clock.advance(device.interval)
    assert _payload(town, device).startswith(bytes.fromhex("ff0bfffffeff"))
    town.clock.advance(device.interval)
    assert not _payload(town, device).startswith(b"\xff")


async def test_device_removed(client: Client, town: Town, device: Device) -> None:
    """From lists and streams, until it is there again."""
    before = len(town.devices(BUILDINGS.id))
    fault = town.faults.add("removed", devices=[device.dev_eui])
    answer = await client.devices.List(_LIST, metadata=client.metadata)
    assert answer.total_count == before - 1
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.stream(device.dev_eui).read()
    assert error.value.details() == ""
    town.faults.end(fault.id)
    assert len(town.devices(BUILDINGS.id)) == before


@pytest.mark.parametrize("application", ["Gebäude", BUILDINGS.id])
async def test_application_deleted(
    client: Client, town: Town, device: Device, application: str
) -> None:
    """By its name or its identity."""
    town.faults.add("application_deleted", application=application)
    assert [one.name for one in town.applications.values()] == ["Besucher"]
    assert town.device(device.dev_eui) is None
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.devices.List(_LIST, metadata=client.metadata)
    assert (error.value.code(), error.value.details()) == (grpc.StatusCode.UNAUTHENTICATED, "")


@pytest.mark.parametrize("length", [0, 3, 40])
async def test_history_length(client: Client, town: Town, device: Device, length: int) -> None:
    """Can be changed while it runs."""
    town.faults.add("history", value=length)
    assert len(town.history(device, 10)) == length
    call = client.stream(device.dev_eui)
    for _ in range(min(length, 10)):
        await call.read()
    if length < 10:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call.read(), 5 * PAUSE)
    call.cancel()


async def _code(client: Client, within: float | None = None) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.devices.List(_LIST, metadata=client.metadata, timeout=within)
    return error.value.code().name


async def test_rejected_key_and_recovery(client: Client, town: Town) -> None:
    """As after a key was deleted and made again."""
    town.faults.add("reject_key")
    assert await _code(client) == "UNAUTHENTICATED"
    town.faults.end_all()
    await client.devices.List(_LIST, metadata=client.metadata)


async def test_error_of_one_method(client: Client, town: Town, device: Device) -> None:
    """Others work on."""
    town.faults.add("error", value=13, methods=["DeviceService/List"])
    assert await _code(client) == "INTERNAL"
    assert len(await client.events(device.dev_eui, 1)) == 1


async def test_hang_and_slow(client: Client, town: Town) -> None:
    """No answer, or a late one."""
    hang = town.faults.add("hang")
    assert await _code(client, within=0.1) == "DEADLINE_EXCEEDED"
    town.faults.end(hang.id)
    town.faults.add("slow", seconds=0.1)
    begin = asyncio.get_running_loop().time()
    await client.devices.List(_LIST, metadata=client.metadata)
    assert asyncio.get_running_loop().time() - begin >= 0.1


async def test_refused_connections(server: Server, town: Town) -> None:
    """Nobody listens, then somebody does again."""
    fault = town.faults.add("refuse")
    await server.settle()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)
    town.faults.end(fault.id)
    await server.settle()
    async with grpc.aio.insecure_channel(server.address) as channel:
        client = Client(channel, server.api_key)
        await client.devices.List(_LIST, metadata=client.metadata)


async def test_connections_reset(server: Server, client: Client, town: Town) -> None:
    """In the middle of a call."""
    fault = town.faults.add("connection_reset", methods=["DeviceService/List"])
    assert await _code(client, within=60) == "UNAVAILABLE"
    town.faults.end(fault.id)
    await client.devices.List(_LIST, metadata=client.metadata, wait_for_ready=True, timeout=60)
    assert server.requests.calls["DeviceService/List"] >= 2


def test_window(town: Town, device: Device) -> None:
    """Only between its times."""
    begin, end = "2026-11-20T02:00+00:00", "2026-11-20T04:00+00:00"
    fault = town.faults.add("drop", devices=[device.dev_eui], since=begin, until=end)
    assert fault.as_json()["until"] == "2026-11-20T04:00:00+00:00"
    times = [event.sent / 1000 for event in _ups(town, device)]
    assert not [at for at in times if parse(begin) <= at < parse(end)]
    assert [at for at in times if at < parse(begin)]
    assert [at for at in times if at >= parse(end)]


@pytest.mark.parametrize(
    "how",
    [{"kind": "flood"}, {"kind": "drop", "devices": "24e1"}, {"kind": "drop", "since": "soon"}],
)
def test_mistakes_are_told(town: Town, how: dict[str, Any]) -> None:
    """And add nothing."""
    with pytest.raises((TypeError, ValueError)):
        town.faults.add(**how)
    assert not list(town.faults)
