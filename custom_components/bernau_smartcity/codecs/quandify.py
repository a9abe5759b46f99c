"""Quandify CubicMeter 1.1, also sold by Thermokon: ultrasonic meter on a water pipe.

fPort 1 report, 2 the same because of an alarm, 0 sign of life, 6 reply. Least
significant byte first, litres. The lowest and highest temperature of the water since the
last report are left out. Sources: TheThingsNetwork/lorawan-devices vendor/quandify,
actility/device-catalog vendors/thermokon.
"""

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._frames import unknown_port, unpack

_REPORT: Final = Struct("<4xHI12xBxBxxB")
"""Error, litres, leak, voltage of the battery at rest, temperature around."""
_REPORTS: Final = frozenset({1, 2})
_WITHOUT_VALUES: Final = frozenset({0, 6})

_NOT_SENSING: Final = 0x8000
_ERRORS: Final[Mapping[int, Quantity]] = {
    384: Quantity.BACKFLOW,
    385: Quantity.EXCESS_FLOW,
    386: Quantity.EXCESS_FLOW,
    387: Quantity.AIR,
    391: Quantity.BATTERY_LOW,
    450: Quantity.DRY,
}
"""What error codes mean; any other is a fault."""
_REGISTER_CORRUPT: Final = 402
_LEAKS: Final = frozenset({3, 4})
"""Medium, large; smaller ones are not told."""
_EMPTY: Final = 3100
"""Millivolts of the battery at rest below which it is to be replaced."""
_FLAGS: Final = (
    Quantity.FAULT,
    Quantity.BACKFLOW,
    Quantity.EXCESS_FLOW,
    Quantity.AIR,
    Quantity.DRY,
)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port in _REPORTS:
        return checked(uplink, _report(uplink.payload))
    if uplink.f_port in _WITHOUT_VALUES:
        return ()
    raise unknown_port(uplink.f_port)


def _report(frame: bytes) -> Iterator[Reading]:
    error, litres, leak, level, around = unpack(_REPORT, frame, "a report")
    code = error & ~_NOT_SENSING
    problem = _ERRORS.get(code, Quantity.FAULT) if error else None
    voltage = 1800 + 8 * level
    for quantity in _FLAGS:
        yield Reading(quantity, quantity is problem)
    yield Reading(Quantity.BATTERY_LOW, voltage <= _EMPTY or problem is Quantity.BATTERY_LOW)
    yield Reading(Quantity.LEAK, leak in _LEAKS)
    yield Reading(Quantity.BATTERY_VOLTAGE, voltage / 1000)
    yield Reading(Quantity.TEMPERATURE, around / 2 - 20)
    if code != _REGISTER_CORRUPT:
        yield Reading(Quantity.VOLUME, litres / 1000)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="quandify_cubicmeter",
        manufacturer="Quandify",
        model="CubicMeter 1.1",
        medium=Medium.WATER,
        quantities=frozenset(
            {
                Quantity.VOLUME,
                Quantity.LEAK,
                Quantity.BATTERY_LOW,
                Quantity.BATTERY_VOLTAGE,
                Quantity.TEMPERATURE,
                *_FLAGS,
            }
        ),
        decode=_decode,
        names=("CubicMeter", "Thermokon CubicMeter", "CubicMeter (Quandify OEM)"),
        catalogue=("quandify/cubicmeter-1-1-copper", "quandify/cubicmeter-1-1-plastic"),
        modulus={Quantity.VOLUME: 2**32 / 1000},
    ),
)
