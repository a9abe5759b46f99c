"""B METERS water meters: IWM-LR3 and IWM-LR4 (modules), HYDRODIGIT.

Any fPort, first byte: kind of message. Least significant byte first, but for the
temperature. The volume is that forward less that in reverse; the latter is sent
too. Sources: IWM-LR3 / IWM-LR4 User Manual v1.0, HYDRODIGIT User Manual v1.4.3.
"""

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._frames import CUBIC_METRES, flags, unpack_begin

_TEMPERATURE: Final = Struct(">h")
"""Tenths of a degree at the end of a message, if the meter is set so."""
_REPLIES: Final = frozenset({0x07, 0x0A, *range(0x13, 0x18), 0x1A, 0x1B, 0x20, *range(0x24, 0x2A)})
"""First bytes of answers to commands."""

_MODULE: Final = Struct("<BIIBBBB")
"""Kind, volume, reverse, pulse weight, medium, unit of the volume, alarms."""
_MODULE_KIND: Final = 0x44
_MODULE_ALARMS: Final[Mapping[Quantity, int]] = {
    Quantity.TAMPER: 0x07,
    Quantity.LEAK: 0x08,
    Quantity.BACKFLOW: 0x10,
    Quantity.BATTERY_LOW: 0x20,
}

_METER: Final = Struct("<B3sB3sB")
"""Kind, volume, its highest four bits and those of the reverse, reverse, alarms."""
_METER_KIND: Final = 0x45
_METER_ALARMS: Final[Mapping[Quantity, int]] = {
    Quantity.LEAK: 0x01,
    Quantity.FAULT: 0x02,
    Quantity.EXCESS_FLOW: 0x04,
    Quantity.BURST: 0x08,
    Quantity.BACKFLOW: 0x10,
    Quantity.BATTERY_LOW: 0x20,
}


def _decode_module(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _message(uplink.payload, _MODULE_KIND, _module(uplink.payload)))


def _decode_meter(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _message(uplink.payload, _METER_KIND, _meter(uplink.payload)))


def _message(frame: bytes, kind: int, read: Iterator[Reading]) -> Iterator[Reading]:
    first = int.from_bytes(frame[:1])
    if first == kind:
        yield from read
    elif first not in _REPLIES:
        msg = f"message {first:02X} is not known"
        raise DecodeError(msg)


def _module(frame: bytes) -> Iterator[Reading]:
    fields = unpack_begin(_MODULE, frame, "a message")
    _, volume, reverse, _, _, unit, alarms = fields
    if unit not in CUBIC_METRES:
        msg = f"unit {unit:02X} is not known"
        raise DecodeError(msg)
    yield from flags(alarms, _MODULE_ALARMS)
    yield Reading(Quantity.VOLUME, volume * CUBIC_METRES[unit])
    # In litres whatever the unit of the volume.
    yield Reading(Quantity.VOLUME_REVERSE, reverse / 1000)
    yield from _temperature(frame[_MODULE.size :])


def _meter(frame: bytes) -> Iterator[Reading]:
    _, low, high, reverse, alarms = unpack_begin(_METER, frame, "a message")
    yield from flags(alarms, _METER_ALARMS)
    yield Reading(Quantity.VOLUME, (int.from_bytes(low, "little") | high >> 4 << 24) / 1000)
    backward = int.from_bytes(reverse, "little") | (high & 0x0F) << 24
    yield Reading(Quantity.VOLUME_REVERSE, backward / 1000)
    yield from _temperature(frame[_METER.size :])


def _temperature(rest: bytes) -> Iterator[Reading]:
    if len(rest) not in {0, _TEMPERATURE.size}:
        msg = "a message has bytes that are not known"
        raise DecodeError(msg)
    for (tenths,) in _TEMPERATURE.iter_unpack(rest):
        yield Reading(Quantity.TEMPERATURE, tenths / 10)


_VALUES: Final = frozenset({Quantity.VOLUME, Quantity.VOLUME_REVERSE, Quantity.TEMPERATURE})

CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="bmeters_iwm_lr3",
        manufacturer="B METERS",
        model="IWM-LR3",
        medium=Medium.WATER,
        quantities=_VALUES | {*_MODULE_ALARMS},
        decode=_decode_module,
        names=("IWM-LR4", "B METERS IWM-LR4", "IWM-LR3/LR4"),
        catalogue=("b-meters/iwm-lr3",),
    ),
    Codec(
        key="bmeters_hydrodigit",
        manufacturer="B METERS",
        model="HYDRODIGIT",
        medium=Medium.WATER,
        quantities=_VALUES | {*_METER_ALARMS},
        decode=_decode_meter,
        modulus={Quantity.VOLUME: 2**28 / 1000, Quantity.VOLUME_REVERSE: 2**28 / 1000},
    ),
)
