"""Nwave NPS405 and NPS310SM: parking sensors; NCC405: counter for cars.

The fPort tells what a message is: 1 a change, 2 a sign of life, 3 a start, 6 for
the maker, 10 a driver who registered. The tag of the driver is personal data: it
is dropped here. Source: TheThingsNetwork/lorawan-devices vendor/nwave, whose older
decoders read the bits of the first byte the other way round than the messages are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked

type _Read = Callable[[bytes], Iterable[Reading]]

_TAKEN: Final = 0x01

_EXACT, _COARSE, _ENDLESS = 90, 120, 127
"""Codes from which on a duration is told in steps of five minutes, of an hour, and not at all."""


def _minutes(code: int) -> int:
    """Give the shortest duration that a code can mean."""
    if code < _EXACT:
        return code
    if code < _COARSE:
        return _EXACT + 5 * (code - _EXACT)
    return 240 + 60 * (code - _COARSE)


def _taken(state: int) -> Reading:
    return Reading(Quantity.OCCUPIED, state & _TAKEN)


def _change(payload: bytes) -> Iterator[Reading]:
    """Read the state, and for how long the space was in the other one before."""
    state, code = payload[0], payload[0] >> 1
    yield _taken(state)
    if code < _ENDLESS:
        before = Quantity.VACANT_TIME if state & _TAKEN else Quantity.PARKED_TIME
        yield Reading(before, 60 * _minutes(code))


def _registration(payload: bytes) -> Iterable[Reading]:
    """Read the state; without a car there is none, only the tag."""
    return _change(payload) if payload[0] & _TAKEN else ()


def _voltage(code: int) -> float:
    return (2500 + 4 * code) / 1000


_COLD: Final = -5
_LOW, _LOW_IN_THE_COLD = 3.0, 2.9


def _alive(payload: bytes) -> Iterator[Reading]:
    state, volts = payload[0], _voltage(payload[1])
    celsius = int.from_bytes(payload[2:3], signed=True) / 2 + 10
    yield _taken(state)
    yield Reading(Quantity.BATTERY_VOLTAGE, volts)
    yield Reading(Quantity.BATTERY_LOW, volts < (_LOW if celsius >= _COLD else _LOW_IN_THE_COLD))
    yield Reading(Quantity.TEMPERATURE, celsius)


_JOINED_ANEW: Final = 0
"""Reason of a start that is none."""


def _start(payload: bytes) -> Iterator[Reading]:
    """Read version and reason; sensors for spaces tell their state too."""
    if payload[3] != _JOINED_ANEW:
        yield Reading(Quantity.RESTART, 1)
    for state in payload[4:5]:
        yield _taken(state)


def _state(payload: bytes) -> Iterator[Reading]:
    yield _taken(payload[0])


def _vehicles(payload: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.VEHICLES, int.from_bytes(payload[:2]))


def _counter_alive(payload: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.BATTERY_VOLTAGE, _voltage(payload[1]))


def _nothing(payload: bytes) -> Iterable[Reading]:
    del payload
    return ()


type _Ports = Mapping[int, tuple[int, int, _Read]]
"""Smallest and largest length, and how to read it, by fPort."""

_FOR_THE_MAKER: Final = (0, 255, _nothing)
_NPS405: Final[_Ports] = {
    1: (1, 1, _change),
    2: (3, 8, _alive),
    3: (5, 5, _start),
    6: _FOR_THE_MAKER,
    10: (5, 6, _registration),
}
_NPS310SM: Final[_Ports] = {
    1: (1, 1, _state),
    2: (1, 1, _state),
    3: (5, 5, _start),
    6: _FOR_THE_MAKER,
}
_NCC405: Final[_Ports] = {
    1: (2, 2, _vehicles),
    2: (3, 3, _counter_alive),
    3: (4, 4, _start),
    6: _FOR_THE_MAKER,
}


def _decode(uplink: Uplink, ports: _Ports) -> Iterable[Reading]:
    if uplink.f_port not in ports:
        msg = f"fPort {uplink.f_port} is none of this model"
        raise DecodeError(msg)
    least, most, read = ports[uplink.f_port]
    if not least <= len(uplink.payload) <= most:
        msg = f"{len(uplink.payload)} bytes are not what fPort {uplink.f_port} has"
        raise DecodeError(msg)
    return checked(uplink, read(uplink.payload))


_SPACE: Final = frozenset({Quantity.OCCUPIED, Quantity.RESTART})

CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="nwave_nps405",
        manufacturer="Nwave",
        model="NPS405",
        medium=Medium.PARKING,
        quantities=_SPACE
        | {
            *(Quantity.PARKED_TIME, Quantity.VACANT_TIME, Quantity.TEMPERATURE),
            *(Quantity.BATTERY_VOLTAGE, Quantity.BATTERY_LOW),
        },
        decode=partial(_decode, ports=_NPS405),
        names=("NPS405SM", "NPS405FM"),
        catalogue=("nwave/nps405sm", "nwave/nps405fm"),
    ),
    Codec(
        key="nwave_nps310sm",
        manufacturer="Nwave",
        model="NPS310SM",
        medium=Medium.PARKING,
        quantities=_SPACE,
        decode=partial(_decode, ports=_NPS310SM),
        catalogue=("nwave/nps310sm",),
    ),
    Codec(
        key="nwave_ncc405",
        manufacturer="Nwave",
        model="NCC405",
        medium=Medium.TRAFFIC,
        quantities=frozenset({Quantity.VEHICLES, Quantity.BATTERY_VOLTAGE, Quantity.RESTART}),
        decode=partial(_decode, ports=_NCC405),
        names=("NCC405SM", "NCC405FM"),
        catalogue=("nwave/ncc405sm", "nwave/ncc405fm"),
        modulus={Quantity.VEHICLES: 2**16},
    ),
)
