"""PNI PlacePod: parking sensor, and counter for vehicles.

Elements of channel, type and data, most significant byte first; any fPort. The
count of vehicles has seven bits; with the eighth set the sensor says that it
started anew. Sources: the maker's "Communications Protocol", ZennerIoT/element-parsers
lib/pni_placepods.ex, akenza-io/device-type-library types/pnicorp.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked

type _Read = Callable[[bytes], Iterable[Reading]]

_STATES: Final = range(2)
_STARTED: Final = 0x80


def _state(data: bytes) -> Iterator[Reading]:
    if data[0] not in _STATES:
        msg = f"state {data[0]} of the space is not known"
        raise DecodeError(msg)
    yield Reading(Quantity.OCCUPIED, data[0])


def _vehicles(data: bytes) -> Iterator[Reading]:
    if data[0] & _STARTED:
        yield Reading(Quantity.RESTART, 1)
    else:
        yield Reading(Quantity.VEHICLES, data[0])


def _temperature(data: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.TEMPERATURE, int.from_bytes(data, signed=True) / 10)


def _voltage(data: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.BATTERY_VOLTAGE, int.from_bytes(data) / 100)


def _restart(data: bytes) -> Iterator[Reading]:
    del data
    yield Reading(Quantity.RESTART, 1)


def _nothing(data: bytes) -> Iterable[Reading]:
    del data
    return ()


_ELEMENTS: Final[Mapping[bytes, tuple[int, _Read]]] = {
    b"\x01\x01": (1, _nothing),  # calibrated anew
    b"\x02\x67": (2, _temperature),
    b"\x03\x02": (2, _voltage),
    b"\x15\x66": (1, _state),
    b"\x1c\x01": (1, _nothing),  # switched off
    b"\x21\x00": (1, _vehicles),
    b"\x37\x66": (1, _state),  # as a sign of life
    b"\x37\x00": (1, _vehicles),
    b"\x3f\x01": (1, _restart),
}


def _readings(payload: bytes) -> Iterator[Reading]:
    if not payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    position = 0
    while position < len(payload):
        element = payload[position : position + 2]
        if element not in _ELEMENTS:
            msg = f"element {element.hex(' ')} at byte {position} is not known"
            raise DecodeError(msg)
        length, read = _ELEMENTS[element]
        data = payload[position + 2 : position + 2 + length]
        if len(data) < length:
            msg = f"element {element.hex(' ')} at byte {position} is cut off"
            raise DecodeError(msg)
        yield from read(data)
        position += 2 + length


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _readings(uplink.payload))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="pni_placepod",
        manufacturer="PNI",
        model="PlacePod",
        medium=Medium.PARKING,
        quantities=frozenset(
            {
                *(Quantity.OCCUPIED, Quantity.VEHICLES, Quantity.TEMPERATURE),
                *(Quantity.BATTERY_VOLTAGE, Quantity.RESTART),
            }
        ),
        decode=_decode,
        names=("PNI PlacePod Vehicle Counting",),
        modulus={Quantity.VEHICLES: _STARTED},
    ),
)
