"""Apator Ultrimis W: ultrasonic water meter with a radio of its own.

Any fPort, least significant byte first. A first byte that tells kind and unit; time,
serial number, alarms; volumes, in a message of fourteen hours as differences going
back; the CRC of EN 13757. Source: tomkomanski/LoRaWANparser, LoRaWANparser.ApatorUltrimis.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._frames import flags, unpack
from ._times import is_plausible, unix
from ._wmbus.checksums import CRC, crc

_HOURS: Final = Struct("<IIixxBi13h")
"""Time, number, reverse volume, alarms of the moment, volume, differences."""
_PERIOD: Final = Struct("<IIixxBi")
_ALARM: Final = Struct("<IIxxB")

_EXTENDED, _IS_ALARM, _ENCRYPTED, _OTHER_DEVICE = 0x80, 0x40, 0x20, 0x04
_KINDS: Final[Mapping[int, Struct]] = {0: _HOURS, 1: _PERIOD, 2: _PERIOD}
"""By the lowest two bits: the last hours, a day, a month."""
_NO_MORE: Final = frozenset({-1, 0x7FFF})
"""Differences of hours that the meter has not stored."""

_ALARMS: Final[Mapping[Quantity, int]] = {
    Quantity.TAMPER: 0x01,
    Quantity.BATTERY_LOW: 0x02,
    Quantity.DRY: 0x04,
    Quantity.STANDSTILL: 0x08,
    Quantity.BURST: 0x20,
    Quantity.BACKFLOW: 0x40,
    Quantity.LEAK: 0x80,
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    frame, sent = uplink.payload[:-CRC], uplink.payload[-CRC:]
    if not frame or crc(frame) != int.from_bytes(sent, "little"):
        msg = "the CRC does not fit"
        raise DecodeError(msg)
    kind = frame[0]
    if kind & (_ENCRYPTED | _OTHER_DEVICE):
        msg = f"message {kind:02X} is encrypted or of another device"
        raise DecodeError(msg)
    fields = frame[2:] if kind & _EXTENDED else frame[1:]
    if kind & _IS_ALARM:
        return checked(uplink, _alarm(uplink, fields))
    layout = _KINDS.get(kind & 3)
    if layout is None:
        msg = f"message {kind:02X} is not known"
        raise DecodeError(msg)
    return checked(uplink, _volumes(uplink, unpack(layout, fields, "a message"), kind >> 3 & 3))


def _time(uplink: Uplink, seconds: int) -> datetime:
    at = unix(seconds)
    return at if is_plausible(at, uplink.received_at) else uplink.received_at


def _alarm(uplink: Uplink, fields: bytes) -> Iterator[Reading]:
    seconds, number, alarms = unpack(_ALARM, fields, "an alarm")
    yield from flags(alarms, _ALARMS, _time(uplink, seconds), f"{number:08X}")


def _volumes(uplink: Uplink, fields: tuple[int, ...], exponent: int) -> Iterator[Reading]:
    seconds, number, reverse, alarms, volume, *differences = fields
    at, meter = _time(uplink, seconds), f"{number:08X}"
    unit = 10**exponent / 1000
    yield from flags(alarms, _ALARMS, at, meter)
    yield Reading(Quantity.VOLUME_REVERSE, reverse * unit, at=at, meter=meter)
    yield Reading(Quantity.VOLUME, volume * unit, at=at, meter=meter)
    for difference in differences:
        if difference in _NO_MORE:
            return
        volume -= difference
        at -= timedelta(hours=1)
        yield Reading(Quantity.VOLUME, volume * unit, at=at, meter=meter)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="apator_ultrimis",
        manufacturer="Apator",
        model="Ultrimis W",
        medium=Medium.WATER,
        quantities=frozenset({Quantity.VOLUME, Quantity.VOLUME_REVERSE, *_ALARMS}),
        decode=_decode,
        names=("Apator Ultrimis", "Pipersberg Ultrimis W"),
    ),
)
