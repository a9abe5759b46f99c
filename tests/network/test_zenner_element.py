"""ZENNER ELEMENT IoT: its answers in their published form, and what only it can do."""

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
from custom_components.bernau_smartcity.network import SERVERS, _element_lists
from custom_components.bernau_smartcity.network._element_cursor import Cursor
from custom_components.bernau_smartcity.network._element_lists import PAGE, PAGES, Position
from custom_components.bernau_smartcity.network._element_packets import (
    decoded_of,
    device_of,
    lacks_payload,
    uplink_of,
)
from custom_components.bernau_smartcity.network._http import Answer, NotFoundError
from custom_components.bernau_smartcity.network._sent import NO_SESSION, UNSEEN
from custom_components.bernau_smartcity.network.zenner_element import ZennerElement
from simulator.build import build
from simulator.catalogue import BUILDINGS
from simulator.clock import Clock
from simulator.zenner_element import ZennerElement as Simulated
from tests.network.faces import FACES, RETAINED, delivered, polled, stored, town_of
from tests.network.homes import Home

FOLDER: Final = Path(__file__).parent / "vectors" / "zenner_element"
FACE: Final = next(face for face in FACES if face.key == "zenner_element")
NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
EUI: Final = "70b3d57ed0000a01"
IDENTITY: Final = "5b1e7a52-6c1d-4b7e-9a53-0f7d1c2e3a41"


def rows(name: str) -> list[dict[str, Any]]:
    """Give the rows of a published answer."""
    body: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["body"]
    return body


DEVICE: Final = device_of(rows("devices")[0], "waerme")


def test_published_device() -> None:
    """Name, DevEUI, and the parser as its model; nothing of its keys."""
    assert (
        Device(
            dev_eui=EUI,
            name="Quartier 3 Wärme",
            scope="waerme",
            profile="5b1e7a52-6c1d-4b7e-9a53-0f7d1c2e3a44",
        )
        == DEVICE
    )


def test_published_packets() -> None:
    """Newest first, as asked for."""
    first, second = (uplink_of(row, DEVICE) for row in rows("packets"))
    assert first
    assert second
    assert (first.uplink.f_port, first.uplink.f_cnt, second.uplink.f_cnt) == (1, 1491, 1490)
    assert first.uplink.payload.hex() == "0301b40002116e"
    assert first.uplink.received_at == datetime(2026, 11, 13, 13, 11, 4, 70758, UTC)
    assert (first.uplink.rssi, first.uplink.snr) == (-77, 10)
    assert first.uplink.id != second.uplink.id
    assert first.session == second.session == ""


def test_published_readings() -> None:
    """They belong to the packets, by their identity."""
    packets = {row["id"]: uplink_of(row, DEVICE) for row in rows("packets")}
    for row in rows("readings"):
        reading, packet = decoded_of(row, DEVICE), packets[row["packet_id"]]
        assert packet
        assert reading.uplink.id == packet.uplink.id
        assert reading.uplink.received_at == packet.uplink.received_at
        assert reading.uplink.decoded == row["data"]
        assert reading.uplink.payload == b""
    assert rows("readings_empty") == []


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({}, False),
        ({"payload": None}, True),
        ({"payload": None, "packet_type": "join"}, False),
        ({"payload": None, "meta": {"frame_port": 0}}, False),
        ({"payload": None, "meta": None}, False),
    ],
)
def test_packets_without_content(change: dict[str, Any], *, lacking: bool) -> None:
    """Told apart from those that never had any."""
    assert lacks_payload({**rows("packets")[0], **change}) is lacking


def test_packets_that_are_no_uplinks() -> None:
    """Joins and downlinks are left out."""
    assert uplink_of({**rows("packets")[0], "packet_type": "down"}, DEVICE) is None


def test_devices_of_other_networks() -> None:
    """A meter on NB-IoT is known by its identity; one without any cannot be known."""
    row = {"id": IDENTITY, "slug": "wasser-7", "template_id": "t-1", "interfaces": [7, {}]}
    device = device_of(row, "wasser")
    assert (device.dev_eui, device.name, device.profile) == ("5b1e7a526c1d4b7e", "wasser-7", "t-1")
    loose = device_of({"id": IDENTITY, "meta": {"model": "klax", "n": 7}}, "wasser")
    assert (loose.profile, loose.profile_name, loose.tags) == ("", "", {"model": "klax"})
    bare = device_of({"id": IDENTITY}, "wasser")
    assert (bare.profile, bare.profile_name) == ("wasser", "wasser")
    with pytest.raises(ValueError, match="without an identity"):
        device_of({"id": "7"}, "wasser")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    name=st.sampled_from(["payload", "meta", "transceived_at", "inserted_at", "data"]),
    value=JSON,
)
def test_any_value_in_a_row(name: str, value: Any) -> None:
    """An uplink, or the one error."""
    for row, read in ((rows("packets")[0], uplink_of), (rows("readings")[0], decoded_of)):
        with suppress(ValueError):
            assert read({**row, name: value}, DEVICE)
    lacks_payload({**rows("packets")[0], name: value})


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"packets":{"newer":1}}', "7"])
def test_cursor_that_cannot_be_read(text: str) -> None:
    """Is that of a folder never read."""
    assert Cursor.parse(text) == Cursor()
    kept = Cursor(Position("a", "b"), Position("c", None), ("d",))
    assert Cursor.parse(str(kept)) == kept


class Scripted:
    """A server that gives its lists page by page."""

    def __init__(self, lists: dict[str, list[dict[str, Any]]]) -> None:
        """Keep rows by path, in the order in which they were stored."""
        self.lists = lists
        self.asked: list[tuple[str, str]] = []
        self.bodies: dict[str, Any] = {}

    async def get(self, path: str, params: Any) -> Answer:
        """Give the next rows, as the server does."""
        path = path.removeprefix("/api/v1")
        after = params.get("retrieve_after", "")
        self.asked.append((path, after))
        if path in self.bodies:
            return Answer(json.dumps(self.bodies[path]).encode(), {})
        if path not in self.lists:
            raise NotFoundError(path)
        found = self.lists[path][:: -1 if params["sort_direction"] == "desc" else 1]
        ids = [row["id"] for row in found]
        if after and after not in ids:
            raise NotFoundError(path)
        begin = ids.index(after) + 1 if after else 0
        here = found[begin : begin + params["limit"]]
        return Answer(json.dumps({"body": here, "ok": True}).encode(), {})


def packet(number: int, at: datetime, **change: Any) -> dict[str, Any]:
    """Make a packet."""
    meta = {"frame_count_up": number, "frame_port": 1}
    plain = {"id": f"p{number}", "device_id": IDENTITY, "packet_type": "up", "payload": "01"}
    times = {"inserted_at": at.isoformat(), "transceived_at": at.isoformat()}
    return {**plain, **times, "meta": meta, **change}


def town(packets: list[dict[str, Any]]) -> tuple[Scripted, Home]:
    """Poll such a server, of one folder and one device."""
    server = Scripted({"/tags/w/devices": rows("devices"), "/tags/w/packets": packets})
    server.lists[f"/devices/{IDENTITY}/packets"] = packets
    return server, Home(connected(server))


def connected(server: Scripted) -> ZennerElement:
    """Connect to it as one who has never seen it."""
    return ZennerElement(server, lambda: NOW)  # type: ignore[arg-type]  # gives answers like `Http`


async def counters(home: Home) -> list[int]:
    """Poll, and give the frame counters that came."""
    return [up.f_cnt for batch in await home.poll(["w"]) for up in batch.uplinks]


async def test_row_that_appears_behind_another() -> None:
    """Two were stored at nearly the same time, and the earlier could be seen later."""
    packets = [packet(n, NOW - timedelta(minutes=9 - n)) for n in range(5)]
    _, home = town(packets)
    assert await counters(home) == [0, 1, 2, 3, 4]
    packets.insert(4, packet(9, NOW - timedelta(minutes=5, seconds=3)))
    assert await counters(home) == [9]
    assert await counters(home) == []
    assert set(home.uplinks.values()) == {1}


async def test_all_rows_of_a_moment() -> None:
    """There may be more of them than a page holds: the poll goes on all the same."""
    _, home = town([])
    assert await counters(home) == []
    crowd = [packet(1000 + n, NOW - timedelta(hours=1)) for n in range(3 * PAGE)]
    server, home = town([packet(999, NOW - timedelta(hours=2))])
    await counters(home)
    server.lists["/tags/w/packets"] += crowd
    assert len(await counters(home)) == 3 * PAGE
    assert await counters(home) == []


async def test_history_that_is_long() -> None:
    """First the newest day, then as many pages as one poll may ask for, down to the oldest."""
    every = [packet(n, NOW - timedelta(minutes=10 * (5000 - n))) for n in range(5000)]
    server, home = town(every)
    first = await counters(home)
    assert len(first) == 2 * PAGE
    server.asked.clear()
    found = {*first, *await counters(home)}
    assert len(server.asked) <= PAGES + 2
    assert len(found) == (PAGES + 2) * PAGE
    found |= {*await counters(home)}
    assert len(found) >= 31 * 24 * 6
    assert await counters(home) == []


async def test_device_that_has_long_been_silent() -> None:
    """Its newest is looked for, also if the first poll broke off; one that is gone is not."""
    server, home = town([])
    server.lists[f"/devices/{IDENTITY}/packets"] = [packet(7, NOW - timedelta(days=20))]
    await home.poll(["w"], 2)
    assert home.cursors[EUI] == UNSEEN
    assert await counters(home) == [7]
    assert await counters(home) == []
    server, home = town([])
    del server.lists[f"/devices/{IDENTITY}/packets"]
    assert await counters(home) == []
    assert home.cursors[EUI] == NO_SESSION


async def test_history_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on with the next poll, so that what is new need not wait."""
    monkeypatch.setattr(_element_lists, "PATIENCE", 0)
    every = [packet(n, NOW - timedelta(minutes=300 - n)) for n in range(3 * PAGE)]
    _, home = town(every)
    found = [len(await counters(home)) for _ in range(4)]
    assert found == [PAGE, PAGE, PAGE, 0]


async def test_folder_that_was_deleted() -> None:
    """Before anything was in it."""
    server, home = town([])
    await counters(home)
    del server.lists["/tags/w/packets"]
    assert await counters(home) == []
    assert home.cursors["w"] == ""


async def test_history_that_ends_with_a_page() -> None:
    """Asking once more tells that there is nothing older, and is not repeated."""
    every = [packet(n, NOW - timedelta(days=2, minutes=300 - n)) for n in range(2 * PAGE)]
    server, home = town(every)
    assert len(await counters(home)) == PAGE
    assert len(await counters(home)) == PAGE
    assert await counters(home) == []
    server.asked.clear()
    assert await counters(home) == []
    assert len(server.asked) == 1


async def test_history_that_is_no_longer_kept() -> None:
    """It was about to be read: nothing older can be there, and all else goes on."""
    every = [packet(n, NOW - timedelta(days=2, minutes=300 - n)) for n in range(3 * PAGE)]
    _, home = town(every)
    await counters(home)
    del every[: 2 * PAGE + 1]
    every.append(packet(3 * PAGE, NOW))
    assert await counters(home) == [3 * PAGE]
    assert await counters(home) == []
    assert Cursor.parse(home.cursors["w"]).packets.oldest is None


async def test_row_that_was_deleted() -> None:
    """The folder is read again from its end: nothing is missing, nothing counts twice."""
    packets = [packet(n, NOW - timedelta(minutes=9 - n)) for n in range(5)]
    _, home = town(packets)
    await counters(home)
    kept = Cursor.parse(home.cursors["w"])
    home.cursors["w"] = str(replace(kept, packets=Position("gone", None)))
    packets.append(packet(5, NOW))
    assert await counters(home) == []
    assert await counters(home) == [0, 1, 2, 3, 4, 5]


async def test_rows_that_tell_no_time_of_storage() -> None:
    """Are read all the same."""
    packets = [packet(n, NOW, inserted_at=None) for n in range(3)]
    _, home = town(packets)
    assert sorted(await counters(home)) == [0, 1, 2]
    assert await counters(home) == []


async def test_device_that_was_gone_and_comes_back_with_its_past() -> None:
    """It is asked for once it sends, and again if it was gone again just then."""
    one = f"/devices/{IDENTITY}/packets"
    packets = [packet(n, NOW - timedelta(minutes=90 - n)) for n in range(5)]
    others = [
        packet(n, NOW - timedelta(minutes=30 - n), id=f"o{n}", device_id="else") for n in range(3)
    ]
    server, home = town([*packets])
    await counters(home)
    folder = server.lists["/tags/w/packets"]
    folder += others
    assert await counters(home) == []
    folder[5:5] = [packet(n, NOW - timedelta(minutes=90 - n)) for n in range(5, 8)]
    folder.append(packet(8, NOW))
    server.lists[one] = []
    before = home.cursors[EUI]
    assert await counters(home) == [8]
    assert home.cursors[EUI] == before
    server.lists[one] = folder
    folder.append(packet(9, NOW + timedelta(minutes=1)))
    assert {*await counters(home)} >= {5, 6, 7, 8, 9}
    server.asked.clear()
    folder.append(packet(10, NOW + timedelta(minutes=2)))
    assert await counters(home) == [10]
    assert one not in {path for path, _ in server.asked}


@pytest.mark.parametrize("restarted", [True, False])
async def test_device_that_was_gone_while_older_packets_were_read(
    monkeypatch: pytest.MonkeyPatch, *, restarted: bool
) -> None:
    """It is read as a whole on its return, also by one who has never seen it."""
    monkeypatch.setattr(_element_lists, "PATIENCE", 0)
    every = [packet(n, NOW - timedelta(minutes=300 - n)) for n in range(3 * PAGE)]
    server, home = town(every)
    await counters(home)
    server.lists["/tags/w/devices"], server.lists["/tags/w/packets"] = [], every[-PAGE:]
    if restarted:
        home.connection = connected(server)
        await home.connection.devices(["w"])
    await counters(home)
    assert home.cursors[EUI] == ""
    server.lists["/tags/w/devices"] = rows("devices")
    await home.connection.devices(["w"])
    assert {*await counters(home)} == {*range(3 * PAGE)}
    assert home.cursors[EUI]
    assert await counters(home) == []


async def test_device_that_nobody_knows() -> None:
    """Its packets are left out without asking for the devices again and again."""
    strange = packet(0, NOW, device_id="somebody-else")
    server, home = town([strange])
    assert await counters(home) == []
    server.lists["/tags/w/packets"].append(packet(1, NOW, device_id="somebody-else"))
    server.asked.clear()
    assert await counters(home) == []
    assert "/tags/w/devices" not in {path for path, _ in server.asked}


async def test_device_that_came_into_the_folder() -> None:
    """Its history is read, wherever its packets were stored."""
    packets = [packet(n, NOW - timedelta(days=n)) for n in range(40, 0, -1)]
    server, home = town([])
    server.lists["/tags/w/devices"] = []
    await counters(home)
    server.lists["/tags/w/devices"] = rows("devices")
    server.lists[f"/devices/{IDENTITY}/packets"] = packets
    await home.connection.devices(["w"])
    assert len(await counters(home)) == 40
    assert home.cursors[EUI]
    del home.cursors[EUI]
    del server.lists[f"/devices/{IDENTITY}/packets"]
    assert await counters(home) == []
    assert home.cursors[EUI]


async def test_devices_read_anew_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there is time for, so that what is new need not wait."""
    monkeypatch.setattr(_element_lists, "PATIENCE", -1)
    async with polled(FACE, town_of(5)) as here:
        await here.home.connection.devices(here.town_scopes)
        await here.settle()
        anew = list(here.town.all_devices)[:3]
        for dev_eui in anew:
            del here.home.cursors[dev_eui]
        missing = []
        while not set(anew) <= here.home.cursors.keys():
            before = here.town.clock.now()
            here.town.clock.advance(600)
            assert delivered(await here.poll()) >= stored(here.town, before)
            missing.append(len(set(anew) - here.home.cursors.keys()))
        assert len(missing) > 1


async def test_list_that_is_none() -> None:
    """Something else answers there; devices without identity are left out."""
    server, home = town([])
    server.bodies["/tags"] = {"body": 7}
    with pytest.raises(NetworkError) as caught:
        await home.connection.scopes()
    assert caught.value.reason is Reason.NOT_THIS_SERVER
    server.bodies["/tags"] = {"body": [{"id": "1"}, 7]}
    with pytest.raises(NetworkError) as caught:
        await home.connection.scopes()
    assert caught.value.reason is Reason.NO_APPLICATIONS
    server.bodies["/tags"] = {"body": rows("folders")}
    assert await home.connection.scopes() == {
        "gebaeude-waerme": "Gebäude / Wärme",
        "besucher": "Besucher",
    }
    server.lists["/tags/w/devices"] = [{"id": "7"}, *rows("devices")]
    assert len(await home.connection.devices(["w", "w"])) == 1


async def test_readings_stand_for_packets_without_content() -> None:
    """What the server's own parser made of them, also when the device is read anew."""
    hidden = next(iter(town_of(12).all_devices))
    face = replace(
        FACE,
        api=partial(Simulated, retention=RETAINED, hidden=lambda device: device.dev_eui == hidden),
    )
    async with polled(face, town_of(12)) as here:
        await here.home.connection.devices(here.town_scopes)
        batches = await here.settle()
        uplinks = [up for batch in batches for up in batch.uplinks if up.dev_eui == hidden]
        assert not any(up.payload for up in uplinks)
        decoded = {up.id for up in uplinks if up.decoded is not None}
        assert decoded >= {up.id for up in uplinks if up.f_port}
        del here.home.cursors[hidden]
        again = [up for batch in await here.poll() for up in batch.uplinks]
        assert decoded <= {up.id for up in again if up.decoded is not None}
        here.town.clock.advance(2 * 3600)
        new = [up for batch in await here.poll() for up in batch.uplinks if up.dev_eui == hidden]
        assert {up.id for up in new if up.decoded is not None} >= {up.id for up in new if up.f_port}


async def test_requests_of_a_large_town() -> None:
    """As many as pages of what is new: 10,000 hourly meters make nine in five minutes."""
    clock = Clock.standing("2026-11-20T08:00:00+00:00")
    large = build(devices=1000, interval=360, clock=clock)
    large.all_devices = {
        eui: replace(device, application=BUILDINGS) for eui, device in large.all_devices.items()
    }
    face = replace(FACE, api=partial(Simulated, retention=600, hidden=lambda _: False))
    async with polled(face, large) as here:
        await here.home.connection.devices(here.town_scopes)
        await here.settle()
        here.town.clock.advance(300)
        await here.settle()  # who had sent nothing is read as a whole once it sends
        before = here.town.clock.now()
        here.town.clock.advance(300)
        here.server.requests.reset()
        new = delivered(await here.poll())
        assert new == stored(here.town, before)
        assert len(new) >= 833
        assert here.server.requests.calls.total() <= len(new) // PAGE + 2


def test_connecting_needs_a_key() -> None:
    """One that can be none is refused before anything is asked."""
    fields: dict[str, str] = {Field.ELEMENT_URL: "element.example", Field.ELEMENT_KEY: " "}
    with pytest.raises(NetworkError) as caught:
        SERVERS["zenner_element"].connect(fields, None)  # type: ignore[arg-type]  # it is not used
    assert caught.value.reason is Reason.KEY_REJECTED
