"""Uplinks as The Things Stack writes them: JSON of `ApplicationUp` → `Uplink`.

The same in the Storage Integration, in webhooks and over MQTT. What is zero or
empty is left out of it. Source: thethingsindustries.com/docs/integrations/data-formats
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
import math
import re
from typing import Any, Final

from ..model import Device, Uplink

_DEV_EUI: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")
"""Nanoseconds are more than Python keeps."""
_F_CNT_MAX: Final = 0xFFFFFFFF
_F_PORT_MAX: Final = 0xFF


@dataclass(frozen=True, slots=True)
class Sent:
    """An uplink, by which device, in which session."""

    device: Device
    """As far as the message tells."""
    uplink: Uplink
    session: str
    """The device joined anew where it differs from that of the uplink before."""


def read(body: Mapping[str, Any]) -> Sent | None:
    """Read an `ApplicationUp`; None for what is no uplink of a real device.

    Raises `ValueError` for one that cannot be understood.
    """
    message = body.get("uplink_message")
    if message is None or body.get("simulated"):
        return None
    message, ids = _mapping(message), _mapping(body.get("end_device_ids"))
    device = device_of(ids, {})
    received_at = _moment(body.get("received_at"))
    session = str(message.get("session_key_id", ""))
    f_cnt = _integer(message.get("f_cnt", 0), _F_CNT_MAX)
    f_port = _integer(message.get("f_port", 0), _F_PORT_MAX)
    payload = base64.b64decode(str(message.get("frm_payload") or ""), validate=True)
    decoded = message.get("decoded_payload")
    rssi, snr = _best_signal(message.get("rx_metadata"))
    uplink = Uplink(
        dev_eui=device.dev_eui,
        id=f"{session}:{f_cnt}:{received_at.isoformat()}",
        received_at=received_at,
        f_port=f_port,
        f_cnt=f_cnt,
        payload=payload if f_port else b"",
        encrypted=bool(message.get("app_s_key")),
        decoded=decoded if isinstance(decoded, dict) else None,
        rssi=rssi,
        snr=snr,
        settings=_texts(message.get("attributes")),
    )
    return Sent(device, uplink, session)


def device_of(ids: Mapping[str, Any], entry: Mapping[str, Any]) -> Device:
    """Give a device by its identifiers and its entry in the registry, if that is known.

    One that is activated by hand need not have a DevEUI; then its name in the
    application, which never changes, stands for it. There are no device profiles
    here: devices of the same model belong together, and those of an application
    of which nobody has noted the model.
    """
    application = str(_mapping(ids.get("application_ids")).get("application_id", ""))
    device_id = str(ids.get("device_id", ""))
    if not device_id:
        msg = "without a device"
        raise ValueError(msg)
    dev_eui = str(ids.get("dev_eui", "")).lower()
    if not _DEV_EUI.fullmatch(dev_eui):
        dev_eui = sha256(f"{application}/{device_id}".encode()).hexdigest()[:16]
    version = _texts(entry.get("version_ids"))
    model = "/".join(filter(None, (version.get("brand_id"), version.get("model_id"))))
    tags = _texts(entry.get("attributes"))
    profile = model or ("" if "model" in tags else application)
    return Device(
        dev_eui=dev_eui,
        name=str(entry.get("name") or device_id),
        scope=application,
        profile=profile,
        profile_name=profile,
        catalogue=model,
        tags=tags,
    )


def _moment(value: object) -> datetime:
    """Read a time in UTC; raises `ValueError`."""
    at = datetime.fromisoformat(_FRACTION.sub(r"\1", str(value)))
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _best_signal(receptions: object) -> tuple[float | None, float | None]:
    """Give RSSI and SNR of the gateway that heard the uplink best."""
    heard = [
        (rssi, snr)
        for reception in (receptions if isinstance(receptions, list) else ())
        if isinstance(reception, dict)
        and (rssi := _number(reception.get("rssi"))) is not None
        and (snr := _number(reception.get("snr", 0))) is not None
    ]
    return max(heard, default=(None, None))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _integer(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        msg = "a counter is no number"
        raise ValueError(msg)
    return value


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        msg = "an object is missing"
        raise ValueError(msg)  # noqa: TRY004  # whatever is wrong with it, it cannot be read
    return value


def _texts(value: object) -> dict[str, str]:
    found: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else ()
    return {str(name): text for name, text in found if isinstance(text, str)}
