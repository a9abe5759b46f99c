"""Elsys room sensors ERS and ERS Eye, and ELT, which reads pulses and contacts.

Elements of one byte and data, most significant byte first; any fPort. The inputs of
an ELT are the channels 1 and 2. The picture of warmth that an ERS Eye can send is
dropped here. Source: TheThingsNetwork/lorawan-devices vendor/elsys.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _elements
from ._checks import checked
from ._counts import once

_FREE, _PENDING, _TAKEN = range(3)
"""Nobody; something moved, but no warmth of a body was seen yet; somebody."""


def _occupancy(data: bytes) -> Iterator[Reading]:
    if data[0] > _TAKEN:
        msg = f"occupancy {data[0]} is not known"
        raise DecodeError(msg)
    yield Reading(Quantity.OCCUPIED, data[0] != _FREE)


_NOTHING: Final = _elements.nothing
_NUMBER: Final = _elements.number

_ELEMENTS: Final[_elements.Elements] = {
    b"\x01": (2, _NUMBER(Quantity.TEMPERATURE, 10, signed=True)),
    b"\x02": (1, _NUMBER(Quantity.HUMIDITY)),
    b"\x03": (3, _NOTHING),  # acceleration
    b"\x04": (2, _NUMBER(Quantity.ILLUMINANCE)),
    b"\x05": (1, _NUMBER(Quantity.MOVEMENTS_PERIOD)),
    b"\x06": (2, _NOTHING),  # carbon dioxide
    b"\x07": (2, _NUMBER(Quantity.BATTERY_VOLTAGE, 1000)),
    b"\x08": (2, _NOTHING),  # voltage of input 1
    b"\x09": (6, _NOTHING),  # position
    b"\x0a": (2, _NUMBER(Quantity.PULSES_PERIOD, 1, 1)),
    b"\x0b": (4, _NUMBER(Quantity.PULSES, 1, 1)),
    b"\x0c": (2, _NUMBER(Quantity.TEMPERATURE, 10, 1, signed=True)),
    b"\x0d": (1, _elements.flag(Quantity.CONTACT, 1)),
    b"\x0e": (2, _NUMBER(Quantity.DISTANCE, 1000)),
    b"\x0f": (1, _NOTHING),  # shocks
    b"\x10": (4, _NOTHING),  # infrared thermometer
    b"\x11": (1, _occupancy),
    b"\x12": (1, _elements.flag(Quantity.LEAK)),
    b"\x13": (65, _NOTHING),  # picture of warmth
    b"\x14": (4, _NOTHING),  # air pressure
    b"\x15": (2, _NOTHING),  # noise of the room
    b"\x16": (2, _NUMBER(Quantity.PULSES_PERIOD, 1, 2)),
    b"\x17": (4, _NUMBER(Quantity.PULSES, 1, 2)),
    b"\x18": (2, _NOTHING),  # voltage of input 2
    b"\x19": (2, _NUMBER(Quantity.TEMPERATURE, 10, 2, signed=True)),
    b"\x1a": (1, _elements.flag(Quantity.CONTACT, 2)),
    b"\x1b": (4, _NOTHING),  # load cell
    b"\x1c": (2, _NOTHING),  # volatile organic compounds
    b"\x3d": (4, _NOTHING),  # for the maker
}
_SETTINGS: Final = b"\x3e"
"""Begin of a message that tells how the device is set."""


def _decode(uplink: Uplink, quantities: frozenset[Quantity]) -> Iterable[Reading]:
    if uplink.payload.startswith(_SETTINGS):
        return ()
    readings = once(_elements.decode(uplink.payload, _ELEMENTS))
    return checked(uplink, (each for each in readings if each.quantity in quantities))


_ROOM: Final = frozenset(
    {
        *(Quantity.TEMPERATURE, Quantity.HUMIDITY, Quantity.ILLUMINANCE),
        *(Quantity.MOVEMENTS_PERIOD, Quantity.BATTERY_VOLTAGE),
    }
)
_EYE: Final = _ROOM | {Quantity.OCCUPIED}
_ELT: Final = frozenset(
    {
        *(Quantity.PULSES, Quantity.PULSES_PERIOD, Quantity.CONTACT, Quantity.LEAK),
        *(Quantity.DISTANCE, Quantity.TEMPERATURE, Quantity.HUMIDITY, Quantity.BATTERY_VOLTAGE),
    }
)

CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="elsys_ers_eye",
        manufacturer="Elsys",
        model="ERS Eye",
        medium=Medium.PEOPLE,
        quantities=_EYE,
        decode=partial(_decode, quantities=_EYE),
        names=("ERS 2 Eye", "ERS2 Eye"),
        catalogue=("elsys/ers-eye",),
    ),
    Codec(
        key="elsys_ers",
        manufacturer="Elsys",
        model="ERS",
        medium=Medium.PEOPLE,
        quantities=_ROOM,
        decode=partial(_decode, quantities=_ROOM),
        names=("ERS 2", "ERS CO2", "ERS 2 CO2", "ERS VOC", "ERS Sound", "ERS EXT"),
        catalogue=("elsys/ers", "elsys/ers-co2", "elsys/ers-voc", "elsys/ers-sound"),
    ),
    Codec(
        key="elsys_elt",
        manufacturer="Elsys",
        model="ELT-2",
        medium=Medium.UNKNOWN,
        quantities=_ELT,
        decode=partial(_decode, quantities=_ELT),
        names=("ELT-1", "ELT Lite", "ELT Ultrasonic", "Elsys EXT"),
        catalogue=("elsys/elt-2", "elsys/elt-lite", "elsys/elt-ultrasonic"),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
)
