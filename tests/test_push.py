"""Messages that a network server sends by itself, to a real Home Assistant."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
import gzip
from http import HTTPStatus
import json
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
    push,
)
from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.flows import options as options_flow
from custom_components.bernau_smartcity.model import Batch, Device
from custom_components.bernau_smartcity.network import SERVERS
from custom_components.bernau_smartcity.push import LARGEST, PATH

from .fake_network import GAS, FakeNetwork, config_entry, pulses
from .homes import poll, set_up, settled, state_of
from .network.test_pushed import THINGPARK

SECRET: Final = "f00d" * 16
URL: Final = PATH.format(secret=SECRET)
TELLING: Final = ("custom_components", "homeassistant")
"""Whose log is looked at."""
PATIENCE: Final = 60.0
"""Seconds in which an answer comes, however busy the machine is."""
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

    async def post(
        what: Any, url: str = f"{URL}?event=up", method: str = "POST", **headers: str
    ) -> tuple[int, str]:
        data = json.dumps(what).encode() if isinstance(what, dict | list) else what
        told = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        async with client.request(method, url, data=data, headers=told) as answer:
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


PRIVATE: Final = "a-private-word"
INFO: Final = body(1)["deviceInfo"]


async def endless() -> AsyncIterator[bytes]:
    """Give more than a message may have, without telling beforehand how much."""
    for _ in range(LARGEST // 1000 + 2):
        yield b" " * 1000


@dataclass(frozen=True)
class Hostile:
    """Something that nobody should send, and how it is answered."""

    name: str
    status: HTTPStatus
    what: Any = b"{}"
    url: str = URL
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)


def malformed(name: str, what: Any, **headers: str) -> Hostile:
    """Make a message that is refused for what it is."""
    return Hostile(name, HTTPStatus.BAD_REQUEST, what, headers=headers)


def changed(name: str, **changes: Any) -> Hostile:
    """Make a proper message but for something."""
    return malformed(name, {**body(1), "x": PRIVATE, **changes})


def too_long(name: str, what: Callable[[], Any], **headers: str) -> Hostile:
    """Make a message that is refused for its length."""
    return Hostile(name, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, what, headers=headers)


HOSTILE: Final = (
    Hostile("another secret", HTTPStatus.NOT_FOUND, body(1), URL.replace("f00d", "f00e")),
    Hostile("a secret that is none", HTTPStatus.NOT_FOUND, body(1), URL.replace("f00d", "ä")),
    Hostile("no secret", HTTPStatus.NOT_FOUND, body(1), URL.replace("f00d", "")),
    Hostile("half of the secret", HTTPStatus.NOT_FOUND, body(1), URL[:-32]),
    Hostile("more than the secret", HTTPStatus.NOT_FOUND, body(1), f"{URL}/x"),
    *(
        Hostile(method, HTTPStatus.METHOD_NOT_ALLOWED, None, method=method)
        for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD")
    ),
    too_long("a length that is told", lambda: b" " * (LARGEST + 1)),
    too_long("a length that is not told", endless),
    too_long("a bomb", lambda: gzip.compress(bytes(50 * 2**20)), Content_Encoding="gzip"),
    malformed("nothing", b""),
    malformed("no JSON", PRIVATE.encode()),
    malformed("cut off", b'{"fCnt": 1, "deviceInfo": {"devEui": "a-private-word'),
    malformed("a list", [PRIVATE]),
    malformed("a number", b"7"),
    malformed("nested too deeply", b"[" * 100_000),
    malformed("no UTF-8", b"\xff"),
    malformed("a number of a million digits", b'{"fCnt": ' + b"9" * 100_000 + b"}"),
    changed("a device that is none", deviceInfo=PRIVATE),
    changed("a DevEUI that is none", deviceInfo={**INFO, "devEui": PRIVATE}),
    changed("a DevEUI that is a number", deviceInfo={**INFO, "devEui": 7}),
    changed("a counter that is a text", fCnt="1"),
    changed("a counter below zero", fCnt=-1),
    changed("a counter that is too high", fCnt=2**32),
    changed("a port that is too high", fPort=256),
    changed("a payload that is no base64", data="a-private-word"),
    changed("a payload of another alphabet", data="_-_-"),
    changed("a payload that is a number", data=7),
    changed("a time that is none", time=PRIVATE),
    changed("no time", time=None),
    Hostile(
        "another encoding",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        b"\x0a\x24a-private-word",
        headers={"Content_Type": "application/octet-stream"},
    ),
    Hostile(
        "a form",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        b"fCnt=1&data=a-private-word",
        headers={"Content_Type": "application/x-www-form-urlencoded"},
    ),
    Hostile("another event", HTTPStatus.OK, {"deviceInfo": INFO, "level": PRIVATE}),
    Hostile(
        "a device of others",
        HTTPStatus.OK,
        body(1, device=replace(GAS, dev_eui="24e124136b0000bb", scope=PRIVATE)),
    ),
)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
async def test_hostile(
    entry: MockConfigEntry, send: Send, hostile: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    """A short answer that repeats nothing; nothing is kept nor logged; others are heard."""
    caplog.set_level(logging.DEBUG)
    what = hostile.what() if callable(hostile.what) else hostile.what
    async with asyncio.timeout(PATIENCE):
        status, answer = await send(what, hostile.url, hostile.method, **hostile.headers)
    assert status == hostile.status
    assert len(answer) < 100
    assert PRIVATE not in answer
    assert samples(entry) == 0
    told = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith(TELLING))
    assert SECRET not in told
    assert PRIVATE not in told
    assert (await send(body(7)))[0] == HTTPStatus.OK
    assert samples(entry) == 1


@pytest.mark.usefixtures("entry")
async def test_form_that_is_called_otherwise(send: Send) -> None:
    """What can be understood counts, whatever the sender calls it."""
    for content_type in ("text/plain", "application/json; charset=utf-8", "application/ld+json"):
        assert (await send(body(1), Content_Type=content_type))[0] == HTTPStatus.OK


async def test_replayed(hass: HomeAssistant, entry: MockConfigEntry, send: Send) -> None:
    """At once or much later, many times, out of order: it was counted once."""
    messages = [body(n, minutes=9 - n) for n in range(1, 6)]
    sending = (send(message) for message in [*messages, *messages[::-1], *messages])
    assert {status for status, _ in await asyncio.gather(*sending)} == {HTTPStatus.OK}
    await settled(hass)
    before = entry.runtime_data.states[GAS.dev_eui]
    assert (samples(entry), count(hass, entry), before.lost) == (5, 5, 0)
    for message in messages:
        assert (await send(message))[0] == HTTPStatus.OK
    await settled(hass)
    assert (samples(entry), count(hass, entry)) == (5, 5)
    assert entry.runtime_data.states[GAS.dev_eui] == before


@pytest.mark.parametrize("minutes", [-3000, 600_000])
@pytest.mark.usefixtures("entry")
async def test_time_that_cannot_be_right(send: Send, minutes: float) -> None:
    """Tomorrow, or before the last year."""
    assert (await send(body(1, minutes=minutes)))[0] == HTTPStatus.BAD_REQUEST


@pytest.mark.usefixtures("entry")
async def test_too_slow(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody holds a connection open for ever."""
    monkeypatch.setattr(push, "RECEIVING", 0.05)
    never = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    async with asyncio.timeout(PATIENCE):
        assert (await send(slow()))[0] == HTTPStatus.REQUEST_TIMEOUT


@pytest.mark.usefixtures("entry")
async def test_slow_senders_hold_nobody_up(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: the next message is answered at once."""
    monkeypatch.setattr(push, "RECEIVING", 2 * PATIENCE)
    waiting = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await waiting.wait()

    senders = [asyncio.ensure_future(send(slow())) for _ in range(20)]
    async with asyncio.timeout(PATIENCE):
        assert (await send(body(1)))[0] == HTTPStatus.OK
    waiting.set()
    answers = [status for status, _ in await asyncio.gather(*senders)]
    assert answers == [HTTPStatus.BAD_REQUEST] * 20


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
