"""Devices and packets as ZENNER ELEMENT IoT writes them.

Source: docs.element-iot.com (API), and answers in github.com/RUBclim/element-iot-api.
"""

from collections.abc import Mapping
from typing import Any

from ..model import Device, Sent, Uplink
from ._sent import best_signal, is_dev_eui, mapping, moment, texts, whole

_F_CNT_MAX = 0xFFFFFFFF
_F_PORT_MAX = 0xFF


def device_of(row: Mapping[str, Any], folder: str) -> Device:
    """Read a device; raises `ValueError`.

    Of its interfaces only the DevEUI is looked at: beside it stand the keys of
    the session. One that is not on LoRaWAN is known by the beginning of its id.
    Devices with the same template or parser belong together, and those of a
    folder of which nobody has noted either, nor the model.
    """
    identity = str(row.get("id", "")).replace("-", "").lower()
    interfaces = row.get("interfaces")
    for interface in interfaces if isinstance(interfaces, list) else ():
        options = interface.get("opts") if isinstance(interface, dict) else None
        told = options.get("device_eui") if isinstance(options, dict) else None
        if is_dev_eui(str(told).lower()):
            identity = str(told).lower()
    if not is_dev_eui(identity[:16]):
        msg = "without an identity"
        raise ValueError(msg)
    template = str(row.get("template_id") or row.get("parser_id") or "")
    tags = texts(row.get("meta"))
    alike = "" if template or "model" in tags else folder
    return Device(
        dev_eui=identity[:16],
        name=str(row.get("name") or row.get("slug") or identity[:16]),
        scope=folder,
        profile=template or alike,
        profile_name=alike,
        tags=tags,
    )


def uplink_of(row: Mapping[str, Any], device: Device) -> Sent | None:
    """Read a packet; None for what is no uplink. Raises `ValueError`."""
    if row.get("packet_type") != "up":
        return None
    meta = mapping(row.get("meta") or {})
    payload = row.get("payload")
    rssi, snr = best_signal(meta.get("gateway_stats"))
    return Sent(
        device,
        Uplink(
            dev_eui=device.dev_eui,
            id=str(row["id"]),
            received_at=moment(row.get("transceived_at") or row.get("inserted_at")),
            f_port=whole(meta.get("frame_port") or 0, _F_PORT_MAX),
            f_cnt=whole(meta.get("frame_count_up") or 0, _F_CNT_MAX),
            payload=bytes.fromhex(payload) if isinstance(payload, str) else b"",
            rssi=rssi,
            snr=snr,
        ),
    )


def lacks_payload(row: Mapping[str, Any]) -> bool:
    """Tell whether the server gives only what its own parser made of a packet."""
    meta = row.get("meta")
    data = isinstance(meta, dict) and bool(meta.get("frame_port"))
    return row.get("packet_type") == "up" and data and not isinstance(row.get("payload"), str)


def decoded_of(row: Mapping[str, Any], device: Device) -> Sent:
    """Read a reading, which stands for a packet without payload; raises `ValueError`."""
    return Sent(
        device,
        Uplink(
            dev_eui=device.dev_eui,
            id=str(row.get("packet_id") or row["id"]),
            received_at=moment(row.get("measured_at") or row.get("inserted_at")),
            f_port=0,
            f_cnt=0,
            payload=b"",
            counted=False,
            decoded=dict(mapping(row.get("data"))),
        ),
    )
