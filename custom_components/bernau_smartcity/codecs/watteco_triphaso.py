"""nke Watteco Triphas'O: electricity meter for three phases.

Frames of `_watteco`; the endpoint is the phase, the fourth one their sum. Source:
actility/device-catalog vendors/watteco.
"""

from collections.abc import Iterable, Iterator
from itertools import batched
import struct
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Uplink
from . import _watteco
from ._checks import checked

_EIGHT: Final = struct.Struct(">8i")
_PHASE: Final = struct.Struct(">3h")
_PHASES: Final = struct.Struct(">9h")
_SUM: Final = 3
"""Endpoint, or place in a list."""
_REGISTERS: Final = (
    Quantity.ENERGY,
    Quantity.ENERGY_EXPORT,
    Quantity.ENERGY_REACTIVE,
    Quantity.ENERGY_REACTIVE_EXPORT,
)


def _channel(place: int) -> int:
    return 0 if place == _SUM else place + 1


def _one(endpoint: int, data: bytes) -> Iterator[Reading]:
    """Read registers of both directions (Wh, varh), and powers."""
    *registers, power_in, power_out, reactive_in, reactive_out = _watteco.fields(_EIGHT, data)
    channel = _channel(endpoint)
    for quantity, value in zip(_REGISTERS, registers, strict=True):
        yield Reading(quantity, value / 1000, channel)
    yield Reading(Quantity.POWER, power_in - power_out, channel)
    yield Reading(Quantity.POWER_REACTIVE, reactive_in - reactive_out, channel)


def _all(active: Quantity, reactive: Quantity, divisor: int) -> _watteco.Read:
    """Read active and reactive values of the phases and their sum."""

    def read(endpoint: int, data: bytes) -> Iterator[Reading]:
        del endpoint
        pairs = batched(_watteco.fields(_EIGHT, data), 2, strict=True)
        for place, (first, second) in enumerate(pairs):
            yield Reading(active, first / divisor, _channel(place))
            yield Reading(reactive, second / divisor, _channel(place))

    return read


def _voltage(endpoint: int, data: bytes) -> Iterator[Reading]:
    """Read tenths of volts and amperes; the angle between them is left out."""
    yield from _volts_and_amperes(_watteco.fields(_PHASE, data), endpoint + 1)


def _voltages(endpoint: int, data: bytes) -> Iterator[Reading]:
    del endpoint
    phases = batched(_watteco.fields(_PHASES, data), 3, strict=True)
    for phase, values in enumerate(phases, start=1):
        yield from _volts_and_amperes(values, phase)


def _volts_and_amperes(values: tuple[int, ...], phase: int) -> Iterator[Reading]:
    yield Reading(Quantity.VOLTAGE, values[0] / 10, phase)
    yield Reading(Quantity.CURRENT, values[1] / 10, phase)


_ATTRIBUTES: Final[_watteco.Attributes] = {
    (0x800A, 0x0000): _one,
    (0x800B, 0x0000): _voltage,
    (0x800D, 0x0000): _voltages,
    (0x8010, 0x0000): _all(Quantity.ENERGY, Quantity.ENERGY_REACTIVE, 1000),
    (0x8010, 0x0001): _all(Quantity.POWER, Quantity.POWER_REACTIVE, 1),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _watteco.decode(uplink, _ATTRIBUTES))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="watteco_triphaso",
        manufacturer="nke Watteco",
        model="Triphas'O",
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                *_REGISTERS,
                *(Quantity.POWER, Quantity.POWER_REACTIVE, Quantity.VOLTAGE, Quantity.CURRENT),
                Quantity.BATTERY_VOLTAGE,
            }
        ),
        decode=_decode,
        names=("Watteco Triphas'O", "Watteco Triphaso", "Triphaso"),
        catalogue=("watteco/triphaso",),
    ),
)
