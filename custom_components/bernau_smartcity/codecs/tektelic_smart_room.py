"""Tektelic Smart Room, VIVID and BREEZE: room sensors that see motion.

fPort 10; elements of channel, type and data, most significant byte first. fPorts
100 and 101 answer to settings. Yes is 255. Sources: TheThingsNetwork/lorawan-devices
vendor/tektelic, akenza-io/device-type-library types/tektelic.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from . import _elements
from ._checks import checked
from ._presence import presence

_STATE: Final = 10
_REPLIES: Final = frozenset({100, 101})


def _motion(data: bytes) -> Iterator[Reading]:
    yield from presence(is_there=any(data))


def _reed(data: bytes) -> Iterator[Reading]:
    """Read the contact of a door: 0 is closed."""
    yield Reading(Quantity.CONTACT, not any(data))


_NOTHING: Final = _elements.nothing
_TEMPERATURE: Final = (2, _elements.number(Quantity.TEMPERATURE, 10, signed=True))
_HUMIDITY: Final = (1, _elements.number(Quantity.HUMIDITY, 2))

_ELEMENTS: Final[_elements.Elements] = {
    b"\x00\xff": (2, _elements.number(Quantity.BATTERY_VOLTAGE, 100)),
    b"\x00\xba": (2, _elements.number(Quantity.BATTERY_VOLTAGE, 1000)),
    b"\x00\xd3": (1, _elements.number(Quantity.BATTERY)),
    b"\x01\x00": (1, _reed),
    b"\x02\x00": (1, _elements.flag(Quantity.BRIGHT)),
    b"\x03\x67": _TEMPERATURE,
    b"\x04\x68": _HUMIDITY,
    b"\x05\x02": (2, _NOTHING),  # shock
    b"\x06\x00": (1, _elements.flag(Quantity.TAMPER)),
    b"\x07\x71": (6, _NOTHING),  # acceleration
    b"\x08\x04": (2, _NOTHING),  # how often the contact opened
    b"\x09\x00": (1, _elements.flag(Quantity.LEAK)),
    b"\x0a\x00": (1, _motion),
    b"\x0b\x67": (2, _NOTHING),  # temperature of the chip
    b"\x0b\xe4": (2, _NOTHING),  # carbon dioxide
    b"\x0c\x00": (1, _NOTHING),  # shock
    b"\x0c\x73": (2, _NOTHING),  # air pressure
    b"\x0d\x04": (2, _elements.number(Quantity.MOVEMENTS_PERIOD)),
    b"\x0e\x00": (1, _NOTHING),  # input
    b"\x0e\xe4": (2, _NOTHING),  # carbon dioxide, unfiltered
    b"\x0f\x04": (2, _NOTHING),  # how often the input changed
    b"\x10\x02": (1, _NOTHING),  # light, in no known unit
    b"\x11\x02": (2, _NOTHING),  # voltage of the input
    b"\x11\xd3": (1, _NOTHING),  # battery of the display
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port in _REPLIES and uplink.payload:
        return ()
    if uplink.f_port != _STATE:
        msg = f"fPort {uplink.f_port} is none of 10, 100 and 101"
        raise DecodeError(msg)
    return checked(uplink, _elements.decode(uplink.payload, _ELEMENTS))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="tektelic_smart_room",
        manufacturer="Tektelic",
        model="Smart Room Sensor",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.OCCUPIED, Quantity.MOTION, Quantity.MOVEMENTS_PERIOD),
                *(Quantity.CONTACT, Quantity.BRIGHT, Quantity.TAMPER, Quantity.LEAK),
                *(Quantity.TEMPERATURE, Quantity.HUMIDITY),
                *(Quantity.BATTERY, Quantity.BATTERY_VOLTAGE),
            }
        ),
        decode=_decode,
        names=(
            *("Tektelic Smart Room PIR", "Tektelic Home Sensor"),
            *("VIVID", "Tektelic VIVID", "BREEZE", "Tektelic BREEZE", "BREEZE-V"),
        ),
        catalogue=(
            *("tektelic/t000489x-smart-room-base", "tektelic/t00048xx-smart-room-pir"),
            *("tektelic/t00048xx-home-pir", "tektelic/t00061xx"),
        ),
    ),
)
