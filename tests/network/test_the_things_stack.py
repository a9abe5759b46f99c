"""The Things Stack: its messages as documented, and what only it can do."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
import json
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.model import Field, NetworkError, Reason
from custom_components.bernau_smartcity.network import SERVERS
from custom_components.bernau_smartcity.network._address import parse_address
from custom_components.bernau_smartcity.network._http import (
    Answer,
    NotFoundError,
)
from custom_components.bernau_smartcity.network._timeline_cursor import Cursor
from custom_components.bernau_smartcity.network._tts_api import PAGE, Api
from custom_components.bernau_smartcity.network._tts_uplinks import device_of, read
from custom_components.bernau_smartcity.network.the_things_stack import (
    REACH,
    TheThingsStack,
    _identity_server,
)
from simulator.build import build
from simulator.catalogue import BUILDINGS
from simulator.clock import Clock
from simulator.the_things_stack import TheThingsStack as Simulated
from tests.network.faces import FACES, RETAINED, delivered, polled, stored, town_of
from tests.network.homes import Home

FOLDER: Final = Path(__file__).parent / "vectors" / "the_things_stack"
FACE: Final = next(face for face in FACES if face.key == "the_things_stack")
NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)


def message(name: str) -> Any:
    """Give a documented message."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def rows(name: str) -> list[Any]:
    """Give the documented results of the storage."""
    lines, complete = Answer((FOLDER / f"{name}.ndjson").read_bytes(), {}).lines()
    assert complete
    return [line["result"] for line in lines]


def test_stored_uplinks() -> None:
    """As the documentation shows them."""
    first, second = map(read, rows("storage_uplink"))
    assert first
    assert second
    assert first.device.dev_eui == "1" * 16
    assert first.device.name == "dev1"
    assert first.device.scope == "app1"
    assert first.session == second.session == "AXPoziFRvbcEguvZQoCCZw=="
    uplink = first.uplink
    assert uplink.received_at == datetime(2020, 8, 24, 10, 8, 44, 868680, UTC)
    assert (uplink.f_port, uplink.f_cnt, second.uplink.f_cnt) == (10, 43, 44)
    assert uplink.id != second.uplink.id


def test_webhook_uplink() -> None:
    """What is zero is left out: here the fPort, so the payload is none of an application."""
    sent = read(message("webhook_up"))
    assert sent
    assert sent.uplink.f_port == 0
    assert sent.uplink.payload == b""
    assert sent.uplink.decoded == {"temperature": 1.0, "luminosity": 0.64}
    assert (sent.uplink.rssi, sent.uplink.snr) == (-35, 5)
    assert sent.uplink.settings == {"key1": "value1", "key2": "value2"}


def test_mqtt_uplink_needs_a_time() -> None:
    """The documented one has none."""
    body = message("mqtt_up")
    with pytest.raises(ValueError, match="Invalid isoformat"):
        read(body)
    sent = read({**body, "received_at": "2026-11-23T12:00:00.123456789Z"})
    assert sent
    assert sent.uplink.payload == b"Temperature = 0.0"


@pytest.mark.parametrize("row", [*rows("storage_uplink_decoded"), message("join_accept")])
def test_no_uplinks(row: dict[str, Any]) -> None:
    """Simulated ones are no measurements, joins are none either."""
    assert read(row) is None


def test_uplink_under_a_key_of_somebody_else() -> None:
    """Is marked."""
    (row, _) = rows("storage_uplink")
    row["uplink_message"]["app_s_key"] = {"encrypted_key": "AAAA"}
    sent = read(row)
    assert sent
    assert sent.uplink.encrypted


def test_device_without_dev_eui() -> None:
    """Its name in its application stands for it, for ever."""
    ids = {"device_id": "abp-1", "application_ids": {"application_id": "app1"}}
    device = device_of(ids, {})
    assert device.dev_eui == device_of(ids, {"name": "Brunnen"}).dev_eui
    assert len(device.dev_eui) == 16
    with pytest.raises(ValueError, match="without a device"):
        device_of({"application_ids": {}}, {})


def test_registered_device() -> None:
    """Name, model and attributes."""
    entry = message("devices")["end_devices"][0]
    plain = device_of(entry["ids"], entry)
    assert (plain.dev_eui, plain.name, plain.catalogue) == ("46cf72f61862cbb0", "device-name", "")
    assert plain.profile == "app1"
    version = {"brand_id": "milesight-iot", "model_id": "em300-di"}
    known = device_of(entry["ids"], {"version_ids": version, "attributes": {"medium": "gas"}})
    assert known.catalogue == known.profile == "milesight-iot/em300-di"
    assert known.tags == {"medium": "gas"}
    noted = device_of(entry["ids"], {"attributes": {"model": "klax"}})
    assert noted.profile == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    name=st.sampled_from(
        ["session_key_id", "f_port", "f_cnt", "frm_payload", "rx_metadata", "attributes"]
    ),
    value=JSON,
)
def test_any_value_in_a_message(name: str, value: Any) -> None:
    """An uplink, or the one error."""
    (row, _) = rows("storage_uplink")
    row["uplink_message"][name] = value
    row["uplink_message"]["rx_metadata"] = [{"rssi": value, "snr": 2}, value]
    try:
        sent = read(row)
    except ValueError:
        return
    assert sent
    assert sent.uplink.rssi is None or type(sent.uplink.rssi) is float


@given(body=st.dictionaries(st.sampled_from(["uplink_message", "end_device_ids", "x"]), JSON))
def test_any_message(body: dict[str, Any]) -> None:
    """An uplink, nothing, or the one error."""
    with suppress(ValueError):
        assert read({**body, "received_at": "2026-11-23T12:00:00Z"}) is None


@pytest.mark.parametrize(
    ("cluster", "registry"),
    [
        ("nam1.cloud.thethings.network", "eu1.cloud.thethings.network"),
        ("stadt.au1.cloud.thethings.industries", "stadt.eu1.cloud.thethings.industries"),
        ("lora.stadtwerke.example", "lora.stadtwerke.example"),
    ],
)
def test_registry(cluster: str, registry: str) -> None:
    """The clouds have one for all their clusters."""
    address = parse_address(cluster, plain_port=1885, scheme="https")
    assert address.tls
    assert _identity_server(address).host == registry


async def test_connecting_does_nothing_yet() -> None:
    """Not even where two hosts are needed; a key that cannot be one is refused."""
    async with ClientSession() as session:
        fields: dict[str, str] = {
            Field.CLUSTER: "nam1.cloud.thethings.network",
            Field.CLUSTER_KEY: "NNSXS",
        }
        await SERVERS["the_things_stack"].connect(fields, session).close()
        with pytest.raises(NetworkError) as caught:
            SERVERS["the_things_stack"].connect({**fields, Field.CLUSTER_KEY: " "}, session)
        assert caught.value.reason is Reason.KEY_REJECTED


def cursor(newest: datetime = NOW, swept: datetime = NOW) -> Cursor:
    """Make a cursor of an application of which everything older was read."""
    return Cursor(newest=newest, swept=swept, oldest=NOW - timedelta(days=40))


@pytest.mark.parametrize(
    ("kept", "since"),
    [
        (cursor(), NOW - timedelta(minutes=5)),
        (cursor(newest=NOW + timedelta(days=9)), NOW - timedelta(minutes=5)),
        (cursor(swept=NOW - timedelta(days=1)), NOW - timedelta(days=1)),
        (Cursor.begin(NOW, REACH), NOW - timedelta(days=1)),
    ],
)
def test_reading_begins(kept: Cursor, since: datetime) -> None:
    """A little before the newest, once a day a day before."""
    assert Cursor.parse(str(kept)) == kept
    assert kept.since(NOW, REACH)[0] == since
    assert Cursor.parse("nonsense") is None


async def test_older_days_follow() -> None:
    """There is a value soon; the rest of what is retained comes beside what is new, once."""
    async with polled(FACE, town_of(12)) as here:
        now = here.town.clock.now()
        first = delivered(await here.poll())
        assert first == stored(here.town, now - RETAINED // 2)
        older = delivered(await here.settle())
        assert first | older == stored(here.town, now - RETAINED)
        assert set(here.home.uplinks.values()) == {1}
        here.server.requests.reset()
        await here.poll()
        assert here.server.requests.calls.total() == FACE.idle


async def test_requests_of_a_large_town() -> None:
    """Pages of what is new and of five minutes before: two for 10,000 hourly meters."""
    large = build(devices=1000, interval=360, clock=Clock.standing("2026-11-20T08:00:00+00:00"))
    large.all_devices = {
        eui: replace(device, application=BUILDINGS) for eui, device in large.all_devices.items()
    }
    async with polled(replace(FACE, api=partial(Simulated, retention=1200)), large) as here:
        await here.home.connection.devices(here.town_scopes)
        await here.settle()
        large.clock.advance(300)
        await here.settle()  # who had sent nothing is read as a whole once it sends
        (scope,) = here.town_scopes
        reached = Cursor.parse(here.home.cursors[scope])
        assert reached
        before = large.clock.now()
        large.clock.advance(300)
        here.server.requests.reset()
        new = delivered(await here.poll())
        assert new == stored(large, before)
        assert len(new) >= 833
        read_again = stored(large, (reached.newest - REACH.overlap).timestamp())
        assert here.server.requests.calls.total() == len(read_again) // PAGE + 1
    # Of 10,000 meters that send every hour, evenly, in twice five minutes.
    assert 10_000 * 10 // 60 // PAGE + 1 == 2


async def test_late_rows_are_swept_up() -> None:
    """A row that was written hours late is found within a day."""
    async with polled(FACE, town_of(6)) as here:
        await here.poll()
        start = here.town.clock.now()
        here.town.faults.add("late_event", seconds=7200, until=start + 3600)
        here.town.clock.advance(3600)
        seen = delivered(await here.poll())
        here.town.clock.advance(7200)
        seen |= delivered(await here.poll())
        missing = stored(here.town, start) - seen
        for scope in here.town_scopes:
            known = Cursor.parse(here.home.cursors[scope])
            assert known
            long_ago = NOW - timedelta(days=99)
            here.home.cursors[scope] = str(replace(known, swept=long_ago))
        assert missing <= delivered(await here.poll())


async def test_storage_that_is_off() -> None:
    """Is said before anything is set up."""
    async with polled(FACE, town_of(3)) as here:
        here.town.faults.add("not_stored")
        with pytest.raises(NetworkError) as caught:
            await here.home.connection.devices(here.town_scopes)
        assert caught.value.reason is Reason.STORAGE_DISABLED


class Scripted:
    """A server that knows its answers by heart."""

    def __init__(self, answers: dict[str, Any]) -> None:
        """Keep the answers by path; an error is raised."""
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def get(self, path: str, params: Any = None, accept: str = "") -> Answer:
        """Give the next answer of the path; a list gives one after the other."""
        assert accept is not None
        self.asked.append((path, dict(params or {})))
        answer = self.answers[path]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, NetworkError):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(json.dumps(answer).encode(), {})


def scripted(answers: dict[str, Any]) -> tuple[Scripted, TheThingsStack]:
    """Connect to such a server."""
    server = Scripted(answers)
    return server, TheThingsStack(Api(server, server), lambda: NOW)  # type: ignore[arg-type]  # gives answers like `Http`


async def test_key_of_an_application() -> None:
    """It leads to this application alone, with its name if that may be read."""
    owner = {"application_ids": {"application_id": "app1"}}
    answers = {
        "/api/v3/auth_info": {"api_key": {"entity_ids": owner}},
        "/api/v3/applications/app1": [
            {"name": "Gebäude"},
            NetworkError(Reason.KEY_WITHOUT_RIGHTS),
            NetworkError(Reason.TIMEOUT),
        ],
    }
    _, connection = scripted(answers)
    assert await connection.scopes() == {"app1": "Gebäude"}
    assert await connection.scopes() == {"app1": "app1"}
    with pytest.raises(NetworkError):
        await connection.scopes()


async def test_no_applications() -> None:
    """Nor rows that are none."""
    answers = {
        "/api/v3/auth_info": {"api_key": 7},
        "/api/v3/applications": [{}, {"applications": [{"ids": 7}, 7]}, {"applications": 7}],
    }
    _, connection = scripted(answers)
    for reason in (Reason.NO_APPLICATIONS, Reason.NO_APPLICATIONS, Reason.NOT_THIS_SERVER):
        with pytest.raises(NetworkError) as caught:
            await connection.scopes()
        assert caught.value.reason is reason


UPLINKS: Final = "/api/v3/as/applications/app1/packages/storage/uplink_message"
REGISTRY: Final = "/api/v3/applications/app1/devices"
ASSOCIATIONS: Final = "/api/v3/as/applications/app1/packages/associations"


async def test_registry_page_by_page() -> None:
    """As long as pages are full; entries that cannot be devices are left out."""

    def entry(number: int) -> dict[str, Any]:
        return {"ids": {"device_id": f"d{number}", "dev_eui": f"{number:016X}"}}

    full = {"end_devices": [entry(n) for n in range(PAGE)]}
    rest = {"end_devices": [entry(PAGE), {"ids": {}}, {"name": "x"}]}
    server, connection = scripted(
        {REGISTRY: [full, rest], ASSOCIATIONS: NetworkError(Reason.KEY_WITHOUT_RIGHTS)}
    )
    assert len(await connection.devices(["app1"])) == PAGE + 1
    assert [params["page"] for path, params in server.asked if path == REGISTRY] == [1, 2]
    _, connection = scripted({REGISTRY: {}, ASSOCIATIONS: NetworkError(Reason.TIMEOUT)})
    with pytest.raises(NetworkError):
        await connection.devices(["app1"])


def page(count: int, start: int = 0) -> Answer:
    """Give an answer with so many uplinks, a second apart."""
    (row, _) = rows("storage_uplink")
    lines = []
    for number in range(start, start + count):
        at = NOW - timedelta(hours=1) + timedelta(seconds=number)
        row["received_at"] = at.isoformat()
        row["uplink_message"]["f_cnt"] = number
        lines.append(json.dumps({"result": row}))
    return Answer("\n\n".join(lines).encode(), {})


async def test_server_without_continuation() -> None:
    """A full page is followed by what came after it, until a page is not full."""
    answers = {UPLINKS: [page(PAGE), page(2, PAGE)], REGISTRY: NetworkError(Reason.NOT_THIS_SERVER)}
    server, connection = scripted(answers)
    batches = [batch async for batch in connection.poll(["app1"], {})]
    assert len(delivered(batches)) == PAGE + 2
    (_, first), (_, second) = [asked for asked in server.asked if asked[0] == UPLINKS]
    assert first["after"] < second["after"]
    # A page full of the same instant would lead back to itself.
    answers = {UPLINKS: [page(PAGE), page(PAGE)], REGISTRY: {}}
    _, connection = scripted(answers)
    kept = {"app1": str(cursor())}
    assert delivered([batch async for batch in connection.poll(["app1"], kept)])


async def test_error_in_the_middle() -> None:
    """What came before it counts, and is read again next time."""
    simulated = json.dumps({"result": rows("storage_uplink_decoded")[0]}).encode()
    lines = (page(3).body, simulated, b'{"error":{"code":13}}')
    broken = Answer(b"\n\n".join(lines), {})
    _, connection = scripted({UPLINKS: broken, REGISTRY: {}})
    home = Home(connection)
    with pytest.raises(NetworkError) as caught:
        await home.poll(["app1"])
    assert caught.value.reason is Reason.SERVER_ERROR
    assert home.uplinks.total() == 3
    assert "app1" not in home.cursors


async def test_registry_that_cannot_be_read() -> None:
    """The poll fails, unless it is only that nobody may read it."""
    _, connection = scripted({UPLINKS: page(1), REGISTRY: NetworkError(Reason.TIMEOUT)})
    with pytest.raises(NetworkError):
        [batch async for batch in connection.poll(["app1"], {})]


async def test_history_that_breaks_off() -> None:
    """The device stays to be read."""
    one = "/api/v3/as/applications/app1/devices/dev1/packages/storage/uplink_message"
    registry = {"end_devices": [{"ids": {"device_id": "dev1", "dev_eui": "1" * 16}}]}
    broken = Answer(page(2).body + b"\n{", {})
    answers = {
        UPLINKS: Answer(b"", {}),
        REGISTRY: registry,
        ASSOCIATIONS: {},
        one: [broken, page(2), NotFoundError("gone")],
    }
    answers[ASSOCIATIONS] = {"defaults": [{"package_name": "storage-integration"}]}
    _, connection = scripted(answers)
    await connection.devices(["app1"])
    kept = {"app1": str(cursor())}
    with pytest.raises(NetworkError):
        [batch async for batch in connection.poll(["app1"], kept)]
    batches = [batch async for batch in connection.poll(["app1"], kept)]
    assert len(delivered(batches)) == 2
    assert any("1" * 16 in batch.cursors for batch in batches)
    # A device that was deleted meanwhile does not keep the others waiting.
    batches = [batch async for batch in connection.poll(["app1"], kept)]
    assert not any("1" * 16 in batch.cursors for batch in batches)
