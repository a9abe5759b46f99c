"""Devices and messages as Everynet writes them.

Source: ns.docs.everynet.io (Data API, Management API). Where these tell nothing it is
said what is taken for granted.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ..model import Device, Sent, Uplink
from ._sent import best_signal, is_dev_eui, mapping, noted, number, whole

ALL: Final = "everynet"
"""The scope where the server does not tell to which organisation a device belongs."""
_F_CNT_MAX: Final = 0xFFFFFFFF
_F_PORT_MAX: Final = 0xFF


def device_of(row: Mapping[str, Any]) -> Device:
    """Read a device; raises `ValueError`.

    It has neither a name nor a profile there, and its keys, which stand beside, are
    not looked at. Its tags are single words; those such as `name=Rathaus` tell more.
    Devices of the same application belong together of which nobody has noted the model.
    """
    dev_eui = str(row.get("dev_eui")).lower()
    if not is_dev_eui(dev_eui):
        msg = "without a DevEUI"
        raise ValueError(msg)
    tags = noted(row.get("tags"))
    alike = "" if "model" in tags else str(row.get("app_eui") or organisation_of(row))
    return Device(
        dev_eui=dev_eui,
        name=tags.pop("name", dev_eui),
        scope=organisation_of(row),
        profile=alike,
        profile_name=alike,
        tags=tags,
    )


def organisation_of(row: Mapping[str, Any]) -> str:
    """Give the organisation of a device: it can be searched by, but need not be told."""
    return str(row.get("org") or ALL)


def received(row: Mapping[str, Any]) -> datetime:
    """Give when the server made a message, by which they are sorted; raises `ValueError`."""
    meta, params = mapping(row.get("meta")), mapping(row.get("params"))
    at = number(meta.get("time", params.get("rx_time")))
    if at is None:
        msg = "without a time"
        raise ValueError(msg)
    try:
        return datetime.fromtimestamp(at, UTC)
    except OverflowError, OSError:
        msg = "a time before or after all years"
        raise ValueError(msg) from None


def uplink_of(row: Mapping[str, Any]) -> Sent | None:
    """Read an uplink; None for any other message. Raises `ValueError`.

    Each gateway's copy is a message; those but the first say so. Where the application
    holds the key of the device, there is only what was encrypted.
    """
    meta, params = mapping(row.get("meta")), mapping(row.get("params"))
    if row.get("type") != "uplink" or params.get("duplicate"):
        return None
    dev_eui = str(meta.get("device")).lower()
    if not is_dev_eui(dev_eui):
        msg = "without a device"
        raise ValueError(msg)
    received_at = received(row)
    f_cnt = whole(params.get("counter_up") or 0, _F_CNT_MAX)
    f_port = whole(params.get("port") or 0, _F_PORT_MAX)
    clear, cipher = params.get("payload"), params.get("encrypted_payload")
    encrypted = clear is None and bool(cipher)
    radio = params.get("radio")
    rssi, snr = best_signal([radio.get("hardware") if isinstance(radio, dict) else None])
    payload = base64.b64decode(str((cipher if encrypted else clear) or ""), validate=True)
    uplink = Uplink(
        dev_eui=dev_eui,
        id=f"{meta.get('packet_id') or dev_eui}:{f_cnt}:{received_at.isoformat()}",
        received_at=received_at,
        f_port=f_port,
        f_cnt=f_cnt,
        payload=payload if f_port else b"",
        encrypted=encrypted,
        rssi=rssi,
        snr=snr,
    )
    session = str(meta.get("device_addr") or "")
    return Sent(Device(dev_eui=dev_eui, name="", scope=""), uplink, session)
