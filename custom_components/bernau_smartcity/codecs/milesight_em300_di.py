"""Milesight EM300-DI and EM300-DI-HALL: pulse counters for meters with a pulse output.

Elements of `_milesight`. Up to firmware 1.2 the pulses are sent as they are
(05 C8); from 1.3 on the device multiplies them by a ratio of its own (05 E1) into
a unit that it does not tell. That is undone here, so that the pulse weight means
the same for both. Source: Milesight-IoT/SensorDecoders em-series/em300-di.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
import struct
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Setting, Uplink
from . import _milesight
from ._checks import checked

_CONVERTED: Final = struct.Struct("<HHf")
"""Tenths of units and tenths of pulses that make up the ratio; count in units."""

_ALARMS: Final[Mapping[int, tuple[Quantity, bool]]] = {
    1: (Quantity.STANDSTILL, True),
    2: (Quantity.STANDSTILL, False),
    3: (Quantity.LEAK, True),
    4: (Quantity.LEAK, False),
}
"""No water came, or it ran without a pause, for longer than was set."""
_COUNTER: Final = 2
"""Kind of input in a stored value; 1 is a contact."""


def _pulses(data: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.PULSES, int.from_bytes(data, "little"))


def _converted(data: bytes) -> Iterator[Reading]:
    units, pulses, count = _CONVERTED.unpack_from(data)
    if units and pulses and isfinite(count):
        # Three places: more is the noise of the 24 bits that the device calculates with.
        yield Reading(Quantity.PULSES, round(count * pulses / units, 3))


def _alarm(code: int) -> Iterator[Reading]:
    if code in _ALARMS:
        yield Reading(*_ALARMS[code])


def _converted_alarm(data: bytes) -> Iterator[Reading]:
    yield from _converted(data)
    yield from _alarm(data[8])


def _climate(data: bytes) -> Iterator[Reading]:
    yield from _milesight.temperature(data[4:6])
    yield from _milesight.humidity(data[6:7])


def _stored(data: bytes) -> Iterator[Reading]:
    """Time, temperature, humidity, kind of input, contact, pulses."""
    pulses = _pulses(data[9:13]) if data[7] == _COUNTER else ()
    yield from _milesight.stored(data, (*_climate(data), *pulses))


def _stored_converted(data: bytes, *, climate: bool = True) -> Iterator[Reading]:
    """Time, temperature, humidity, alarm, kind of input, contact, converted pulses."""
    pulses = _converted(data[10:18]) if data[8] == _COUNTER else ()
    around = _climate(data) if climate else ()
    yield from _milesight.stored(data, (*around, *_alarm(data[7]), *pulses))


def _stored_hall(data: bytes) -> Iterator[Reading]:
    """As `_stored_converted`; the bytes of temperature and humidity have no meaning."""
    yield from _stored_converted(data, climate=False)


def _control(data: bytes) -> Iterable[Reading]:
    """Read the reply to a command on the counter: 0 clears, 1 stops, 2 starts it."""
    return _milesight.nothing(data) if data[1] else _milesight.restart(data)


_INPUT: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    **_milesight.cleared(0x4E, 2, _control),
    **_milesight.cleared(0x92, 5),  # set to a number
    (0x05, 0x00): (1, _milesight.nothing),  # contact
    (0x05, 0xC8): (4, _pulses),
    (0x05, 0xE1): (8, _converted),
    (0x85, 0x00): (2, _milesight.nothing),  # contact and alarm
    (0x85, 0xE1): (9, _converted_alarm),
}

_EM300_DI: Final[_milesight.Elements] = {
    **_INPUT,
    (0x03, 0x67): (2, _milesight.temperature),
    (0x04, 0x68): (1, _milesight.humidity),
    (0x20, 0xCE): (13, _stored),
    (0x21, 0xCE): (18, _stored_converted),
}

_EM300_DI_HALL: Final[_milesight.Elements] = {**_INPUT, (0x21, 0xCE): (18, _stored_hall)}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _milesight.decode(uplink.payload, _EM300_DI))


def _decode_hall(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _milesight.decode(uplink.payload, _EM300_DI_HALL))


_COUNTED: Final = frozenset(
    {
        Quantity.PULSES,
        Quantity.LEAK,
        Quantity.STANDSTILL,
        Quantity.BATTERY,
        Quantity.RESTART,
    }
)

CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="milesight_em300_di",
        manufacturer="Milesight",
        model="EM300-DI",
        medium=Medium.UNKNOWN,
        quantities=_COUNTED | {Quantity.TEMPERATURE, Quantity.HUMIDITY},
        decode=_decode,
        catalogue=("milesight-iot/em300-di",),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
    Codec(
        key="milesight_em300_di_hall",
        manufacturer="Milesight",
        model="EM300-DI-HALL",
        medium=Medium.UNKNOWN,
        quantities=_COUNTED,
        decode=_decode_hall,
        names=("EM300-DI (HALL)", "Milesight EM300-DI (HALL)"),
        catalogue=("milesight-iot/em300-di-hall",),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
)
