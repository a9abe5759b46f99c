"""Ewattch Squid and SquidPRO: electricity meters with up to twelve clamps.

Any fPort, least significant byte first: kind of message (0 measured, others on the device), length
of the rest, then objects: type (bit 7: error, bit 0: socket and channel follow) and data.
Type 40 tells how many clamps and which quantity, 48 the charges of twelve. Source:
actility/device-catalog vendors/ewattch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._values import Value

_HEAD: Final = 2
_MEASURED: Final = 0
_ERROR, _PLACED, _TYPE = 0x80, 0x01, 0x7E
_CHANNEL: Final = 0x1F
_CLAMPS, _TWELVE = 0x40, 0x48

_CHARGE: Final = Value(3, Quantity.CHARGE, 0, 100)
_CURRENT: Final = Value(3, Quantity.CURRENT, 0, 1000)
_MEASURES: Final[Mapping[int, Sequence[Value]]] = {
    0x0: (_CHARGE,),
    0x1: (_CURRENT,),
    0x2: (_CHARGE, _CURRENT),
    0x3: (Value(3, Quantity.ENERGY, 0, 100),),
    0x4: (Value(3, Quantity.POWER, signed=True),),
    0x5: (Value(3, Quantity.ENERGY_EXPORT, 0, 100),),
    0x6: (Value(3, Quantity.ENERGY_REACTIVE, 0, 100),),
    0x7: (Value(3, Quantity.ENERGY_REACTIVE_EXPORT, 0, 100),),
    0x8: (Value(3, Quantity.POWER_REACTIVE, signed=True),),
    0x9: (Value(3),),  # apparent energy
    0xA: (Value(2, Quantity.VOLTAGE, 0, 10),),
    0xB: (Value(3, Quantity.POWER_APPARENT),),
    0xC: (Value(2, Quantity.FREQUENCY, 0, 100),),
}
_OTHERS: Final[Mapping[int, Value]] = {
    0x00: Value(2, Quantity.TEMPERATURE, 0, 100, signed=True),
    0x04: Value(1, Quantity.HUMIDITY, 0, 2),
    # Pressure and quality of the air, counters, times, light and motion.
    **dict.fromkeys((0x06, 0x08, 0x0C, 0x10, 0x14), Value(2)),
    0x0E: Value(3),
    # Digital and analogue inputs.
    **dict.fromkeys((0x20, 0x22, 0x24, 0x26), Value(1)),
    0x28: Value(3),
    0x74: Value(1),  # battery, on a scale that is not told
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if len(payload) < _HEAD or payload[1] != len(payload) - _HEAD:
        msg = f"{len(payload)} bytes are not what the message tells"
        raise DecodeError(msg)
    if payload[0] != _MEASURED:
        return ()
    return checked(uplink, _objects(payload[_HEAD:]))


def _objects(rest: bytes) -> Iterator[Reading]:
    failed = False
    while rest:
        head = rest[0]
        behind = 2 if head & _PLACED else 1
        channel = int.from_bytes(rest[1:2]) & _CHANNEL if head & _PLACED else 0
        kind, data = head & _TYPE, rest[behind:]
        if head & _ERROR:
            # A code of one byte instead of the data.
            failed = True
            values: Sequence[Value] = (Value(1),)
        else:
            values, behind_kind = _values(kind, data)
            data = data[behind_kind:]
        size = sum(value.size for value in values)
        if len(data) < size:
            msg = f"object {kind:02X} has {len(data)} bytes instead of {size}"
            raise DecodeError(msg)
        yield from _read(values, data, channel)
        rest = data[size:]
    yield Reading(Quantity.FAULT, failed)


def _values(kind: int, data: bytes) -> tuple[Sequence[Value], int]:
    """Give the values of an object, and how many bytes in front of them tell which."""
    if kind == _TWELVE:
        return (_CHARGE,) * 12, 0
    if kind in _OTHERS:
        return (_OTHERS[kind],), 0
    measure = int.from_bytes(data[:1]) & 0x0F
    if kind != _CLAMPS or not data or measure not in _MEASURES:
        msg = f"object {kind:02X} or its measure {measure:X} is not known"
        raise DecodeError(msg)
    count = int.from_bytes(data[:1]) >> 4
    return [value for value in _MEASURES[measure] for _ in range(count)], 1


def _read(values: Sequence[Value], data: bytes, channel: int) -> Iterator[Reading]:
    """Read values of clamps, which begin at 1 anew for each quantity, or a single one."""
    clamps: dict[Value, int] = {}
    for value in values:
        place = clamps[value] = clamps.get(value, channel) + 1
        number, data = data[: value.size], data[value.size :]
        is_single = value in _OTHERS.values()
        for reading in value.read(number, "little"):
            yield Reading(reading.quantity, reading.value, channel if is_single else place)


def _codec(model: str, *names: str) -> Codec:
    return Codec(
        key=f"ewattch_{model.lower()}",
        manufacturer="Ewattch",
        model=model,
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                *(v.quantity for values in _MEASURES.values() for v in values if v.quantity),
                *(value.quantity for value in _OTHERS.values() if value.quantity),
                Quantity.FAULT,
            }
        ),
        decode=_decode,
        names=names,
        modulus=dict.fromkeys(
            (
                Quantity.CHARGE,
                Quantity.ENERGY,
                Quantity.ENERGY_EXPORT,
                Quantity.ENERGY_REACTIVE,
                Quantity.ENERGY_REACTIVE_EXPORT,
            ),
            2**24 / 100,
        ),
    )


CODECS: Final[tuple[Codec, ...]] = (_codec("Squid", "Squid/SquidPRO", "SquidPRO", "Squid PRO"),)
