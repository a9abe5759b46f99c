"""DIGIMONDO firefly: its answers in their published form, and what only it can do."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
import json
from math import ceil
from pathlib import Path
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.model import Device, Field, NetworkError, Reason
from custom_components.bernau_smartcity.network import SERVERS
from custom_components.bernau_smartcity.network._firefly_packets import device_of, uplink_of
from custom_components.bernau_smartcity.network._http import Answer, NotFoundError
from custom_components.bernau_smartcity.network._timeline_cursor import Cursor
from custom_components.bernau_smartcity.network._trail import Newest
from custom_components.bernau_smartcity.network.firefly import PAGE, REACH, Firefly
from simulator.build import build
from simulator.catalogue import BUILDINGS
from simulator.clock import Clock
from simulator.firefly import Firefly as Simulated
from tests.network.faces import FACES, delivered, polled, stored
from tests.network.homes import Home
from tests.network.test_the_things_stack import JSON

FOLDER: Final = Path(__file__).parent / "vectors" / "firefly"
FACE: Final = next(face for face in FACES if face.key == "firefly")
NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
EUI: Final = "70b3d57ed0000b01"


def answer(name: str) -> Any:
    """Give an answer in its published form."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


PACKET: Final[dict[str, Any]] = answer("packets")["packets"][0]
ROW: Final[dict[str, Any]] = answer("devices")["devices"][0]


def test_published_device() -> None:
    """Its class is its profile; nothing of its keys."""
    device = device_of(ROW, {"312": "Qalcosonic W1"})
    assert device == Device(
        dev_eui=EUI,
        name="Feuerwache Wasser",
        scope="7021",
        profile="312",
        profile_name="Qalcosonic W1",
        tags={"building": "Feuerwache"},
    )
    assert "00000000" not in repr(device)


def test_device_of_which_little_is_told() -> None:
    """Alike are those of an organisation, or with the model that somebody noted."""
    bare = device_of({"eui": EUI.upper(), "tags": "a = b,c"}, {})
    assert (bare.name, bare.scope, bare.profile) == (EUI, "firefly", "firefly")
    assert bare.tags == {"a": "b"}
    assert device_of({**ROW, "device_class_id": None, "tags": ["model=klax"]}, {}).profile == ""
    with pytest.raises(ValueError, match="without a DevEUI"):
        device_of({}, {})


def test_published_packets() -> None:
    """The best gateway, the time in UTC, and what the server's parser gave."""
    first, second = map(uplink_of, answer("packets")["packets"])
    assert first
    assert second
    uplink = first.uplink
    assert uplink.received_at == datetime(2026, 11, 23, 10, 31, 29, 816557, UTC)
    assert (uplink.f_port, uplink.f_cnt, uplink.dev_eui) == (100, 112594, EUI)
    assert uplink.payload.hex() == "0100d6022a0400"
    assert uplink.decoded == {"Temp": 21.4, "Battery": 3.569}
    assert (uplink.rssi, uplink.snr, uplink.encrypted) == (-73, 7.5, False)
    assert second.uplink.encrypted
    assert second.uplink.decoded is None
    assert uplink.id != second.uplink.id


@pytest.mark.parametrize("change", [{"mtype": "join_request"}, {"mic_pass": False}])
def test_packets_that_are_no_data(change: dict[str, Any]) -> None:
    """Nor are those that anybody could have sent."""
    assert uplink_of({**PACKET, **change}) is None


def test_packets_without_port() -> None:
    """Have no payload of an application; the type need not be told."""
    sent = uplink_of({**PACKET, "port": None, "mtype": None})
    assert sent
    assert (sent.uplink.f_port, sent.uplink.payload) == (0, b"")
    with pytest.raises(ValueError, match="without a device"):
        uplink_of({**PACKET, "device_eui": None})


@given(name=st.sampled_from(sorted(PACKET)), value=JSON)
def test_any_value_in_a_packet(name: str, value: Any) -> None:
    """An uplink, nothing, or the one error."""
    with suppress(ValueError):
        uplink_of({**PACKET, name: value})


@given(name=st.sampled_from(sorted(ROW)), value=JSON)
def test_any_value_in_a_device(name: str, value: Any) -> None:
    """A device, or the one error."""
    with suppress(ValueError):
        device_of({**ROW, name: value}, {})


class Scripted:
    """A server that knows its answers by heart, one after the other; the last one stays."""

    def __init__(self, **answers: list[Any]) -> None:
        """Keep answers by the last part of the path; an error is raised."""
        self.answers = {"devices": [answer("devices")], "device_classes": [{}], **answers}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def get(self, path: str, params: Any) -> Answer:
        """Give the next answer."""
        name = "history" if "/eui/" in path else path.rpartition("/")[2]
        self.asked.append((name, dict(params)))
        found = self.answers[name]
        here = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(here, NetworkError):
            raise here
        return Answer(json.dumps(here).encode(), {})


def firefly(server: Scripted) -> Home:
    """Poll such a server."""
    return Home(Firefly(server, lambda: NOW))  # type: ignore[arg-type]  # gives answers like `Http`


def packets(begin: int, end: int, **more: Any) -> dict[str, Any]:
    """Give a page: a packet each minute, before now."""
    times = {n: (NOW - timedelta(minutes=600 - n)).replace(tzinfo=None) for n in range(begin, end)}
    rows = [{**PACKET, "fcnt": n, "received_at": at.isoformat()} for n, at in times.items()]
    return {"packets": rows, **more}


async def counters(home: Home) -> list[int]:
    """Poll, and give the frame counters that came."""
    return [up.f_cnt for batch in await home.poll(["7021"]) for up in batch.uplinks]


def kept(newest: datetime = NOW - timedelta(hours=10)) -> dict[str, str]:
    """Give the cursors of a town of which everything was read up to a time."""
    begun = Cursor.begin(NOW, REACH)
    scope = str(replace(begun, newest=newest, oldest=NOW - timedelta(days=40)))
    return {"7021": scope, EUI: str(Newest("-", 0, newest))}


async def test_next_page_begins_with_the_last_packet() -> None:
    """Whether the server gives that again or not, it counts once and nothing is missing."""
    for begin in (99, 100):
        server = Scripted(packets=[packets(0, 100, more=True), packets(begin, 130, more=False)])
        home = firefly(server)
        home.cursors |= kept()
        assert await counters(home) == [*range(130)]
        asked = [params for name, params in server.asked if name == "packets"]
        assert asked[1]["received_after"] == "2026-11-23T03:39:00.000000Z"
        assert all(each["direction"] == "asc" for each in asked)


async def test_short_page_that_is_not_the_last() -> None:
    """The server says so; or the page is full."""
    pages = [packets(0, 30, more=True), packets(30, 31, more=True), packets(30, 31)]
    home = firefly(Scripted(packets=pages))
    home.cursors |= kept()
    assert await counters(home) == [*range(31)]


@pytest.mark.parametrize(
    "page",
    [
        {"packets": packets(0, 100)["packets"][::-1]},
        {"packets": [packets(0, 1)["packets"][0]] * PAGE},
    ],
)
async def test_pages_that_lead_nowhere(page: dict[str, Any]) -> None:
    """Newest first, or all of one moment: it is told, before anything is left out."""
    home = firefly(Scripted(packets=[page]))
    home.cursors |= kept(NOW - timedelta(minutes=600) + REACH.overlap)
    with pytest.raises(NetworkError) as caught:
        await home.poll(["7021"])
    assert caught.value.reason is Reason.SERVER_ERROR


async def test_page_that_nobody_understands() -> None:
    """Does not end the reading: its times lead on."""
    broken = packets(0, 100, more=True)
    for row in broken["packets"]:
        row["fcnt"] = "?"
    home = firefly(Scripted(packets=[broken, packets(100, 103)]))
    home.cursors |= kept()
    home.cursors[EUI] = str(Newest("-", 99, NOW - timedelta(hours=10)))
    batches = await home.poll(["7021"])
    assert sum(batch.malformed for batch in batches) == 100
    assert [up.f_cnt for batch in batches for up in batch.uplinks] == [100, 101, 102]


async def test_history_of_a_device() -> None:
    """Page by page, newest first, as its order cannot be chosen; then it is over."""
    newest_first = {"packets": packets(0, 130)["packets"][::-1]}["packets"]
    pages = [{"packets": newest_first[:100]}, {"packets": newest_first[100:]}]
    server = Scripted(packets=[{"packets": []}], history=pages)
    home = firefly(server)
    home.cursors |= {"7021": kept()["7021"]}
    await home.connection.devices(["7021"])
    assert sorted(await counters(home)) == [*range(130)]
    assert [params["offset"] for name, params in server.asked if name == "history"] == [0, 100]
    assert home.cursors.pop(EUI) == str(Newest("-", 129, NOW - timedelta(minutes=471)))
    server.answers["history"] = [NotFoundError("gone")]
    for _ in range(2):  # it is not asked for again before the registry tells of it
        assert await counters(home) == []
    assert [name for name, _ in server.asked].count("history") == 3
    assert EUI not in home.cursors


async def test_lists_that_are_none() -> None:
    """Something else answers there; classes are only a help."""
    refused = NetworkError(Reason.KEY_WITHOUT_RIGHTS)
    server = Scripted(device_classes=[refused, NetworkError(Reason.TIMEOUT)])
    home = firefly(server)
    (device,) = await home.connection.devices(["7021"])
    assert (device.profile, device.profile_name) == ("312", "")
    with pytest.raises(NetworkError):
        await home.connection.devices(["7021"])
    server.answers |= {"devices": [{"devices": []}, {"devices": 7}], "device_classes": [{}]}
    for reason in (Reason.NO_APPLICATIONS, Reason.NOT_THIS_SERVER):
        with pytest.raises(NetworkError) as caught:
            await home.connection.scopes()
        assert caught.value.reason is reason
    server.answers["devices"] = [{"devices": [{"name": "x"}, *answer("devices")["devices"], 7]}]
    server.answers["device_classes"] = [answer("device_classes")]
    (device,) = await home.connection.devices(["7021"])
    assert device.profile_name == "Qalcosonic W1"
    assert await home.connection.devices(["8"]) == []


async def test_scopes_by_name() -> None:
    """Of the organisation, where it is told."""
    named = {"devices": [{**ROW, "organization": {"name": "Stadtwerke"}}]}
    home = firefly(Scripted(devices=[named]))
    assert await home.connection.scopes() == {"7021": "Stadtwerke"}


async def test_server_of_something_else() -> None:
    """Nothing was deleted where the packets of all are not found."""
    home = firefly(Scripted(packets=[NotFoundError("/packets")]))
    with pytest.raises(NetworkError) as caught:
        await home.poll(["7021"])
    assert caught.value.reason is Reason.NOT_THIS_SERVER


def requests(packets: int) -> int:
    """Give how many pages it takes, as each begins with the last packet of the one before."""
    return ceil((packets - 1) / (PAGE - 1))


async def test_requests_of_a_large_town() -> None:
    """Pages of what is new, and of two minutes before."""
    clock = Clock.standing("2026-11-20T08:00:00+00:00")
    large = build(devices=1000, interval=360, clock=clock)
    large.all_devices = {
        eui: replace(device, application=BUILDINGS) for eui, device in large.all_devices.items()
    }
    face = replace(FACE, api=partial(Simulated, retention=600))
    async with polled(face, large) as here:
        await here.home.connection.devices(here.town_scopes)
        await here.settle()
        clock.advance(300)
        await here.settle()  # who had sent nothing is read as a whole once it sends
        (scope,) = here.town_scopes
        reached = Cursor.parse(here.home.cursors[scope])
        assert reached
        before = here.town.clock.now()
        here.town.clock.advance(300)
        here.server.requests.reset()
        new = delivered(await here.poll())
        assert new == stored(here.town, before)
        assert len(new) >= 833
        read = stored(here.town, (reached.newest - REACH.overlap).timestamp() - 1e-3)
        assert here.server.requests.calls.total() == requests(len(read))
    # Of 10,000 meters that send every hour, evenly, in five minutes and in two.
    assert requests(10_000 * 7 // 60) == 12


def test_connecting_needs_a_key() -> None:
    """One that can be none is refused before anything is asked."""
    fields: dict[str, str] = {Field.FIREFLY_URL: "api.fireflyiot.com", Field.FIREFLY_KEY: " "}
    with pytest.raises(NetworkError) as caught:
        SERVERS["firefly"].connect(fields, None)  # type: ignore[arg-type]  # it is not used
    assert caught.value.reason is Reason.KEY_REJECTED
