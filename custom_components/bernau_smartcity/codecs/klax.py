"""KLAX by Alpha-Omega Technology (formerly Comtac): reads electricity meters optically.

fPort 3 measurement; 100, 101 and 103 to 105 tell the configuration. Most
significant byte first. Header of two bytes: version and type; battery. Sources:
ZennerIoT/element-parsers lib/comtac_klax.ex, TheThingsNetwork/lorawan-devices
vendor/alpha-omega-technology.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from math import isfinite
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._settings import interval

_MEASUREMENT: Final = 3
_CONFIGURATION: Final = frozenset({100, 101, 103, 104, 105})
_HEAD: Final = 4
"""Header, and on fPort 3 the message index and which part of how many this is."""
_TYPES: Final = 2
"""0 reads meters optically, 1 is the Modbus KLAX."""

_WH: Final = 1
"""Unit code; registers in other units are not those of energy."""
_REGISTERS: Final[Mapping[int, Quantity]] = {0: Quantity.ENERGY, 1: Quantity.ENERGY_EXPORT}
"""By filter number: 1.8.0 and 2.8.0; 2 and 3 are 1.29.0 and 2.29.0, sums of an interval."""


@dataclass(frozen=True, slots=True)
class _Register:
    """Values of one register in Wh, the newest first; None was not read."""

    number: int
    values: Sequence[float | None]


type _Read = Callable[[bytes], Iterable[_Register]]


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if uplink.f_port not in {_MEASUREMENT, *_CONFIGURATION}:
        msg = f"fPort {uplink.f_port} is none of a KLAX"
        raise DecodeError(msg)
    if len(payload) < _HEAD:
        msg = f"{len(payload)} bytes are too few"
        raise DecodeError(msg)
    version, kind = payload[0] >> 2, payload[0] & 3
    if kind >= _TYPES:
        msg = f"device type {kind} is not known"
        raise DecodeError(msg)
    battery = 20 * (payload[1] & 0x07) if version else 10 * (payload[1] & 0x0F)
    registers, meter = (
        _blocks(version, payload[_HEAD:]) if uplink.f_port == _MEASUREMENT else ([], "")
    )
    readings = _readings(registers, meter, uplink.received_at, interval(uplink, _QUARTER))
    return checked(uplink, (*readings, Reading(Quantity.BATTERY, battery, meter=meter)))


_QUARTER: Final = timedelta(minutes=15)


def _readings(
    registers: Iterable[_Register], meter: str, now: datetime, step: timedelta
) -> Iterator[Reading]:
    for register in registers:
        for place, value in enumerate(register.values):
            # A zero of the past means "not read". Negative values occur in error.
            if value is None or value < 0 or (place and not value):
                continue
            at = now - place * step if place else None
            yield Reading(_REGISTERS[register.number], value / 1000, 0, at, meter)


def _integers(data: bytes) -> tuple[float, ...]:
    return struct.unpack(f">{len(data) // 4}i", data)


def _floats(data: bytes) -> tuple[float, ...]:
    return struct.unpack(f">{len(data) // 4}f", data)


def _energy(number: int, unit: int, values: Sequence[float], valid: int) -> Iterator[_Register]:
    """Give a register of energy, with the values whose bit in `valid` is set."""
    if number in _REGISTERS and unit == _WH:
        usable = (
            value if valid >> place & 1 and isfinite(value) else None
            for place, value in enumerate(values)
        )
        yield _Register(number, tuple(usable))


def _pair(body: bytes) -> Iterator[_Register]:
    """Read two registers of version 0, side by side, each with four values."""
    values = batched(_integers(body[2:]), 4, strict=True)
    for place, four in enumerate(values):
        mask, unit = body[0] >> 4 * place & 0x0F, body[1] >> 4 * place & 0x0F
        if mask & 0x01:
            yield from _energy(mask >> 1 & 3, unit, four, 0x0F if mask & 0x08 else 0)


def _single(body: bytes) -> Iterator[_Register]:
    """Read one register of version 1 with four values."""
    if body[0] & 0x01:
        yield from _energy(body[0] >> 1 & 3, body[0] >> 4, _floats(body[2:]), body[1] & 0x0F)


def _present(numbers: Callable[[bytes], tuple[float, ...]]) -> _Read:
    """Read four registers with their present value."""

    def read(body: bytes) -> Iterator[_Register]:
        units = int.from_bytes(body[1:3], "little")
        for number, value in enumerate(numbers(body[3:])):
            if body[0] >> number & 1:
                valid = body[0] >> (4 + number) & 1
                yield from _energy(number, units >> 4 * number & 0x0F, (value,), valid)

    return read


def _ignore(body: bytes) -> tuple[_Register, ...]:
    """Leave out registers of Modbus: what they mean is configuration of the device."""
    del body
    return ()


_SERVER_ID: Final = 3

_COMMON: Final[Mapping[int, tuple[int, _Read]]] = {
    _SERVER_ID: (10, _ignore),
    4: (10, _ignore),
    5: (18, _ignore),
    6: (34, _ignore),
    7: (1, _ignore),
    8: (4, _ignore),
}
_VERSION_0: Final = {**_COMMON, 1: (34, _pair), 2: (19, _present(_integers))}
_LATER: Final = {**_COMMON, 1: (18, _single), 2: (19, _present(_floats))}
"""Blocks of a measurement by their first byte: length of the rest, and how to read it."""


def _blocks(version: int, data: bytes) -> tuple[list[_Register], str]:
    """Give all registers of energy, and the number of the meter."""
    table = _LATER if version else _VERSION_0
    registers: list[_Register] = []
    meter = ""
    position = 0
    while position < len(data):
        tag = data[position]
        if tag not in table:
            msg = f"block {tag} is not known"
            raise DecodeError(msg)
        length, read = table[tag]
        body = data[position + 1 : position + 1 + length]
        if len(body) < length:
            msg = f"block {tag} has {len(body)} bytes instead of {length}"
            raise DecodeError(msg)
        registers += read(body)
        if tag == _SERVER_ID:
            meter = _number(body)
        position += 1 + length
    return registers, meter


def _number(server_id: bytes) -> str:
    """Give the number on the meter's plate (DIN 43863-5), such as 1EMH0007273743."""
    maker = server_id[2:5].decode("latin-1")
    if server_id[0] in {0x09, 0x0A} and maker.isascii() and maker.isalpha():
        number = int.from_bytes(server_id[6:])
        return f"{server_id[1]}{maker}{server_id[5]:02X}{number:08d}"
    return server_id.hex() if server_id.strip(b"\x00\xff") else ""


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="klax",
        manufacturer="Alpha-Omega Technology",
        model="KLAX",
        medium=Medium.ELECTRICITY,
        quantities=frozenset({Quantity.ENERGY, Quantity.ENERGY_EXPORT, Quantity.BATTERY}),
        decode=_decode,
        names=("KLAX 2.0", "KLAX2", "Comtac KLAX"),
        catalogue=("alpha-omega-technology/klax",),
        # The integers of version 0; later versions send floating point numbers.
        modulus={
            Quantity.ENERGY: 2**31 / 1000,
            Quantity.ENERGY_EXPORT: 2**31 / 1000,
        },
        settings=(Setting.INTERVAL,),
    ),
)
