"""Numbers that Milesight's controllers read from Modbus devices.

They tell of each how it was read, but not what it means: that is a layout
(`_registers`), whose registers are the channels as the device's web page or app
counts them. Source: Milesight-IoT/SensorDecoders uc-series.
"""

from collections.abc import Callable, Iterator, Mapping
import struct
from typing import Final

from ..model import DecodeError
from ._milesight import Read
from ._registers import Register
from ._times import EARLIEST, unix

_SIGNED: Final = 0x80
_KIND: Final = 0x07
"""Where the size of the number stands in the same byte."""
_TIME: Final = 4
_STORED: Final = 5

FORMATS: Final[Mapping[int, tuple[str, str]]] = {
    0: ("<B", "<B"),  # coil
    1: ("<B", "<b"),  # discrete input
    2: ("<H", "<h"),
    3: ("<H", "<h"),
    4: ("<I", "<i"),
    5: ("<f", "<f"),
    6: ("<I", "<i"),
    7: ("<f", "<f"),
    8: ("<Hxx", "<hxx"),  # the half of a number of four bytes
    9: ("<xxH", "<xxh"),
    10: ("<Hxx", "<hxx"),
    11: ("<xxH", "<xxh"),
}
"""By the kind of a Modbus register: the number without and with sign."""


def size(kind: int) -> int:
    """Give how many bytes a number of this kind has."""
    return struct.calcsize(_format(kind))


def number(kind: int, data: bytes) -> float:
    """Read a number of this kind."""
    (value,) = struct.unpack_from(_format(kind), data)
    return float(value)


def defined(first: int) -> Read[Register]:
    """Read a channel, size and kind of a number in one byte, and the number.

    `first` is how the device counts the first channel.
    """

    def read(data: bytes) -> Iterator[Register]:
        yield Register(data[0] - first + 1, number(data[1] & _KIND, data[2:]))

    return read


def defined_size(data: bytes) -> int:
    """Give the length of such a number."""
    return 2 + size(data[1] & _KIND)


def stored(head: int, kinds: int = 0xFF) -> Read[Register]:
    """Read stored numbers of four bytes, each behind its kind; the head is time and channels.

    `kinds` are the bits that tell the kind.
    """

    def read(data: bytes) -> Iterator[Register]:
        at = unix(int.from_bytes(data[:_TIME], "little"))
        mask = int.from_bytes(data[_TIME:head], "little")
        channels = (bit for bit in range(mask.bit_length()) if mask >> bit & 1)
        for channel, begin in zip(channels, range(head, len(data), _STORED), strict=True):
            value = number(data[begin] & kinds, data[begin + 1 : begin + _STORED])
            if at >= EARLIEST:
                yield Register(channel + 1, value, at)

    return read


def stored_size(head: int) -> Callable[[bytes], int]:
    """Give how to tell the length of stored numbers."""
    return lambda data: head + _STORED * int.from_bytes(data[_TIME:head], "little").bit_count()


def _format(kind: int) -> str:
    if (formats := FORMATS.get(kind & ~_SIGNED)) is None:
        msg = f"a Modbus register of the kind {kind:02X} is not known"
        raise DecodeError(msg)
    return formats[kind >= _SIGNED]
