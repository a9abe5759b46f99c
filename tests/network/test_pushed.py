"""Messages that servers send by themselves: the same uplinks as when they are polled."""

from contextlib import suppress
from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.model import Batch, Device
from custom_components.bernau_smartcity.network import SERVERS
from custom_components.bernau_smartcity.network._chirpstack_events import parse_event
from custom_components.bernau_smartcity.network.push_only import SCOPE, PushOnly
from tests.network.test_events import VECTORS, Item

FOLDER: Final = Path(__file__).parent / "vectors"
THINGPARK: Final[dict[str, Any]] = json.loads(
    (FOLDER / "thingpark" / "uplink.json").read_text("utf-8")
)
TTS: Final[dict[str, Any]] = json.loads(
    (FOLDER / "the_things_stack" / "webhook_up.json").read_text("utf-8")
)
CHIRPSTACK: Final[list[dict[str, Any]]] = [v for v in VECTORS if v["description"] == "up"]


def pushed(server: str, body: Any) -> Any:
    """Read a message as this server sends it."""
    read = SERVERS[server].pushed
    assert read
    return read(body)


def thingpark(**changes: Any) -> Any:
    """Read the published message of ThingPark, with changes."""
    return pushed("push_only", {"DevEUI_uplink": {**THINGPARK["DevEUI_uplink"], **changes}})


@pytest.mark.parametrize("vector", CHIRPSTACK, ids=lambda vector: str(vector["name"]))
def test_chirpstack_sends_what_its_stream_gives(vector: dict[str, Any]) -> None:
    """The same identity, the same time: what comes both ways counts once."""
    body = vector["body"]
    sent = pushed("chirpstack", body)
    event = parse_event(Item(vector["id"], "up", json.dumps(body)), body["deviceInfo"]["devEui"])
    assert event.uplink == sent.uplink
    info = body["deviceInfo"]
    assert sent.device == Device(
        dev_eui=info["devEui"],
        name=info.get("deviceName") or info["devEui"],
        scope=info.get("applicationId", ""),
        profile=info.get("deviceProfileId", ""),
        profile_name=info.get("deviceProfileName", ""),
    )
    assert sent.session == body.get("devAddr", "")


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v["description"] != "up"], ids=lambda v: str(v["name"])
)
def test_chirpstack_sends_other_events_too(vector: dict[str, Any]) -> None:
    """They are no uplinks."""
    assert pushed("chirpstack", vector["body"]) is None


@pytest.mark.parametrize(
    "body",
    [
        {"fCnt": 1},
        {"fCnt": 1, "deviceInfo": {"devEui": "7"}, "time": "2026-11-23T12:00:00Z"},
        {"fCnt": 1, "deviceInfo": {"devEui": "1" * 16}},
        {"data": "?", "deviceInfo": {"devEui": "1" * 16}, "time": "2026-11-23T12:00:00Z"},
    ],
)
def test_chirpstack_sends_nonsense(body: dict[str, Any]) -> None:
    """One error for whatever is wrong; a time must be there, for nothing else tells it."""
    with pytest.raises(ValueError, match=r"."):
        pushed("chirpstack", body)


def test_thingpark() -> None:
    """The published message: all numbers are texts, the time has an offset."""
    sent = thingpark()
    assert sent.device == Device(
        dev_eui="0018b20000000b20",
        name="My Demo Device",
        scope=SCOPE,
        profile="ADRF/DEMO 2",
        profile_name="ADRF/DEMO 2",
        tags={"site": "Paris"},
    )
    uplink = sent.uplink
    assert uplink.received_at == datetime(2018, 10, 3, 13, 38, 46, 882000, UTC)
    assert (uplink.f_port, uplink.f_cnt) == (1, 1174)
    assert uplink.payload.hex() == "9e1c4852512000220020e3831071"
    assert (uplink.rssi, uplink.snr) == (-80, 7)
    assert uplink.decoded is None
    assert sent.session == "04D2848E"
    assert thingpark().uplink.id == uplink.id != thingpark(FCntUp="1175").uplink.id


def test_thingpark_with_less() -> None:
    """Numbers as numbers, no port, nothing about customer or radio."""
    plain = {"Time": "2026-11-23T12:00:00.000+01:00", "DevEUI": "0018B20000000B20", "FCntUp": 3}
    sent = pushed("push_only", {"DevEUI_uplink": plain})
    assert (sent.uplink.f_cnt, sent.uplink.f_port, sent.uplink.payload) == (3, 0, b"")
    assert (sent.uplink.rssi, sent.uplink.snr) == (None, None)
    assert (sent.device.name, sent.device.profile) == ("0018b20000000b20", "thingpark")
    assert thingpark(LrrRSSI="?").uplink.rssi is None
    noted = thingpark(CustomerData={"tags": ["model = klax", 7]}, payload={"volume": 7})
    assert (noted.device.profile, noted.device.tags) == ("", {"model": "klax"})
    assert noted.uplink.decoded == {"volume": 7}
    assert pushed("push_only", {"DevEUI_location": {"DevEUI": "0018B20000000B20"}}) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"DevEUI": "?"},
        {"Time": None},
        {"FPort": "?"},
        {"FPort": "256"},
        {"FCntUp": "-1"},
        {"payload_hex": "9e1"},
        {"CustomerData": 7},
    ],
)
def test_thingpark_sends_nonsense(changes: dict[str, Any]) -> None:
    """One error for whatever is wrong."""
    with pytest.raises(ValueError, match=r"."):
        thingpark(**changes)


def test_any_form_is_understood() -> None:
    """Where nobody knows which server sends, its messages tell; all belong together."""
    body = {**TTS, "received_at": "2026-11-23T12:00:00Z"}
    body["uplink_message"] = {**body["uplink_message"], "f_port": 2}
    forms = [THINGPARK, CHIRPSTACK[0]["body"], body]
    found = [pushed("push_only", form) for form in forms]
    assert {sent.device.scope for sent in found} == {SCOPE}
    assert pushed("the_things_stack", body).uplink == found[2].uplink
    assert pushed("push_only", {"something": "else"}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.data())
def test_any_value_in_any_message(data: st.DataObject) -> None:
    """An uplink, nothing, or the one error."""
    form = data.draw(st.sampled_from([THINGPARK["DevEUI_uplink"], CHIRPSTACK[0]["body"], TTS]))
    name = data.draw(st.sampled_from(sorted(form)))
    body = {**form, name: data.draw(JSON)}
    with suppress(ValueError):
        pushed("push_only", {"DevEUI_uplink": body} if form is THINGPARK["DevEUI_uplink"] else body)


async def test_nothing_to_ask() -> None:
    """A connection to nobody, with everything in one place."""
    connection = PushOnly()
    assert list(await connection.scopes()) == [SCOPE]
    assert await connection.devices([SCOPE]) == []
    assert [batch async for batch in connection.poll([SCOPE], {})] == [Batch()]
    await connection.close()
    other = SERVERS["push_only"].connect({}, None)  # type: ignore[arg-type]  # it is not used
    assert isinstance(other, PushOnly)
