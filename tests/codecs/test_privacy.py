"""What could tell who somebody is ends inside the codec."""

from collections.abc import Iterator
from dataclasses import replace
import json
import re

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.model import (
    Codec,
    DecodeError,
    Medium,
    Quantity,
    Reading,
    Setting,
)

from .vectors import VECTORS, Vector, uplink

MARK = bytes.fromhex("a1b2c3d4e5f6")
"""Stands for a tag, the address of a telephone, a track, a picture."""

NWAVE = ("nwave_nps405", "nwave_nps310sm")
CAMERA = {"layout": "people_in people_out - - -"}


def camera(**more: object) -> bytes:
    """Give a message of a camera that says more than it should."""
    return json.dumps({"line_counting_1": [1, 2, 0, 0, 0], **more}).encode()


CARRIERS = [
    *((codec, 10, bytes([0xD1]) + MARK[:4]) for codec in NWAVE),
    *((codec, 10, bytes([0xD1, 0x20]) + MARK[:4]) for codec in NWAVE),
    *((codec, 10, bytes([0xD0]) + MARK[:4]) for codec in NWAVE),
    *((codec, 10, bytes([0xD1]) + MARK) for codec in NWAVE),
    ("nwave_nps405", 6, MARK),
    ("esp32_paxcounter", 1, b"\x07\x00\x03\x00" + MARK + MARK + b"\x00"),
    ("esp32_paxcounter", 4, MARK + MARK),
    ("esp32_paxcounter", 6, MARK),
    ("esp32_paxcounter", 10, MARK),
    ("esp32_paxcounter", 13, MARK),
    ("bosch_tps110", 4, MARK),
    ("bosch_tps110", 1, MARK),
    ("imbuildings_people_counter", 1, b"\x02\x07" + MARK + b"\x00\x00" + bytes(5)),
    ("imbuildings_people_counter", 1, b"\x02\x07" + MARK),
    ("imbuildings_people_counter", 1, b"\x02\x05" + MARK),
    ("eurecam_comptipix", 1, camera(mac=MARK.hex(), track=[[1, 2]])),
    ("eurecam_comptipix", 1, camera(rtc_utc_time=MARK.hex())),
    ("eurecam_comptipix", 1, json.dumps({"mac": MARK.hex()}).encode()),
    ("eurecam_comptipix", 1, json.dumps({"line_counting_1": MARK.hex()}).encode()),
    ("eurecam_comptipix", 1, json.dumps([MARK.hex()]).encode()),
    ("eurecam_comptipix", 1, MARK.hex().encode()),
    ("elsys_ers_eye", 5, b"\x13" + (MARK * 11)[:65]),
    ("elsys_ers_eye", 5, b"\x09" + MARK),
    ("milesight_vs373", 85, b"\x05\xfa" + MARK + b"\x00\x00"),
    ("milesight_vs373", 85, b"\x20\xce" + MARK + b"\x00\x00\x00"),
    ("milesight_vs121", 85, b"\xff\x08" + MARK),
    ("terabee_poc", 101, b"\x02" + MARK),
    ("tektelic_smart_room", 100, b"\x00" + MARK + b"\x00\x00"),
]


def marks() -> Iterator[re.Pattern[str]]:
    """Give each form in which the mark could come out: hex, bytes, numbers."""
    yield re.compile(MARK[:4].hex(), re.IGNORECASE)
    yield re.compile(MARK[:4].hex(":"), re.IGNORECASE)
    yield re.compile(MARK[:4].hex(" "), re.IGNORECASE)
    for size in (3, 4, 6):
        for order in ("big", "little"):
            number = int.from_bytes(MARK[:size], order)
            yield re.compile(rf"\b{number}\b")


MARKS = list(marks())


def told(codec: Codec, f_port: int, payload: bytes) -> str:
    """Give all that comes out of a codec, as text."""
    message = replace(uplink(payload, f_port), settings={**CAMERA, Setting.SWAP: "yes"})
    try:
        return repr(tuple(codec.decode(message)))
    except DecodeError as error:
        return f"{error!r} {error.args}"


@pytest.mark.parametrize(
    ("key", "f_port", "payload"),
    CARRIERS,
    ids=[f"{key}-{port}-{p.hex()}" for key, port, p in CARRIERS],
)
def test_marks_go_nowhere(key: str, f_port: int, payload: bytes) -> None:
    """Neither into a reading nor into an error."""
    text = told(CODECS[key], f_port, payload)
    assert not [mark.pattern for mark in MARKS if mark.search(text)]


def test_marks_would_be_found() -> None:
    """The test above can fail."""
    for value in (MARK.hex(), MARK.hex(":"), int.from_bytes(MARK), float(int.from_bytes(MARK[:4]))):
        assert any(mark.search(repr(value)) for mark in MARKS)


@given(tag=st.binary(min_size=4, max_size=4), state=st.integers(0, 255), old=st.booleans())
@settings(max_examples=200, deadline=None)
def test_readings_do_not_depend_on_the_tag(tag: bytes, state: int, *, old: bool) -> None:
    """Whoever parks: the message of a space says the same."""
    begin = bytes([state]) if old else bytes([state, 0x20])
    sensor = CODECS["nwave_nps405"]
    assert told(sensor, 10, begin + tag) == told(sensor, 10, begin + bytes(4))


COUNTERS = {Medium.PEOPLE, Medium.TRAFFIC, Medium.PARKING}


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v.codec.medium in COUNTERS and v.readings is not None], ids=str
)
def test_counters_give_numbers_alone(vector: Vector) -> None:
    """No text from a payload, not even a number of the device; nothing to remember."""
    for each in vector.codec.decode(vector.uplink):
        assert isinstance(each, Reading)
        assert isinstance(each.quantity, Quantity)
        assert type(each.value) is float
        assert each.meter == ""


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.readings is not None], ids=str)
def test_no_text_but_numbers_of_meters(vector: Vector) -> None:
    """What comes as text from any payload is a short number on a meter's plate."""
    for each in vector.codec.decode(vector.uplink):
        if isinstance(each, Reading):
            assert re.fullmatch(r"[0-9A-Za-z./ -]{0,32}", each.meter)
