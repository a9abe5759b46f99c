"""Uplinks as The Things Stack writes them: JSON of `ApplicationUp` → `Uplink`.

The same in the Storage Integration, in webhooks and over MQTT. What is zero or
empty is left out of it. Source: thethingsindustries.com/docs/integrations/data-formats
"""

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from ..model import Device, Sent, Uplink
from ._sent import best_signal, is_dev_eui, mapping, moment, texts, whole

_F_CNT_MAX: Final = 0xFFFFFFFF
_F_PORT_MAX: Final = 0xFF


def read(body: Mapping[str, Any]) -> Sent | None:
    """Read an `ApplicationUp`; None for what is no uplink of a real device.

    Raises `ValueError` for one that cannot be understood.
    """
    message = body.get("uplink_message")
    if message is None or body.get("simulated"):
        return None
    message, ids = mapping(message), mapping(body.get("end_device_ids"))
    device = device_of(ids, {})
    received_at = moment(body.get("received_at"))
    session = str(message.get("session_key_id", ""))
    f_cnt = whole(message.get("f_cnt", 0), _F_CNT_MAX)
    f_port = whole(message.get("f_port", 0), _F_PORT_MAX)
    payload = base64.b64decode(str(message.get("frm_payload") or ""), validate=True)
    decoded = message.get("decoded_payload")
    rssi, snr = best_signal(message.get("rx_metadata"))
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
        settings=texts(message.get("attributes")),
    )
    return Sent(device, uplink, session)


def device_of(ids: Mapping[str, Any], entry: Mapping[str, Any]) -> Device:
    """Give a device by its identifiers and its entry in the registry, if that is known.

    One that is activated by hand need not have a DevEUI; then its name in the
    application, which never changes, stands for it. There are no device profiles
    here: devices of the same model belong together, and those of an application
    of which nobody has noted the model.
    """
    application = str(mapping(ids.get("application_ids")).get("application_id", ""))
    device_id = str(ids.get("device_id", ""))
    if not device_id:
        msg = "without a device"
        raise ValueError(msg)
    dev_eui = str(ids.get("dev_eui", "")).lower()
    if not is_dev_eui(dev_eui):
        dev_eui = sha256(f"{application}/{device_id}".encode()).hexdigest()[:16]
    version = texts(entry.get("version_ids"))
    model = "/".join(filter(None, (version.get("brand_id"), version.get("model_id"))))
    tags = texts(entry.get("attributes"))
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
