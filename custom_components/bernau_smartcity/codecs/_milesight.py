"""Milesight's frames: elements of channel, type and data, one behind the other.

Least significant byte first; any fPort (85 by default). The length of an
element follows from its channel and type, so an unknown one makes the rest
unreadable. Source: Milesight-IoT/SensorDecoders.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import DecodeError, Quantity, Reading
from ._times import EARLIEST, unix

type Read[T = Reading] = Callable[[bytes], Iterable[T]]
type Length = int | Mapping[int, int] | Callable[[bytes], int]
"""Bytes of data; by the kind of a stored value (fifth byte) where that decides, or
of what the data begins with."""
type Elements[T = Reading] = Mapping[tuple[int, int], tuple[Length, Read[T]]]
"""By channel and type."""

_KIND: Final = 4
_BEGINNING: Final = 8
"""That many bytes tell the length, where it is not fixed."""
_REPLIES: Final = frozenset({0xF8, 0xF9, 0xFE, 0xFF})
"""Channels on which a device answers to a command."""
_SHORT_MISSING: Final = frozenset({0x7FFF, -0x8000})
_BYTE_MISSING: Final = 0xFF


def nothing(data: bytes) -> tuple[Reading, ...]:
    """Leave out what is not measured."""
    del data
    return ()


def restart(data: bytes) -> Iterator[Reading]:
    """Tell that counters may have begun anew."""
    del data
    yield Reading(Quantity.RESTART, 1)


def battery(data: bytes) -> Iterator[Reading]:
    """Read percent."""
    if data[0] != _BYTE_MISSING:
        yield Reading(Quantity.BATTERY, data[0])


def temperature(data: bytes) -> Iterator[Reading]:
    """Read tenths of a degree; an alarm may follow."""
    (tenths,) = struct.unpack_from("<h", data)
    if tenths not in _SHORT_MISSING:
        yield Reading(Quantity.TEMPERATURE, tenths / 10)


def humidity(data: bytes) -> Iterator[Reading]:
    """Read halves of a percent."""
    if data[0] != _BYTE_MISSING:
        yield Reading(Quantity.HUMIDITY, data[0] / 2)


def clock(data: bytes) -> Iterator[Reading]:
    """Read the Unix time of the device; nothing before it was set."""
    seconds = int.from_bytes(data, "little")
    if (at := unix(seconds)) >= EARLIEST:
        yield Reading(Quantity.CLOCK, seconds, at=at)


def contact(number: int) -> Read:
    """Read the state of a numbered input."""

    def read(data: bytes) -> Iterator[Reading]:
        yield Reading(Quantity.CONTACT, data[0] == 1, number)

    return read


def pulses(number: int) -> Read:
    """Read the count of a numbered input."""

    def read(data: bytes) -> Iterator[Reading]:
        yield Reading(Quantity.PULSES, int.from_bytes(data, "little"), number)

    return read


def two_counts(first: Quantity, second: Quantity, channel: int = 0) -> Read:
    """Read two numbers of two bytes; an alarm may follow."""

    def read(data: bytes) -> Iterator[Reading]:
        for quantity, value in zip((first, second), struct.unpack_from("<HH", data), strict=True):
            yield Reading(quantity, value, channel)

    return read


def flag(quantity: Quantity) -> Read:
    """Read no (0) or yes (1); anything else says that it is not known."""

    def read(data: bytes) -> Iterator[Reading]:
        if data[0] in {0, 1}:
            yield Reading(quantity, data[0])

    return read


def stored(data: bytes, readings: Iterable[Reading]) -> Iterator[Reading]:
    """Give past readings their time, which the data begins with; none of a clock never set."""
    at = unix(int.from_bytes(data[:4], "little"))
    if at >= EARLIEST:
        for reading in readings:
            yield Reading(reading.quantity, reading.value, reading.channel, at)


NAMEPLATE: Final[Elements] = {
    (0xFF, 0x01): (1, nothing),  # version of the protocol
    (0xFF, 0x08): (6, nothing),  # serial number
    (0xFF, 0x09): (2, nothing),  # version of the hardware
    (0xFF, 0x0A): (2, nothing),  # version of the firmware
    (0xFF, 0x0B): (1, restart),  # powered up
    (0xFF, 0x0F): (1, nothing),  # LoRaWAN class
    (0xFF, 0x16): (8, nothing),  # serial number
    (0xFF, 0x1F): (4, nothing),  # version of the firmware
    (0xFF, 0xCC): (1, nothing),  # power source
    (0xFF, 0xFE): (1, restart),  # reset
    (0xFF, 0xFF): (2, nothing),  # version of the description
}
"""Elements of all models."""

COMMON: Final[Elements] = {(0x01, 0x75): (1, battery), **NAMEPLATE}
"""Elements of all models with a battery."""


def cleared(kind: int, length: int = 1, read: Read = restart) -> Elements:
    """Give the reply to a command that sets counters to zero; firmware varies in the channel."""
    return {(channel, kind): (length, read) for channel in (0xFE, 0xFF)}


def decode[T](payload: bytes, elements: Elements[T]) -> Iterator[T]:
    """Read all elements; a reply to a command ends the frame, as nothing measured follows it."""
    if not payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    position = 0
    while position < len(payload):
        channel, kind = payload[position], int.from_bytes(payload[position + 1 : position + 2])
        element = elements.get((channel, kind))
        if element is None and channel in _REPLIES:
            return
        if element is None:
            msg = f"element {channel:02X} {kind:02X} at byte {position} is not known"
            raise DecodeError(msg)
        length, read = element
        begin = position + 2
        if callable(length):
            length = length(payload[begin : begin + _BEGINNING].ljust(_BEGINNING, b"\0"))
        elif not isinstance(length, int):
            length = _stored_length(length, payload[begin : begin + _KIND + 1])
        data = payload[begin : begin + length]
        if len(data) < length:
            msg = f"element {channel:02X} {kind:02X} at byte {position} is cut off"
            raise DecodeError(msg)
        yield from read(data)
        position = begin + length


def _stored_length(lengths: Mapping[int, int], head: bytes) -> int:
    if len(head) <= _KIND or head[_KIND] not in lengths:
        msg = "a stored value is of no known kind"
        raise DecodeError(msg)
    return lengths[head[_KIND]]
