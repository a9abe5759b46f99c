"""The control interface, and the simulator as a process."""

import asyncio
from collections.abc import AsyncIterator
import json
import signal
import sys
from typing import Any

from aiohttp import ClientSession
from chirpstack_api.api import device_pb2
import grpc
import pytest

from simulator.catalogue import BUILDINGS
from simulator.chirpstack import Server
from simulator.control import control
from simulator.inventory import Device
from simulator.town import Town

from .conftest import Client


class Web:
    """Asks the control interface."""

    def __init__(self, session: ClientSession, address: str) -> None:
        """Use a session."""
        self._session = session
        self._address = address

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Give the answer, which must have this status."""
        async with self._session.request(method, self._address + path, json=body) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None


@pytest.fixture
async def web(server: Server) -> AsyncIterator[Web]:
    """Give the server's control interface."""
    async with control(server) as address, ClientSession() as session:
        yield Web(session, address)


@pytest.fixture
def device(town: Town) -> Device:
    """Give a gas meter read by its pulses."""
    return next(d for d in town.all_devices.values() if d.codec == "milesight_em300_di")


async def test_truth(web: Web, town: Town, device: Device) -> None:
    """In the form that is documented."""
    truth = await web.ask("GET", "/truth")
    assert truth["now"] == "2026-11-20T08:00:00+00:00"
    assert [one["dev_eui"] for one in truth["devices"]] == list(town.all_devices)
    one = next(one for one in truth["devices"] if one["dev_eui"] == device.dev_eui)
    assert {key: one[key] for key in ("name", "building", "application", "codec")} == {
        "name": device.name,
        "building": device.building,
        "application": "Gebäude",
        "codec": "milesight_em300_di",
    }
    values = {value["quantity"]: value for value in one["values"]}
    assert values["volume"]["value"] == pytest.approx(values["pulses"]["value"] * 0.01)
    assert values["pulses"]["measured_at"] == one["last_uplink_at"] < truth["now"]
    assert (await web.ask("GET", f"/truth?dev_eui={device.dev_eui}"))["devices"] == [one]


async def test_truth_of_a_town_that_has_not_begun(web: Web, town: Town) -> None:
    """Nothing was heard yet."""
    town.clock.advance(-100 * 86_400)
    devices = (await web.ask("GET", "/truth"))["devices"]
    assert len(devices) == len(town.all_devices)
    assert all(one["last_uplink_at"] is None and one["values"] == [] for one in devices)


async def test_hours(web: Web, device: Device) -> None:
    """Full hours that have passed, whether sent or not."""
    asked = f"?dev_eui={device.dev_eui}&from=2026-11-20T05:30&to=2026-11-20T23:00"
    hours = (await web.ask("GET", f"/truth/hours{asked}"))["hours"]
    assert [hour["at"][11:16] for hour in hours] == ["06:00", "07:00", "08:00"]
    volumes = [
        value["value"]
        for hour in hours
        for value in hour["values"]
        if value["quantity"] == "volume"
    ]
    assert volumes == sorted(volumes)
    assert volumes[0] < volumes[-1]


async def test_people(web: Web) -> None:
    """What people did until now, however far the question goes."""
    asked = "?from=2026-11-20T02:00&to=2026-11-21T02:00"
    told = await web.ask("GET", f"/truth/people{asked}")
    assert told["to"] == "2026-11-20T08:00:00+00:00"
    assert told["visits"] == sum(told["arrivals"].values()) > 1000
    await web.ask("GET", "/truth/people?from=2026-11-20T02:00", status=400)
    await web.ask("POST", "/devices", {"count": 5})
    assert (
        "no visitor counters"
        in (await web.ask("GET", f"/truth/people{asked}", status=400))["error"]
    )


async def test_faults(web: Web, town: Town, device: Device) -> None:
    """Added, listed, ended."""
    fault = await web.ask("POST", "/faults", {"kind": "drop", "devices": [device.dev_eui.upper()]})
    assert fault["devices"] == [device.dev_eui]
    seen = town.last_seen(device)
    town.clock.advance(7200)
    assert town.last_seen(device) == seen
    assert await web.ask("GET", "/faults") == [fault]
    (ended,) = await web.ask("DELETE", f"/faults/{fault['id']}")
    assert ended["until"] == "2026-11-20T10:00:00+00:00"
    await web.ask("POST", "/faults", {"kind": "reject_key"})
    assert all(one["until"] for one in await web.ask("DELETE", "/faults"))
    await web.ask("DELETE", "/faults/f99", status=404)


async def test_refusing_takes_effect_at_once(web: Web, server: Server) -> None:
    """With the answer."""
    await web.ask("POST", "/faults", {"kind": "refuse"})
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)
    await web.ask("DELETE", "/faults")
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.close()
    await writer.wait_closed()


async def test_requests(web: Web, client: Client) -> None:
    """Counted, and counted anew."""
    request = device_pb2.ListDevicesRequest(application_id=BUILDINGS.id)
    await client.devices.List(request, metadata=client.metadata)
    expected = {"total": 1, "open_streams": 0, "max_open_streams": 0}
    assert await web.ask("GET", "/requests") == {"calls": {"DeviceService/List": 1}, **expected}
    assert (await web.ask("POST", "/requests/reset"))["total"] == 0


async def test_clock(web: Web, town: Town) -> None:
    """Moved by the difference to the wall clock."""
    clock = await web.ask("GET", "/clock")
    assert clock == {"now": "2026-11-20T08:00:00+00:00", "behind": 0.0}
    moved = await web.ask("POST", "/clock", {"behind": -3600})
    assert moved == {"now": "2026-11-20T09:00:00+00:00", "behind": -3600.0}
    assert town.clock.behind == -3600


async def test_number_of_devices(web: Web, town: Town) -> None:
    """More, and back to those with names."""
    named = list(town.all_devices)
    assert await web.ask("POST", "/devices", {"count": 150}) == {"count": 150}
    assert list(town.all_devices)[: len(named)] == named
    assert await web.ask("POST", "/devices", {"count": None}) == {"count": len(named)}
    assert await web.ask("GET", "/devices") == {"count": len(named)}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/truth?dev_eui=1", None),
        ("GET", "/truth/hours?dev_eui=1", None),
        ("POST", "/faults", {"kind": "flood"}),
        ("POST", "/faults", {"kind": "drop", "colour": "red"}),
        ("POST", "/faults", {}),
        ("POST", "/faults", []),
        ("POST", "/faults", None),
        ("POST", "/clock", {"behind": "long"}),
        ("POST", "/clock", {}),
        ("POST", "/devices", {"count": "many"}),
    ],
)
async def test_bad_requests(web: Web, method: str, path: str, body: Any) -> None:
    """Told what is wrong."""
    assert (await web.ask(method, path, body, status=400))["error"]


async def test_hours_need_times(web: Web, device: Device) -> None:
    """Both of them."""
    await web.ask("GET", f"/truth/hours?dev_eui={device.dev_eui}&from=2026-11-20", status=400)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_process(number: signal.Signals) -> None:
    """Says where it is, runs, ends cleanly in the middle of a stream."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--behind", "7200", "--devices", "12"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(90):
        told = json.loads(await process.stdout.readline())
        async with ClientSession() as session:
            clock = await Web(session, told["control"]).ask("GET", "/clock")
        assert clock["behind"] == 7200
        address = told["url"].removeprefix("http://")
        async with grpc.aio.insecure_channel(address) as channel:
            client = Client(channel, told["credentials"]["api_key"])
            request = device_pb2.ListDevicesRequest(application_id=BUILDINGS.id, limit=1)
            answer = await client.devices.List(request, metadata=client.metadata)
            assert answer.total_count == 12
            stream = client.stream(answer.result[0].dev_eui)
            await stream.read()
            process.send_signal(number)
            rest, errors = await process.communicate()
            with pytest.raises(grpc.aio.AioRpcError):
                await _drain(stream)
    assert (process.returncode, rest, errors) == (0, b"", b"")


async def _drain(stream: Any) -> None:
    """Read what had already arrived when the server ended."""
    while True:
        await stream.read()


async def test_certificate_needs_its_key() -> None:
    """Told before anything starts."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--tls-key", "key.pem"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert b"belong together" in errors
