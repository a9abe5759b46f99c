"""Yosensi YO People Counter: infrared beam.

Version, number of the message and its age in seconds; then measurements, each with
type and decimal places, seconds since the message was begun, lengths of address and
value, address, value. Most significant byte first; any fPort. Left to right counts
as in. Source: akenza-io/device-type-library types/yosensi/YO-PeopleCounter.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._counts import counted, once

_VERSION: Final = 2
_HEADER: Final = struct.Struct(">BxH")
_HEAD: Final = struct.Struct(">BBB")

_COUNTER: Final = 24
_TYPES: Final[Mapping[int, tuple[Quantity, int]]] = {
    2: (Quantity.BATTERY_VOLTAGE, 1000),
    3: (Quantity.TEMPERATURE, 1),
    4: (Quantity.HUMIDITY, 1),
}
"""Quantity and divisor by type; the others measure nothing that is used here."""
_COUNTERS: Final[Mapping[bytes, Quantity]] = {
    b"\x00": Quantity.PEOPLE_IN_PERIOD,
    b"\x01": Quantity.PEOPLE_OUT_PERIOD,
    b"\x02": Quantity.PEOPLE_IN,
    b"\x03": Quantity.PEOPLE_OUT,
}
"""By address; 04 is the difference of the sums."""


def _measurements(payload: bytes) -> Iterator[tuple[int, int, int, bytes, bytes]]:
    """Give type, decimal places, seconds, address and value of each."""
    position = _HEADER.size
    while position < len(payload):
        head = payload[position : position + _HEAD.size].ljust(_HEAD.size, b"\x00")
        kind, seconds, lengths = _HEAD.unpack(head)
        begin = position + _HEAD.size
        middle = begin + (lengths >> 4)
        end = middle + (lengths & 0x0F) + 1
        if end > len(payload):
            msg = f"the measurement at byte {position} is cut off"
            raise DecodeError(msg)
        yield kind >> 2, kind & 0x03, seconds, payload[begin:middle], payload[middle:end]
        position = end


def _readings(uplink: Uplink) -> Iterator[Reading]:
    payload = uplink.payload
    if len(payload) < _HEADER.size or payload[0] != _VERSION:
        msg = f"{len(payload)} bytes do not begin as those of version {_VERSION}"
        raise DecodeError(msg)
    _, age = _HEADER.unpack_from(payload)
    for kind, places, seconds, address, value in _measurements(payload):
        at = uplink.received_at + timedelta(seconds=seconds - age) if age else None
        if kind in _TYPES:
            quantity, divisor = _TYPES[kind]
            amount = int.from_bytes(value, signed=True) / (divisor * 10**places)
            yield Reading(quantity, amount, at=at)
        elif kind == _COUNTER and address in _COUNTERS:
            yield Reading(_COUNTERS[address], int.from_bytes(value), at=at)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return counted(uplink, once(_readings(uplink)))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="yosensi_people_counter",
        manufacturer="Yosensi",
        model="YO People Counter",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT),
                *(Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD),
                *(quantity for quantity, _ in _TYPES.values()),
            }
        ),
        decode=_decode,
        names=("YO-PeopleCounter",),
        modulus={Quantity.PEOPLE_IN: 2**32, Quantity.PEOPLE_OUT: 2**32},
        settings=(Setting.SWAP,),
    ),
)
