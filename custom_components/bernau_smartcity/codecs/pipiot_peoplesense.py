"""PiPIoT PeopleSense: counts people that pass, in no direction, since the last message.

Bits, the most significant first: kind, battery (0.05 V), count, the counts of five or
six parts of the time (they are in the count already), flags, perhaps temperature.
Any fPort. Source: akenza-io/device-type-library types/pipiot/peopleSense.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._counts import sighted

_DOWNLINK: Final = 0x80
_SILENT: Final = 2
"""Kind of a message that tests the radio."""
_KINDS: Final[Mapping[int, tuple[int, int, bool]]] = {
    0: (12, 11, False),
    1: (12, 10, True),
    3: (8, 6, True),
}
"""Length, place of the flags, and whether the temperature comes last."""
_SENSOR_FAILS: Final = 0x02
_TEMPERATURES: Final = range(-40, 126)


def _readings(payload: bytes) -> Iterator[Reading]:
    if not payload or payload[0] & _DOWNLINK:
        msg = "payload is empty" if not payload else "this is a message to the device"
        raise DecodeError(msg)
    kind = payload[0] >> 4
    if kind == _SILENT:
        return
    length, place, is_warm = _KINDS.get(kind, (0, 0, False))
    if len(payload) != length:
        msg = f"{len(payload)} bytes are no message of kind {kind}"
        raise DecodeError(msg)
    yield Reading(Quantity.BATTERY_VOLTAGE, payload[1] * 5 / 100)
    yield Reading(Quantity.FAULT, bool(payload[place] & _SENSOR_FAILS))
    yield Reading(Quantity.PASSAGES_PERIOD, int.from_bytes(payload[2:4]))
    celsius = int.from_bytes(payload[-1:], signed=True)
    if is_warm and celsius in _TEMPERATURES:
        yield Reading(Quantity.TEMPERATURE, celsius)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, sighted(_readings(uplink.payload)))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="pipiot_peoplesense",
        manufacturer="PiPIoT",
        model="PeopleSense",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.PASSAGES_PERIOD, Quantity.FAULT),
                *(Quantity.BATTERY_VOLTAGE, Quantity.TEMPERATURE),
            }
        ),
        decode=_decode,
    ),
)
