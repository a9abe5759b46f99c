"""INNOTAS LoRa modules for water meters: pulses counted as the register shows them.

The fPort tells the content; most significant byte first. The unit of the register
is that of the meter it is made for. Left out: the register at a key date whose
day is not told, and flows whose hours are not. Source: actility/device-catalog
vendors/innotas.
"""

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Setting, Unit, Uplink
from ._checks import checked
from ._frames import flags, unknown_port, unpack
from ._settings import cubic_metres

_COUNTERS: Final[Mapping[int, Struct]] = {
    1: Struct(">I"),
    2: Struct(">I4xHx"),
    3: Struct(">I7x"),
    4: Struct(">I8x"),
}
"""The register[, at the key date, status, month; day's flows; four flows], by fPort."""
_RADIO: Final = 9
"""How often it sent at each spreading factor."""
_STATUS: Final = 10
_STATE: Final = Struct(">2xH")

_FLAGS: Final[Mapping[Quantity, int]] = {
    Quantity.FAULT: 0x1900,
    Quantity.BATTERY_LOW: 0x0400,
    Quantity.TAMPER: 0x0200,
}
_LEAK: Final = 0x0080
"""Told together with the register alone."""
_INVALID: Final = 0x0900
"""Error of the check sum or of the measurement."""
_RESET: Final = 0x2000
_MISSING: Final = 0xFFFF_FFFF


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port in _COUNTERS:
        return checked(uplink, _counter(uplink, _COUNTERS[uplink.f_port]))
    if uplink.f_port == _STATUS:
        (state,) = unpack(_STATE, uplink.payload, "a status")
        return checked(uplink, _state(state))
    if uplink.f_port == _RADIO:
        return ()
    raise unknown_port(uplink.f_port)


def _counter(uplink: Uplink, layout: Struct) -> Iterator[Reading]:
    counter, *states = unpack(layout, uplink.payload, "a message of this fPort")
    for state in states:
        yield from _state(state)
        yield Reading(Quantity.LEAK, bool(state & _LEAK))
    if counter != _MISSING and not any(state & _INVALID for state in states):
        yield Reading(Quantity.VOLUME, counter * cubic_metres(uplink, Unit.CUBIC_METRE))


def _state(state: int) -> Iterator[Reading]:
    yield from flags(state, _FLAGS)
    if state & _RESET:
        yield Reading(Quantity.RESTART, 1)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="innotas",
        manufacturer="INNOTAS",
        model="LoRa water meter module",
        medium=Medium.WATER,
        quantities=frozenset({Quantity.VOLUME, Quantity.LEAK, Quantity.RESTART, *_FLAGS}),
        decode=_decode,
        names=("LoRa wireless water meter", "INNOTAS LoRa wireless water meter", "WITERA"),
        settings=(Setting.UNIT,),
    ),
)
