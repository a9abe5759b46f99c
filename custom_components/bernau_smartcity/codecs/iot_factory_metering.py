"""IoT Factory metering node: three inputs for pulses, contacts and voltages.

fPort 10: state of the battery, what the header has, then records of kind, time and
data. Least significant byte first, Unix times. What other devices of the maker
send in the same way, places and networks among it, is left out. Source:
TheThingsNetwork/lorawan-devices vendor/iot-factory/generic-decoder.js.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._frames import unknown_port
from ._times import EARLIEST, unix

type _Read = Callable[[datetime | None, bytes], Iterable[Reading]]

_F_PORT: Final = 10
_EXTERNAL: Final = 0x01
_FULL: Final = 100
_SERIAL, _SIZE = 0x01, 0x10
"""What else the header has: four bytes, two bytes."""
_KIND: Final = 0x0FFF
_RECORD: Final = Struct("<HI")
"""Kind and reason, time."""
_SHORT_MISSING: Final = frozenset({0x7FFF, -0x8000})
_HUMID: Final = 1000


def _nothing(at: datetime | None, data: bytes) -> tuple[Reading, ...]:
    del at, data
    return ()


def _contact(at: datetime | None, data: bytes) -> Iterator[Reading]:
    if data[1] in {0, 1}:
        yield Reading(Quantity.CONTACT, data[1], data[0], at)


def _pulses(at: datetime | None, data: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.PULSES, int.from_bytes(data[1:], "little"), data[0], at)


def _temperature(at: datetime | None, data: bytes) -> Iterator[Reading]:
    tenths = int.from_bytes(data[1:], "little", signed=True)
    if tenths not in _SHORT_MISSING:
        yield Reading(Quantity.TEMPERATURE, tenths / 10, data[0], at)


def _humidity(at: datetime | None, data: bytes) -> Iterator[Reading]:
    tenths = int.from_bytes(data, "little")
    if tenths <= _HUMID:
        yield Reading(Quantity.HUMIDITY, tenths / 10, at=at)


_RECORDS: Final[Mapping[int, tuple[int, _Read]]] = {
    0x00: (3, _nothing),  # device
    0x05: (2, _nothing),  # movement
    0x0A: (5, _nothing),  # current of an input; the time stands behind the input
    0x0B: (2, _contact),
    0x0C: (6, _nothing),  # voltage of an input
    0x0D: (5, _pulses),
    0x0F: (3, _temperature),
    0x13: (1, _nothing),  # movement
    0x17: (37, _nothing),  # modem
    0x18: (2, _humidity),
    0x19: (2, _nothing),  # light
}
"""Bytes of data behind the time, by kind, and how to read them."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port != _F_PORT:
        raise unknown_port(uplink.f_port)
    return checked(uplink, _message(uplink.payload))


def _message(frame: bytes) -> Iterator[Reading]:
    head = 2 + 4 * bool(_has(frame, _SERIAL)) + 2 * bool(_has(frame, _SIZE))
    if len(frame) < head:
        msg = "the header is cut off"
        raise DecodeError(msg)
    percent = frame[0] >> 1
    if not frame[0] & _EXTERNAL and percent <= _FULL:
        yield Reading(Quantity.BATTERY, percent)
    position = head
    while position < len(frame):
        begin = position + _RECORD.size
        if begin > len(frame):
            msg = "a record is cut off"
            raise DecodeError(msg)
        kind, seconds = _RECORD.unpack_from(frame, position)
        length, read = _RECORDS.get(kind & _KIND, (None, _nothing))
        if length is None or begin + length > len(frame):
            msg = f"record {kind & _KIND:X} is not known or cut off"
            raise DecodeError(msg)
        at = unix(seconds)
        yield from read(at if at >= EARLIEST else None, frame[begin : begin + length])
        position = begin + length


def _has(frame: bytes, mask: int) -> int:
    return int.from_bytes(frame[1:2]) & mask


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="iot_factory_metering",
        manufacturer="IoT Factory",
        model="metering node",
        medium=Medium.UNKNOWN,
        quantities=frozenset(
            {
                Quantity.PULSES,
                Quantity.CONTACT,
                Quantity.TEMPERATURE,
                Quantity.HUMIDITY,
                Quantity.BATTERY,
            }
        ),
        decode=_decode,
        catalogue=("iot-factory/metering-node",),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
)
