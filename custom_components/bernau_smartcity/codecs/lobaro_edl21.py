"""Lobaro EDL21: reads electricity meters optically (SML).

fPort 1 state: version (3), flags, battery in mV, temperature in 0.1 °C; most significant byte first
fPort 2 and 3, once or more: OBIS code (6 bytes), length, value, scaler; least significant
byte first. A length of 0 is a register that could not be read, with no scaler behind it.
fPort 2 (older firmware) has no scalers at all: a person must say what the registers mean.
The unit is that of SML: Wh, W, V, A, Hz. Source: Lobaro/docs docs/iot-devices/edl21-opto-lorawan.
"""

from collections.abc import Iterable, Iterator
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _obis
from ._checks import checked
from ._layout import FORM, layout

_STATE: Final = struct.Struct(">3sBHh")
_CODE: Final = struct.Struct("6BB")
_LONGEST: Final = 8
_ELECTRICITY: Final = 1
_CURRENT: Final = frozenset({0xFE, 0xFF})
"""F of values of now; others are stored ones."""

type _Register = tuple[_obis.Code, bytes, int | None]
"""Code, value and scaler."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if uplink.f_port not in {1, 2, 3}:
        msg = f"fPort {uplink.f_port} is none of 1, 2 and 3"
        raise DecodeError(msg)
    if uplink.f_port == 1:
        return checked(uplink, _state(payload))
    if len(payload) == 1:
        return checked(uplink, (Reading(Quantity.FAULT, 1),))
    registers = list(_registers(payload, scaled=uplink.f_port != 2))  # noqa: PLR2004 - an fPort
    return checked(uplink, (*_readings(uplink, registers), Reading(Quantity.FAULT, 0)))


def _state(payload: bytes) -> Iterator[Reading]:
    if len(payload) != _STATE.size:
        msg = f"a state has {_STATE.size} bytes, not {len(payload)}"
        raise DecodeError(msg)
    _, _, millivolts, tenths = _STATE.unpack(payload)
    yield Reading(Quantity.BATTERY_VOLTAGE, millivolts / 1000)
    yield Reading(Quantity.TEMPERATURE, tenths / 10)


def _registers(payload: bytes, *, scaled: bool) -> Iterator[_Register]:
    """Give the registers of electricity that are of now."""
    if not payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    position = 0
    while position < len(payload):
        head = payload[position : position + _CODE.size]
        length = head[-1] if len(head) == _CODE.size else 0
        begin = position + _CODE.size
        end = begin + length
        position = end + 1 if scaled and length else end
        if len(payload) < max(position, begin) or length > _LONGEST:
            msg = f"the register at byte {begin - _CODE.size} is cut off or too long"
            raise DecodeError(msg)
        a, _, c, d, e, f, _ = _CODE.unpack(head)
        if length and a == _ELECTRICITY and f in _CURRENT:
            scaler = int.from_bytes(payload[end:position], signed=True) if scaled else None
            yield (c, d, e), payload[begin:end], scaler


def _readings(uplink: Uplink, registers: Iterable[_Register]) -> Iterator[Reading]:
    for code, data, scaler in registers:
        known = _obis.known(code)
        if not known:
            continue
        number = _obis.number(data, known[0], "little")
        if scaler is not None:
            yield from _obis.reading(code, number, scaler)
            continue
        for entry in layout(uplink):
            if entry and entry.code == code:
                yield Reading(entry.quantity, entry.value(number), entry.channel)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="lobaro_edl21",
        manufacturer="Lobaro",
        model="EDL21",
        medium=Medium.ELECTRICITY,
        quantities=_obis.QUANTITIES
        | {Quantity.BATTERY_VOLTAGE, Quantity.TEMPERATURE, Quantity.FAULT},
        decode=_decode,
        names=("EDL21-LoRaWAN", "Lobaro EDL21 LoRaWAN", "EDL21 Bridge", "dZero"),
        settings=(Setting.LAYOUT,),
        layout=FORM,
    ),
)
