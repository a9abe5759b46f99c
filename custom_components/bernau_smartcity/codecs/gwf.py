"""GWF radio modules for encoder registers: RCM-LRW10 and unico (RCM-H200: `gwf_h200`).

Any fPort, least significant byte first. Kind 1 and 2 differ in the state byte
alone. The value is as old as the frame says. Sources:
ZennerIoT/element-parsers lib/gwf_meter.ex, TheThingsNetwork/lorawan-devices vendor/gwf.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._frames import CUBIC_METRES, flags, unpack

_FRAME: Final = Struct("<BHIBBHBIBB2x")
"""Kind, maker, number, medium, state, age in minutes, unit, value, alarms, battery, CRC."""
_LAYOUTS: Final = {
    layout.size: layout for layout in (Struct("<BHIBBHBIBB"), _FRAME, Struct("<BHIBBHBIBB3x"))
}
"""By length: some send without a CRC, or with one byte more."""

_UNITS: Final[Mapping[int, Mapping[int, float]]] = {
    1: CUBIC_METRES,
    2: {**CUBIC_METRES, 0x17: 10},
}
_MEDIA: Final = frozenset({0x03, 0x06, 0x07})
"""Gas, warm water, water."""
_ALARMS: Final[Mapping[Quantity, int]] = {
    Quantity.LEAK: 0x02,
    Quantity.BURST: 0x08,
    Quantity.BACKFLOW: 0x40,
    Quantity.STANDSTILL: 0x80,
}
_BATTERY_ALARM: Final = 0x20
_BATTERY_STATE: Final = 0x04
_ERROR: Final = 0x10
"""Kind 1: the value is invalid."""
_APPLICATION: Final = 0x03
_APPLICATION_ERRORS: Final = frozenset({1, 2})
"""Kind 2: busy, any error; the value is invalid."""
_COMMUNICATION: Final = 0xF0
"""Kind 2: the register was not read, what was read before is sent."""
_FULL: Final = 31
"""Half-years that a battery lasts at most."""
_AGE_UNKNOWN: Final = 0xFFFF
_MISSING: Final = 0xFFFF_FFFF


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _frame(uplink))


def _frame(uplink: Uplink) -> Iterator[Reading]:
    layout = _LAYOUTS.get(len(uplink.payload), _FRAME)
    fields = unpack(layout, uplink.payload, "a message")
    kind, _, number, medium, state, age, unit, value, alarms, battery = fields
    factor = _UNITS.get(kind, {}).get(unit)
    if medium not in _MEDIA or factor is None:
        msg = f"message of kind {kind}, medium {medium} and unit {unit:02X} is not known"
        raise DecodeError(msg)
    meter = f"{number:08X}"
    invalid = _is_invalid(kind, state)
    fault = invalid or (kind != 1 and bool(state & _COMMUNICATION))
    low = bool(alarms & _BATTERY_ALARM or state & _BATTERY_STATE)
    yield from flags(alarms, _ALARMS, meter=meter)
    yield Reading(Quantity.BATTERY_LOW, low, meter=meter)
    yield Reading(Quantity.BATTERY, (battery >> 3) * 100 // _FULL, meter=meter)
    yield Reading(Quantity.FAULT, fault, meter=meter)
    if not invalid and value != _MISSING and age != _AGE_UNKNOWN:
        at = uplink.received_at - timedelta(minutes=age) if age else None
        yield Reading(Quantity.VOLUME, round(value * factor, 3), at=at, meter=meter)


def _is_invalid(kind: int, state: int) -> bool:
    if kind == 1:
        return bool(state & _ERROR)
    return state & _APPLICATION in _APPLICATION_ERRORS


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="gwf_rcm_lrw10",
        manufacturer="GWF",
        model="RCM-LRW10",
        medium=Medium.WATER,
        quantities=frozenset(
            {
                Quantity.VOLUME,
                Quantity.FAULT,
                Quantity.BATTERY,
                Quantity.BATTERY_LOW,
                *_ALARMS,
            }
        ),
        decode=_decode,
        names=("unico", "GWF unico", "LoRaWAN module (type 0x01/0x02)", "GWF LoRaWAN module"),
        catalogue=("gwf/rcm-lrw10",),
        settings=(Setting.MEDIUM,),
    ),
)
