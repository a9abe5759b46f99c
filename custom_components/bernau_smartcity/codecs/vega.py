"""VEGA-Absolute: SGVE (gas meter), SI-11 (pulse counter with four inputs).

fPort 2 values, 3 settings, 4 request of the time. Least significant byte first, Unix
times. Sources: user manuals SGVE, SI-11 revision 26.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._frames import unknown_port, unpack
from ._times import is_plausible, unix

type _Read = Callable[[Uplink], Iterator[Reading]]

_VALUES: Final = 2
_WITHOUT_VALUES: Final = frozenset({3, 4})

_METER: Final = Struct("<xBbBxIBBI")
"""Battery, temperature, magnet, time, leak, burst, volume."""
_PRESENT: Final = Struct("<xBBIb4I")
"""Battery, settings, time, temperature, four inputs."""
_ALARM: Final = Struct("<xBBxI4I")
"""Battery, settings, time, four inputs."""
_CONTACTS: Final = 4
"""First bit of the settings that tell which inputs are contacts, not counters."""


def _time(uplink: Uplink, seconds: int) -> datetime | None:
    at = unix(seconds)
    return at if is_plausible(at, uplink.received_at) else None


def _meter(uplink: Uplink) -> Iterator[Reading]:
    fields = unpack(_METER, uplink.payload, "a message")
    battery, temperature, magnet, seconds, leak, burst, volume = fields
    at = _time(uplink, seconds)
    yield Reading(Quantity.BATTERY, battery)
    yield Reading(Quantity.TEMPERATURE, temperature)
    yield Reading(Quantity.TAMPER, magnet != 0)
    yield Reading(Quantity.LEAK, leak != 0, at=at)
    yield Reading(Quantity.BURST, burst != 0, at=at)
    yield Reading(Quantity.VOLUME, volume / 10_000, at=at)


def _present(uplink: Uplink) -> Iterator[Reading]:
    fields = unpack(_PRESENT, uplink.payload, "a message")
    battery, settings, seconds, temperature, *inputs = fields
    yield Reading(Quantity.BATTERY, battery)
    yield Reading(Quantity.TEMPERATURE, temperature)
    yield from _inputs(settings, inputs, _time(uplink, seconds))


def _alarm(uplink: Uplink) -> Iterator[Reading]:
    battery, settings, seconds, *inputs = unpack(_ALARM, uplink.payload, "an alarm")
    yield Reading(Quantity.BATTERY, battery)
    yield from _inputs(settings, inputs, _time(uplink, seconds))


def _inputs(settings: int, inputs: Iterable[int], at: datetime | None) -> Iterator[Reading]:
    for channel, value in enumerate(inputs, 1):
        if settings >> (_CONTACTS - 1 + channel) & 1:
            yield Reading(Quantity.CONTACT, value != 0, channel, at)
        else:
            yield Reading(Quantity.PULSES, value, channel, at)


def _decode(uplink: Uplink, kinds: Mapping[int, _Read]) -> Iterable[Reading]:
    if uplink.f_port in _WITHOUT_VALUES:
        return ()
    if uplink.f_port != _VALUES:
        raise unknown_port(uplink.f_port)
    kind = int.from_bytes(uplink.payload[:1])
    if kind not in kinds:
        msg = f"message {kind} is not known"
        raise DecodeError(msg)
    return checked(uplink, kinds[kind](uplink))


def _decode_meter(uplink: Uplink) -> Iterable[Reading]:
    return _decode(uplink, {1: _meter})


def _decode_counter(uplink: Uplink) -> Iterable[Reading]:
    return _decode(uplink, {1: _present, 2: _alarm})


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="vega_sgve",
        manufacturer="VEGA-Absolute",
        model="SGVE",
        medium=Medium.GAS,
        quantities=frozenset(
            {
                Quantity.VOLUME,
                Quantity.BATTERY,
                Quantity.TEMPERATURE,
                Quantity.TAMPER,
                Quantity.LEAK,
                Quantity.BURST,
            }
        ),
        decode=_decode_meter,
        names=("Vega SGVE",),
        modulus={Quantity.VOLUME: 2**32 / 10_000},
    ),
    Codec(
        key="vega_si_11",
        manufacturer="VEGA-Absolute",
        model="SI-11",
        medium=Medium.UNKNOWN,
        quantities=frozenset(
            {Quantity.PULSES, Quantity.CONTACT, Quantity.BATTERY, Quantity.TEMPERATURE}
        ),
        decode=_decode_counter,
        names=("Vega SI-11",),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
)
