"""PNI PlacePod: parking sensor, and counter for vehicles.

Elements of channel, type and data, most significant byte first; any fPort. The
count of vehicles has seven bits; with the eighth set the sensor says that it
started anew. Sources: the maker's "Communications Protocol", ZennerIoT/element-parsers
lib/pni_placepods.ex, akenza-io/device-type-library types/pnicorp.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from . import _elements
from ._checks import checked

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


_ELEMENTS: Final[_elements.Elements] = {
    b"\x01\x01": (1, _elements.nothing),  # calibrated anew
    b"\x02\x67": (2, _elements.number(Quantity.TEMPERATURE, 10, signed=True)),
    b"\x03\x02": (2, _elements.number(Quantity.BATTERY_VOLTAGE, 100)),
    b"\x15\x66": (1, _state),
    b"\x1c\x01": (1, _elements.nothing),  # switched off
    b"\x21\x00": (1, _vehicles),
    b"\x37\x66": (1, _state),  # as a sign of life
    b"\x37\x00": (1, _vehicles),
    b"\x3f\x01": (1, _elements.restart),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _elements.decode(uplink.payload, _ELEMENTS))


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
