"""Devices and packets as DIGIMONDO firefly writes them.

Source: apidocs.fireflyiot.com; github.com/digimondo/python-fireflyapi. Where these tell
nothing it is said what is taken for granted.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ..model import Device, Sent, Uplink
from ._sent import NO_SESSION, best_signal, is_dev_eui, mapping, moment, noted, texts, whole

ALL: Final = "firefly"
"""The scope where the server does not tell to which organisation a device belongs."""
_F_CNT_MAX: Final = 0xFFFFFFFF
_F_PORT_MAX: Final = 0xFF
_DATA: Final = "data_up"
"""How the types of messages end that carry data: `confirmed_data_up`, `unconfirmed_data_up`."""


def device_of(row: Mapping[str, Any], classes: Mapping[str, str]) -> Device:
    """Read a device; raises `ValueError`.

    The keys of the device, which stand beside, are not looked at. Devices of a class
    belong together, as a class is where the server has its parser; without one those
    of an organisation do of which nobody has noted the model.
    """
    dev_eui = str(row.get("eui")).lower()
    if not is_dev_eui(dev_eui):
        msg = "without a DevEUI"
        raise ValueError(msg)
    organisation = organisation_of(row)
    tags = noted(row.get("tags"))
    told = str(row.get("device_class_id") or "")
    alike = "" if told or "model" in tags else organisation
    return Device(
        dev_eui=dev_eui,
        name=str(row.get("name") or dev_eui),
        scope=organisation,
        profile=told or alike,
        profile_name=classes.get(told, "") or alike,
        tags=tags,
    )


def organisation_of(row: Mapping[str, Any]) -> str:
    """Give the organisation of a device; that it is told is seen in pushed messages alone."""
    return str(row.get("organization_id") or ALL)


def organisation_name(row: Mapping[str, Any]) -> str:
    """Give the name of the organisation of a device, or its number."""
    name = texts(row.get("organization")).get("name")
    return name or organisation_of(row)


def received(row: Mapping[str, Any]) -> datetime:
    """Give when the server received a packet: in UTC, without a zone."""
    return moment(row.get("received_at"))


def uplink_of(row: Mapping[str, Any]) -> Sent | None:
    """Read a packet; None for what is no data of the device. Raises `ValueError`.

    Nothing in it tells of joins. That `uid` differs from packet to packet is
    nowhere said, so the identity is made of what surely does.
    """
    if row.get("mic_pass") is False or not str(row.get("mtype") or _DATA).endswith(_DATA):
        return None
    dev_eui = str(row.get("device_eui")).lower()
    if not is_dev_eui(dev_eui):
        msg = "without a device"
        raise ValueError(msg)
    received_at = received(row)
    f_cnt = whole(row.get("fcnt") or 0, _F_CNT_MAX)
    f_port = whole(row.get("port") or 0, _F_PORT_MAX)
    parsed = row.get("parsed")
    rssi, snr = best_signal(row.get("gwrx"), snr="lsnr")
    uplink = Uplink(
        dev_eui=dev_eui,
        id=f"{dev_eui}:{f_cnt}:{received_at.isoformat()}",
        received_at=received_at,
        f_port=f_port,
        f_cnt=f_cnt,
        payload=bytes.fromhex(str(row.get("payload") or "")) if f_port else b"",
        encrypted=bool(row.get("payload_encrypted")),
        decoded=dict(mapping(parsed)) if parsed else None,
        rssi=rssi,
        snr=snr,
    )
    return Sent(Device(dev_eui=dev_eui, name="", scope=""), uplink, NO_SESSION)
