"""Netvox R718N1, R718N3 and R718N360: current clamps.

fPort 6: version, model, kind of message, battery in tenths of a volt (bit 7: low), then currents in
mA, most significant byte first, each to be multiplied by a ratio of the clamp. fPort 7 answers
to configuration. R718N3 tells the ratios of phases 2 and 3 in a message of their own, or all
three in two bits each. Source: TheThingsNetwork/lorawan-devices vendor/netvox.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Remember, Told, Uplink
from ._checks import checked

_REPORT, _CONFIGURATION = 6, 7
_LENGTH: Final = 11
_VERSION: Final = 0x00
_LOW: Final = 0x80
_RATIOS: Final = (1, 5, 10, 100)
_MEMORY: Final = "ratios"
_CURRENTS: Final = struct.Struct(">3H")

type _Read = Callable[[Uplink], Iterable[Told]]


def _battery(payload: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.BATTERY_VOLTAGE, (payload[3] & ~_LOW) / 10)
    yield Reading(Quantity.BATTERY_LOW, bool(payload[3] & _LOW))


def _current(milliamperes: int, ratio: int, phase: int) -> Reading:
    return Reading(Quantity.CURRENT, milliamperes * ratio / 1000, phase)


def _one(uplink: Uplink) -> Iterator[Told]:
    payload = uplink.payload
    yield _current(int.from_bytes(payload[4:6]), payload[6], 0)
    yield from _battery(payload)


def _three(uplink: Uplink) -> Iterator[Told]:
    """Read three currents; those of phases 2 and 3 mean nothing before their ratios are known."""
    payload = uplink.payload
    told = uplink.memory.get(_MEMORY, "")
    ratios = (payload[10], *(int(ratio) for ratio in told.split()))
    for phase, ratio in enumerate(ratios, start=1):
        yield _current(_CURRENTS.unpack_from(payload, 4)[phase - 1], ratio, phase)
    yield from _battery(payload)


def _ratios(uplink: Uplink) -> Iterator[Told]:
    payload = uplink.payload
    yield Remember(_MEMORY, f"{payload[4]} {payload[5]}")
    yield from _battery(payload)


def _three_with_ratios(uplink: Uplink) -> Iterator[Told]:
    payload = uplink.payload
    for place, milliamperes in enumerate(_CURRENTS.unpack_from(payload, 4)):
        yield _current(milliamperes, _RATIOS[payload[10] >> 2 * place & 3], place + 1)
    yield from _battery(payload)


def _battery_alone(uplink: Uplink) -> Iterator[Told]:
    """Leave out counts of the converter, whose unit depends on the clamp."""
    yield from _battery(uplink.payload)


def _nothing(uplink: Uplink) -> tuple[Told, ...]:
    """Leave out what is not measured."""
    del uplink
    return ()


_R718N1: Final[Mapping[int, _Read]] = {_VERSION: _nothing, 0x01: _one}
_R718N3: Final[Mapping[int, _Read]] = {
    _VERSION: _nothing,
    0x01: _three,
    0x02: _ratios,
    0x03: _three_with_ratios,
}
_R718N360: Final[Mapping[int, _Read]] = {
    _VERSION: _nothing,
    0x01: _battery_alone,
    0x02: _nothing,
}


def _decode(uplink: Uplink, *, model: int, kinds: Mapping[int, _Read]) -> Iterable[Told]:
    payload = uplink.payload
    if uplink.f_port not in {_REPORT, _CONFIGURATION}:
        msg = f"fPort {uplink.f_port} is none of {_REPORT} and {_CONFIGURATION}"
        raise DecodeError(msg)
    if len(payload) != _LENGTH or payload[1] != model:
        msg = f"{len(payload)} bytes are no message of this model"
        raise DecodeError(msg)
    if uplink.f_port == _CONFIGURATION:
        return ()
    if payload[2] not in kinds:
        msg = f"kind of message {payload[2]:02X} is not known"
        raise DecodeError(msg)
    return checked(uplink, kinds[payload[2]](uplink))


def _codec(
    name: str, model: int, kinds: Mapping[int, _Read], quantities: frozenset[Quantity], *names: str
) -> Codec:
    return Codec(
        key=f"netvox_{name.lower()}",
        manufacturer="Netvox",
        model=name,
        medium=Medium.ELECTRICITY,
        quantities=quantities | {Quantity.BATTERY_VOLTAGE, Quantity.BATTERY_LOW},
        decode=partial(_decode, model=model, kinds=kinds),
        names=names,
        catalogue=(f"netvox/{name.lower()}",),
    )


_CURRENT: Final = frozenset({Quantity.CURRENT})

CODECS: Final[tuple[Codec, ...]] = (
    _codec("R718N1", 0x49, _R718N1, _CURRENT, "R718N17", "R718N115", "R718N125", "R718N163"),
    _codec("R718N3", 0x4A, _R718N3, _CURRENT, "R718N37", "R718N315", "R718N325", "R718N363"),
    _codec("R718N360", 0xCA, _R718N360, frozenset()),
)
