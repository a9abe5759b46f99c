"""MerryIoT MS10: motion sensor.

fPort 122; least significant byte first: state, battery, temperature, humidity,
minutes since the last movement, number of movements. fPort 204 tells versions and
settings. Source: actility/device-catalog vendors/merryiot.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._presence import presence

_STATE, _ABOUT_ITSELF = 122, 204
_LENGTH: Final = 9
_MOVED, _TAMPERED = 0x01, 0x04


def _readings(payload: bytes) -> Iterator[Reading]:
    yield from presence(is_there=bool(payload[0] & _MOVED))
    yield Reading(Quantity.TAMPER, bool(payload[0] & _TAMPERED))
    yield Reading(Quantity.BATTERY_VOLTAGE, (21 + (payload[1] & 0x0F)) / 10)
    yield Reading(Quantity.TEMPERATURE, int.from_bytes(payload[2:3], signed=True))
    yield Reading(Quantity.HUMIDITY, payload[3])
    yield Reading(Quantity.MOVEMENTS, int.from_bytes(payload[6:], "little"))


def _decode(uplink: Uplink) -> Iterable[Reading]:
    length = len(uplink.payload)
    if uplink.f_port == _ABOUT_ITSELF and length:
        return ()
    if uplink.f_port != _STATE or length != _LENGTH:
        msg = f"{length} bytes on fPort {uplink.f_port} are none of this model"
        raise DecodeError(msg)
    return checked(uplink, _readings(uplink.payload))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="merryiot_ms10",
        manufacturer="MerryIoT",
        model="MS10",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.OCCUPIED, Quantity.MOTION, Quantity.MOVEMENTS, Quantity.TAMPER),
                *(Quantity.TEMPERATURE, Quantity.HUMIDITY, Quantity.BATTERY_VOLTAGE),
            }
        ),
        decode=_decode,
        names=("MerryIoT Motion Detection", "Browan MS10"),
        modulus={Quantity.MOVEMENTS: 2**24},
    ),
)
