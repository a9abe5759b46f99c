"""Browan TBMS100: motion sensor.

fPort 102; least significant byte first: state, battery, temperature, minutes since
the last movement, number of movements. fPort 204 answers to settings. Source:
TheThingsNetwork/lorawan-devices vendor/browan.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._presence import presence

_STATE, _REPLY = 102, 204
_LENGTH: Final = 8
_MOVED: Final = 0x01


def _readings(payload: bytes) -> Iterator[Reading]:
    yield from presence(is_there=bool(payload[0] & _MOVED))
    yield Reading(Quantity.BATTERY_VOLTAGE, (25 + (payload[1] & 0x0F)) / 10)
    yield Reading(Quantity.TEMPERATURE, (payload[2] & 0x7F) - 32)
    yield Reading(Quantity.MOVEMENTS, int.from_bytes(payload[5:], "little"))


def _decode(uplink: Uplink) -> Iterable[Reading]:
    length = len(uplink.payload)
    if uplink.f_port == _REPLY and length:
        return ()
    if uplink.f_port != _STATE or length != _LENGTH:
        msg = f"{length} bytes on fPort {uplink.f_port} are none of this model"
        raise DecodeError(msg)
    return checked(uplink, _readings(uplink.payload))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="browan_tbms100",
        manufacturer="Browan",
        model="TBMS100",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.OCCUPIED, Quantity.MOTION, Quantity.MOVEMENTS),
                *(Quantity.TEMPERATURE, Quantity.BATTERY_VOLTAGE),
            }
        ),
        decode=_decode,
        names=("Browan Motion Sensor", "TBMS100-868"),
        catalogue=("browan/tbms100",),
        modulus={Quantity.MOVEMENTS: 2**24},
    ),
)
