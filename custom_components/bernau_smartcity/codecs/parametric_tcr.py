"""Parametric (PMX) TCR: radar counter for traffic in two directions, by speed and size.

Most significant byte first. Left to right counts as in, right to left as out. The
first generation sends on fPort 15 four classes of speed, the channels 1 to 4. The
second sends each category with its own fPort: 14 to 17 are the channels 1 to 4, 13
is all traffic, channel 0, of which the categories are parts. Its time of day is by
a clock of which nobody knows the zone, so it is left out. Counts are since the last
message. Sources: ZennerIoT/element-parsers lib/parametric_tcr.ex, actility/device-catalog
vendors/pmx.
"""

from collections.abc import Iterable, Iterator
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._counts import counted
from ._parametric import charger, temperature

_DIRECTIONS: Final = (
    (Quantity.VEHICLES_IN_PERIOD, Quantity.SPEED_IN),
    (Quantity.VEHICLES_OUT_PERIOD, Quantity.SPEED_OUT),
)

_V1: Final = struct.Struct(">3xBHh24s")
_V2: Final = struct.Struct(">3xHHh24s")
"""Battery (percent, mV), solar mW, 0.1 °C, classes."""
_CLASS: Final = struct.Struct(">HBHB")
"""Number and mean speed in both directions."""

_CATEGORY: Final = struct.Struct(">3xHBHBB")
"""Behind mark and time of day: numbers and mean speeds, and the supply in 0.1 V."""
_ALL_TRAFFIC: Final = 13
_CATEGORIES: Final = range(_ALL_TRAFFIC, 18)
_CLASSES_PORT: Final = 15


def _passed(channel: int, *pairs: int) -> Iterator[Reading]:
    """Give number and speed in both directions; nobody has a mean speed of nobody."""
    for place, (quantity, speed) in enumerate(_DIRECTIONS):
        number, mean = pairs[2 * place : 2 * place + 2]
        yield Reading(quantity, number, channel)
        if number:
            yield Reading(speed, mean, channel)


def _classes(payload: bytes) -> Iterator[Reading]:
    """Read a message of the first generation."""
    if payload[2] == 1:
        percent, solar, tenths, classes = _V1.unpack(payload)
        yield from charger(Quantity.BATTERY, percent, solar)
    else:
        millivolts, solar, tenths, classes = _V2.unpack(payload)
        yield from charger(Quantity.BATTERY_VOLTAGE, millivolts / 1000, solar)
    for channel, pairs in enumerate(_CLASS.iter_unpack(classes), 1):
        yield from _passed(channel, *pairs)
    yield from temperature(tenths)


def _category(payload: bytes, channel: int) -> Iterator[Reading]:
    """Read a message of the second generation."""
    *pairs, decivolts = _CATEGORY.unpack(payload)
    yield from _passed(channel, *pairs)
    yield Reading(Quantity.BATTERY_VOLTAGE, decivolts / 10)


_DESCRIPTION: Final = 190
_REPLY: Final = 1
_SILENT: Final = frozenset(
    {
        (_DESCRIPTION, b"\xbe\x02", 27),
        (_DESCRIPTION, b"\xd2", 8),
        *((_REPLY, b"\xc2", length) for length in range(3, 20)),
    }
)
"""Messages about the device itself: fPort, how they begin, how long they are."""


def _readings(uplink: Uplink) -> Iterable[Reading]:
    payload, port = uplink.payload, uplink.f_port
    if port in _CATEGORIES and payload[:1] == b"\xa2" and len(payload) == _CATEGORY.size:
        return _category(payload, port - _ALL_TRAFFIC)
    forms = {b"\xbe\x02\x01": _V1, b"\xbe\x02\x02": _V2}
    form = forms.get(payload[:3])
    if port == _CLASSES_PORT and form is not None and len(payload) == form.size:
        return _classes(payload)
    if any(
        port == known and payload.startswith(begin) and len(payload) == length
        for known, begin, length in _SILENT
    ):
        return ()
    begin = payload[:3].hex() or "nothing"
    msg = f"{len(payload)} bytes beginning with {begin} on fPort {port} are no known form"
    raise DecodeError(msg)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return counted(uplink, _readings(uplink))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="parametric_tcr",
        manufacturer="Parametric",
        model="TCR",
        medium=Medium.TRAFFIC,
        quantities=frozenset(
            {
                *(quantity for pair in _DIRECTIONS for quantity in pair),
                *(Quantity.BATTERY, Quantity.BATTERY_VOLTAGE),
                *(Quantity.SOLAR_POWER, Quantity.TEMPERATURE),
            }
        ),
        decode=_decode,
        names=(
            "PMX TCR",
            *("TCR-LS", "TCR-LSS", "TCR-LSA", "TCR-LSB", "TCR-LSBS"),
            *("TCR-HS", "TCR-HSS", "TCR-HSA", "TCR-HSB", "TCR-HSBS"),
            *("TCR-DLI", "TCR-DLE", "TCR-SLI", "TCR-SLE"),
        ),
        settings=(Setting.SWAP,),
    ),
)
