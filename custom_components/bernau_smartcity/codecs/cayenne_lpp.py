"""Cayenne LPP: elements of channel, type and value, for devices of any maker.

Most significant byte first. The channel of a reading is that of the element. What
numbers without a unit mean (analog inputs and outputs, generic) is a layout, whose
registers are the channels. Positions are not read. Sources: myDevices "Cayenne Low
Power Payload", ElectronicCats/CayenneLPP.
"""

from collections.abc import Iterable, Iterator, Mapping
import struct
from typing import Final, NamedTuple

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _registers
from ._checks import checked
from ._registers import Register


class _Type(NamedTuple):
    """How a value is sent, and what it is."""

    layout: str
    quantity: Quantity | None = None
    divisor: int = 1


_BIT: Final = "B"
_TYPES: Final[Mapping[int, _Type]] = {
    0: _Type(_BIT, Quantity.CONTACT),  # digital input
    1: _Type("x"),  # digital output
    2: _Type(">h", None, 100),  # analog input
    3: _Type(">h", None, 100),  # analog output
    100: _Type(">I"),  # generic
    101: _Type(">H", Quantity.ILLUMINANCE),
    102: _Type(_BIT, Quantity.OCCUPIED),
    103: _Type(">h", Quantity.TEMPERATURE, 10),
    104: _Type(">B", Quantity.HUMIDITY, 2),
    113: _Type("6x"),  # acceleration
    115: _Type(">H", Quantity.PRESSURE, 10_000),
    116: _Type(">H", Quantity.VOLTAGE, 100),
    117: _Type(">H", Quantity.CURRENT, 1000),
    118: _Type(">I", Quantity.FREQUENCY),
    120: _Type("x"),  # percent
    121: _Type("2x"),  # altitude
    125: _Type("2x"),  # concentration
    128: _Type(">H", Quantity.POWER),
    130: _Type(">I", Quantity.DISTANCE, 1000),
    131: _Type(">I", Quantity.ENERGY, 1000),
    132: _Type("2x"),  # direction
    133: _Type("4x"),  # time
    134: _Type("6x"),  # gyrometer
    135: _Type("3x"),  # colour
    136: _Type("9x"),  # position
    142: _Type("x"),  # switch
}
_HEAD: Final = 2


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _registers.explained(uplink, _elements(uplink.payload)))


def _elements(payload: bytes) -> Iterator[Reading | Register]:
    if not payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    position = 0
    while position < len(payload):
        head = payload[position : position + _HEAD]
        kind = _TYPES.get(head[-1]) if len(head) == _HEAD else None
        if kind is None:
            msg = f"element {head.hex(' ').upper()} at byte {position} is not known"
            raise DecodeError(msg)
        begin = position + _HEAD
        position = begin + struct.calcsize(kind.layout)
        if position > len(payload):
            msg = f"element {head.hex(' ').upper()} at byte {begin - _HEAD} is cut off"
            raise DecodeError(msg)
        for value in struct.unpack(kind.layout, payload[begin:position]):
            yield from _meaning(head[0], kind, value)


def _meaning(channel: int, kind: _Type, value: int) -> Iterator[Reading | Register]:
    if kind.quantity is None:
        yield Register(channel, value / kind.divisor)
    elif kind.layout != _BIT or value in {0, 1}:
        yield Reading(kind.quantity, value / kind.divisor, channel)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="cayenne_lpp",
        manufacturer="Any maker",
        model="Cayenne LPP",
        medium=Medium.UNKNOWN,
        quantities=_registers.QUANTITIES
        | {Quantity.CONTACT, Quantity.OCCUPIED, Quantity.ILLUMINANCE},
        decode=_decode,
        names=("CayenneLPP", "LPP"),
        modulus={Quantity.ENERGY: 2**32 / 1000},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT, Setting.LAYOUT),
        layout=_registers.UNTYPED,
    ),
)
