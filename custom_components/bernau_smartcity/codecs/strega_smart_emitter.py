"""STREGA Smart Emitter: pulse counter; the frames are those of the Smart Valve.

Any fPort. Four digits of millivolts, whose first character tells class and power
too; a character of status; then, each if there, # temperature and humidity, C
counter and V voltage of the analogue input in hexadecimal digits. Left out: the
contact of the cover, whose sense is not documented. Source:
TheThingsNetwork/lorawan-devices vendor/strega.
"""

from collections.abc import Iterable, Iterator, Mapping
import re
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._frames import flags

_FRAME: Final = re.compile(
    rb"(?P<battery>[0-9p-y\xb0-\xb9\xf0-\xf9][0-9]{3})(?P<status>.)"
    rb"(?:#(?P<climate>.{4}))?(?:C(?P<counter>[0-9A-Fa-f]{6}))?(?:V[0-9A-Fa-f]{4})?",
    re.DOTALL,
)
_REPLY: Final = re.compile(rb"(?:.{5})?@", re.DOTALL)
_EXTERNAL: Final = 0x40
"""Bit of the first character: fed from outside."""
_STATUS: Final[Mapping[Quantity, int]] = {Quantity.LEAK: 0x20, Quantity.TAMPER: 0x40}
_CONTACTS: Final = ((1, 0x08), (2, 0x10))
_EMPTY, _STEP = 2000, 16
"""Millivolts of an empty battery, and those of a percent."""
_FULL: Final = 100


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _frame(uplink.payload))


def _frame(frame: bytes) -> Iterator[Reading]:
    if _REPLY.match(frame):
        return
    found = _FRAME.fullmatch(frame)
    if found is None:
        msg = "neither a report nor a reply"
        raise DecodeError(msg)
    parts = found.groupdict()
    if not frame[0] & _EXTERNAL:
        yield from _battery(parts["battery"])
    # The upper four bits of the status begin at 3, so that it is a character.
    status = parts["status"][0] - 0x30 & 0xFF
    yield from flags(status, _STATUS)
    for channel, mask in _CONTACTS:
        yield Reading(Quantity.CONTACT, bool(status & mask), channel)
    if parts["climate"]:
        temperature, humidity = (int.from_bytes(parts["climate"][i : i + 2]) for i in (0, 2))
        yield Reading(Quantity.TEMPERATURE, round(temperature * 165 / 2**16 - 40, 2))
        yield Reading(Quantity.HUMIDITY, round(humidity * 100 / 2**16, 2))
    if parts["counter"]:
        yield Reading(Quantity.PULSES, int(parts["counter"], 16))


def _battery(digits: bytes) -> Iterator[Reading]:
    millivolts = (digits[0] & 0x0F) * 1000 + int(digits[1:])
    percent = round((millivolts - _EMPTY) / _STEP)
    yield Reading(Quantity.BATTERY_VOLTAGE, millivolts / 1000)
    yield Reading(Quantity.BATTERY, min(max(percent, 0), _FULL))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="strega_smart_emitter",
        manufacturer="STREGA",
        model="Smart Emitter",
        medium=Medium.UNKNOWN,
        quantities=frozenset(
            {
                Quantity.PULSES,
                Quantity.CONTACT,
                Quantity.BATTERY,
                Quantity.BATTERY_VOLTAGE,
                Quantity.TEMPERATURE,
                Quantity.HUMIDITY,
                *_STATUS,
            }
        ),
        decode=_decode,
        names=("Smart Emitter (pulse)", "STREGA Smart Emitter (pulse)"),
        catalogue=("strega/smart-emitter",),
        modulus={Quantity.PULSES: 2**24},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
)
