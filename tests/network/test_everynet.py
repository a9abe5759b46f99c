"""Everynet: its messages in their published form, and what only it can do."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
import json
from pathlib import Path
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.model import Device, Field, NetworkError, Reason
from custom_components.bernau_smartcity.network import SERVERS, everynet
from custom_components.bernau_smartcity.network._everynet_messages import (
    device_of,
    received,
    uplink_of,
)
from custom_components.bernau_smartcity.network._http import Answer
from custom_components.bernau_smartcity.network._timeline_cursor import Cursor
from custom_components.bernau_smartcity.network.everynet import REACH, Everynet
from simulator.build import build
from simulator.catalogue import BUILDINGS
from simulator.clock import Clock
from simulator.everynet import DELAY, Everynet as Simulated
from tests.network.faces import FACES, RETAINED, delivered, polled, stored
from tests.network.homes import Home
from tests.network.test_the_things_stack import JSON

FOLDER: Final = Path(__file__).parent / "vectors" / "everynet"
FACE: Final = next(face for face in FACES if face.key == "everynet")
NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
EUI: Final = "70b3d57ed0000c01"
MESSAGES: Final[list[dict[str, Any]]] = json.loads((FOLDER / "history.json").read_text("utf-8"))
ROW: Final[dict[str, Any]] = json.loads((FOLDER / "devices.json").read_text("utf-8"))["devices"][0]


def test_published_device() -> None:
    """Its name is a tag, its application stands for a profile; nothing of its keys."""
    device = device_of(ROW)
    assert device == Device(
        dev_eui=EUI,
        name="Feuerwache Wasser",
        scope="everynet",
        profile="70b3d57ed0000000",
        profile_name="70b3d57ed0000000",
        tags={"building": "Feuerwache"},
    )
    assert device_of({"dev_eui": EUI, "org": "o1"}).profile == "o1"
    noted = device_of({"dev_eui": EUI.upper(), "tags": ["model=klax"]})
    assert (noted.name, noted.profile, noted.tags) == (EUI, "", {"model": "klax"})
    with pytest.raises(ValueError, match="without a DevEUI"):
        device_of({})


def test_published_messages() -> None:
    """An uplink, by the time of the server; what goes down is none."""
    up, down = map(uplink_of, MESSAGES)
    assert up
    assert down is None
    uplink = up.uplink
    assert uplink.received_at == datetime(2026, 11, 23, 10, 31, 29, 330000, UTC)
    assert (uplink.f_port, uplink.f_cnt, uplink.payload.hex()) == (7, 8, "0100d6022a0400")
    assert (uplink.rssi, uplink.snr, uplink.encrypted) == (-100, 5, False)
    assert up.session == "02711f49"


def message(number: int, at: datetime, **params: Any) -> dict[str, Any]:
    """Make an uplink."""
    told = {**MESSAGES[0]["params"], "counter_up": number, "rx_time": at.timestamp(), **params}
    meta = {**MESSAGES[0]["meta"], "time": at.timestamp(), "packet_id": f"{number:032x}"}
    return {"type": "uplink", "meta": meta, "params": told}


def test_other_messages() -> None:
    """Copies of further gateways; without radio or port; under the key of the application."""
    assert uplink_of(message(1, NOW, duplicate=True)) is None
    bare = uplink_of(message(1, NOW, radio=None, port=None, payload="AQ=="))
    assert bare
    assert (bare.uplink.rssi, bare.uplink.f_port, bare.uplink.payload) == (None, 0, b"")
    secret = uplink_of(message(1, NOW, payload=None))
    assert secret
    assert secret.uplink.encrypted
    assert secret.uplink.payload
    empty = uplink_of(message(1, NOW, payload=None, encrypted_payload=""))
    assert empty
    assert not empty.uplink.encrypted
    with pytest.raises(ValueError, match="without a device"):
        uplink_of({**message(1, NOW), "meta": {"time": 1}})


@pytest.mark.parametrize("meta", [{}, {"time": "x"}, {"time": 1e300}, {"time": -1e17}])
def test_no_time(meta: dict[str, Any]) -> None:
    """That of the gateway stands in only where there is no other."""
    with pytest.raises(ValueError, match="time"):
        received({"meta": meta, "params": {}})
    rx_time = {"rx_time": NOW.timestamp()}
    assert received({"meta": {}, "params": rx_time}) == NOW


@given(
    part=st.sampled_from(["meta", "params"]),
    name=st.sampled_from(["device", "time", "payload", "radio", "counter_up", "port"]),
    value=JSON,
)
def test_any_value_in_a_message(part: str, name: str, value: Any) -> None:
    """An uplink, nothing, or the one error."""
    row = message(1, NOW)
    row[part] = {**row[part], name: value}
    with suppress(ValueError):
        uplink_of(row)
    with suppress(ValueError):
        uplink_of({**row, part: value})


@given(name=st.sampled_from(sorted(ROW)), value=JSON)
def test_any_value_in_a_device(name: str, value: Any) -> None:
    """A device, or the one error."""
    with suppress(ValueError):
        device_of({**ROW, name: value})


class Scripted:
    """A server that holds messages, and gives them in the form that is set."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        """Keep messages, oldest first."""
        self.rows = rows
        self.devices: list[Any] = [{"devices": [ROW]}, {"devices": []}]
        self.asked: list[Mapping[str, Any]] = []
        self.written: Callable[[list[dict[str, Any]]], str] = json.dumps

    async def get(self, path: str, params: Any) -> Answer:
        """Give devices, or messages from a second on."""
        if path.endswith("devices"):
            self.devices = [*self.devices[1:], self.devices[0]]
            return Answer(json.dumps(self.devices[-1]).encode(), {})
        self.asked.append(params)
        rows = [
            row
            for row in self.rows
            if params["from"] <= everynet._text(received(row)) < params.get("to", "9")  # noqa: SLF001  # as the server compares
        ]
        return Answer(self.written(rows[: params["limit"]]).encode(), {})


def home(server: Scripted) -> Home:
    """Poll such a server, of which everything was read but the last two hours."""
    connection = Everynet(server, lambda: NOW)  # type: ignore[arg-type]  # gives answers like `Http`
    begun = Cursor.begin(NOW, REACH)
    newest = NOW - timedelta(hours=2)
    known = str(replace(begun, newest=newest, oldest=NOW - timedelta(days=40)))
    return Home(connection, {"everynet": known, EUI: "02711f49"})


async def counters(town: Home) -> list[int]:
    """Poll, and give the frame counters that came."""
    return [up.f_cnt for batch in await town.poll(["everynet"]) for up in batch.uplinks]


def minutes(count: int) -> list[dict[str, Any]]:
    """Give a message each minute, of the last two hours."""
    return [message(n, NOW - timedelta(minutes=119 - n)) for n in range(count)]


async def test_page_after_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each begins with the second in which the one before ended."""
    monkeypatch.setattr(everynet, "PAGE", 50)
    monkeypatch.setattr(everynet, "AT_ONCE", 20)
    server = Scripted(minutes(110))
    assert await counters(home(server)) == [*range(110)]
    assert [asked["from"] for asked in server.asked] == [
        "20261123095000",
        "20261123105000",
        "20261123113900",
    ]


async def test_more_in_a_second_than_in_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, before anything is left out."""
    monkeypatch.setattr(everynet, "PAGE", 50)
    server = Scripted([message(n, NOW) for n in range(60)])
    with pytest.raises(NetworkError) as caught:
        await counters(home(server))
    assert caught.value.reason is Reason.SERVER_ERROR


@pytest.mark.parametrize(
    "written",
    [
        json.dumps,
        lambda rows: json.dumps(rows, indent=1),
        lambda rows: "\n".join(map(json.dumps, rows)),
        lambda rows: "\r\n\r\n".join(map(json.dumps, rows)),
    ],
)
async def test_forms_of_an_answer(written: Any) -> None:
    """A list, or lines: which of them is documented nowhere."""
    server = Scripted([*minutes(5), {**MESSAGES[1], "meta": {**MESSAGES[1]["meta"]}}])
    server.written = written
    assert await counters(home(server)) == [*range(5)]
    server.rows = []
    assert await counters(home(server)) == []


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (lambda _: "<html>", Reason.NOT_THIS_SERVER),
        (lambda _: '{"messages": 7}', Reason.NOT_THIS_SERVER),
        (lambda _: "[7]", Reason.NOT_THIS_SERVER),
        (lambda rows: json.dumps(rows)[:-9], Reason.NOT_THIS_SERVER),
        (lambda rows: "\n".join(map(json.dumps, rows))[:-9], Reason.SERVER_ERROR),
    ],
)
async def test_answer_of_something_else(
    written: Any, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or one that broke off: what came before it counts, and is read again."""
    monkeypatch.setattr(everynet, "AT_ONCE", 2)
    server = Scripted(minutes(5))
    server.written = written
    town = home(server)
    with pytest.raises(NetworkError) as caught:
        await counters(town)
    assert caught.value.reason is reason
    server.written = json.dumps
    again = await counters(town)
    assert town.uplinks.keys() == {f"{n:032x}:{n}:{_at(n)}" for n in range(5)}
    assert again[-1] == 4


def _at(number: int) -> str:
    return (NOW - timedelta(minutes=119 - number)).isoformat()


async def test_history_of_a_device() -> None:
    """By its DevEUI as the registry writes it."""
    server = Scripted(minutes(3))
    town = home(server)
    del town.cursors[EUI]
    await town.connection.devices(["everynet"])
    assert sorted({*await counters(town)}) == [0, 1, 2]
    assert server.asked[-1]["devices"] == EUI
    assert town.cursors[EUI].startswith("02711f49|2|")


async def test_registry() -> None:
    """Page by page until one tells nothing new, however long the pages are."""
    server = Scripted([])
    rows = [{**ROW, "dev_eui": f"{n:016x}", "org": "o1"} for n in range(5)]
    further = [*rows[3:], ROW, {"org": "o1"}, 7]
    server.devices = [{"devices": rows[:3]}, {"devices": further}, {"devices": []}]
    connection = home(server).connection
    assert await connection.scopes() == {"o1": "o1", "everynet": "everynet"}
    assert len(await connection.devices(["o1"])) == 5
    for found, reason in (([], Reason.NO_APPLICATIONS), (7, Reason.NOT_THIS_SERVER)):
        server.devices = [{"devices": found}]
        with pytest.raises(NetworkError) as caught:
            await connection.scopes()
        assert caught.value.reason is reason


async def test_key_without_the_rights_of_an_administrator() -> None:
    """May read devices, but no messages: that is told at once."""
    async with polled(FACE) as here:
        here.town.faults.add("error", methods=["/api/v1.0/history/data"], value=403)
        with pytest.raises(NetworkError) as caught:
            await here.scopes()
        assert caught.value.reason is Reason.KEY_WITHOUT_RIGHTS


async def test_messages_that_appear_late() -> None:
    """Half a minute, as documented: nothing is missing."""
    face = replace(FACE, api=partial(Simulated, retention=RETAINED, delay=DELAY))
    async with polled(face) as here:
        await here.settle()
        start = here.town.clock.now()
        seen = set()
        for _ in range(30):
            here.town.clock.advance(60)
            seen |= delivered(await here.poll())
        end = here.town.clock.now() - DELAY - 1
        late = stored(here.town, end)
        assert stored(here.town, start) - late <= seen
        assert set(here.home.uplinks.values()) == {1}


async def test_requests_of_a_large_town() -> None:
    """One, however much is new: 10,000 hourly meters send 833 messages in five minutes."""
    large = build(devices=1000, interval=360, clock=Clock.standing("2026-11-20T08:00:00+00:00"))
    large.all_devices = {
        eui: replace(device, application=BUILDINGS) for eui, device in large.all_devices.items()
    }
    face = replace(FACE, api=partial(Simulated, retention=1200, delay=0))
    async with polled(face, large) as here:
        await here.home.connection.devices(here.town_scopes)
        await here.settle()
        large.clock.advance(300)
        await here.settle()  # who had sent nothing is read as a whole once it sends
        before = large.clock.now()
        large.clock.advance(300)
        here.server.requests.reset()
        new = delivered(await here.poll())
        assert new == stored(large, before)
        assert len(new) >= 833
        assert here.server.requests.calls.total() == 1


def test_connecting_needs_a_key() -> None:
    """One that can be none is refused before anything is asked."""
    fields: dict[str, str] = {Field.EVERYNET_URL: "ns.eu.everynet.io", Field.EVERYNET_KEY: " "}
    with pytest.raises(NetworkError) as caught:
        SERVERS["everynet"].connect(fields, None)  # type: ignore[arg-type]  # it is not used
    assert caught.value.reason is Reason.KEY_REJECTED
