"""ZENNER water meters and pulse modules (EDC, IUWS, NDC, PDC): SP and AP packets.

First byte: kind of the packet and its variant, four bits each; any fPort. Litres,
least significant byte first. A device sends only the packets of its scenario.
Sources: ZennerIoT/element-parsers lib/zenner_water-meter.ex,
thethingsnetwork.org/forum/t/zenner-water-meter-problems/59648.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._frames import unpack
from ._mbus.data import date_time_f
from ._times import METER_TIME

type _Read = Callable[[Uplink], Iterable[Reading]]

_DAY: Final = Struct("x4s")
_MONTH: Final = Struct("xxx4s")
_TWO_CHANNELS: Final = Struct("x4s4sxx")
_TWO_MONTHS: Final = Struct("xxx4s4s")
_SUMMARY: Final = Struct("x4s2s4x")
_HOURS: Final = Struct("<xBB3I2x")
_MISSING: Final = 0xFFFF_FFFF
_BCD: Final = 0
"""Variant of a packet whose values are decimal digits, most significant first."""
_BINARY: Final = frozenset({1, 2})
_LATE: Final = timedelta(minutes=30)
"""By how much the meter's clock may run ahead of ours."""
_LAST_HOUR: Final = 23

_ALARMS: Final[Mapping[int, Quantity]] = {
    0x02: Quantity.TAMPER,
    0x0C: Quantity.BATTERY_LOW,
    0x0D: Quantity.DRY,
    0x0E: Quantity.FROST,
    0x0F: Quantity.BACKFLOW,
}
"""Alarms by their code; any other is a fault of the device."""
_FLAGS: Final = (Quantity.FAULT, *_ALARMS.values())


def _litres(uplink: Uplink, raw: bytes) -> int | None:
    """Give a value in the coding of the packet's variant; None: there is none."""
    variant = uplink.payload[0] & 0x0F
    value = int.from_bytes(raw, "little")
    if value == _MISSING:
        return None
    if variant in _BINARY:
        return value
    digits = raw.hex()
    if variant != _BCD or not digits.isdecimal():
        msg = f"value {digits.upper()} of variant {variant} is not known"
        raise DecodeError(msg)
    return int(digits)


def _volumes(
    uplink: Uplink, raws: Iterable[tuple[int, bytes]], at: datetime | None = None
) -> Iterator[Reading]:
    for channel, raw in raws:
        litres = _litres(uplink, raw)
        if litres is not None:
            yield Reading(Quantity.VOLUME, litres / 1000, channel, at)


def _day(uplink: Uplink) -> Iterator[Reading]:
    (raw,) = unpack(_DAY, uplink.payload, "a day value")
    yield from _volumes(uplink, ((0, raw),))


def _month(uplink: Uplink) -> Iterator[Reading]:
    (raw,) = unpack(_MONTH, uplink.payload, "a month value")
    yield from _volumes(uplink, ((0, raw),), _month_began(uplink))


def _two_channels(uplink: Uplink) -> Iterator[Reading]:
    raws = unpack(_TWO_CHANNELS, uplink.payload, "a packet of two day values")
    yield from _volumes(uplink, enumerate(raws, 1))


def _two_months(uplink: Uplink) -> Iterator[Reading]:
    raws = unpack(_TWO_MONTHS, uplink.payload, "a packet of two month values")
    yield from _volumes(uplink, enumerate(raws, 1), _month_began(uplink))


def _month_began(uplink: Uplink) -> datetime:
    local = uplink.received_at.astimezone(METER_TIME)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _hours(uplink: Uplink) -> Iterator[Reading]:
    """Read the values of three full hours; binary whatever the variant says."""
    channel, first, *values = unpack(_HOURS, uplink.payload, "a packet of three hours")
    if first > _LAST_HOUR:
        msg = f"there is no hour {first}"
        raise DecodeError(msg)
    local = uplink.received_at.astimezone(METER_TIME) + _LATE
    hour = local.replace(hour=first, minute=0, second=0, microsecond=0)
    if hour + timedelta(hours=len(values) - 1) > local:
        hour -= timedelta(days=1)
    for place, value in enumerate(values):
        if value != _MISSING:
            at = hour + timedelta(hours=place)
            yield Reading(Quantity.VOLUME, value / 1000, channel, at)


def _summary(uplink: Uplink) -> Iterator[Reading]:
    """Read clock and status: its bits differ by device, but none means that all is well."""
    time, status = unpack(_SUMMARY, uplink.payload, "a status summary")
    now = date_time_f(time)
    if now is not None:
        yield Reading(Quantity.CLOCK, now.timestamp(), at=now)
    for quantity in (Quantity.FAULT,) if any(status) else _FLAGS:
        yield Reading(quantity, any(status))


def _alarm(uplink: Uplink) -> Iterator[Reading]:
    if len(uplink.payload) == 1:
        msg = "an alarm has a code"
        raise DecodeError(msg)
    yield Reading(_ALARMS.get(uplink.payload[1], Quantity.FAULT), 1)


def _nothing(uplink: Uplink) -> tuple[Reading, ...]:
    """Leave out what tells of the device, not of what it measures."""
    del uplink
    return ()


_ANY_VARIANT: Final[Mapping[int, _Read]] = {
    1: _day,
    2: _month,
    5: _two_channels,
    6: _two_months,
    12: _hours,
}
_PACKETS: Final[Mapping[int, _Read]] = {
    0x01: _nothing,  # diagnosis
    0x91: _summary,
    0x92: _nothing,  # identity
    0x93: _nothing,  # firmware
    0xA0: _alarm,
    0xA1: _alarm,
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if not uplink.payload:
        return ()
    first = uplink.payload[0]
    read = _PACKETS.get(first) or _ANY_VARIANT.get(first >> 4)
    if read is None:
        msg = f"packet {first >> 4}.{first & 0x0F} is not known"
        raise DecodeError(msg)
    return checked(uplink, read(uplink))


def _codec(key: str, *names: str, catalogue: tuple[str, ...] = ()) -> Codec:
    model, *others = names
    return Codec(
        key=key,
        manufacturer="ZENNER",
        model=model,
        medium=Medium.WATER,
        quantities=frozenset({Quantity.VOLUME, Quantity.CLOCK, *_FLAGS}),
        decode=_decode,
        names=tuple(name for other in others for name in (other, f"ZENNER {other}")),
        catalogue=catalogue,
        modulus={Quantity.VOLUME: 2**32 / 1000},
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec(
        "zenner_edc",
        *("EDC", "EDC B.One", "EDC communication module", "MINOMESS", "MINOMESS A B.One"),
        *("LoRa water meter", "LoRa water meter (SP1)", "LoRa water meter (daily scenario)"),
        catalogue=("minol-zenner/edc", "minol-zenner/edc-communication-module"),
    ),
    _codec("zenner_iuws", "IUWS", "IUWS B.One", "IUW"),
    _codec("zenner_pdc", "PDC", "PDC B.One", "NDC"),
)
