"""What is read beside payloads: bodies of network servers, what is stored, lists of people.

Each either gives what was meant, or raises the one error that is expected of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
import json
from math import isfinite
from pathlib import Path
from typing import Any, Final

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.flows import key_list, settings_list
from custom_components.bernau_smartcity.ledger.state import DeviceState, from_json, to_json
from custom_components.bernau_smartcity.mapping import reading
from custom_components.bernau_smartcity.mapping.fields import fields
from custom_components.bernau_smartcity.model import DecodeError, Device
from custom_components.bernau_smartcity.network import (
    _chirpstack_cursor,
    _chirpstack_events,
    _element_packets,
    _json,
    _thingpark,
    _tts_uplinks,
)
from tests.states import STATE

type Run = Callable[[bytes], object]

FOLDER: Final = Path(__file__).parents[1] / "network" / "vectors"
DEVICE: Final = Device(dev_eui="24e124136b000001", name="Gas", scope="app", profile="p")
NAMES: Final = {"24e124136b000001": "24e124136b000001", "meter_12345678": "meter_12345678"}


@dataclass
class _Item:
    """An item of ChirpStack's event stream."""

    id: str
    description: str
    body: str


def _file(*path: str) -> Any:
    return json.loads(FOLDER.joinpath(*path).read_text("utf-8"))


def _texts(*found: object) -> tuple[bytes, ...]:
    return tuple(json.dumps(each, ensure_ascii=False).encode() for each in found)


def _rows(*path: str) -> Sequence[Mapping[str, Any]]:
    found = _file(*path)
    rows: Sequence[Mapping[str, Any]] = found["body"] if isinstance(found, dict) else found
    return rows


def _lines(*path: str) -> Iterator[object]:
    for line in FOLDER.joinpath(*path).read_text("utf-8").splitlines():
        if line.strip():
            found = json.loads(line)
            yield found.get("result", found)


def event(data: bytes) -> None:
    """Read an item of an event stream; the first byte chooses its kind. Never raises."""
    kinds = ("up", "log", "join", "status")
    kind = kinds[data[0] % len(kinds)] if data else "up"
    text = data[1:].decode(errors="replace")
    eui = "0101010101010101"
    found = _chirpstack_events.parse_event(_Item("1658136855980-0", kind, text), eui)
    assert found.uplink is None or found.uplink.dev_eui == eui
    _chirpstack_cursor.DeviceCursor.parse(text)
    _chirpstack_cursor.ScopeCursor.parse(text)


def body(read: Callable[[Any], object], data: bytes) -> None:
    """Read an object of an HTTP body, which may raise ValueError."""
    try:
        found = _json.parsed(data)
        if isinstance(found, dict):
            read(found)
    except ValueError:
        return


def row(read: Callable[[Any, Device], object], data: bytes) -> None:
    """Read a row of a list, which has an id: others are left out before."""
    body(lambda found: read({"id": "1", **found}, DEVICE), data)


def stored(data: bytes) -> None:
    """Read a state as it is kept; what cannot be read begins anew."""
    try:
        found = from_json(json.loads(data))
    except ValueError, KeyError, TypeError:
        return
    again = json.dumps(to_json(found))
    assert json.dumps(to_json(from_json(json.loads(again)))) == again


def settings(data: bytes) -> None:
    """Read a list of settings."""
    devices = dict.fromkeys(NAMES, CODECS["milesight_em300_di"])
    try:
        found = settings_list.read_list(data.decode(errors="replace"), devices)
    except settings_list.ListError:
        return
    settings_list.applied({}, found)


def keys(data: bytes) -> None:
    """Read a list of keys."""
    text = data.decode(errors="replace")
    try:
        found = key_list.read_keys(text, key_list.Owners(NAMES, others=True))
    except key_list.KeyListError:
        return
    assert all(len(key) == 32 for key in found.values())


def mapped(data: bytes) -> None:
    """Read what a server's own codec gave: every number is finite."""
    try:
        given = json.loads(data)
    except ValueError, RecursionError:
        return
    if isinstance(given, dict):
        assert all(isfinite(each.value) for each in fields(given).values())


def mapping(data: bytes) -> None:
    """Read what a person has said that fields mean."""
    text = data.decode(errors="replace")
    try:
        found = reading.read(text)
    except DecodeError, ValueError:
        return
    assert reading.read(reading.written(found)) == found


TARGETS: Final[Mapping[str, tuple[tuple[bytes, ...], Run]]] = {
    "chirpstack_event": (
        tuple(
            bytes((("up", "log", "join", "status").index(vector["description"]),))
            + (text if isinstance(text := vector["body"], str) else json.dumps(text)).encode()
            for vector in _file("chirpstack_events.json")
            if vector["description"] in {"up", "log", "join", "status"}
        ),
        event,
    ),
    "chirpstack_push": (
        _texts(*(v["body"] for v in _file("chirpstack_events.json"))),
        partial(body, _chirpstack_events.pushed),
    ),
    "the_things_stack_uplink": (
        _texts(*_lines("the_things_stack", "storage_uplink.ndjson"))
        + _texts(_file("the_things_stack", "webhook_up.json")),
        partial(body, _tts_uplinks.read),
    ),
    "thingpark_uplink": (
        _texts(_file("thingpark", "uplink.json")),
        partial(body, _thingpark.read),
    ),
    "element_packet": (
        _texts(*_rows("zenner_element", "packets.json")),
        partial(row, _element_packets.uplink_of),
    ),
    "element_reading": (
        _texts(*_rows("zenner_element", "readings.json")),
        partial(row, _element_packets.decoded_of),
    ),
    "element_device": (
        _texts(*_rows("zenner_element", "devices.json")),
        partial(body, partial(_element_packets.device_of, folder="folder")),
    ),
    "stored_state": (_texts(to_json(STATE), to_json(DeviceState(device=DEVICE))), stored),
    "settings_list": (
        (
            b"24e124136b000001;medium;gas",
            b"DevEUI;medium;pulse_weight\n24e124136b000001;gas;0.01\n",
        ),
        settings,
    ),
    "key_list": (
        (
            b"Zaehler;Schluessel\n24e124136b000001;000102030405060708090a0b0c0d0e0f\n",
            b"12345678\t00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f",
        ),
        keys,
    ),
    "decoded_object": (
        _texts({"volume": {"value": 1.5, "unit": "m3"}, "battery": 97, "list": [{"kWh": "1,5"}]}),
        mapped,
    ),
    "field_mapping": (
        (b'{"flow":["flow",0,"l/h"],"total_volume_m3":["volume",0,"m\xc2\xb3"]}',),
        mapping,
    ),
}
"""By name: what the search begins with, and what is to be tried."""
