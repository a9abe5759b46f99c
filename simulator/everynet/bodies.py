"""Devices and messages as Everynet writes them."""

from base64 import b64encode
from typing import Any

from ..air import transmission
from ..faults import Faults, Kind
from ..inventory import Device
from ..noise import mix, text_salt
from ..traffic import Event

_MESSAGE = 801


def _app_eui(device: Device) -> str:
    """Give the application: makers give all devices of a model the same."""
    return f"{text_salt(device.profile.id) & 0xFFFFFFFFFFFFFFFF:016x}"


def device_row(device: Device) -> dict[str, Any]:
    """Give a device, with keys that nobody needs; it has no name but in its tags."""
    # Nothing but its tags tells anything of a device, so the town noted all models.
    noted = {"model": device.codec, **device.profile.tags, **device.tags}
    return {
        "dev_eui": device.dev_eui,
        "app_eui": _app_eui(device),
        "org": f"{text_salt(device.application.id) & 0xFFFFFF:06x}",
        "tags": ["bernau", f"name={device.name}", *(f"{n}={text}" for n, text in noted.items())],
        "activation": "OTAA",
        "encryption": "NS",
        "app_key": "00" * 16,
        "appskey": "00" * 16,
        "nwkskey": "00" * 16,
        "dev_class": "C" if device.profile.class_c else "A",
        "band": "EU863-870",
    }


def message(device: Device, event: Event, faults: Faults) -> dict[str, Any]:
    """Give the message of an uplink; where the application has the key, without its content."""
    sent = transmission(device, event, faults)
    broken = faults.striking(Kind.BODY, device, event.number, event.sent / 1000)
    packet = mix(device.salt, _MESSAGE, event.number)
    heard = max(sent.receptions, key=lambda reception: reception.rssi)
    content = {} if sent.encrypted else {"payload": b64encode(sent.payload).decode()}
    return {
        "type": "uplink",
        "meta": {
            "application": _app_eui(device),
            "device": device.dev_eui,
            "device_addr": f"{mix(device.salt, sent.session) & 0xFFFFFFFF:08x}",
            "gateway": heard.gateway.eui,
            "network": "0" * 32,
            "packet_hash": f"{packet & 0xFFFFFFFF:032x}",
            "packet_id": f"{packet & 0xFFFFFFFFFFFFFFFF:032x}",
            "time": event.stored / 1000,
        },
        "params": {
            "rx_time": event.sent / 1000,
            "counter_up": "?" if broken else sent.f_cnt,
            "port": sent.f_port,
            "duplicate": False,
            "encrypted_payload": b64encode(sent.payload).decode(),
            "radio": {
                "freq": sent.frequency / 1e6,
                "modulation": {
                    "type": "LORA",
                    "spreading": 12 - sent.data_rate,
                    "bandwidth": 125_000,
                    "coderate": "4/5",
                },
                "hardware": {"rssi": heard.rssi, "snr": heard.snr, "channel": 0},
            },
            **content,
        },
    }
