"""Messages that a network server sends by itself, to a real Home Assistant."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
import logging
import sqlite3
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.bernau_smartcity import (
    async_remove_config_entry_device,
    config_flow,
    coordinator,
    options_flow,
    push,
)
from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Batch, Device
from custom_components.bernau_smartcity.network import SERVERS
from custom_components.bernau_smartcity.push import LARGEST, PATH

from .fake_network import GAS, FakeNetwork, config_entry, pulses
from .homes import poll, set_up, settled, state_of
from .network.test_pushed import THINGPARK

SECRET: Final = "f00d" * 16
URL: Final = PATH.format(secret=SECRET)
PUSH: Final = {"secret": SECRET, "local_only": True}


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    """Give a network server that can be asked, and sends as ChirpStack does."""
    fake = FakeNetwork()
    kind = replace(fake.server_type, pushed=SERVERS["chirpstack"].pushed)
    for module in (config_flow, coordinator, options_flow):
        monkeypatch.setattr(module, "SERVERS", {"fake": kind})
    return fake


def body(number: int, *, device: Device = GAS, minutes: float = 0, **changes: Any) -> Any:
    """Make an event of an EM300-DI that has counted so many pulses."""
    at = dt_util.utcnow() - timedelta(minutes=minutes)
    info = {
        "devEui": device.dev_eui,
        "deviceName": device.name,
        "applicationId": device.scope,
        "deviceProfileId": device.profile,
        "deviceProfileName": device.profile_name,
        "tags": dict(device.tags),
    }
    return {
        "deduplicationId": f"id-{number}",
        "time": at.isoformat(),
        "deviceInfo": info,
        "devAddr": "01020304",
        "fCnt": number,
        "fPort": 85,
        "data": b64encode(pulses(number)).decode(),
        **changes,
    }


type Send = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    network: FakeNetwork,  # noqa: ARG001  # it stands behind the entry
) -> MockConfigEntry:
    """Give an entry that is polled and sent to."""
    return await set_up(hass, config_entry(push=PUSH))


@pytest.fixture
async def send(hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator) -> Send:
    """Give what sends a message and tells the answer."""
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_client_no_auth()

    async def post(what: Any, url: str = f"{URL}?event=up") -> tuple[int, str]:
        data = what if isinstance(what, bytes) or not isinstance(what, (dict, list)) else None
        json_body = what if data is None else None
        async with client.post(url, data=data, json=json_body) as answer:
            return answer.status, await answer.text()

    return post


def count(hass: HomeAssistant, entry: MockConfigEntry) -> float:
    """Give the pulses that are shown."""
    return float(state_of(hass, entry, GAS, "pulses").state)


def samples(entry: MockConfigEntry) -> int:
    """Give how many samples are kept."""
    store = entry.runtime_data.ledger._store  # noqa: SLF001  # nothing shows it
    (found,) = store._db.execute("SELECT count(*) FROM sample").fetchone()  # noqa: SLF001
    return int(found)


async def test_message_is_shown_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, send: Send
) -> None:
    """Kept before it is answered."""
    assert await send(body(7)) == (HTTPStatus.OK, "")
    assert samples(entry) == 1
    await settled(hass)
    assert count(hass, entry) == 7


async def test_pushed_and_polled(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    send: Send,
    network: FakeNetwork,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Whichever comes first, and however often: it is one reading."""
    read = SERVERS["chirpstack"].pushed
    assert read
    first, second = body(7, minutes=5), body(9, minutes=1)
    assert (await send(first))[0] == HTTPStatus.OK
    for message in (first, second):
        sent = read(message)
        assert sent
        network.waiting.append(Batch(device=GAS, uplinks=(sent.uplink,)))
    await poll(hass, freezer)
    for message in (second, first, second):
        assert (await send(message))[0] == HTTPStatus.OK
    await settled(hass)
    assert samples(entry) == 2
    assert count(hass, entry) == 9
    state = entry.runtime_data.states[GAS.dev_eui]
    assert state.lost == 1
    assert GAS.dev_eui not in entry.runtime_data.ledger.cursors


async def test_joined_anew(hass: HomeAssistant, entry: MockConfigEntry, send: Send) -> None:
    """A frame counter that is higher in another session is no loss."""
    for message in (body(1, minutes=9), body(5, minutes=1, devAddr="0a0b0c0d")):
        assert (await send(message))[0] == HTTPStatus.OK
    assert entry.runtime_data.states[GAS.dev_eui].lost == 0
    await settled(hass)


async def test_unknown_devices(hass: HomeAssistant, entry: MockConfigEntry, send: Send) -> None:
    """Taken where its application is read; else answered, and left out."""
    new = replace(GAS, dev_eui="24e124136b0000aa")
    other = replace(GAS, dev_eui="24e124136b0000bb", scope="app-of-others")
    assert await send(body(1, device=new)) == (HTTPStatus.OK, "")
    assert await send(body(1, device=other)) == (HTTPStatus.OK, "")
    await settled(hass)
    assert new.dev_eui in entry.runtime_data.states
    assert other.dev_eui not in entry.runtime_data.states
    assert await send({"deviceInfo": {}, "level": "INFO"}) == (HTTPStatus.OK, "")


@pytest.mark.parametrize(
    "url", [URL.replace("f00d", "f00e"), URL.replace("f00d", "ä"), URL.replace("f00d", "")]
)
@pytest.mark.usefixtures("entry")
async def test_wrong_secret(send: Send, url: str) -> None:
    """As if there were nothing."""
    assert (await send(body(1), url))[0] == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"not JSON: a-private-word",
        b'["a-private-word"]',
        b"7",
        b'{"fCnt": 1, "deviceInfo": "a-private-word"}',
        b"[" * 100_000,
        b"\xff",
    ],
)
async def test_malformed(entry: MockConfigEntry, send: Send, message: bytes) -> None:
    """Refused without repeating it."""
    status, answer = await send(message)
    assert status == HTTPStatus.BAD_REQUEST
    assert "private" not in answer
    assert samples(entry) == 0


@pytest.mark.parametrize("minutes", [-3000, 600_000])
@pytest.mark.usefixtures("entry")
async def test_time_that_cannot_be_right(send: Send, minutes: float) -> None:
    """Tomorrow, or before the last year."""
    assert (await send(body(1, minutes=minutes)))[0] == HTTPStatus.BAD_REQUEST


async def test_too_long(entry: MockConfigEntry, send: Send) -> None:
    """Whether its length is told beforehand or not."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(LARGEST // 1000 + 2):
            yield b" " * 1000

    assert (await send(b" " * (LARGEST + 1)))[0] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert (await send(endless()))[0] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert samples(entry) == 0


@pytest.mark.usefixtures("entry")
async def test_too_slow(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody holds a connection open for ever."""
    monkeypatch.setattr(push, "RECEIVING", 0.05)
    never = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    async with asyncio.timeout(5):
        assert (await send(slow()))[0] == HTTPStatus.REQUEST_TIMEOUT


async def test_flood(entry: MockConfigEntry, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused, and when it is over, heard again."""
    monkeypatch.setattr(push, "RATE", 0)
    entry.runtime_data.push.allowance.left = 2
    answers = [(await send(body(n)))[0] for n in (1, 2, 3)]
    assert answers == [HTTPStatus.OK, HTTPStatus.OK, HTTPStatus.TOO_MANY_REQUESTS]
    monkeypatch.setattr(push, "RATE", 1e9)
    assert (await send(body(4)))[0] == HTTPStatus.OK


async def test_more_than_can_be_kept(
    hass: HomeAssistant, entry: MockConfigEntry, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender is told, so that it can send again; what waits is kept after all."""
    monkeypatch.setattr(push, "KEEPING", 0.05)
    receiver = entry.runtime_data.push
    monkeypatch.setattr(receiver, "_queue", asyncio.Queue(1))
    going_on = asyncio.Event()
    take = entry.runtime_data.async_take

    async def slow(batches: Iterable[Batch]) -> None:
        await going_on.wait()
        await take(batches)

    monkeypatch.setattr(entry.runtime_data, "async_take", slow)
    answers = [(await send(body(n, minutes=9 - n)))[0] for n in (1, 2, 3)]
    assert answers == [HTTPStatus.SERVICE_UNAVAILABLE] * 3
    going_on.set()
    await settled(hass)
    monkeypatch.setattr(push, "KEEPING", 5)
    assert (await send(body(4)))[0] == HTTPStatus.OK
    assert samples(entry) == 3


async def test_disk_that_refuses(
    entry: MockConfigEntry,
    send: Send,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The sender is told; the next message is kept."""
    take = entry.runtime_data.async_take
    refused = [sqlite3.OperationalError("disk full")]

    async def failing(batches: Iterable[Batch]) -> None:
        if refused:
            raise refused.pop()
        await take(batches)

    monkeypatch.setattr(entry.runtime_data, "async_take", failing)
    assert (await send(body(1, minutes=3)))[0] == HTTPStatus.SERVICE_UNAVAILABLE
    assert (await send(body(2)))[0] == HTTPStatus.OK
    assert "could not be kept" in caplog.text


async def test_one_message_that_cannot_be_kept(
    entry: MockConfigEntry, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that came with it are."""
    take = entry.runtime_data.async_take

    async def failing(batches: list[Batch]) -> None:
        if any(up.f_cnt == 2 for batch in batches for up in batch.uplinks):
            raise ValueError
        await take(batches)

    monkeypatch.setattr(entry.runtime_data, "async_take", failing)
    sending = (send(body(n, minutes=9 - n)) for n in (1, 2, 3, 4))
    answers = [status for status, _ in await asyncio.gather(*sending)]
    assert answers == [HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.OK, HTTPStatus.OK]


@pytest.mark.usefixtures("entry")
async def test_from_outside(
    send: Send, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where that is allowed."""
    monkeypatch.setattr(push, "is_local", lambda _: False)
    assert (await send(body(1)))[0] == HTTPStatus.NOT_FOUND
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "push": {**PUSH, "local_only": False}}
    )
    assert (await send(body(1)))[0] == HTTPStatus.OK


def test_sender_without_an_address(hass: HomeAssistant) -> None:
    """Is not near."""

    class Request:
        remote = None

    assert not push._near(hass, Request())  # type: ignore[arg-type]  # noqa: SLF001  # what is looked at


async def test_entry_that_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, send: Send
) -> None:
    """The sender is told to come again."""
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await send(body(1)))[0] == HTTPStatus.SERVICE_UNAVAILABLE


async def test_nothing_secret_is_logged(
    hass: HomeAssistant, entry: MockConfigEntry, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the address nor what was sent, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    for message in (body(1), b"a-private-word", b'{"fCnt":1,"deviceInfo":"a-private-word"}'):
        await send(message)
    await send(body(2, device=replace(GAS, dev_eui="24e124136b0000bb", scope="x")))
    await send(body(2), URL.replace("f00d", "guess"))
    ours = "\n".join(r.getMessage() for r in caplog.records if "bernau" in r.name)
    assert SECRET not in ours
    assert "private" not in ours
    assert "guess" not in ours
    await settled(hass)
    assert entry.state.recoverable


PUSH_ONLY: Final[dict[str, Any]] = {"scopes": ["push"], "profiles": {}, "devices": {}, "push": PUSH}


async def test_server_that_only_sends(hass: HomeAssistant, send: Send) -> None:
    """Devices are known once they were heard; nothing is asked, nothing is forgotten."""
    only = MockConfigEntry(
        domain=DOMAIN, title="ThingPark", data={"server": "push_only"}, options=PUSH_ONLY
    )
    await set_up(hass, only)
    uplink = {**THINGPARK["DevEUI_uplink"], "Time": dt_util.utcnow().isoformat()}
    assert (await send({"DevEUI_uplink": uplink}))[0] == HTTPStatus.OK
    assert (await send(body(7)))[0] == HTTPStatus.OK
    await settled(hass)
    states = only.runtime_data.states
    assert set(states) == {"0018b20000000b20", GAS.dev_eui}
    for _ in range(3):
        await hass.config_entries.async_reload(only.entry_id)
        await settled(hass)
    assert set(only.runtime_data.states) == set(states)
    assert only.runtime_data.last_update_success
    assert count(hass, only) == 7


async def test_more_devices_than_a_town_has(
    hass: HomeAssistant, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever knows the address cannot fill the disk with them."""
    monkeypatch.setattr(push, "DEVICES", 1)
    only = MockConfigEntry(
        domain=DOMAIN, title="ThingPark", data={"server": "push_only"}, options=PUSH_ONLY
    )
    await set_up(hass, only)
    assert (await send(body(7)))[0] == HTTPStatus.OK
    assert (await send(body(7, device=replace(GAS, dev_eui="24e124136b0000bb"))))[
        0
    ] == HTTPStatus.OK
    assert set(only.runtime_data.states) == {GAS.dev_eui}
    await settled(hass)


async def test_device_that_is_no_longer_there(hass: HomeAssistant, send: Send) -> None:
    """Nobody tells that it is gone; so people remove it."""
    only = MockConfigEntry(
        domain=DOMAIN, title="ThingPark", data={"server": "push_only"}, options=PUSH_ONLY
    )
    await set_up(hass, only)
    await send(body(7))
    await settled(hass)
    held = only.runtime_data
    device = dr.async_get(hass).async_get_device_by_identifier(
        held.identifier(GAS.dev_eui), only.entry_id
    )
    assert device
    server = dr.async_get(hass).async_get(held.server_device_id)
    assert isinstance(server, dr.DeviceEntry)
    assert not await async_remove_config_entry_device(hass, only, server)
    assert await async_remove_config_entry_device(hass, only, device)
    assert not held.states
