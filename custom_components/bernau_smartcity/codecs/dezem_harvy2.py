"""dezem HarvyLR 2: current clamps that power themselves, with a voltage input if there is CT+.

Least significant byte first, half-precision numbers, flags that tell what follows. By fPort,
6: everything at fixed places
10: present values; with CT+, input 4 is the voltage and inputs 1 to 3 have a power factor
30: seconds counted, energies and power factors of inputs 1 to 3
31: seconds counted, charges of inputs 1 to 4
99: start of the device
Source: actility/device-catalog vendors/dezem.
"""

from collections.abc import Iterable, Iterator
from enum import IntFlag
from math import isfinite, sqrt
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked

_INPUTS: Final = range(1, 5)
_PHASES: Final = range(1, 4)
_RESERVED: Final = 4
_FIXED: Final = struct.Struct("<2xHh4H8x4HH3b")
_STARTED: Final = 4
_POWERS: Final = (Quantity.POWER, Quantity.POWER_REACTIVE, Quantity.POWER_APPARENT)
_HALF, _SHORT, _BYTE, _LONG, _SECONDS = (
    struct.Struct(f"<{form}") for form in ("e", "H", "B", "i", "I")
)


class _Device(IntFlag):
    """First byte of flags on fPort 10."""

    SUPPLY = 0x02
    TEMPERATURE = 0x04


class _Mode(IntFlag):
    """Second byte of flags on fPort 10."""

    CT_PLUS = 0x01


class _Input(IntFlag):
    """A byte of flags for each input on fPort 10."""

    ALTERNATING = 0x01
    DIRECT = 0x02
    FREQUENCY = 0x04
    SCALED = 0x08
    VOLTAGE = 0x10


class _Counted(IntFlag):
    """A byte of flags for each input on fPorts 30 and 31."""

    SUM = 0x01
    POWER_FACTOR = 0x02


class _Fields:
    """Takes one field after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, number: struct.Struct) -> float:
        data, self._data = self._data[: number.size], self._data[number.size :]
        if len(data) < number.size:
            msg = "fields are cut off"
            raise DecodeError(msg)
        return float(number.unpack(data)[0])

    def flags(self, count: int) -> list[int]:
        return [int(self.take(_BYTE)) for _ in range(count)]

    def close(self) -> None:
        if self._data:
            msg = f"{len(self._data)} bytes behind the fields"
            raise DecodeError(msg)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    fields = _Fields(payload)
    match uplink.f_port:
        case 6 if len(payload) >= _FIXED.size:
            return checked(uplink, _fixed(payload))
        case 10:
            return checked(uplink, _present(fields))
        case 30:
            return checked(uplink, _counted(fields, Quantity.ENERGY, _PHASES))
        case 31:
            return checked(uplink, _counted(fields, Quantity.CHARGE, _INPUTS))
        case 99 if len(payload) >= _STARTED:
            return checked(uplink, (Reading(Quantity.RESTART, 1),))
    msg = f"{len(payload)} bytes on fPort {uplink.f_port} are none of a HarvyLR 2"
    raise DecodeError(msg)


def _fixed(payload: bytes) -> Iterator[Reading]:
    supply, degrees, *rest = _FIXED.unpack_from(payload)
    yield Reading(Quantity.BATTERY_VOLTAGE, supply / 1000)
    yield Reading(Quantity.TEMPERATURE, degrees / 10)
    amperes = {place: twentieths / 20 for place, twentieths in zip(_INPUTS, rest, strict=False)}
    for place in _INPUTS:
        yield Reading(Quantity.CURRENT, amperes[place], place)
        yield from _frequency(rest[len(_INPUTS) + place - 1], place)
    tenths, *hundredths = rest[2 * len(_INPUTS) :]
    if tenths:
        yield Reading(Quantity.VOLTAGE, tenths / 10, _INPUTS[-1])
    factors = [factor / 100 for factor in hundredths]
    yield from _powers(tenths / 10, amperes, factors)


def _present(fields: _Fields) -> Iterator[Reading]:
    device, mode, *inputs = fields.flags(2 + len(_INPUTS))
    fields.flags(_RESERVED)
    if device & _Device.SUPPLY:
        yield Reading(Quantity.BATTERY_VOLTAGE, round(fields.take(_BYTE) * 0.0075 + 1.8, 4))
    if device & _Device.TEMPERATURE:
        yield Reading(Quantity.TEMPERATURE, round(fields.take(_BYTE) * 0.4 - 22, 1))
    amperes: dict[int, float] = {}
    volts = 0.0
    for place, flags in zip(_INPUTS, inputs, strict=True):
        alternating = fields.take(_HALF) if flags & _Input.ALTERNATING else None
        if flags & _Input.DIRECT:
            fields.take(_HALF)
        if flags & _Input.FREQUENCY:
            yield from _frequency(fields.take(_SHORT), place)
        # Without it, the number is that on the other side of the transformer.
        factor = fields.take(_HALF) if flags & _Input.SCALED else None
        if alternating is None or factor is None or not isfinite(alternating * factor):
            continue
        if flags & _Input.VOLTAGE:
            volts = alternating * factor * 1000
            yield Reading(Quantity.VOLTAGE, round(volts, 2), place)
        else:
            amperes[place] = alternating * factor
            yield Reading(Quantity.CURRENT, round(amperes[place], 3), place)
    if mode & _Mode.CT_PLUS:
        yield from _powers(volts, amperes, [fields.take(_HALF) for _ in _PHASES])
    fields.close()


def _frequency(hundredths: float, place: int) -> Iterator[Reading]:
    # It is 0 where no current flows.
    if hundredths:
        yield Reading(Quantity.FREQUENCY, hundredths / 100, place)


def _powers(volts: float, amperes: dict[int, float], factors: Iterable[float]) -> Iterator[Reading]:
    """Give what follows from the voltage, if there is one."""
    sums: dict[Quantity, float] = dict.fromkeys(_POWERS, 0.0)
    is_complete = True
    for place, factor in zip(_PHASES, factors, strict=True):
        # Without a current, the power factor may be no number or beyond 1.
        if not volts or place not in amperes or not abs(factor) <= 1:
            is_complete = False
            continue
        yield Reading(Quantity.POWER_FACTOR, round(factor, 4), place)
        for quantity, part in zip(_POWERS, (factor, sqrt(1 - factor**2), 1), strict=True):
            power = volts * amperes[place] * part
            sums[quantity] += power
            yield Reading(quantity, round(power, 2), place)
    if is_complete:
        for quantity, power in sums.items():
            yield Reading(quantity, round(power, 2))


def _counted(fields: _Fields, quantity: Quantity, places: range) -> Iterator[Reading]:
    flags = fields.flags(len(places))
    fields.take(_SECONDS)
    for place, on in zip(places, flags, strict=True):
        if on & _Counted.SUM:
            yield Reading(quantity, fields.take(_LONG) / 100, place)
        if quantity is Quantity.ENERGY and on & _Counted.POWER_FACTOR:
            factor = fields.take(_HALF)
            if abs(factor) <= 1:
                yield Reading(Quantity.POWER_FACTOR, round(factor, 3), place)
    fields.close()


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="dezem_harvy2",
        manufacturer="dezem",
        model="HarvyLR 2",
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                *(Quantity.ENERGY, Quantity.CHARGE, Quantity.CURRENT, Quantity.VOLTAGE),
                *(*_POWERS, Quantity.POWER_FACTOR, Quantity.FREQUENCY),
                *(Quantity.BATTERY_VOLTAGE, Quantity.TEMPERATURE, Quantity.RESTART),
            }
        ),
        decode=_decode,
        names=("Harvy2", "HarvyLR2", "Harvy 2"),
        catalogue=("dezem/harvy2",),
    ),
)
