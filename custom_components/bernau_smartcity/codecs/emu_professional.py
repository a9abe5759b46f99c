"""EMU Professional II and Allrounder: electricity meters with LoRaWAN.

Any fPort, least significant byte first: Unix time of the stored values, then fields of type
and value, and CRC-8. A field 01 sets the time of those behind it. Two bytes or fewer are a
sign of life. Source: TheThingsNetwork/lorawan-devices vendor/emu.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import product
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._times import EARLIEST, unix
from ._values import Value

_SIGN_OF_LIFE: Final = 2
_POLYNOMIAL: Final = 0x07
_TIME, _NUMBER, _STATE, _SYSTEM_TIME = 0x01, 0xF1, 0xF0, 0xFE
_POWER_FAILED: Final = 0x20

_REGISTERS: Final = tuple(
    product(
        (
            Quantity.ENERGY,
            Quantity.ENERGY_EXPORT,
            Quantity.ENERGY_REACTIVE,
            Quantity.ENERGY_REACTIVE_EXPORT,
        ),
        (1, 2),
    )
)


def _registers(first: int, size: int, divisor: int) -> Iterator[tuple[int, Value]]:
    """Give the eight registers, as there are three times with another unit or size."""
    for place, (quantity, tariff) in enumerate(_REGISTERS):
        yield first + place, Value(size, quantity, tariff, divisor)


_FIELDS: Final[Mapping[int, Value]] = {
    0x00: Value(4),  # number of the stored values
    _TIME: Value(4),
    0x02: Value(4),  # time of the values before
    **dict(_registers(0x03, 4, 1000)),
    **{0x0B + phase: Value(4, Quantity.POWER, phase, signed=True) for phase in range(4)},
    **{0x0F + phase: Value(4, Quantity.CURRENT, phase, 1000, signed=True) for phase in range(4)},
    0x13: Value(4),  # current of the neutral conductor
    **{0x13 + phase: Value(4, Quantity.VOLTAGE, phase, 10, signed=True) for phase in range(1, 4)},
    **{
        0x16 + phase: Value(1, Quantity.POWER_FACTOR, phase, 100, signed=True)
        for phase in range(1, 4)
    },
    0x1A: Value(2, Quantity.FREQUENCY, 0, 10, signed=True),
    0x1B: Value(4),  # mean power
    **dict(_registers(0x1C, 4, 1)),
    **dict(_registers(0x24, 8, 1000)),
    _STATE: Value(1),
    _NUMBER: Value(4),
    0xF2: Value(4),  # number of the factory
    # Ratios of the transformers.
    **dict.fromkeys((0xF3, 0xF4, 0xF5, 0xF6), Value(2)),
    0xF7: Value(1),  # kind of meter
    # Years and versions.
    **dict.fromkeys((0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD), Value(4)),
    _SYSTEM_TIME: Value(4),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if 0 < len(payload) <= _SIGN_OF_LIFE:
        return ()
    if len(payload) <= 4 or _crc(payload):  # noqa: PLR2004 - a time and CRC-8
        msg = f"{len(payload)} bytes without a right CRC-8"
        raise DecodeError(msg)
    return checked(uplink, _readings(payload[:4], list(_fields(payload[4:-1]))))


def _crc(data: bytes) -> int:
    """Give CRC-8; 0 if the last byte is that of the others."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (_POLYNOMIAL if crc & 0x80 else 0)) & 0xFF
    return crc


def _fields(rest: bytes) -> Iterator[tuple[int, bytes]]:
    while rest:
        kind = rest[0]
        if kind not in _FIELDS:
            msg = f"field {kind:02X} is not known"
            raise DecodeError(msg)
        size = _FIELDS[kind].size
        data, rest = rest[1 : 1 + size], rest[1 + size :]
        if len(data) < size:
            msg = f"field {kind:02X} has {len(data)} bytes instead of {size}"
            raise DecodeError(msg)
        yield kind, data


def _readings(stored_at: bytes, fields: list[tuple[int, bytes]]) -> Iterator[Reading]:
    known = dict(fields)
    meter = known[_NUMBER][::-1].hex() if _NUMBER in known else ""
    clock = _unsigned(known.get(_SYSTEM_TIME, stored_at))
    is_set = unix(clock) >= EARLIEST
    if is_set:
        yield Reading(Quantity.CLOCK, clock, at=unix(clock), meter=meter)
    at = _moment(stored_at, is_set=is_set)
    for kind, data in fields:
        if kind == _TIME:
            at = _moment(data, is_set=is_set)
        elif kind == _STATE:
            yield Reading(Quantity.POWER_LOST, bool(data[0] & _POWER_FAILED), 0, at, meter)
        for reading in _FIELDS[kind].read(data, "little"):
            yield Reading(reading.quantity, reading.value, reading.channel, at, meter)


def _moment(data: bytes, *, is_set: bool) -> datetime | None:
    return unix(_unsigned(data)) if is_set else None


def _unsigned(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _codec(key: str, model: str, *names: str) -> Codec:
    return Codec(
        key=f"emu_professional{key}",
        manufacturer="EMU",
        model=model,
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                *(value.quantity for value in _FIELDS.values() if value.quantity),
                Quantity.CLOCK,
                Quantity.POWER_LOST,
            }
        ),
        decode=_decode,
        names=names,
        catalogue=("emu/emu-prof-ii",) if not key else (),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec("", "Professional II", "EMU Prof II", "EMU Professional II 3/100"),
    _codec("_allrounder", "Allrounder", "EMU Allrounder 3/75"),
)
