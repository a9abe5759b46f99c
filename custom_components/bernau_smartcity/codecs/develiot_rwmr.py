"""Develiot RWMR: pulse counter with two inputs.

fPort 12, least significant byte first. Source: TheThingsNetwork/lorawan-devices
vendor/develiot/rwmr.js.
"""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._frames import unknown_port, unpack

_F_PORT: Final = 12
_STATUS: Final = Struct("<BIIBB")
"""Version and services; two counters, voltage, temperature."""
_TEMPERATURE: Final = 0x04
"""Service; those of the inputs are the bits below."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port != _F_PORT:
        raise unknown_port(uplink.f_port)
    return checked(uplink, _status(uplink.payload))


def _status(frame: bytes) -> Iterator[Reading]:
    services, *counters, voltage, temperature = unpack(_STATUS, frame, "a status")
    for channel, counter in enumerate(counters, 1):
        if services & channel:
            yield Reading(Quantity.PULSES, counter, channel)
    yield Reading(Quantity.BATTERY_VOLTAGE, round(voltage * 3.3 / 255, 2))
    if services & _TEMPERATURE:
        yield Reading(Quantity.TEMPERATURE, round(temperature * 90 / 255 - 30, 2))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="develiot_rwmr",
        manufacturer="Develiot",
        model="RWMR",
        medium=Medium.UNKNOWN,
        quantities=frozenset({Quantity.PULSES, Quantity.BATTERY_VOLTAGE, Quantity.TEMPERATURE}),
        decode=_decode,
        names=("RWMR pulse reader", "Develiot RWMR pulse reader"),
        catalogue=("develiot/rwmr",),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
)
