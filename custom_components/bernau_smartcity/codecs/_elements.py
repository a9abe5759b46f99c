"""Messages of elements, one behind the other: an identification, then data of a known length."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from ..model import DecodeError, Quantity, Reading

type Read = Callable[[bytes], Iterable[Reading]]
type Elements = Mapping[bytes, tuple[int, Read]]
"""Length of the data and how to read it, by identifications of one length."""


def nothing(data: bytes) -> Iterable[Reading]:
    """Leave out what is not measured, or of no use."""
    del data
    return ()


def restart(data: bytes) -> Iterator[Reading]:
    """Tell that counters may have begun anew."""
    del data
    yield Reading(Quantity.RESTART, 1)


def number(
    quantity: Quantity, divisor: float = 1, channel: int = 0, *, signed: bool = False
) -> Read:
    """Read a number, most significant byte first."""

    def read(data: bytes) -> Iterator[Reading]:
        yield Reading(quantity, int.from_bytes(data, signed=signed) / divisor, channel)

    return read


def flag(quantity: Quantity, channel: int = 0) -> Read:
    """Read whether a number is not zero."""

    def read(data: bytes) -> Iterator[Reading]:
        yield Reading(quantity, any(data), channel)

    return read


def decode(payload: bytes, elements: Elements) -> Iterator[Reading]:
    """Read all elements, or refuse the message."""
    if not payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    position = 0
    while position < len(payload):
        readings, position = read_one(payload, position, elements)
        yield from readings


def read_one(payload: bytes, position: int, elements: Elements) -> tuple[Iterable[Reading], int]:
    """Give what one element tells, and where it ends."""
    begin = position + len(next(iter(elements)))
    element = payload[position:begin]
    if element not in elements:
        msg = f"element {element.hex(' ')} at byte {position} is not known"
        raise DecodeError(msg)
    length, read = elements[element]
    data = payload[begin : begin + length]
    if len(data) < length:
        msg = f"element {element.hex(' ')} at byte {position} is cut off"
        raise DecodeError(msg)
    return read(data), begin + length
