"""Items of ChirpStack's device event stream: JSON bodies of its integrations → `Event`."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
import math
from typing import Any, Final, Protocol

from ..model import Device, Sent, Uplink
from ._chirpstack_cursor import StreamId, parse_stream_id
from ._chirpstack_pace import NANOSECOND
from ._sent import is_dev_eui, moment

_PLAUSIBLE: Final = timedelta(minutes=10)
"""Between the time of an event and its arrival in Redis; a gateway's clock may be anything."""
_F_CNT_MAX: Final = 0xFFFFFFFF
_F_PORT_MAX: Final = 0xFF
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OF_UPLINKS: Final = frozenset({"data", "fCnt", "fPort", "rxInfo"})
"""What no other event has."""


class LogItem(Protocol):
    """The part of `api.LogItem` that is used here."""

    id: str
    description: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One item of a device's event stream."""

    id: StreamId | None
    """None where the item has none that can be read."""
    uplink: Uplink | None = None
    """An uplink without a reading (MAC commands only) has an empty payload."""
    heard_at: int | None = None
    """When the server received the uplink, by its own clock."""
    joined: bool = False
    malformed: bool = False


def parse_event(item: LogItem, dev_eui: str) -> Event:
    """Read an item of any kind; never raises."""
    stream_id = parse_stream_id(item.id)
    if stream_id is None:
        return Event(id=None, malformed=True)
    if item.description == "join":
        return Event(id=stream_id, joined=True)
    if item.description not in {"up", "log"}:
        return Event(id=stream_id)
    try:
        body = _mapping(json.loads(item.body), "body")
        if item.description == "log":
            return Event(id=stream_id, joined=body.get("code") == "UPLINK_F_CNT_RESET")
        uplink, heard_at = _uplink(body, dev_eui, stream_id), _heard_at(body)
    except ValueError, RecursionError:
        return Event(id=stream_id, malformed=True)
    return Event(id=stream_id, uplink=uplink, heard_at=heard_at)


def pushed(body: Mapping[str, Any]) -> Sent | None:
    """Read an event as the HTTP and MQTT integrations send it; None for what is no uplink.

    Raises `ValueError`. Unlike in the event stream, nothing tells when it arrived,
    so its own time must be there: it is what the stream gives too.
    """
    if _OF_UPLINKS.isdisjoint(body):
        return None
    info = _mapping(body.get("deviceInfo"), "deviceInfo")
    dev_eui = str(info.get("devEui")).lower()
    if not is_dev_eui(dev_eui):
        msg = "without a device"
        raise ValueError(msg)
    at = moment(body.get("time"))
    arrived = (at - _EPOCH) // timedelta(milliseconds=1)
    device = Device(
        dev_eui=dev_eui,
        name=str(info.get("deviceName") or dev_eui),
        scope=str(info.get("applicationId") or ""),
        profile=str(info.get("deviceProfileId") or ""),
        profile_name=str(info.get("deviceProfileName") or ""),
    )
    return Sent(device, _uplink(body, dev_eui, (arrived, 0)), str(body.get("devAddr") or ""))


def _uplink(body: Mapping[str, Any], dev_eui: str, stream_id: StreamId) -> Uplink:
    """Read the body of an `up` event; raises `ValueError`.

    Only the DevEUI is required: servers before 4.1 leave out what is zero.
    """
    device = _mapping(body.get("deviceInfo"), "deviceInfo")
    if str(device.get("devEui")).lower() != dev_eui:
        msg = "of another device"
        raise ValueError(msg)
    f_port = _integer(body.get("fPort"), _F_PORT_MAX)
    payload = base64.b64decode(str(body.get("data") or ""), validate=True)
    rssi, snr = _best_signal(body)
    decoded = body.get("object")
    return Uplink(
        dev_eui=dev_eui,
        id=_identity(body, stream_id),
        received_at=_received_at(body.get("time"), stream_id),
        f_port=f_port,
        f_cnt=_integer(body.get("fCnt"), _F_CNT_MAX),
        payload=payload if f_port else b"",
        encrypted=bool(body.get("joinServerContext")),
        decoded=decoded if isinstance(decoded, dict) else None,
        rssi=rssi,
        snr=snr,
        settings=_texts(device.get("tags")),
    )


def _identity(body: Mapping[str, Any], stream_id: StreamId) -> str:
    identity = body.get("deduplicationId")
    if isinstance(identity, str) and identity:
        return _text(identity)
    ms, number = stream_id
    return f"{ms}-{number}"


def _received_at(value: object, stream_id: StreamId) -> datetime:
    """Give the time of the event, or of its arrival where that is not plausible."""
    arrived = _EPOCH + timedelta(milliseconds=min(stream_id[0], 2**47))
    if not isinstance(value, str):
        return arrived
    try:
        received = datetime.fromisoformat(value)
        plausible = abs(received - arrived) <= _PLAUSIBLE
    except ValueError, TypeError:  # TypeError: without a time zone
        return arrived
    return received.astimezone(UTC) if plausible else arrived


def _heard_at(body: Mapping[str, Any]) -> int | None:
    """Give when the first gateway's copy reached the server (since 4.6)."""
    times = [_nanoseconds(reception.get("nsTime")) for reception in _receptions(body)]
    return min((time for time in times if time is not None), default=None)


def _nanoseconds(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return int((datetime.fromisoformat(value) - _EPOCH).total_seconds() * NANOSECOND)
    except ValueError, TypeError:
        return None


def _best_signal(body: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Give RSSI and SNR of the gateway that heard best; an absent value is zero."""
    best: tuple[float | None, float | None] = None, None
    for reception in _receptions(body):
        rssi = _float(reception.get("rssi", 0))
        if rssi is not None and (best[0] is None or rssi > best[0]):
            best = rssi, _float(reception.get("snr", 0))
    return best


def _receptions(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    receptions = body.get("rxInfo")
    if not isinstance(receptions, list):
        return []
    return [reception for reception in receptions if isinstance(reception, dict)]


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        msg = f"{name} is no object"
        raise ValueError(msg)  # noqa: TRY004  one error for every body that cannot be read
    return value


def _integer(value: object, maximum: int) -> int:
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value <= maximum:
        msg = "no number within its range"
        raise ValueError(msg)
    return value


def _float(value: object) -> float | None:
    if not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _texts(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        return {}
    return {_text(key): _text(text) for key, text in value.items() if isinstance(text, str)}


def _text(text: str) -> str:
    """Replace halves of characters, which JSON can hold but no store can write."""
    return text.encode(errors="replace").decode()
