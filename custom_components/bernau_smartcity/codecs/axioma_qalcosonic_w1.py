"""Axioma Qalcosonic W1: ultrasonic water meter.

fPort 100 measurement, 101 configuration, 103 alarm; least significant byte
first, litres, Unix times of the meter's clock. The configuration tells how
often volumes are stored, and whether those are fluid ounces. Sources: Axioma "W1 LoRa payload
Extended", TheThingsNetwork/lorawan-devices vendor/axioma (Enhanced 24h).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
import re
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Remember, Setting, Told, Uplink
from ._checks import checked
from ._settings import interval
from ._times import is_plausible, unix

_HEAD: Final = struct.Struct("<IBI")
"""Extended and Short: clock, status, volume."""
_LOG: Final = struct.Struct("<II")
"""Extended: time of the first stored volume, and that volume."""
_EXTENDED: Final = _HEAD.size + _LOG.size
_DELTAS: Final = 15
_LOG_SPAN: Final = timedelta(days=62)
"""How far stored volumes may reach back."""
_PERHAPS_ENCRYPTED: Final = "the payload may be encrypted by the meter"
_ENHANCED: Final = struct.Struct("<BIBI41s")
"""Version, clock, status, first stored volume, 23 differences of 14 bits and a multiplier."""
_ENHANCED_VERSION: Final = 1
_ENHANCED_DELTAS: Final = 23
_SHORT: Final = 13
"""Short: the head, any number of past volumes, and the period; each of four bytes."""
_NOTICE: Final = struct.Struct("<IB")
"""Alarm: time and status."""
_PADDING: Final = b"\x2f"

_DELTA_MISSING: Final = 0xFFFF
_DELTA_14_MISSING: Final = 0x3FFF
_MISSING: Final = 0xFFFF_FFFF
_LARGEST: Final = 1_000_000_000
"""Litres; the display ends below."""
_PERIODS: Final = range(60, 31 * 86400 + 1)
"""Seconds between the past volumes of a Short message."""

_BATTERY_LOW, _PERMANENT, _TEMPORARY = 0x04, 0x08, 0x10
_REFINED: Final = {
    0b000: Quantity.DRY,
    0b001: Quantity.LEAK,
    0b011: Quantity.BACKFLOW,
    0b100: Quantity.FROST,
    0b101: Quantity.BURST,
    0b110: Quantity.TAMPER,
}
"""Top three bits of the status: which temporary error it is."""

_OUNCE: Final = 29.5735295625e-6
"""m³ in the fluid ounce of the United States."""
_NOW_IN_OUNCES: Final = re.compile(rb"\x04\x93[\x3d\xbd]")
_STORED_IN_OUNCES: Final = re.compile(rb"[\x44\x4d]\x93[\x3d\xbd]")
"""Heads of M-Bus records in the configuration: of the volume now and of stored ones."""
_SPACING: Final = 4
"""Bytes at its end: that a profile is stored; its length, control and steps."""
_PROFILE: Final = 0x1E
_STEPS: Final = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
_FEWEST, _MOST = 1, 250
_INTERVAL, _NOW_UNIT, _STORED_UNIT = "interval", "unit", "stored_unit"
"""What is kept of the configuration: seconds, `oz` or nothing."""


def _decode(uplink: Uplink) -> Iterable[Told]:
    match uplink.f_port:
        case 100:
            return checked(uplink, _measurement(uplink))
        case 103:
            return checked(uplink, _alarm(uplink))
        case 101:
            return tuple(_configuration(uplink.payload))
    msg = f"fPort {uplink.f_port} is none of 100, 101 and 103"
    raise DecodeError(msg)


def _configuration(payload: bytes) -> Iterator[Remember]:
    profile, _, control, steps = payload[-_SPACING:].rjust(_SPACING, b"\0")
    if profile == _PROFILE and _FEWEST <= steps <= _MOST:
        seconds = steps * _STEPS[control >> 4 & 3].total_seconds()
        yield Remember(_INTERVAL, f"{seconds:.0f}")
    for name, head in ((_NOW_UNIT, _NOW_IN_OUNCES), (_STORED_UNIT, _STORED_IN_OUNCES)):
        yield Remember(name, "oz" if head.search(payload) else "")


def _litres(count: int) -> float:
    return count / 1000


def _ounces(count: int) -> float:
    return count * _OUNCE


def _in_m3(uplink: Uplink, name: str) -> Callable[[int], float]:
    """Give how what the meter counts becomes m³."""
    return _ounces if uplink.memory.get(name) else _litres


def _interval(uplink: Uplink) -> timedelta:
    """Give the time between stored volumes, as a person or the meter told it."""
    seconds = uplink.memory.get(_INTERVAL, "")
    told = timedelta(seconds=int(seconds)) if seconds.isdecimal() else timedelta(hours=1)
    return interval(uplink, told)


def _measurement(uplink: Uplink) -> Iterator[Reading]:
    payload = uplink.payload
    if len(payload) == _ENHANCED.size and payload[0] == _ENHANCED_VERSION:
        yield from _enhanced(uplink)
        return
    if len(payload) < _SHORT:
        msg = f"{len(payload)} bytes are too few for a measurement"
        raise DecodeError(msg)
    seconds, status, volume = _HEAD.unpack_from(payload)
    now = _clock(seconds, uplink.received_at)
    yield from _state(now, status)
    if volume != _MISSING:
        yield Reading(Quantity.VOLUME, _in_m3(uplink, _NOW_UNIT)(volume), at=now)
    if not _is_short(payload):
        in_m3 = _in_m3(uplink, _STORED_UNIT)
        for stored, at in _history(payload, now, _interval(uplink)):
            yield Reading(Quantity.VOLUME, in_m3(stored), 0, at)


def _is_short(payload: bytes) -> bool:
    """Tell Short from Extended: where the one has a past volume, the other has a time.

    A time of our days, read as litres, is beyond what the meter can show. The
    order of the past volumes is not documented, so they are left out.
    """
    count, rest = divmod(len(payload) - _SHORT, 4)
    if rest:
        return False
    *past, period = struct.unpack_from(f"<{count + 1}I", payload, _HEAD.size)
    return period in _PERIODS and all(volume < _LARGEST for volume in past)


def _history(payload: bytes, now: datetime, step: timedelta) -> Iterator[tuple[int, datetime]]:
    """Give the stored volumes of an Extended message: each adds what followed the one before."""
    body = payload.removesuffix(_PADDING) if len(payload) % 2 == 0 else payload
    rest = body[_EXTENDED + 2 * _DELTAS :]
    if len(body) < _EXTENDED or len(body) % 2 == 0 or rest.strip(_PADDING):
        msg = f"{len(payload)} bytes are neither an Extended, an Enhanced nor a Short message"
        raise DecodeError(msg)
    seconds, first = _LOG.unpack_from(body, _HEAD.size)
    if _MISSING in {seconds, first} or seconds == 0:
        return
    begin = unix(seconds)
    if not now - _LOG_SPAN <= begin <= now + timedelta(days=1):
        msg = f"stored values of {begin:%Y-%m-%d} at {now:%Y-%m-%d}; {_PERHAPS_ENCRYPTED}"
        raise DecodeError(msg)
    count = min(_DELTAS, (len(body) - _EXTENDED) // 2)
    deltas = struct.unpack_from(f"<{count}H", body, _EXTENDED)
    if _DELTA_MISSING in deltas:
        deltas = deltas[: deltas.index(_DELTA_MISSING)]
    at = begin
    for volume in accumulate(deltas, initial=first):
        # What lies ahead of the clock has not been stored yet.
        if at > now:
            break
        yield volume, at
        at += step


def _enhanced(uplink: Uplink) -> Iterator[Reading]:
    """Read an Enhanced 24h message; the times of its stored volumes are not documented."""
    _, seconds, status, first, packed = _ENHANCED.unpack(uplink.payload)
    now = _clock(seconds, uplink.received_at)
    bits = int.from_bytes(packed, "little")
    deltas = [bits >> 14 * place & _DELTA_14_MISSING for place in range(_ENHANCED_DELTAS)]
    if multiplier := bits >> 14 * _ENHANCED_DELTAS:
        msg = f"multiplier {multiplier} of the differences is not known"
        raise DecodeError(msg)
    yield from _state(now, status)
    if first != _MISSING and _DELTA_14_MISSING not in deltas:
        volume = _in_m3(uplink, _STORED_UNIT)(first + sum(deltas))
        yield Reading(Quantity.VOLUME, volume, at=now)


def _alarm(uplink: Uplink) -> Iterator[Reading]:
    if len(uplink.payload) != _NOTICE.size:
        msg = f"an alarm has {_NOTICE.size} bytes, not {len(uplink.payload)}"
        raise DecodeError(msg)
    seconds, status = _NOTICE.unpack(uplink.payload)
    yield from _state(_clock(seconds, uplink.received_at), status)


def _clock(seconds: int, received_at: datetime) -> datetime:
    at = unix(seconds)
    if not is_plausible(at, received_at):
        msg = f"time {at:%Y-%m-%d} is not plausible; {_PERHAPS_ENCRYPTED}"
        raise DecodeError(msg)
    return at


def _state(now: datetime, status: int) -> Iterator[Reading]:
    """Give the clock and every flag of the status."""
    yield Reading(Quantity.CLOCK, now.timestamp(), 0, now)
    for quantity, value in _flags(status).items():
        yield Reading(quantity, value, 0, now)


@cache
def _flags(status: int) -> Mapping[Quantity, float]:
    """Give every flag by the byte of the status."""
    temporary = bool(status & _TEMPORARY)
    refined = _REFINED.get(status >> 5) if temporary else None
    fault = bool(status & _PERMANENT) or (temporary and refined is None)
    return {
        **{quantity: float(quantity is refined) for quantity in _REFINED.values()},
        Quantity.FAULT: float(fault),
        Quantity.BATTERY_LOW: float(status & _BATTERY_LOW > 0),
    }


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="axioma_qalcosonic_w1",
        manufacturer="Axioma",
        model="Qalcosonic W1",
        medium=Medium.WATER,
        quantities=frozenset(
            {
                Quantity.VOLUME,
                Quantity.CLOCK,
                Quantity.FAULT,
                Quantity.BATTERY_LOW,
                *_REFINED.values(),
            }
        ),
        decode=_decode,
        names=("Axioma W1", "QALCOSONIC-W1"),
        catalogue=("axioma/qalcosonic-w1",),
        modulus={Quantity.VOLUME: 2**32 / 1000},
        settings=(Setting.INTERVAL,),
    ),
)
