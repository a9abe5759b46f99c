"""YOBIIQ EM2101 and EM4301: electricity meters with LoRaWAN.

fPort 1 to 10, most significant byte first: running number, type and value of each field. With
the meter's clock (01) and the time at which the values were stored (03). fPort 11 tells the
relay and the input, 50 the device, 60 what happened to the relay. A message of one byte
answers a command. Source: TheThingsNetwork/lorawan-devices vendor/yobiiq.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._times import EARLIEST, unix
from ._values import Value

_MEASURED: Final = range(1, 11)
_STATE, _INFORMATION, _EVENTS = 11, 50, 60
_HEAD: Final = 2

_CLOCK, _STORED = 0x01, 0x03
_MODBUS_ERROR: Final = b"\x0b\x0a"
"""As the eleventh field, the error of Modbus instead of a register."""
_ERROR: Final = -1

_FIELDS: Final[Mapping[int, Value]] = {
    _ERROR: Value(1),
    0x00: Value(4),  # number of the stored values
    _CLOCK: Value(4),
    _STORED: Value(4),
    **{0x03 + tariff: Value(4, Quantity.ENERGY, tariff, 1000) for tariff in (1, 2)},
    **{0x05 + tariff: Value(4, Quantity.ENERGY_EXPORT, tariff, 1000) for tariff in (1, 2)},
    **{0x07 + tariff: Value(4, Quantity.ENERGY_REACTIVE, tariff, 1000) for tariff in (1, 2)},
    **{0x09 + tariff: Value(4, Quantity.ENERGY_REACTIVE_EXPORT, tariff, 1000) for tariff in (1, 2)},
    **{0x0B + phase: Value(4, Quantity.VOLTAGE, phase, 10, signed=True) for phase in (1, 2, 3)},
    **{0x0F + phase: Value(4, Quantity.CURRENT, phase, 1000, signed=True) for phase in range(4)},
    **{0x13 + phase: Value(4, Quantity.POWER, phase, signed=True) for phase in range(4)},
    **{0x16 + phase: Value(4, Quantity.POWER_REACTIVE, phase, signed=True) for phase in (1, 2, 3)},
    **{0x19 + phase: Value(4, Quantity.POWER_APPARENT, phase, signed=True) for phase in (1, 2, 3)},
    **{
        0x1C + phase: Value(1, Quantity.POWER_FACTOR, phase, 100, signed=True)
        for phase in (1, 2, 3)
    },
    # Angles of the phases.
    **dict.fromkeys((0x20, 0x21, 0x22), Value(2)),
    0x23: Value(2, Quantity.FREQUENCY, 0, 100, signed=True),
    0x24: Value(4),  # power of the system, in a unit that is not certain
    0x25: Value(4, Quantity.POWER_REACTIVE),
    0x26: Value(4, Quantity.POWER_APPARENT),
    # Demands, mean power and year.
    **dict.fromkeys((0x27, 0x28, 0x29, 0x2A, 0x2B), Value(4)),
    # Year and versions.
    **dict.fromkeys((0xF0, 0xF1, 0xF2), Value(2)),
}

_POWER_EVENT: Final = 0x0B
_MODEL: Final = 0x28
"""Comes last, and tells no length."""
_INFORMATION_SIZES: Final[Mapping[int, int]] = {
    _MODEL: 0,
    0x00: 1,  # relay
    0x09: 2,
    0x0A: 2,
    _POWER_EVENT: 1,
    0x0F: 1,
    0x16: 4,
    0x1E: 2,
    0x1F: 1,
    0x20: 4,
    0x21: 2,
    # Limits and delays of the relay.
    **dict.fromkeys(range(0x3C, 0x44), 2),
    0x44: 1,
    **dict.fromkeys(range(0x50, 0x58), 2),
    0x58: 1,
}
_STATE_SIZES: Final[Mapping[int, int]] = {0x01: 1, 0x02: 1}
_INPUT: Final = 0x02
_EVENT_SIZES: Final[Mapping[int, int]] = {
    **dict.fromkeys((0x01, 0x02, 0x08), 1),
    **dict.fromkeys(range(0x03, 0x08), 4),
}


def _decode(uplink: Uplink, *, one_phase: bool) -> Iterable[Reading]:
    payload, port = uplink.payload, uplink.f_port
    if port not in {*_MEASURED, _STATE, _INFORMATION, _EVENTS}:
        msg = f"fPort {port} is none of an EM2101 or EM4301"
        raise DecodeError(msg)
    if not payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    if payload in {b"\x00", b"\x01"}:
        return ()
    if port in _MEASURED:
        return checked(uplink, _measured(payload, one_phase=one_phase))
    if port == _INFORMATION:
        return checked(uplink, _information(payload))
    sizes = _STATE_SIZES if port == _STATE else _EVENT_SIZES
    fields = list(_fields(payload, sizes))
    return checked(uplink, _inputs(fields) if port == _STATE else ())


def _fields(rest: bytes, sizes: Mapping[int, int]) -> Iterator[tuple[int, bytes]]:
    while rest:
        if rest.startswith(_MODBUS_ERROR) and len(rest) == len(_MODBUS_ERROR) + 1:
            yield _ERROR, rest[-1:]
            return
        kind = int.from_bytes(rest[1:2])
        size = sizes.get(kind, 0)
        end = _HEAD + size if size else len(rest)
        if kind not in sizes or len(rest) < end:
            msg = f"field {kind:02X} is not known or cut off"
            raise DecodeError(msg)
        yield kind, rest[_HEAD:end]
        rest = rest[end:]


_SIZES: Final[Mapping[int, int]] = {kind: value.size for kind, value in _FIELDS.items()}


def _measured(payload: bytes, *, one_phase: bool) -> Iterator[Reading]:
    fields = list(_fields(payload, _SIZES))
    if error := dict(fields).get(_ERROR):
        yield Reading(Quantity.FAULT, error != b"\x00")
        if error != b"\x00":
            # The numbers are not those of the meter.
            return
    times = {kind: unix(int.from_bytes(data)) for kind, data in fields if kind in {_CLOCK, _STORED}}
    clock = times.get(_CLOCK)
    at = times.get(_STORED, clock) if clock and clock >= EARLIEST else None
    if clock and at:
        yield Reading(Quantity.CLOCK, clock.timestamp(), at=clock)
    for kind, data in fields:
        for reading in _FIELDS[kind].read(data):
            is_of_phase = one_phase and reading.quantity not in _REGISTERS
            channel = 0 if is_of_phase else reading.channel
            yield Reading(reading.quantity, reading.value, channel, at)


_REGISTERS: Final = frozenset(
    {
        Quantity.ENERGY,
        Quantity.ENERGY_EXPORT,
        Quantity.ENERGY_REACTIVE,
        Quantity.ENERGY_REACTIVE_EXPORT,
    }
)


def _information(payload: bytes) -> Iterator[Reading]:
    for kind, data in _fields(payload, _INFORMATION_SIZES):
        if kind == _POWER_EVENT:
            yield Reading(Quantity.POWER_LOST, data == b"\x00")


def _inputs(fields: Iterable[tuple[int, bytes]]) -> Iterator[Reading]:
    for kind, data in fields:
        if kind == _INPUT:
            yield Reading(Quantity.CONTACT, data == b"\x01")


def _codec(model: str, *names: str, one_phase: bool) -> Codec:
    return Codec(
        key=f"yobiiq_{model.lower()}",
        manufacturer="YOBIIQ",
        model=model,
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                *(value.quantity for value in _FIELDS.values() if value.quantity),
                *(Quantity.CLOCK, Quantity.FAULT, Quantity.POWER_LOST, Quantity.CONTACT),
            }
        ),
        decode=partial(_decode, one_phase=one_phase),
        names=names,
        catalogue=(f"yobiiq/{model.lower()}",),
        modulus=dict.fromkeys(_REGISTERS, 2**32 / 1000),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec("EM2101", "P1002009", one_phase=True),
    _codec("EM4301", "P1002011", "EM4301-CT", one_phase=False),
)
