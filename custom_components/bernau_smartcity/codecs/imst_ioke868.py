"""IMST iOKE868: reads electricity meters optically (SML, IEC 62056-21).

fPort 5, most significant byte first: fields of type, length and data. fPort 3 tells the state of
the reader. On fPort 69 and 67 a long message comes in segments, each behind one byte.
00 information and state (0 is good); 01 time; 10 number of the meter
40 to 42 register: mask of the OBIS groups A to F that follow (from the highest bit), these, then
unit (40 only), scaler and value, or (42) the value as text, with its unit behind `*`
Without a unit it is that of SML: Wh, W, V, A, Hz. Source: TheThingsNetwork/lorawan-devices
vendor/imst.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
import re
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from . import _obis
from ._checks import checked

_SEGMENTED: Final = 0x40
_STATE, _VALUES = 3, 5
_STATE_LENGTH: Final = 28

_INFORMATION, _TIME, _NUMBER = 0x00, 0x01, 0x10
_WITH_UNIT, _WITHOUT_UNIT, _TEXT = 0x40, 0x41, 0x42
_REGISTERS: Final = frozenset({_WITH_UNIT, _WITHOUT_UNIT, _TEXT})
_SHORTEST: Final[Mapping[int, int]] = {
    _INFORMATION: 2,
    _TIME: 4,
    _NUMBER: 1,
    _WITH_UNIT: 4,
    _WITHOUT_UNIT: 3,
    _TEXT: 2,
}
"""Bytes of data by type of field."""
_FIELD_HEAD: Final = 2

_GROUPS: Final = "ABCDEF"
_ELECTRICITY: Final = 1
_CURRENT: Final = 0xFF
_LONGEST: Final = 16
_TEXT_VALUE: Final = re.compile(r"([+-]?\d{1,16}(?:\.\d{0,16})?)(?:\*([A-Za-z]{1,5}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Register:
    code: _obis.Code
    kind: int
    data: bytes


def _decode(uplink: Uplink) -> Iterable[Reading]:
    port, payload = uplink.f_port, uplink.payload
    if port & _SEGMENTED:
        port, payload = port - _SEGMENTED, payload[1:]
    if port == _STATE:
        if len(payload) != _STATE_LENGTH:
            msg = f"a state has {_STATE_LENGTH} bytes, not {len(payload)}"
            raise DecodeError(msg)
        return ()
    if port != _VALUES:
        msg = f"fPort {uplink.f_port} is none of an iOKE868"
        raise DecodeError(msg)
    if not payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    return checked(uplink, _readings(list(_fields(payload))))


def _fields(rest: bytes) -> Iterator[tuple[int, bytes]]:
    """Give type and data of each field."""
    while rest:
        kind, end = rest[0], _FIELD_HEAD + int.from_bytes(rest[1:2])
        data = rest[_FIELD_HEAD:end]
        if kind not in _SHORTEST:
            msg = f"field {kind:02X} is not known"
            raise DecodeError(msg)
        if len(data) < max(end - _FIELD_HEAD, _SHORTEST[kind]):
            msg = f"field {kind:02X} has only {len(data)} bytes"
            raise DecodeError(msg)
        yield kind, data
        rest = rest[end:]


def _readings(fields: list[tuple[int, bytes]]) -> Iterator[Reading]:
    meter = next((_number(data) for kind, data in fields if kind == _NUMBER), "")
    for kind, data in fields:
        if kind == _INFORMATION:
            yield Reading(Quantity.FAULT, data[1] != 0, meter=meter)
        elif kind in _REGISTERS and (register := _register(kind, data)):
            yield from _reading(register, meter)


def _number(data: bytes) -> str:
    text = data.decode("latin-1")
    return text if text.isascii() and text.isprintable() else _obis.meter_number(data)


def _register(kind: int, data: bytes) -> _Register | None:
    """Read the code of a register; None if it is none of electricity, or a stored value."""
    present = [name for place, name in enumerate(_GROUPS) if data[0] << place & 0x80]
    begin = 1 + len(present)
    if len(data) <= begin + (kind == _WITH_UNIT) + (kind != _TEXT):
        msg = f"field {kind:02X} has no value"
        raise DecodeError(msg)
    groups = dict(zip(present, data[1:begin], strict=True))
    if (
        groups.get("A", _ELECTRICITY) != _ELECTRICITY
        or groups.get("F", _CURRENT) != _CURRENT
        or not {"C", "D", "E"} <= groups.keys()
    ):
        return None
    return _Register((groups["C"], groups["D"], groups["E"]), kind, data[begin:])


def _reading(register: _Register, meter: str) -> Iterator[Reading]:
    known = _obis.known(register.code)
    if not known:
        return
    data = register.data
    if register.kind == _TEXT:
        yield from _from_text(known, data.decode("latin-1"), meter)
        return
    unit = None
    if register.kind == _WITH_UNIT:
        unit, data = data[0], data[1:]
    if len(data) > _LONGEST:
        msg = f"a value has {len(data) - 1} bytes"
        raise DecodeError(msg)
    scaler = int.from_bytes(data[:1], signed=True)
    number = _obis.number(data[1:], known[0])
    yield from _obis.reading(register.code, number, scaler, unit, meter)


def _from_text(known: _obis.Known, text: str, meter: str) -> Iterator[Reading]:
    """Read a number with or without its unit; several numbers or a date say nothing."""
    quantity, channel = known
    if not (match := _TEXT_VALUE.fullmatch(text)):
        return
    written, unit = match.groups()
    exponent = _obis.exponent(quantity, unit or quantity.unit.removeprefix("k"))
    if exponent is not None:
        value = float(Decimal(written).scaleb(exponent))
        yield Reading(quantity, value, channel, None, meter)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="imst_ioke868",
        manufacturer="IMST",
        model="iOKE868",
        medium=Medium.ELECTRICITY,
        quantities=_obis.QUANTITIES | {Quantity.FAULT},
        decode=_decode,
        names=("iOKE868 Smart Metering Kit", "IMST iOKE 868", "iOKE868 LoRaWAN Smart Metering Kit"),
        catalogue=("imst/ioke868",),
    ),
)
