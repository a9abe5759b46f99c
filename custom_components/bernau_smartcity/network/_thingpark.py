"""Uplinks as Actility ThingPark sends them to an application server: `DevEUI_uplink`.

Every number of the radio is a text here. What a device knows nothing of is left
out: an uplink without FPort has no payload of an application.
Source: docs.thingpark.com/thingpark-x (Message, uplink-message)
"""

from collections.abc import Mapping
from typing import Any, Final

from ..model import Device, Sent, Uplink
from ._sent import best_signal, is_dev_eui, mapping, moment, noted, texts, whole

UPLINK: Final = "DevEUI_uplink"
_SCOPE: Final = "thingpark"
_F_CNT_MAX: Final = 0xFFFFFFFF
_F_PORT_MAX: Final = 0xFF


def read(body: Mapping[str, Any]) -> Sent:
    """Read an uplink; raises `ValueError`."""
    message = mapping(body.get(UPLINK))
    dev_eui = str(message.get("DevEUI")).lower()
    if not is_dev_eui(dev_eui):
        msg = "without a device"
        raise ValueError(msg)
    customer = mapping(message.get("CustomerData") or {})
    received_at = moment(message.get("Time"))
    f_cnt = _counter(message.get("FCntUp"), _F_CNT_MAX)
    f_port = _counter(message.get("FPort"), _F_PORT_MAX)
    payload = bytes.fromhex(str(message.get("payload_hex") or ""))
    decoded = message.get("payload")
    rssi, snr = best_signal([_signal(message)])
    tags = noted(customer.get("tags"))
    model = _model(customer.get("alr"))
    device = Device(
        dev_eui=dev_eui,
        name=str(customer.get("name") or dev_eui),
        scope=_SCOPE,
        profile=model or ("" if "model" in tags else _SCOPE),
        profile_name=model,
        tags=tags,
    )
    uplink = Uplink(
        dev_eui=dev_eui,
        id=f"{f_cnt}:{received_at.isoformat()}",
        received_at=received_at,
        f_port=f_port,
        f_cnt=f_cnt,
        payload=payload if f_port else b"",
        decoded=decoded if isinstance(decoded, dict) else None,
        rssi=rssi,
        snr=snr,
    )
    return Sent(device, uplink, str(message.get("DevAddr") or ""))


def _counter(value: object, most: int) -> int:
    """Read a number that may be a text; what is missing is zero. Raises `ValueError`."""
    return whole(int(value) if isinstance(value, str) else value or 0, most)


def _signal(message: Mapping[str, Any]) -> dict[str, float]:
    """Give how the best gateway heard it; nothing where that cannot be read."""
    try:
        return {"rssi": float(str(message["LrrRSSI"])), "snr": float(str(message["LrrSNR"]))}
    except KeyError, ValueError:
        return {}


def _model(value: object) -> str:
    """Give the application protocol and its version, shared by devices of one model."""
    told = texts(value)
    return " ".join(filter(None, (told.get("pro"), told.get("ver"))))
