"""Lobaro wM-Bus bridges: pass on the telegrams of many meters, in parts if need be.

fPort 1: status. 11 to 99: part of a telegram, its number and that of all parts
in the two digits. 101: one byte of flags (first, last part), then the time of
reception and the telegram. 102: the same with the signal strength between.
Source: Lobaro "LoRaWAN Communication" (app-nrf9160-wmbus).
"""

from collections.abc import Iterable, Iterator
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Told, Uplink
from ._bridged import GIVEN, assembled, of_meter
from ._checks import checked
from ._times import unix

_STATUS: Final = struct.Struct("<3xHh")
"""Firmware, supply in mV, temperature in 0.1 °C; perhaps flags behind."""
_NO_SENSOR: Final = -1
_STATUS_PORT: Final = 1
_PORTS: Final = range(11, 100)
_HEADS: Final = {101: 5, 102: 6}
"""Bytes before the telegram by fPort: time, signal strength."""
_TIME: Final = 5
_FIRST, _LAST = 0x01, 0x02


def _decode(uplink: Uplink) -> Iterable[Told]:
    return checked(uplink, _told(uplink))


def _told(uplink: Uplink) -> Iterator[Told]:
    if uplink.f_port == _STATUS_PORT:
        yield from _status(uplink.payload)
    elif uplink.f_port in _HEADS:
        yield from _prefixed(uplink, _HEADS[uplink.f_port])
    elif uplink.f_port in _PORTS:
        yield from _by_port(uplink)
    else:
        msg = f"fPort {uplink.f_port} is not one of the bridge's"
        raise DecodeError(msg)


def _status(payload: bytes) -> Iterator[Reading]:
    if len(payload) not in {_STATUS.size, _STATUS.size + 1}:
        msg = f"a status has {_STATUS.size} or {_STATUS.size + 1} bytes, not {len(payload)}"
        raise DecodeError(msg)
    millivolts, temperature = _STATUS.unpack_from(payload)
    yield Reading(Quantity.BATTERY_VOLTAGE, millivolts / 1000)
    if temperature != _NO_SENSOR:
        yield Reading(Quantity.TEMPERATURE, temperature / 10)


def _by_port(uplink: Uplink) -> Iterator[Told]:
    part, of = divmod(uplink.f_port, 10)
    if part > of:
        msg = f"fPort {uplink.f_port} tells part {part} of {of}"
        raise DecodeError(msg)
    frame, kept = assembled(uplink, uplink.payload, str(of), is_first=part == 1, is_last=part == of)
    yield from kept
    if part == of:
        yield from of_meter(frame, uplink, None)


def _prefixed(uplink: Uplink, head: int) -> Iterator[Told]:
    flags = uplink.payload[0] if uplink.payload else 0
    if not uplink.payload or flags & ~(_FIRST | _LAST):
        msg = f"message of {len(uplink.payload)} bytes does not begin with the flags of a part"
        raise DecodeError(msg)
    is_last = bool(flags & _LAST)
    whole, kept = assembled(
        uplink,
        uplink.payload[1:],
        str(uplink.f_port),
        is_first=bool(flags & _FIRST),
        is_last=is_last,
    )
    yield from kept
    if is_last:
        heard_at = unix(int.from_bytes(whole[:_TIME][-4:]))
        yield from of_meter(whole[head:], uplink, heard_at)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="lobaro_wmbus",
        manufacturer="Lobaro",
        model="wM-Bus bridge",
        medium=Medium.UNKNOWN,
        quantities=GIVEN | {Quantity.BATTERY_VOLTAGE},
        decode=_decode,
        bridge=True,
        names=("LOB-GW-WMBUS-LW", "LOB-GW-WMBUS-LW2", "LOB-GW-HYB-WMBUS", "wMBUS-LoRaWAN-R2"),
        settings=(Setting.KEY,),
    ),
)
