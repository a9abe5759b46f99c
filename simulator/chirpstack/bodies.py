"""Event bodies as ChirpStack v4 writes them.

Messages of the `integration` package are written with their defaults (`fCnt: 0`,
`confirmed: false`, `tags: {}`), the radio parts below `rxInfo` and `txInfo` without
(an SNR of 0 is absent); a message that is not set is absent; times have nanoseconds.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
import json
from typing import Any

from .. import schedule
from ..air import Reception, transmission
from ..faults import Faults
from ..inventory import Device
from ..noise import mix, uuid
from ..traffic import Event, What

_DEDUPLICATION, _RADIO, _NANOSECONDS = 201, 204, 205

_RETRANSMISSION = "Uplink was flagged as re-transmission / frame-counter did not increment"


def _time(milliseconds: int, salt: int) -> str:
    """Write a time with nanoseconds, the last six digits of which are noise."""
    seconds, rest = divmod(milliseconds, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:03d}{mix(milliseconds, salt) % 1_000_000:06d}+00:00"


def device_info(device: Device, tenant: tuple[str, str]) -> dict[str, Any]:
    """Give who sent it; the tags of profile and device are merged."""
    return {
        "tenantId": tenant[0],
        "tenantName": tenant[1],
        "applicationId": device.application.id,
        "applicationName": device.application.name,
        "deviceProfileId": device.profile.id,
        "deviceProfileName": device.profile.name,
        "deviceName": device.name,
        "devEui": device.dev_eui,
        "deviceClassEnabled": "CLASS_C" if device.profile.class_c else "CLASS_A",
        "tags": {**device.profile.tags, **device.tags},
    }


def _dev_addr(device: Device, number: int) -> str:
    return f"{0x00C00000 | mix(device.salt, schedule.session(device, number)[0]) & 0xFFFFF:08x}"


def _rx_info(device: Device, event: Event, receptions: Sequence[Reception]) -> list[dict[str, Any]]:
    """Give the gateways that heard the frame."""
    heard = []
    for reception in receptions:
        gateway, place = reception.gateway, reception.place
        info: dict[str, Any] = {
            "gatewayId": gateway.eui,
            "uplinkId": mix(device.salt, _RADIO, event.number) & 0xFFFFFFFF,
            "gwTime": _time(event.sent, place),
            "nsTime": _time(event.seen - 220, place + 7),
            "rssi": reception.rssi,
            "snr": reception.snr,
            "channel": mix(device.salt, event.number) % 8,
            "rfChain": mix(device.salt, event.number) % 2,
            "location": {
                "latitude": gateway.latitude,
                "longitude": gateway.longitude,
                "altitude": gateway.altitude,
            },
            "context": b64encode(mix(place, event.number).to_bytes(8)[:4]).decode(),
            "crcStatus": "CRC_OK",
        }
        heard.append({key: value for key, value in info.items() if value != 0})
    return heard


def _up(device: Device, event: Event, tenant: tuple[str, str], faults: Faults) -> dict[str, Any]:
    sent = transmission(device, event, faults)
    spreading = {"spreadingFactor": 12 - sent.data_rate, "codeRate": "CR_4_5"}
    lora = {"bandwidth": 125_000, **spreading}
    body: dict[str, Any] = {
        "deduplicationId": uuid(device.salt, _DEDUPLICATION, event.number),
        "time": _time(event.sent, 0),
        "deviceInfo": device_info(device, tenant),
        "devAddr": _dev_addr(device, event.number),
        "adr": True,
        "dr": sent.data_rate,
        "fCnt": sent.f_cnt,
        "fPort": sent.f_port,
        "confirmed": False,
        "data": b64encode(sent.payload).decode(),
    }
    if sent.decoded:
        body["object"] = sent.decoded
    body["rxInfo"] = _rx_info(device, event, sent.receptions)
    body["txInfo"] = {"frequency": sent.frequency, "modulation": {"lora": lora}}
    if sent.encrypted:
        body["joinServerContext"] = {"sessionKeyId": f"{mix(device.salt):016x}"}
    body["regionConfigId"] = "eu868"
    return body


def _join(device: Device, event: Event, tenant: tuple[str, str]) -> dict[str, Any]:
    return {
        "deduplicationId": uuid(device.salt, _DEDUPLICATION + 1, event.number),
        "time": _time(event.stored - 262, 1),
        "deviceInfo": device_info(device, tenant),
        "devAddr": _dev_addr(device, event.number),
        "regionConfigId": "eu868",
    }


def _status(device: Device, event: Event, tenant: tuple[str, str]) -> dict[str, Any]:
    return {
        "deduplicationId": uuid(device.salt, _DEDUPLICATION + 2, event.number),
        "time": _time(event.sent, 2),
        "deviceInfo": device_info(device, tenant),
        "margin": margin(device),
        "externalPowerSource": device.profile.class_c,
        "batteryLevelUnavailable": False,
        "batteryLevel": 0.0 if device.profile.class_c else schedule.battery(device, event.sent),
    }


def _log(device: Device, event: Event, tenant: tuple[str, str]) -> dict[str, Any]:
    return {
        "time": _time(event.stored - 20, 3),
        "deviceInfo": device_info(device, tenant),
        "level": "WARNING",
        "code": "UPLINK_F_CNT_RETRANSMISSION",
        "description": _RETRANSMISSION,
        "context": {
            "deduplication_id": uuid(device.salt, _DEDUPLICATION + 3, event.number),
            "f_cnt_up": str(schedule.session(device, event.number)[1]),
        },
    }


def margin(device: Device) -> int:
    """Give the demodulation margin of the device status in dB."""
    return 6 + mix(device.salt, _RADIO) % 20


def body(device: Device, event: Event, tenant: tuple[str, str], faults: Faults) -> dict[str, Any]:
    """Give the body of an event."""
    match event.what:
        case What.UP:
            return _up(device, event, tenant, faults)
        case What.JOIN:
            return _join(device, event, tenant)
        case What.STATUS:
            return _status(device, event, tenant)
        case What.LOG:
            return _log(device, event, tenant)


def text(content: Mapping[str, Any]) -> str:
    """Write a body as JSON, as compactly as the server does."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def properties(what: What, content: Mapping[str, Any], payload: bytes) -> dict[str, str]:
    """Give the short facts that stand beside a body."""
    match what:
        case What.UP:
            return {
                "DR": str(content["dr"]),
                "FPort": str(content["fPort"]),
                "FCnt": str(content["fCnt"]),
                "Data": payload.hex(),
            }
        case What.JOIN:
            return {"DevAddr": content["devAddr"]}
        case What.STATUS:
            return {
                "Margin": str(content["margin"]),
                "Battery level": f"{content['batteryLevel']:.0f}%",
                "Battery level unavailable": "false",
                "External power source": str(content["externalPowerSource"]).lower(),
            }
        case What.LOG:
            return {"Level": content["level"], "Code": content["code"]}
