"""KLAX by Alpha-Omega Technology (formerly Comtac): reads electricity meters.

Optically (SML, IEC 62056-21, Logarex, eBZ, Tritschler) or over Modbus. Most significant byte
first. Header of two bytes: version and type; connection test, mode and battery. Then, by fPort,
3: message number, part and number of parts, and blocks; each part stands for itself
100: interval in minutes between stored values
101: version of the firmware
103: registers found in the meter
104: the four registers that are read, 105: the same for Modbus
Sources: ZennerIoT/element-parsers lib/comtac_klax.ex, TheThingsNetwork/lorawan-devices
vendor/alpha-omega-technology.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import batched
from math import inf, isfinite
import struct
from typing import Final

from ..model import (
    Codec,
    DecodeError,
    Medium,
    Quantity,
    Reading,
    Remember,
    Setting,
    Told,
    Uplink,
)
from . import _obis
from ._checks import checked
from ._layout import FORM, layout
from ._settings import interval

_SHORTEST: Final[Mapping[int, int]] = {3: 4, 100: 4, 101: 4, 103: 4, 104: 15, 105: 4}
"""Bytes of a message by fPort."""
_MEASUREMENT, _CONFIGURATION, _REGISTERS_SET = 3, 100, 104
_HEAD: Final = 2
_BLOCKS: Final = 4
_OPTICAL, _MODBUS = 0, 1
"""Types of device."""

_FILTERS: Final = 4
_DEFAULT: Final[tuple[_obis.Code, ...]] = ((1, 8, 0), (2, 8, 0), (1, 29, 0), (2, 29, 0))
"""The registers that are read unless others were set; x.29.0 are sums of an interval."""
_MEMORY: Final = "registers"
_INTERVAL: Final = "interval"
_INTERVALS: Final = range(1, 50_001)
"""Minutes."""

_ENERGIES: Final = frozenset(
    {
        Quantity.ENERGY,
        Quantity.ENERGY_EXPORT,
        Quantity.ENERGY_REACTIVE,
        Quantity.ENERGY_REACTIVE_EXPORT,
    }
)

_UNITS: Final[Mapping[int, int]] = {
    1: _obis.WH,
    2: _obis.W,
    3: _obis.V,
    4: _obis.A,
    5: _obis.HZ,
    6: _obis.VARH,
    7: _obis.VAR,
    9: _obis.VA,
}


@dataclass(frozen=True, slots=True)
class _Register:
    """Values of one register, the newest first; None was not read."""

    filter: int
    values: Sequence[float | None]
    unit: int | None = None
    """None: a person said what the register means."""


type _Read = Callable[[bytes], Iterable[_Register]]
type _Meaning = tuple[Quantity, int, Callable[[float], float]]
"""Quantity, channel, and how a number becomes one in our unit."""


def _decode(uplink: Uplink) -> Iterable[Told]:
    payload, f_port = uplink.payload, uplink.f_port
    if f_port not in _SHORTEST:
        msg = f"fPort {f_port} is none of a KLAX"
        raise DecodeError(msg)
    if len(payload) < _SHORTEST[f_port]:
        msg = f"{len(payload)} bytes are too few"
        raise DecodeError(msg)
    version, kind = payload[0] >> 2, payload[0] & 3
    if kind not in {_OPTICAL, _MODBUS}:
        msg = f"device type {kind} is not known"
        raise DecodeError(msg)
    battery = 20 * (payload[1] & 0x07) if version else 10 * (payload[1] & 0x0F)
    told: Iterable[Told] = ()
    meter = ""
    if f_port == _MEASUREMENT:
        registers, meter = _blocks(version, payload[_BLOCKS:])
        told = _readings(uplink, registers, meter)
    elif f_port == _CONFIGURATION:
        told = _remembered_interval(int.from_bytes(payload[_HEAD:4]))
    elif f_port == _REGISTERS_SET:
        told = _remembered_registers(payload[_HEAD + 1 : _HEAD + 1 + 3 * _FILTERS])
    return checked(uplink, (*told, Reading(Quantity.BATTERY, battery, meter=meter)))


def _remembered_interval(minutes: int) -> Iterator[Remember]:
    if minutes in _INTERVALS:
        yield Remember(_INTERVAL, str(minutes))


def _remembered_registers(codes: bytes) -> Iterator[Remember]:
    yield Remember(_MEMORY, codes.hex())


def _codes(uplink: Uplink) -> Sequence[_obis.Code]:
    """Give the registers that the device reads, as far as it told."""
    if text := uplink.memory.get(_MEMORY):
        c, d, e = (bytes.fromhex(text)[place::3] for place in range(3))
        return list(zip(c, d, e, strict=True))
    return _DEFAULT


def _step(uplink: Uplink) -> timedelta:
    told = uplink.memory.get(_INTERVAL, "15")
    return interval(uplink, timedelta(minutes=int(told)))


def _readings(uplink: Uplink, registers: Iterable[_Register], meter: str) -> Iterator[Reading]:
    step, now = _step(uplink), uplink.received_at
    times = (None, now - step, now - 2 * step, now - 3 * step)
    for register in registers:
        meaning = _meaning(uplink, register)
        if meaning is None:
            continue
        quantity, channel, ours = meaning
        # Negative energies occur in error.
        least = 0 if quantity in _ENERGIES else -inf
        for number, at in zip(register.values, times, strict=False):
            if number is not None and (value := ours(number)) >= least:
                yield Reading(quantity, value, channel, at, meter)


def _meaning(uplink: Uplink, register: _Register) -> _Meaning | None:
    """Give what a register means, None if that is none of our quantities."""
    if register.unit is not None:
        unit = _UNITS.get(register.unit, register.unit)
        known = _obis.told_in(_codes(uplink)[register.filter], unit)
        return (*known, partial(_obis.value, known[0])) if known else None
    entries = layout(uplink)
    entry = entries[register.filter] if register.filter < len(entries) else None
    return (entry.quantity, entry.channel, entry.value) if entry else None


def _past(values: Sequence[float]) -> tuple[float | None, ...]:
    """Leave out zeros of the past: version 0 has no other sign of a value that was not read."""
    return tuple(None if place and not value else value for place, value in enumerate(values))


def _marked(values: Iterable[float], valid: int) -> tuple[float | None, ...]:
    """Leave out values whose bit is not set."""
    return tuple(
        value if valid >> place & 1 and isfinite(value) else None
        for place, value in enumerate(values)
    )


def _pair(body: bytes) -> Iterator[_Register]:
    """Read two registers of version 0, side by side, each with four values."""
    for place, values in enumerate(batched(struct.unpack(">8i", body[2:]), 4, strict=True)):
        mask, unit = body[0] >> 4 * place & 0x0F, body[1] >> 4 * place & 0x0F
        if mask & 0x01 and mask & 0x08:
            yield _Register(mask >> 1 & 3, _past(values), unit)


def _single(body: bytes) -> Iterator[_Register]:
    """Read one register of version 1 with four values."""
    if body[0] & 0x01:
        values = _marked(struct.unpack(">4f", body[2:]), body[1])
        yield _Register(body[0] >> 1 & 3, values, body[0] >> 4)


def _present(numbers: struct.Struct) -> _Read:
    """Read the present values of all four registers."""

    def read(body: bytes) -> Iterator[_Register]:
        units = int.from_bytes(body[1:3], "little")
        for number, value in enumerate(numbers.unpack(body[3:])):
            if body[0] >> number & 1:
                valid = body[0] >> (4 + number) & 1
                yield _Register(number, _marked((value,), valid), units >> 4 * number & 0x0F)

    return read


_FORMATS: Final[Mapping[int, str]] = {0: "d", 1: "h", 2: "H", 3: "i", 4: "I", 5: "f"}
"""Types of registers of Modbus."""


def _modbus(body: bytes) -> Iterator[_Register]:
    """Read a register of Modbus with four values."""
    kind, valid = body[0] >> 4, body[1] & 0x0F
    if not (body[0] & 0x01 and valid):
        return
    numbers = struct.Struct(f">4{_FORMATS.get(kind, 'x')}")
    if numbers.size != len(body) - 2:
        msg = f"registers of type {kind} have not {(len(body) - 2) // 4} bytes"
        raise DecodeError(msg)
    yield _Register(body[0] >> 1 & 3, _marked(numbers.unpack(body[2:]), valid))


def _ignore(body: bytes) -> tuple[_Register, ...]:
    """Leave out what is no register."""
    del body
    return ()


_SERVER_ID: Final = 3

_COMMON: Final[Mapping[int, tuple[int, _Read]]] = {
    _SERVER_ID: (10, _ignore),
    4: (10, _modbus),
    5: (18, _modbus),
    6: (34, _modbus),
    7: (1, _ignore),
    8: (4, _ignore),
}
_VERSION_0: Final = {**_COMMON, 1: (34, _pair), 2: (19, _present(struct.Struct(">4i")))}
_LATER: Final = {**_COMMON, 1: (18, _single), 2: (19, _present(struct.Struct(">4f")))}
"""Blocks of a measurement by their first byte: length of the rest, and how to read it."""


def _blocks(version: int, data: bytes) -> tuple[list[_Register], str]:
    """Give all registers, and the number of the meter."""
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
            meter = _obis.meter_number(body)
        position += 1 + length
    return registers, meter


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="klax",
        manufacturer="Alpha-Omega Technology",
        model="KLAX",
        medium=Medium.ELECTRICITY,
        quantities=_obis.QUANTITIES | {Quantity.BATTERY},
        decode=_decode,
        names=("KLAX 2.0", "KLAX2", "Comtac KLAX", "KLAX Modbus", "Modbus KLAX"),
        catalogue=("alpha-omega-technology/klax",),
        # The integers of version 0; later versions send floating point numbers.
        modulus=dict.fromkeys(_ENERGIES, 2**31 / 1000),
        settings=(Setting.INTERVAL, Setting.LAYOUT),
        layout=FORM,
    ),
)
