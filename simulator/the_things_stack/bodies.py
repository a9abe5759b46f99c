"""Messages as The Things Stack writes them: what is zero or empty is left out."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..air import Transmission, transmission
from ..faults import Faults, Kind
from ..inventory import Application, Device
from ..noise import mix
from ..traffic import Event

_MODELS = {
    "axioma_qalcosonic_w1": ("axioma", "qalcosonic-w1"),
    "elvaco_cmi4110": ("elvaco", "cmi4110"),
    "milesight_em300_di": ("milesight-iot", "em300-di"),
    "milesight_vs133": ("milesight-iot", "vs133"),
    "milesight_vs350": ("milesight-iot", "vs350"),
    "parametric_pcr2": ("parametric", "pcr2-od"),
}
"""Identities of maker and model in the device repository; the others were made by hand."""
_PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", " ": "-"})


def application_id(application: Application) -> str:
    """Give the identity of an application, which people choose."""
    return application.name.lower().translate(_PLAIN)


def device_id(device: Device) -> str:
    """Give the identity of a device in its application, which people choose."""
    return f"eui-{device.dev_eui}"


def identifiers(device: Device) -> dict[str, Any]:
    """Give what identifies a device."""
    return {
        "device_id": device_id(device),
        "application_ids": {"application_id": application_id(device.application)},
        "dev_eui": device.dev_eui.upper(),
        "join_eui": "70B3D57ED0000000",
    }


def _attributes(device: Device) -> dict[str, str]:
    """Give what the town noted; the model where the device repository does not know it.

    There are no device profiles, so nothing else could tell it.
    """
    known = device.codec in _MODELS or device.codec == "decoded"
    noted = {} if known else {"model": device.codec}
    return {**noted, **device.profile.tags, **device.tags}


def end_device(device: Device) -> dict[str, Any]:
    """Give a device as the registry lists it."""
    return _filled(
        {
            "ids": identifiers(device),
            "created_at": "2026-09-01T08:00:00Z",
            "updated_at": "2026-09-01T08:00:00Z",
            "name": device.name,
            "description": device.description,
            "attributes": _attributes(device),
            "version_ids": _version(device),
        }
    )


def application_up(device: Device, event: Event, faults: Faults) -> dict[str, Any]:
    """Give the message of an uplink."""
    sent = transmission(device, event, faults)
    session = mix(device.salt, 31, sent.session).to_bytes(8)
    message = _filled(
        {
            "session_key_id": b64encode(session).decode(),
            "f_port": sent.f_port,
            "f_cnt": sent.f_cnt,
            "frm_payload": b64encode(sent.payload).decode(),
            "decoded_payload": sent.decoded,
            "rx_metadata": [_reception(event, reception) for reception in sent.receptions],
            "settings": _settings(sent),
            "received_at": _time(event.seen),
            "version_ids": _version(device),
            "attributes": _attributes(device),
        }
    )
    if sent.encrypted:
        message["app_s_key"] = {"kek_label": "extern", "encrypted_key": "AAAA"}
    if faults.striking(Kind.BODY, device, event.number, event.sent / 1000):
        message["f_cnt"] = "?"
    return {
        "end_device_ids": identifiers(device),
        "received_at": _time(event.stored),
        "uplink_message": message,
    }


def _version(device: Device) -> dict[str, str]:
    if device.codec not in _MODELS or "model" in device.tags:
        return {}
    brand, model = _MODELS[device.codec]
    return {"brand_id": brand, "model_id": model, "band_id": "EU_863_870"}


def _reception(event: Event, reception: Any) -> dict[str, Any]:
    return {
        "gateway_ids": {
            "gateway_id": f"eui-{reception.gateway.eui}",
            "eui": reception.gateway.eui.upper(),
        },
        "time": _time(event.sent),
        "rssi": reception.rssi,
        "channel_rssi": reception.rssi,
        **_filled({"snr": reception.snr}),
    }


def _settings(sent: Transmission) -> dict[str, Any]:
    lora = {"bandwidth": 125_000, "spreading_factor": 12 - sent.data_rate, "coding_rate": "4/5"}
    return {"data_rate": {"lora": lora}, "frequency": str(sent.frequency)}


def _time(milliseconds: int) -> str:
    """Write a time with nanoseconds."""
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}000000Z"


def _filled(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value not in (0, "", {}, [])}
