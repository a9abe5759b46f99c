"""Event bodies of ChirpStack become uplinks; whatever is no such body is told, never raised."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.network._chirpstack_events import Event, parse_event

VECTORS: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "vectors" / "chirpstack_events.json").read_text("utf-8")
)
EUI: Final = "70b3d5e75e00abcd"
ARRIVED: Final = datetime(2026, 7, 18, 9, 34, 16, tzinfo=UTC)
ID: Final = (1784367256000, 3)


@dataclass
class Item:
    """A `LogItem` as it comes over the wire."""

    id: str
    description: str
    body: str


def up(body: Any, stream_id: str = f"{ID[0]}-{ID[1]}", **changes: Any) -> Event:
    """Parse an `up` event, its body as text, or as JSON with changes."""
    if isinstance(body, Mapping):
        body = json.dumps({**body, **changes})
    return parse_event(Item(stream_id, "up", body), EUI)


GOOD: Final[Mapping[str, Any]] = {
    "deduplicationId": "b1a0f8e2-0b4f-4a9c-8b9f-2a54f3d0c7aa",
    "time": "2026-07-18T09:34:15.500000000+00:00",
    "deviceInfo": {"devEui": EUI, "tags": {"medium": "water"}},
    "fCnt": 41,
    "fPort": 2,
    "data": "AQPo",
}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_vectors(vector: dict[str, Any]) -> None:
    """Each published body gives what it means."""
    item = Item(vector["id"], vector["description"], json.dumps(vector["body"]))
    event = parse_event(item, vector["body"]["deviceInfo"]["devEui"])
    assert event.id == tuple(map(int, vector["id"].split("-")))
    assert event.joined is vector.get("joined", False)
    assert not event.malformed
    found = event.uplink and {
        **{
            name: told
            for name, told in asdict(event.uplink).items()
            if name not in {"counted", "memory"}
        },
        "received_at": event.uplink.received_at.isoformat(),
        "payload": event.uplink.payload.hex(),
    }
    assert found == vector.get("uplink")
    if "heard_at" in vector:
        heard = datetime.fromisoformat(vector["heard_at"]).timestamp()
        assert event.heard_at is not None
        assert event.heard_at == pytest.approx(heard * 1e9, abs=2e3)
    else:
        assert event.heard_at is None


def test_every_vector_has_a_source() -> None:
    """Somebody can look each of them up."""
    assert all(vector["source"] for vector in VECTORS)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        '{"cut": ',
        "[" * 100_000,
        "[]",
        '"text"',
        "null",
        "{}",
        {**GOOD, "deviceInfo": None},
        {**GOOD, "deviceInfo": []},
        {**GOOD, "deviceInfo": {}},
        {**GOOD, "deviceInfo": {"devEui": "0101010101010101"}},
        {**GOOD, "fCnt": -1},
        {**GOOD, "fCnt": 2**32},
        {**GOOD, "fCnt": True},
        {**GOOD, "fCnt": "41"},
        {**GOOD, "fCnt": 41.5},
        {**GOOD, "fPort": 256},
        {**GOOD, "data": "AQP"},
        {**GOOD, "data": "ä"},
        {**GOOD, "data": ["AQPo"]},
    ],
    ids=repr,
)
def test_a_malformed_body_is_told(body: Any) -> None:
    """Its id still counts, so that it is not read again and again."""
    assert up(body) == Event(id=ID, malformed=True)


@pytest.mark.parametrize(
    "stream_id", ["", "x", "12", "-", "12-", "-3", "\u0661-\u0662", "1" * 21 + "-0"]
)
def test_an_id_that_cannot_be_read(stream_id: str) -> None:
    """Nothing can be said about the place of such an item."""
    assert up(GOOD, stream_id) == Event(id=None, malformed=True)


@pytest.mark.parametrize("kind", ["status", "ack", "txack", "location", "something new"])
def test_other_events_only_take_their_place(kind: str) -> None:
    """Their bodies are not even read."""
    assert parse_event(Item("7-0", kind, "no JSON"), EUI) == Event(id=(7, 0))


def test_a_malformed_log_is_told() -> None:
    """As any other body."""
    assert parse_event(Item("7-0", "log", "[]"), EUI) == Event(id=(7, 0), malformed=True)


def test_upper_case_is_the_same_device() -> None:
    """Hex digits are hex digits."""
    event = up(GOOD, deviceInfo={"devEui": EUI.upper()})
    assert event.uplink
    assert event.uplink.dev_eui == EUI


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-07-18T09:34:15.775023242+00:00", ARRIVED - timedelta(microseconds=224_977)),
        ("2026-07-18T09:34:15Z", ARRIVED - timedelta(seconds=1)),
        ("2026-07-18T11:34:15+02:00", ARRIVED - timedelta(seconds=1)),
        ("2026-07-18T09:44:16+00:00", ARRIVED + timedelta(minutes=10)),
        ("2026-07-18T09:44:16.001+00:00", ARRIVED),
        ("2026-07-18T09:20:00+00:00", ARRIVED),
        ("2026-07-18T09:34:15", ARRIVED),
        ("1970-01-01T00:00:00Z", ARRIVED),
        ("0001-01-01T00:00:00+14:00", ARRIVED),
        ("9999-12-31T23:59:59-14:00", ARRIVED),
        ("yesterday", ARRIVED),
        ("", ARRIVED),
        (None, ARRIVED),
        (1784367255, ARRIVED),
    ],
)
def test_received_at(time: Any, expected: datetime) -> None:
    """The event's time in UTC, or that of its arrival where it is missing or implausible."""
    event = up(GOOD, time=time)
    assert event.uplink
    assert event.uplink.received_at == expected
    assert event.uplink.received_at.tzinfo is UTC


def test_an_id_beyond_all_calendars() -> None:
    """A date is needed, whatever Redis says."""
    event = up(GOOD, f"{2**63}-0", time=None)
    assert event.uplink
    assert event.uplink.received_at.year > 6000


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("b1a0", "b1a0"),
        ("", f"{ID[0]}-{ID[1]}"),
        (None, f"{ID[0]}-{ID[1]}"),
        (7, f"{ID[0]}-{ID[1]}"),
        ("\ud800", "?"),
    ],
)
def test_identity(identity: Any, expected: str) -> None:
    """The server's, or else the place in the stream; always text that can be stored."""
    event = up(GOOD, deduplicationId=identity)
    assert event.uplink
    assert event.uplink.id == expected


@pytest.mark.parametrize(
    ("receptions", "expected"),
    [
        (None, (None, None)),
        ("text", (None, None)),
        ([], (None, None)),
        (["text"], (None, None)),
        ([{}], (0.0, 0.0)),
        ([{"rssi": -70}], (-70.0, 0.0)),
        ([{"rssi": -70, "snr": "high"}], (-70.0, None)),
        ([{"rssi": "strong", "snr": 3}], (None, None)),
        ([{"rssi": -117, "snr": 9}, {"rssi": -36, "snr": 2.5}, {"rssi": -90}], (-36.0, 2.5)),
        ([{"rssi": -117, "snr": float("nan")}], (-117.0, None)),
        ([{"rssi": 10**400, "snr": 1}], (None, None)),
    ],
)
def test_signal(receptions: Any, expected: tuple[float | None, float | None]) -> None:
    """The gateway that heard best."""
    event = up(GOOD, rxInfo=receptions)
    assert event.uplink
    assert (event.uplink.rssi, event.uplink.snr) == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], None),
        ([None, 7, "now", "2026-07-18T09:34:15"], None),
        (["1970-01-01T00:00:02.5Z", "1970-01-01T00:00:01+00:00", "x"], 1_000_000_000),
    ],
)
def test_heard_at(times: list[Any], expected: int | None) -> None:
    """The earliest of the server's own times."""
    assert up(GOOD, rxInfo=[{"nsTime": time} for time in times]).heard_at == expected


def test_tags_are_settings() -> None:
    """Only texts, and only such that can be stored."""
    tags = {"medium": "water", "n": 1, "half": "\udc00"}
    event = up(GOOD, deviceInfo={"devEui": EUI, "tags": tags})
    assert event.uplink
    assert event.uplink.settings == {"medium": "water", "half": "?"}
    event = up(GOOD, deviceInfo={"devEui": EUI, "tags": "text"})
    assert event.uplink
    assert event.uplink.settings == {}


@pytest.mark.parametrize(
    ("decoded", "expected"), [({"a": 1.5}, {"a": 1.5}), ([1], None), (1, None)]
)
def test_decoded(decoded: Any, expected: Any) -> None:
    """What the server's codec gave, where that is an object."""
    event = up(GOOD, object=decoded)
    assert event.uplink
    assert event.uplink.decoded == expected


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "deviceInfo": st.fixed_dictionaries({"devEui": st.just(EUI)}, optional={"tags": JSON}),
            "deduplicationId": JSON,
            "time": JSON | st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
            "fCnt": JSON | st.integers(0, 2**32),
            "fPort": JSON | st.integers(0, 300),
            "data": JSON | st.binary().map(lambda data: base64.b64encode(data).decode()),
            "object": JSON,
            "rxInfo": JSON
            | st.lists(st.fixed_dictionaries({"rssi": JSON, "snr": JSON, "nsTime": JSON})),
        },
    )
    | st.text(),
    kind=st.sampled_from(["up", "log", "join", "status"]) | st.text(),
    stream_id=st.just("1784367256000-3") | st.text(),
)
def test_any_item_gives_an_event(body: Any, kind: str, stream_id: str) -> None:
    """Whatever the server sends, nothing is raised."""
    event = parse_event(
        Item(stream_id, kind, body if isinstance(body, str) else json.dumps(body)), EUI
    )
    assert not (event.malformed and event.uplink)
