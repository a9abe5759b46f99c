"""Rows as DIGIMONDO firefly writes them."""

from datetime import UTC, datetime
from typing import Any

from ..air import transmission
from ..catalogue import noted_model
from ..faults import Faults, Kind
from ..inventory import Device, Profile
from ..noise import mix, text_salt, uuid
from ..traffic import Event


def _number(identity: str) -> int:
    return text_salt(identity) % 10_000


def class_row(profile: Profile) -> dict[str, Any]:
    """Give a device class; one made by hand has a name that tells no model."""
    return {
        "id": _number(profile.id),
        "name": profile.name,
        "description": None,
        "script": "function parse() {}",
        "inserted_at": "2026-09-01T08:00:00",
    }


def device_row(device: Device) -> dict[str, Any]:
    """Give a device, with keys that nobody needs."""
    noted = {**noted_model(device), **device.profile.tags, **device.tags}
    return {
        "eui": device.dev_eui.upper(),
        "name": device.name,
        "description": device.description,
        "address": f"{mix(device.salt, 701) & 0xFFFFFFFF:08X}",
        "otaa": True,
        "application_key": "00" * 16,
        "application_session_key": "00" * 16,
        "network_session_key": "00" * 16,
        "class_c": device.profile.class_c,
        "device_class_id": _number(device.profile.id),
        "organization_id": _number(device.application.id),
        "organization": {"name": device.application.name},
        "tags": [f"{name}={text}" for name, text in noted.items()],
        "created_at": "2026-09-01T08:00:00",
        "updated_at": "2026-09-01T08:00:00",
    }


def packet_row(device: Device, event: Event, faults: Faults) -> dict[str, Any]:
    """Give an uplink."""
    sent = transmission(device, event, faults)
    broken = faults.striking(Kind.BODY, device, event.number, event.sent / 1000)
    return {
        "uid": uuid(device.salt, event.number),
        "device_eui": device.dev_eui.upper(),
        "fcnt": "?" if broken else sent.f_cnt,
        "port": sent.f_port or None,
        "payload": sent.payload.hex().upper(),
        "payload_encrypted": sent.encrypted,
        "parsed": dict(sent.decoded) or None,
        "received_at": _time(event.stored),
        "mtype": "unconfirmed_data_up",
        "mic_pass": True,
        "ack": False,
        "modu": "LORA",
        "spreading_factor": 12 - sent.data_rate,
        "bandwidth": 125,
        "codr": "4/5",
        "datr": f"SF{12 - sent.data_rate}BW125",
        "freq": sent.frequency / 1e6,
        "size": len(sent.payload) + 13,
        "gwrx": [
            {
                "gweui": heard.gateway.eui.upper(),
                "rssi": heard.rssi,
                "lsnr": heard.snr,
                "time": f"{_time(event.sent)}Z",
                "tmst": event.sent % 2**32,
            }
            for heard in sent.receptions
        ],
    }


def _time(milliseconds: int) -> str:
    """Write a time in UTC, without a zone."""
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds")
