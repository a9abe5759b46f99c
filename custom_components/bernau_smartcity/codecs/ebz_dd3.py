"""eBZ electricity meters with LoRa (DD3 and others), formats 1 and 2.

fPort 15, most significant byte first.
Format 1: number of the meter as in SML, then OBIS code (three bytes), unit, scaler, value.
Format 2: version (one bit), options (one bit) and 3 (six bits); more to come (one bit) and
number of tuples; tuples of identity, length and data. Units and scalers are those of DLMS.
Source: ZennerIoT/element-parsers lib/ebz.ex, lib/ebz_v2.ex.
"""

from collections.abc import Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Reading, Uplink
from . import _obis
from ._checks import checked

_NUMBER: Final = 10
_LONG: Final = b"\x09\x01"
"""How the number of an electricity meter begins."""
_REGISTER: Final = struct.Struct(">3sBb8s")

_TUPLES: Final = 3
_TUPLE_HEAD, _VALUE_HEAD = 2, 2
_NUMBERS: Final = frozenset({0x09, 0x0B})
"""Tuples with the number of the meter."""
_CODES: Final[Mapping[int, _obis.Code]] = dict(
    enumerate(
        (
            *((energy, 8, tariff) for energy in (1, 2) for tariff in range(3)),
            *((power, 7, 0) for power in (16, 36, 56, 76)),
            *((voltage, 7, 0) for voltage in (32, 52, 72)),
        ),
        start=0x0C,
    )
)
"""Registers by the identity of their tuple."""
_LONGEST_VALUE: Final = 8


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if payload.startswith(_LONG):
        return checked(uplink, _format_1(payload))
    if len(payload) > 1 and payload[0] & 0xBF == _TUPLES:
        return checked(uplink, _format_2(payload))
    msg = "neither format 1 nor format 2"
    raise DecodeError(msg)


def _format_1(payload: bytes) -> Iterator[Reading]:
    meter = _obis.meter_number(payload[:_NUMBER])
    registers = payload[_NUMBER:]
    if not registers or len(registers) % _REGISTER.size:
        msg = f"{len(payload)} bytes do not hold whole registers"
        raise DecodeError(msg)
    for code, unit, scaler, data in _REGISTER.iter_unpack(registers):
        yield from _reading((code[0], code[1], code[2]), unit, scaler, data, meter)


def _format_2(payload: bytes) -> Iterator[Reading]:
    tuples = list(_tuples(payload[2:]))
    meter = next((_obis.meter_number(data) for kind, data in tuples if kind in _NUMBERS), "")
    for kind, data in tuples:
        if kind in _CODES:
            if not _VALUE_HEAD < len(data) <= _VALUE_HEAD + _LONGEST_VALUE:
                msg = f"tuple {kind:02X} has {len(data)} bytes"
                raise DecodeError(msg)
            unit, scaler = struct.unpack_from(">Bb", data)
            yield from _reading(_CODES[kind], unit, scaler, data[_VALUE_HEAD:], meter)


def _tuples(rest: bytes) -> Iterator[tuple[int, bytes]]:
    """Give identity and data of each tuple; there may be more than the number says."""
    while rest:
        end = _TUPLE_HEAD + int.from_bytes(rest[1:2])
        if len(rest) < max(end, _TUPLE_HEAD):
            msg = f"tuple {rest[0]:02X} is cut off"
            raise DecodeError(msg)
        yield rest[0], rest[_TUPLE_HEAD:end]
        rest = rest[end:]


def _reading(
    code: _obis.Code, unit: int, scaler: int, data: bytes, meter: str
) -> Iterator[Reading]:
    if known := _obis.known(code):
        yield from _obis.reading(code, _obis.number(data, known[0]), scaler, unit, meter)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="ebz_dd3",
        manufacturer="eBZ",
        model="DD3",
        medium=Medium.ELECTRICITY,
        quantities=_obis.QUANTITIES,
        decode=_decode,
        names=("eBZ", "eBZ DD3 LoRa", "eBZ LoRaWAN"),
    ),
)
