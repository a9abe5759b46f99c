"""Bosch TPS110: parking lot sensor.

fPort 1 a change, 2 a sign of life once a day, 3 a start, 4 and 5 on the device
itself. Newer firmware adds the temperature. Sources: TheThingsNetwork/lorawan-devices
vendor/bosch, akenza-io/device-type-library types/bosch.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked

_CHANGE, _ALIVE, _START = 1, 2, 3
_ABOUT_ITSELF: Final = frozenset({4, 5})
_TAKEN: Final = 0x01
_STATES: Final = range(1, 3)
_START_LENGTH: Final = 17


def _state(payload: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.OCCUPIED, payload[0] & _TAKEN)
    for celsius in payload[1:]:
        yield Reading(Quantity.TEMPERATURE, int.from_bytes(bytes([celsius]), signed=True))


def _start(payload: bytes) -> Iterator[Reading]:
    """Read the state, behind notes for the maker, version and reason."""
    yield Reading(Quantity.RESTART, 1)
    yield Reading(Quantity.OCCUPIED, payload[-1] & _TAKEN)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    length = len(uplink.payload)
    if uplink.f_port in {_CHANGE, _ALIVE} and length in _STATES:
        return checked(uplink, _state(uplink.payload))
    if uplink.f_port == _START and length == _START_LENGTH:
        return checked(uplink, _start(uplink.payload))
    if uplink.f_port in _ABOUT_ITSELF:
        return ()
    msg = f"{length} bytes on fPort {uplink.f_port} are none of this model"
    raise DecodeError(msg)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="bosch_tps110",
        manufacturer="Bosch",
        model="TPS110",
        medium=Medium.PARKING,
        quantities=frozenset({Quantity.OCCUPIED, Quantity.TEMPERATURE, Quantity.RESTART}),
        decode=_decode,
        names=("Bosch Parking Lot Sensor", "TPS110 EU"),
        catalogue=("bosch/tps110",),
    ),
)
