"""What the gateways heard of a transmission, as every network server then tells it in its way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import schedule
from .faults import Faults, Kind
from .frames import frame
from .inventory import Device
from .moments import Frame
from .noise import mix, unit
from .traffic import Event

_GATEWAY, _RADIO = 203, 204

FREQUENCIES = (868_100_000, 868_300_000, 868_500_000, 867_100_000, 867_300_000, 867_500_000)
_FURTHER_SHARE = 0.45
"""How often a further gateway hears a frame."""
_FOREIGN = bytes.fromhex("1181000a41f0c2a80102030405")
"""Of no model in the town."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where gateways stand."""

    eui: str
    latitude: float
    longitude: float
    altitude: float


GATEWAYS = (
    Gateway("7276ff002e061a01", 52.67979, 13.58714, 84.0),  # St.-Marien-Kirche
    Gateway("7276ff002e061a02", 52.67583, 13.59170, 71.0),  # Bahnhof
    Gateway("7276ff002e061a03", 52.68470, 13.57310, 96.0),  # Wasserturm
)


@dataclass(frozen=True, slots=True)
class Reception:
    """How one gateway heard a frame."""

    place: int
    """Of the gateway in the list."""
    gateway: Gateway
    rssi: int
    snr: float


@dataclass(frozen=True, slots=True)
class Transmission:
    """A received frame, after whatever went wrong with it."""

    f_cnt: int
    f_port: int
    payload: bytes
    decoded: Mapping[str, Any]
    """What the codec on the server makes of it; empty where there is none."""
    encrypted: bool
    data_rate: int
    frequency: int
    session: int
    """Counts the joins of the device."""
    receptions: tuple[Reception, ...]


def transmission(device: Device, event: Event, faults: Faults) -> Transmission:
    """Give what was received of an uplink."""
    mac_only = schedule.is_mac_only(device, event.number)
    sent = Frame(0, b"", ()) if mac_only else frame(device, event.number, faults)
    payload = _spoilt(sent.payload, device, event, faults)
    readable = device.profile.decodes and payload == sent.payload
    session, f_cnt = schedule.session(device, event.number)
    return Transmission(
        f_cnt=f_cnt,
        f_port=sent.f_port,
        payload=payload,
        decoded=sent.decoded if readable else {},
        encrypted=_strikes(Kind.ENCRYPTED, device, event, faults),
        data_rate=5 - mix(device.salt, _RADIO) % 4,
        frequency=FREQUENCIES[mix(device.salt, event.number) % len(FREQUENCIES)],
        session=session,
        receptions=tuple(_receptions(device, event.number)),
    )


def _receptions(device: Device, number: int) -> list[Reception]:
    """Give the gateways that heard the frame; those of a repeated one differ in nothing."""
    heard = []
    for place, gateway in enumerate(GATEWAYS):
        luck = unit(device.salt, _GATEWAY + place, number)
        if not place or luck <= _FURTHER_SHARE:
            snr = round(4 * (12 - 22 * luck)) / 4
            heard.append(Reception(place, gateway, -62 - int(55 * luck), snr))
    return heard


def _strikes(kind: Kind, device: Device, event: Event, faults: Faults) -> bool:
    return faults.striking(kind, device, event.number, event.sent / 1000) is not None


def _spoilt(payload: bytes, device: Device, event: Event, faults: Faults) -> bytes:
    """Give the payload as the faults of this uplink leave it."""
    if _strikes(Kind.CUT, device, event, faults):
        payload = payload[: len(payload) // 2]
    if _strikes(Kind.LONG, device, event, faults):
        payload += bytes.fromhex("deadbeef00")
    if _strikes(Kind.FOREIGN, device, event, faults):
        payload = _FOREIGN
    if _strikes(Kind.ENCRYPTED, device, event, faults):
        payload = bytes(
            byte ^ mix(device.salt, event.number, place) & 0xFF
            for place, byte in enumerate(payload)
        )
    return payload
