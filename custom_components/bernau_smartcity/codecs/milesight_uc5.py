"""Milesight UC511, UC512 and UC521: valve controllers that count the pulses of meters.

Elements of `_milesight`; the number of valve, counter, contact or pressure sensor is
the channel. Source: Milesight-IoT/SensorDecoders uc-series.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Setting, Uplink
from . import _milesight
from ._checks import checked

_NUMBERS: Final = (1, 2)
_KILOPASCALS: Final = 100
"""In a bar."""
_ALL_WAY: Final = 100
"""Percent; a valve with three ways sends as much more in the other direction."""
_VALVE_OPEN, _CONTACT_MODE, _CONTACT, _SECOND = 0x01, 0x02, 0x04, 0x10
"""Bits of a stored state."""


def _state(quantity: Quantity, number: int, place: int = 0) -> _milesight.Read:
    """Read a byte that is 0 or 1; another one is the result of a command."""

    def read(data: bytes) -> Iterator[Reading]:
        if data[place] in {0, 1}:
            yield Reading(quantity, data[place], number)

    return read


def _pulses(number: int) -> _milesight.Read:
    def read(data: bytes) -> Iterator[Reading]:
        yield Reading(Quantity.PULSES, int.from_bytes(data, "little"), number)

    return read


def _pressure(number: int, place: int = 0) -> _milesight.Read:
    def read(data: bytes) -> Iterator[Reading]:
        pressure = int.from_bytes(data[place : place + 2], "little")
        yield Reading(Quantity.PRESSURE, pressure / _KILOPASCALS, number)

    return read


def _opening(number: int) -> _milesight.Read:
    """Read kind of the valve and percent."""

    def read(data: bytes) -> Iterator[Reading]:
        percent = data[1] - _ALL_WAY if data[0] and data[1] > _ALL_WAY else data[1]
        yield Reading(Quantity.VALVE_OPENING, percent, number)

    return read


def _fault(number: int) -> _milesight.Read:
    def read(data: bytes) -> Iterator[Reading]:
        del data
        yield Reading(Quantity.FAULT, 1, number)

    return read


def _stored_state(data: bytes) -> Iterator[Reading]:
    """Read time, state and counter of one valve."""
    state = data[4]
    number = 2 if state & _SECOND else 1
    valve = Reading(Quantity.VALVE_OPEN, state & _VALVE_OPEN, number)
    if state & _CONTACT_MODE:
        counted = Reading(Quantity.CONTACT, bool(state & _CONTACT), number)
    else:
        counted = Reading(Quantity.PULSES, int.from_bytes(data[5:], "little"), number)
    yield from _milesight.stored(data, (valve, counted))


def _stored_pressure(data: bytes) -> Iterator[Reading]:
    yield from _milesight.stored(data, _pressure(1, 4)(data))


_COMMON: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    **_milesight.cleared(0x4E, 2),
    **_milesight.cleared(0x92, 5),  # set to a number
    **{(2 + 2 * number, 0xC8): (4, _pulses(number)) for number in _NUMBERS},
    **{(6 + number, 0x01): (1, _state(Quantity.CONTACT, number)) for number in _NUMBERS},
    **{(8 + number, 0x7B): (2, _pressure(number)) for number in _NUMBERS},
    **{(10 + number, 0xF5): (9, _pressure(number, 6)) for number in _NUMBERS},  # alarm
    **{(0xB8 + number, 0x7B): (1, _fault(number)) for number in _NUMBERS},
}

_UC51X: Final[_milesight.Elements] = {
    **_COMMON,
    **{(1 + 2 * number, 0x01): (1, _state(Quantity.VALVE_OPEN, number)) for number in _NUMBERS},
    **{
        (0x0D + number, 0xAF): (3, _state(Quantity.VALVE_OPEN, number, 1)) for number in _NUMBERS
    },  # task
    (0x20, 0xCE): (9, _stored_state),
    (0x21, 0xCE): (6, _stored_pressure),
}

_UC521: Final[_milesight.Elements] = {
    **_COMMON,
    **{(1 + 2 * number, 0xF6): (2, _opening(number)) for number in _NUMBERS},
    **{(0xB1 + 2 * number, 0xF6): (2, _fault(number)) for number in _NUMBERS},
    **{(0x0D + number, 0x01): (1, _milesight.nothing) for number in _NUMBERS},  # opening time
    (0x0D, 0xE3): (4, _milesight.nothing),  # calibrated
}


def _decode_uc51x(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _milesight.decode(uplink.payload, _UC51X))


def _decode_uc521(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _milesight.decode(uplink.payload, _UC521))


_QUANTITIES: Final = frozenset(
    {
        Quantity.PULSES,
        Quantity.CONTACT,
        Quantity.PRESSURE,
        Quantity.BATTERY,
        Quantity.FAULT,
        Quantity.RESTART,
    }
)

CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="milesight_uc512",
        manufacturer="Milesight",
        model="UC512",
        medium=Medium.WATER,
        quantities=_QUANTITIES | {Quantity.VALVE_OPEN},
        decode=_decode_uc51x,
        names=("UC511", "Milesight UC511", "UC51x", "Milesight UC51x"),
        catalogue=("milesight-iot/uc511", "milesight-iot/uc512"),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
    Codec(
        key="milesight_uc521",
        manufacturer="Milesight",
        model="UC521",
        medium=Medium.WATER,
        quantities=_QUANTITIES | {Quantity.VALVE_OPENING},
        decode=_decode_uc521,
        catalogue=("milesight-iot/uc521",),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
)
