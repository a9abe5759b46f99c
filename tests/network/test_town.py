"""The simulated town, polled over real gRPC: requests, faults of the server, TLS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from custom_components.bernau_smartcity.model import Batch, NetworkError, Reason
from custom_components.bernau_smartcity.network._chirpstack_pace import Pace
from simulator.build import build
from simulator.chirpstack import Options, Role, Server, api_key, serve
from simulator.clock import Clock
from simulator.town import Town
from simulator.traffic import What
from tests.network.faulty import make_authority
from tests.network.homes import QUICK, Home, connect, until

NOON: Final = "2026-10-20T10:00:00"
PATIENCE: Final = 5.0
"""Seconds that an event stream without the listed uplink takes; no other is still so long."""
HASTY: Final = replace(QUICK, silence=PATIENCE, batch=PATIENCE)
LIST: Final = "DeviceService/List"
STREAM: Final = "InternalService/StreamDeviceEvents"


@asynccontextmanager
async def town_of(
    devices: int,
    options: Options | None = None,
    pace: Pace = QUICK,
    at: str = NOON,
    **how: Any,
) -> AsyncIterator[tuple[Server, Home, list[str]]]:
    """Build a town that stands still, and poll it."""
    town = build(devices=devices, clock=Clock.standing(at))
    async with serve(town, options or Options(pause=0.05), **how) as server:
        connection = connect(server.url, server.tenant_id, pace, server.api_key)
        try:
            yield server, Home(connection), list(await connection.scopes())
        finally:
            await connection.close()


def stored(town: Town, length: int) -> set[str]:
    """Give the device and the place in the stream of every uplink that the server holds."""
    return {
        f"{eui} {event.sent}"
        for eui, device in town.all_devices.items()
        for event in town.history(device, length)
        if event.what is What.UP
    }


def delivered(batches: list[Batch]) -> set[str]:
    """Give the same of what was delivered."""
    return {
        f"{uplink.dev_eui} {uplink.received_at.timestamp() * 1000:.0f}"
        for batch in batches
        for uplink in batch.uplinks
    }


@pytest.mark.parametrize("old", [False, True])
async def test_a_thousand_devices(*, old: bool) -> None:
    """Idle: two requests for each application at most; busy: a stream for each changed device."""
    options = Options(pause=0.05, history=3, old=old)
    async with town_of(1000, options) as (server, home, scopes):
        first = await home.poll(scopes)
        assert server.requests.streams == 1000
        assert server.requests.max_open_streams <= (20 if old else 50)
        assert len(delivered(first)) == home.uplinks.total()
        assert len(home.uplinks) == len(stored(server.town, 3))

        server.requests.reset()
        idle = await home.poll(scopes)
        assert delivered(idle) == set()
        assert server.requests.streams == 0
        assert server.requests.calls.total() <= 2 * len(scopes)

        before = {eui: server.town.last_seen(d) for eui, d in server.town.all_devices.items()}
        server.town.clock.advance(200)
        server.requests.reset()
        busy = await home.poll(scopes)
        changed = {
            eui
            for eui, device in server.town.all_devices.items()
            if server.town.last_seen(device) != before[eui]
        }
        assert 0 < len(changed) < 500
        assert {batch.device.dev_eui for batch in busy if batch.device} == changed
        assert server.requests.streams == len(changed)
        assert server.requests.calls[LIST] <= 2 * len(scopes)


async def test_never_more_than_fifty_streams() -> None:
    """However slow the server is."""
    async with town_of(120, pace=replace(QUICK, opening=600)) as (server, home, scopes):
        server.town.faults.add("slow", methods=[STREAM], seconds=3600)
        polling = asyncio.create_task(home.poll(scopes))
        await until(lambda: server.requests.open_streams == 50)
        await home.connection.scopes()
        polling.cancel()
        await asyncio.wait([polling])
        await until(lambda: server.requests.open_streams == 0)
        server.town.faults.end_all()
        await home.poll(scopes)
        assert len(home.uplinks) == len(stored(server.town, 10))
        assert server.requests.max_open_streams == 50


async def test_a_long_history() -> None:
    """After an outage, everything that the server kept is read, in its order."""
    options = Options(pause=0.05, history=60)
    async with town_of(20, options) as (server, home, scopes):
        await home.poll(scopes)
        server.town.clock.advance(3 * 3600)
        missed = await home.poll(scopes)
        assert set(home.uplinks.values()) == {1}
        assert not any(batch.overflowed for batch in missed)
        for batch in missed:
            times = [uplink.received_at for uplink in batch.uplinks]
            assert times == sorted(times)
        server.town.clock.advance(14 * 86_400)
        assert any(batch.overflowed for batch in await home.poll(scopes))


async def test_a_join_is_told() -> None:
    """So that a frame counter that began anew is no loss."""
    async with town_of(20, at="2026-10-01T00:30:00") as (_, home, scopes):
        batches = [batch for batch in await home.poll(scopes) if batch.uplinks]
        assert batches
        assert all(batch.joined for batch in batches)


async def test_an_event_that_is_stored_late() -> None:
    """The list is ahead of the history; the uplink is found at a later poll."""
    async with town_of(5, pace=HASTY) as (server, home, scopes):
        await home.poll(scopes)
        server.town.faults.add("late_event", seconds=1200)
        server.town.clock.advance(1000)
        await home.poll(scopes)
        server.town.clock.advance(1200)
        await home.poll(scopes)
        server.town.faults.end_all()
        server.town.clock.advance(3600)
        await home.poll(scopes)
        assert set(home.uplinks.values()) == {1}
        assert len(home.uplinks) >= len(stored(server.town, 10))


@pytest.mark.parametrize("kind", ["duplicate", "reorder", "delay"])
async def test_odd_traffic(kind: str) -> None:
    """Every uplink that the server holds is delivered."""
    async with town_of(30) as (server, home, scopes):
        server.town.faults.add(kind, seconds=900, since="2026-10-19T00:00:00")
        batches = [*await home.poll(scopes)]
        server.town.clock.advance(3600)
        batches += await home.poll(scopes)
        numbers = {
            (eui, event.number)
            for eui, device in server.town.all_devices.items()
            for event in server.town.history(device, 10)
            if event.what is What.UP
        }
        assert len(home.uplinks) >= len(numbers)
        assert not any(batch.malformed for batch in batches)


async def test_bodies_that_are_no_json() -> None:
    """Are counted; the others are delivered."""
    async with town_of(10, pace=HASTY) as (server, home, scopes):
        broken, *_ = server.town.all_devices
        server.town.faults.add("body", devices=[broken], since="2026-10-01T00:00:00")
        batches = await home.poll(scopes)
        assert {b.device.dev_eui for b in batches if b.malformed and b.device} == {broken}
        assert all(bool(b.uplinks) is (b.device.dev_eui != broken) for b in batches if b.device)
        assert [batch for batch in await home.poll(scopes) if batch.device] == []


async def test_payloads_under_an_unknown_key() -> None:
    """Are marked, so that no codec reads them."""
    async with town_of(3) as (server, home, scopes):
        server.town.faults.add("encrypted", since="2026-10-01T00:00:00")
        uplinks = [uplink for batch in await home.poll(scopes) for uplink in batch.uplinks]
        assert uplinks
        assert all(uplink.encrypted for uplink in uplinks)


async def test_devices_and_applications_go() -> None:
    """The inventory tells; polls go on."""
    async with town_of(80) as (server, home, scopes):
        gone, *_ = server.town.all_devices
        assert len(await home.connection.devices(scopes)) == 80
        server.town.faults.add("removed", devices=[gone])
        assert len(await home.connection.devices(scopes)) == 79
        deleted = server.town.all_devices[gone].application.id
        server.town.faults.add("application_deleted", application=deleted)
        left = await home.connection.devices(scopes)
        assert left
        assert {device.scope for device in left} == set(scopes) - {deleted}
        assert set(await home.connection.scopes()) == set(scopes) - {deleted}
        batches = await home.poll(scopes)
        assert {b.device.scope for b in batches if b.device} == set(scopes) - {deleted}


@pytest.mark.parametrize(
    ("kind", "how", "reason"),
    [
        ("refuse", {}, Reason.CONNECTION_REFUSED),
        ("hang", {}, Reason.TIMEOUT),
        ("error", {"value": 13}, Reason.SERVER_ERROR),
        ("error", {"value": 12, "methods": [STREAM]}, Reason.SERVER_TOO_OLD),
    ],
)
async def test_a_server_in_trouble(kind: str, how: dict[str, Any], reason: Reason) -> None:
    """Is told of, and read again by the same connection when it is back."""
    pace = replace(QUICK, request=1 if kind == "hang" else 60)
    async with town_of(10, pace=pace) as (server, home, scopes):
        server.town.faults.add(kind, **how)
        await server.settle()
        with pytest.raises(NetworkError) as caught:
            await home.poll(scopes)
        assert caught.value.reason is reason
        assert not home.cursors
        server.town.faults.end_all()
        await server.settle()
        async with asyncio.timeout(90):
            while len(home.uplinks) < len(stored(server.town, 10)):
                with suppress(NetworkError):  # gRPC waits a little before it connects again
                    await home.poll(scopes)
        assert len(home.uplinks) == len(stored(server.town, 10))


@pytest.mark.parametrize(
    ("role", "tenant", "expected"),
    [
        (Role.ADMIN, False, None),
        (Role.ADMIN, True, None),
        (Role.TENANT, True, None),
        (Role.TENANT, False, Reason.TENANT_NEEDED),
        (Role.OTHER_TENANT, False, Reason.TENANT_NEEDED),
        (Role.OTHER_TENANT, True, Reason.TENANT_UNKNOWN),
        (Role.DELETED, False, Reason.KEY_REJECTED),
        (Role.DELETED, True, Reason.KEY_REJECTED),
    ],
)
async def test_keys(role: Role, expected: Reason | None, *, tenant: bool) -> None:
    """Which key needs a tenant, and what is wrong with the others."""
    async with town_of(10) as (server, _, scopes):
        one = server.tenant_id if tenant else ""
        connection = connect(server.url, one, QUICK, api_key(role))
        try:
            assert set(await connection.scopes()) == set(scopes)
            assert expected is None
        except NetworkError as error:
            assert error.reason is expected  # noqa: PT017  # either an answer or an error
        finally:
            await connection.close()


async def test_a_rejected_key() -> None:
    """In the middle of the operation; with another one everything goes on."""
    async with town_of(10) as (server, home, scopes):
        await home.poll(scopes)
        held = stored(server.town, 10)
        rejected = server.town.faults.add("reject_key")
        with pytest.raises(NetworkError) as caught:
            await home.poll(scopes)
        assert caught.value.reason is Reason.KEY_REJECTED
        server.town.faults.end(rejected.id)
        server.town.clock.advance(3600)
        home.connection = connect(server.url, server.tenant_id, QUICK, api_key(Role.ADMIN))
        try:
            await home.poll(scopes)
        finally:
            await home.connection.close()
        assert len(home.uplinks) == len(held | stored(server.town, 10))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_tls(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a certificate of the town's own authority, over both kinds of address."""
    authority = make_authority(tmp_path, host)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    files = authority.certificate, authority.key
    brackets = f"[{host}]" if ":" in host else host
    async with town_of(5, tls=files, host=brackets) as (server, home, scopes):
        await home.poll(scopes)
        assert len(home.uplinks) == len(stored(server.town, 10))
