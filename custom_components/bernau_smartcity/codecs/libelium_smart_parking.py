"""Libelium Smart Parking, versions 2 and 3 of the protocol: parking sensor.

Eleven bytes on any fPort: state of the space and of the device, kind of message,
its number; the rest is by kind. Source: ZennerIoT/element-parsers
lib/libelium_smart-parking_v3.ex, after the maker's technical guide.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._counts import sighted

_LENGTH: Final = 11
_TAKEN, _BATTERY_LOW = 0x80, 0x40
_INFO, _ALIVE, _DAILY, _ERROR, _START, _START_2, *_OTHERS = range(9)
"""Kinds of messages; the last are on service, commands and radio."""
_MEASURED: Final = frozenset({_INFO, _ALIVE})


def _readings(payload: bytes) -> Iterator[Reading]:
    if len(payload) != _LENGTH:
        msg = f"a message has {_LENGTH} bytes, not {len(payload)}"
        raise DecodeError(msg)
    state, kind = payload[0], payload[0] & 0x0F
    if kind > _OTHERS[-1]:
        msg = f"kind {kind} of message is not known"
        raise DecodeError(msg)
    if kind in {_START, _START_2}:
        yield Reading(Quantity.RESTART, 1)
    yield Reading(Quantity.OCCUPIED, bool(state & _TAKEN))
    yield Reading(Quantity.BATTERY_LOW, bool(state & _BATTERY_LOW))
    if kind in _MEASURED:
        yield Reading(Quantity.FAULT, bool(payload[2]))
        yield Reading(Quantity.TEMPERATURE, int.from_bytes(payload[3:4], signed=True))
    elif kind == _ERROR:
        yield Reading(Quantity.FAULT, 1)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, sighted(_readings(uplink.payload)))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="libelium_smart_parking",
        manufacturer="Libelium",
        model="Smart Parking",
        medium=Medium.PARKING,
        quantities=frozenset(
            {
                *(Quantity.OCCUPIED, Quantity.FAULT, Quantity.TEMPERATURE),
                *(Quantity.BATTERY_LOW, Quantity.RESTART),
            }
        ),
        decode=_decode,
        names=("Libelium Plug & Sense Smart Parking",),
    ),
)
