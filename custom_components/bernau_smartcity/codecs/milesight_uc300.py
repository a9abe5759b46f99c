"""Milesight UC300: controller with four pulse or contact inputs, analog inputs and Modbus.

Elements of `_milesight`. The channel is the number of the input. What its Modbus
channels 1 to 32 mean is a layout. Source: Milesight-IoT/SensorDecoders
uc-series/uc300.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
import struct
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Setting, Uplink
from . import _milesight, _milesight_modbus, _registers
from ._checks import checked
from ._registers import Register


def _scaled(quantity: Quantity, number: int, layout: str, divisor: float) -> _milesight.Read:
    """Read the number that the data begins with; extremes and an average may follow."""

    def read(data: bytes) -> Iterator[Reading]:
        (value,) = struct.unpack_from(layout, data)
        if isfinite(value):
            yield Reading(quantity, value / divisor, number)

    return read


def _stored_input(number: int) -> _milesight.Read:
    """Read whether an input counts, and its count or state."""

    def read(data: bytes) -> Iterator[Reading]:
        kind = _milesight.pulses if data[0] else _milesight.contact
        yield from kind(number)(data[1:])

    return read


def _modbus(data: bytes) -> Iterator[Register]:
    """Read the channel from 0, size and kind of a number, and the number."""
    yield Register(data[0] + 1, _milesight_modbus.number(data[2], data[3:]))


def _modbus_size(data: bytes) -> int:
    return 3 + _milesight_modbus.size(data[2])


_INPUTS: Final = range(1, 5)
_PAIR: Final = range(1, 3)

_HISTORY: Final[Sequence[tuple[int, _milesight.Read]]] = (
    *((5, _stored_input(number)) for number in _INPUTS),
    *((1, _milesight.nothing) for _ in _PAIR),  # outputs
    *((2, _scaled(Quantity.TEMPERATURE, number, "<e", 1)) for number in _PAIR),
    *((8, _scaled(Quantity.CURRENT, number, "<e", 1000)) for number in _PAIR),
    *((8, _scaled(Quantity.VOLTAGE, number, "<e", 1)) for number in _PAIR),
    (48, _milesight.nothing),  # text
)
"""What may be stored, by the bits of a mask: length, and how to read it."""
_HISTORY_HEAD: Final = 6
"""Time and mask."""


def _kept(data: bytes) -> Iterator[tuple[int, _milesight.Read]]:
    mask = int.from_bytes(data[4:_HISTORY_HEAD], "little")
    return (each for bit, each in enumerate(_HISTORY) if mask >> bit & 1)


def _history_size(data: bytes) -> int:
    return _HISTORY_HEAD + sum(length for length, _ in _kept(data))


def _history(data: bytes) -> Iterator[Reading]:
    begin = _HISTORY_HEAD
    for length, read in _kept(data):
        yield from _milesight.stored(data, read(data[begin : begin + length]))
        begin += length


_ELEMENTS: Final[_milesight.Elements[Reading | Register]] = {
    **_milesight.NAMEPLATE,
    **{(2 + number, 0x00): (1, _milesight.contact(number)) for number in _INPUTS},
    **{(2 + number, 0xC8): (4, _milesight.pulses(number)) for number in _INPUTS},
    **{(6 + number, 0x01): (1, _milesight.nothing) for number in _PAIR},  # outputs
    **{
        (8 + number, 0x67): (2, _scaled(Quantity.TEMPERATURE, number, "<h", 10)) for number in _PAIR
    },
    **{(8 + number, 0xE2): (8, _scaled(Quantity.TEMPERATURE, number, "<e", 1)) for number in _PAIR},
    # Four bytes, of which the device fills two: hundredths of mA and V.
    **{(10 + number, 0x02): (4, _scaled(Quantity.CURRENT, number, "<H", 1e5)) for number in _PAIR},
    **{(10 + number, 0xE2): (8, _scaled(Quantity.CURRENT, number, "<e", 1000)) for number in _PAIR},
    **{(12 + number, 0x02): (4, _scaled(Quantity.VOLTAGE, number, "<H", 100)) for number in _PAIR},
    **{(12 + number, 0xE2): (8, _scaled(Quantity.VOLTAGE, number, "<e", 1)) for number in _PAIR},
    (0xFF, 0x15): (1, _milesight.nothing),  # a Modbus channel could not be read
    (0xFF, 0x19): (_modbus_size, _modbus),
    (0x20, 0xDC): (_history_size, _history),
    (0x20, 0xDD): (_milesight_modbus.stored_size(8), _milesight_modbus.stored(8)),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    told = _milesight.decode(uplink.payload, _ELEMENTS)
    return checked(uplink, _registers.explained(uplink, told))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="milesight_uc300",
        manufacturer="Milesight",
        model="UC300",
        medium=Medium.UNKNOWN,
        quantities=_registers.QUANTITIES | {Quantity.CONTACT, Quantity.RESTART},
        decode=_decode,
        catalogue=("milesight-iot/uc300",),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT, Setting.LAYOUT),
        layout=_registers.UNTYPED,
    ),
)
