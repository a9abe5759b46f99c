"""IMBuildings people counters: infrared beam, VertiCount, office occupancy counter.

Most significant byte first. With the header (type 2, variant, device id) a message
comes on any fPort; without it the fPort tells the variant. Totals count since
power-up. Sources: IMBUILDINGS/docs, IMBUILDINGS/PayloadParser, the maker's manual.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._counts import counted, once, sighted
from ._times import EARLIEST

type _Read = Callable[[bytes], Iterable[Reading]]

_FULL: Final = struct.Struct(">BHHHBHHB")
"""Device status, battery, A, B, sensor status, totals of A and B, number of the message."""
_TOTALS: Final = struct.Struct(">BHH")
"""Sensor status, totals."""
_STATUS: Final = struct.Struct(">BHB")
"""Device status, battery, sensor status."""
_TIMED: Final = struct.Struct(">7sHHB")
"""Time in UTC as decimal digits, A, B, sensor status."""

_STARTED: Final = 0x01
"""Bit of the device status."""
_BLOCKED, _DISTURBED, _BATTERY_LOW, _POWERED_UP = 0x80, 0x40, 0x20, 0x04
"""Bits of the sensor status; the beam is blocked, there is other light."""


def _device(status: int, centivolts: int) -> Iterator[Reading]:
    if status & _STARTED:
        yield Reading(Quantity.RESTART, 1)
    yield Reading(Quantity.BATTERY_VOLTAGE, centivolts / 100)


def _sensor(status: int) -> Iterator[Reading]:
    if status & _POWERED_UP:
        yield Reading(Quantity.RESTART, 1)
    yield Reading(Quantity.OBSTRUCTED, bool(status & _BLOCKED))
    yield Reading(Quantity.FAULT, bool(status & _DISTURBED))
    yield Reading(Quantity.BATTERY_LOW, bool(status & _BATTERY_LOW))


def _total(a: int, b: int) -> Iterator[Reading]:
    yield Reading(Quantity.PEOPLE_IN, a)
    yield Reading(Quantity.PEOPLE_OUT, b)


def _period(a: int, b: int, at: datetime | None = None) -> Iterator[Reading]:
    yield Reading(Quantity.PEOPLE_IN_PERIOD, a, at=at)
    yield Reading(Quantity.PEOPLE_OUT_PERIOD, b, at=at)


def _full(body: bytes) -> Iterator[Reading]:
    device, battery, a, b, sensor, total_a, total_b, _ = _FULL.unpack_from(body)
    yield from _device(device, battery)
    yield from _sensor(sensor)
    yield from _total(total_a, total_b)
    yield from _period(a, b)


def _totals(body: bytes) -> Iterator[Reading]:
    sensor, total_a, total_b = _TOTALS.unpack(body)
    yield from _sensor(sensor)
    yield from _total(total_a, total_b)


def _status(body: bytes) -> Iterator[Reading]:
    """Read the status; variant 12 adds for how long the sensor was on and off."""
    device, battery, sensor = _STATUS.unpack_from(body)
    yield from _device(device, battery)
    yield from _sensor(sensor)


def _timed(body: bytes) -> Iterator[Reading]:
    digits, a, b, sensor = _TIMED.unpack(body)
    at = _time(digits)
    if at:
        yield Reading(Quantity.CLOCK, at.timestamp(), at=at)
    yield from _sensor(sensor)
    yield from _period(a, b, at)


def _time(digits: bytes) -> datetime | None:
    """Give the time; none of a clock that was never set."""
    try:
        at = datetime.strptime(digits.hex(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if at >= EARLIEST else None


_TIMED_VARIANT: Final = 4
_VARIANTS: Final[Mapping[int, tuple[int, _Read]]] = {
    _TIMED_VARIANT: (_TIMED.size, _timed),
    6: (_FULL.size, _full),
    7: (_TOTALS.size, _totals),
    8: (_STATUS.size, _status),
    9: (_FULL.size + 2, _full),  # and how well it hears the network
    12: (_STATUS.size + 4, _status),
}
"""Length of the body, and how to read it."""
_PORTS: Final = {24: _TIMED_VARIANT, 26: 6, 27: 7, 28: 8, 29: 9, 212: 12}
"""Variant of a message without a header."""
_HEADER: Final = 10
_TIMED_HEADER: Final = struct.Struct(">8xBHx")
"""A shorter id, but device status, battery and how well it hears the network."""

_COUNTER: Final = 2
_REPLY: Final = b"\xf1\x01"
"""Begin of the reply to a command."""


def _readings(payload: bytes, port: int) -> Iterable[Reading]:
    if payload.startswith(_REPLY):
        return ()
    length, read = _VARIANTS.get(_PORTS.get(port, 0), (0, _status))
    if length and len(payload) == length:
        return read(payload)
    if payload[:1] != bytes([_COUNTER]) or payload[1:2] not in map(_byte, _VARIANTS):
        begin = payload[:2].hex() or "nothing"
        msg = f"{len(payload)} bytes beginning with {begin} on fPort {port} are no people counter's"
        raise DecodeError(msg)
    variant = payload[1]
    length, read = _VARIANTS[variant]
    header = _TIMED_HEADER.size if variant == _TIMED_VARIANT else _HEADER
    if len(payload) != header + length:
        msg = f"variant {variant} has {header + length} bytes, not {len(payload)}"
        raise DecodeError(msg)
    known = _device(*_TIMED_HEADER.unpack_from(payload)) if variant == _TIMED_VARIANT else ()
    return (*known, *read(payload[header:]))


def _byte(number: int) -> bytes:
    return bytes([number])


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return counted(uplink, once(sighted(_readings(uplink.payload, uplink.f_port))))


def _codec(key: str, model: str, *names: str, catalogue: tuple[str, ...] = ()) -> Codec:
    return Codec(
        key=key,
        manufacturer="IMBuildings",
        model=model,
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT),
                *(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD),
                *(Quantity.OBSTRUCTED, Quantity.FAULT, Quantity.BATTERY_LOW),
                *(Quantity.BATTERY_VOLTAGE, Quantity.CLOCK, Quantity.RESTART),
            }
        ),
        decode=_decode,
        names=names,
        catalogue=catalogue,
        modulus={Quantity.PEOPLE_IN: 2**16, Quantity.PEOPLE_OUT: 2**16},
        settings=(Setting.SWAP,),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec(
        "imbuildings_people_counter",
        "People Counter LoRaWAN",
        "IMBuildings People Counter",
        "IMBuildings People Counter NB-IoT",
        "IMBuildings Office Occupancy Counter",
        catalogue=("imbuildings/imbuildings-people-counter",),
    ),
    _codec("imbuildings_verticount", "VertiCount", "VertiCount Pro"),
)
