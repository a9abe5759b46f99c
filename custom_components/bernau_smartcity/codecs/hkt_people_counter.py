"""HKT people counter: infrared beam.

"hkt" and two bytes, then elements of one byte and data, most significant byte
first; any fPort. Source: akenza-io/device-type-library types/hkt/peopleCounter.
"""

from collections.abc import Iterable, Iterator
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _elements
from ._counts import counted, sighted

_MARK: Final = b"hkt"
_HEADER: Final = 5
_COUNTS: Final = struct.Struct(">4x2I")
"""Behind what was counted since the last message: the totals."""


def _totals(data: bytes) -> Iterator[Reading]:
    came, went = _COUNTS.unpack(data)
    yield Reading(Quantity.PEOPLE_IN, came)
    yield Reading(Quantity.PEOPLE_OUT, went)


def _installed(data: bytes) -> Iterator[Reading]:
    """Read whether it is on its mount."""
    yield Reading(Quantity.TAMPER, not any(data))


_ELEMENTS: Final[_elements.Elements] = {
    b"\x01": (2, _elements.nothing),  # versions
    b"\x03": (1, _elements.number(Quantity.BATTERY)),
    b"\x04": (1, _elements.nothing),  # when it sends
    b"\x05": (2, _elements.nothing),  # how often
    b"\x06": (2, _elements.nothing),  # from how many on
    b"\x07": (_COUNTS.size, _totals),
    b"\x83": (1, _elements.flag(Quantity.FAULT)),
    b"\x84": (1, _installed),
    b"\x86": (2, _elements.nothing),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if not payload.startswith(_MARK) or len(payload) < _HEADER:
        msg = f"{len(payload)} bytes do not begin as those of a HKT counter"
        raise DecodeError(msg)
    return counted(uplink, sighted(_elements.decode(payload[_HEADER:], _ELEMENTS)))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="hkt_people_counter",
        manufacturer="HKT",
        model="IR People Counter",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT, Quantity.FAULT),
                *(Quantity.TAMPER, Quantity.BATTERY),
            }
        ),
        decode=_decode,
        names=("HKT People Counter",),
        modulus={Quantity.PEOPLE_IN: 2**32, Quantity.PEOPLE_OUT: 2**32},
        settings=(Setting.SWAP,),
    ),
)
