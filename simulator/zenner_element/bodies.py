"""Rows as ZENNER ELEMENT IoT writes them."""

from typing import Any

from ..air import transmission
from ..catalogue import noted_model
from ..clock import iso
from ..faults import Faults, Kind
from ..inventory import Application, Device
from ..noise import mix, uuid
from ..traffic import Event

_PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", " ": "-"})
_DEVICE, _PARSER = 601, 602


def slug(application: Application) -> str:
    """Give the short name of a folder."""
    return application.name.lower().translate(_PLAIN)


def device_id(device: Device) -> str:
    """Give the identity of a device on the platform."""
    return uuid(device.salt, _DEVICE)


def row_id(device: Device, event: Event) -> str:
    """Give the identity of a packet."""
    return f"{device.dev_eui}-{event.number}-{event.stored}"


def reading_id(device: Device, event: Event) -> str:
    """Give the identity of the reading made of a packet."""
    return f"r-{row_id(device, event)}"


def stored_of(identity: str) -> int:
    """Give when the row was stored that has this identity; 0 if it can be none."""
    text = identity.rpartition("-")[2]
    return int(text) if text.isdecimal() else 0


def folder_row(application: Application) -> dict[str, Any]:
    """Give a folder."""
    return {
        "id": application.id,
        "name": application.name,
        "slug": slug(application),
        "description": application.description,
        "parent_id": None,
        "inserted_at": "2026-09-01T08:00:00.000000Z",
    }


def device_row(device: Device) -> dict[str, Any]:
    """Give a device, with keys that nobody needs."""
    options = {
        "device_eui": device.dev_eui.upper(),
        "device_type": "otaa",
        "app_session_key": "00" * 16,
        "network_session_key": "00" * 16,
    }
    return {
        "id": device_id(device),
        "name": device.name,
        "slug": device.name.lower().replace(" ", "-"),
        "parser_id": uuid(mix(_PARSER), int(device.profile.id[:8], 16)),
        "template_id": None,
        "meta": {**noted_model(device), **device.profile.tags, **device.tags},
        "interfaces": [{"id": uuid(device.salt, 603), "enabled": True, "opts": options}],
        "tags": [folder_row(device.application)],
    }


def packet_row(device: Device, event: Event, faults: Faults, *, hidden: bool) -> dict[str, Any]:
    """Give an uplink; that of a hidden device comes without its content."""
    sent = transmission(device, event, faults)
    broken = faults.striking(Kind.BODY, device, event.number, event.sent / 1000)
    return {
        "id": row_id(device, event),
        "device_id": device_id(device),
        "packet_type": "up",
        "payload_encoding": "binary",
        "payload": None if hidden else sent.payload.hex().upper(),
        "transceived_at": _time(event.sent),
        "inserted_at": _time(event.stored),
        "meta": {
            "frame_count_up": "?" if broken else sent.f_cnt,
            "frame_port": sent.f_port,
            "data_rate": sent.data_rate,
            "frequency": sent.frequency / 1e6,
            "gateway_stats": [
                {"router_id_hex": heard.gateway.eui.upper(), "rssi": heard.rssi, "snr": heard.snr}
                for heard in sent.receptions
            ],
        },
    }


def reading_row(device: Device, event: Event, faults: Faults) -> dict[str, Any]:
    """Give what the platform's own parser made of an uplink."""
    sent = transmission(device, event, faults)
    return {
        "id": reading_id(device, event),
        "packet_id": row_id(device, event),
        "device_id": device_id(device),
        "parser_id": uuid(mix(_PARSER), int(device.profile.id[:8], 16)),
        "measured_at": _time(event.sent),
        "inserted_at": _time(event.stored),
        "data": dict(sent.decoded),
        "location": None,
    }


def _time(milliseconds: int) -> str:
    return iso(milliseconds / 1000).replace("+00:00", "Z")
