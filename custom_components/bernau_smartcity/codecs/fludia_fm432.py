"""Fludia FM432: optical and pulse sensors for electricity and gas meters.

fPort 129, most significant byte first. Byte 0 (F0: with byte 1) tells the kind of message, with
another meaning for each model. Data: time step in minutes, register, what was added in
each step, the oldest first. FM432e (LED or disc), FM432g (gas) and FM432p count pulses from
the start of the sensor on; FM432ir reads the registers of modern meters in Wh or tenths of it,
or counts as FM432e does. Source: Fludia-IoT/LoRaWAN-decoders, actility/device-catalog
vendors/fludia.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked

type _Read = Callable[[bytes, datetime], Iterable[Reading]]
type _Messages = Mapping[bytes, Mapping[int | None, _Read]]
"""By how they begin, then by their length; None: any."""

_NEVER_ABOVE: Final = 0xFFFB
"""From here on an increment was not measured."""
_LONG_MISSING: Final = 0xFFFF_FFFF_FFFF_FFFF

_IMPORT, _SUM, _EXPORT, _BOTH = 0, 1, 2, 3
"""Which registers of a modern meter; the sum is 16.8.0, neither import nor export."""


@dataclass(frozen=True, slots=True)
class _Steps:
    """When a message came, the minutes between its values, and their units in a kWh or pulse."""

    now: datetime
    minutes: int
    divisor: int

    def at(self, place: int) -> datetime | None:
        """Give the time of a value, counted from the newest one."""
        return self.now - place * timedelta(minutes=self.minutes) if place else None


def _history(
    steps: _Steps, quantity: Quantity, register: int, increments: Sequence[int | None]
) -> Iterator[Reading]:
    """Give the register, and what it was before each increment that is known."""
    yield Reading(quantity, register / steps.divisor)
    for place, increment in enumerate(reversed(increments), start=1):
        if increment is None or increment > register:
            return
        register -= increment
        yield Reading(quantity, register / steps.divisor, 0, steps.at(place))


def _increments(data: bytes, *, signed: bool = False) -> list[int | None]:
    if len(data) % 2:
        msg = "the increments are cut off"
        raise DecodeError(msg)
    pairs = [int.from_bytes(pair) for pair in batched(data, 2, strict=True)]
    return [
        None if pair >= _NEVER_ABOVE else pair - 0x1_0000 if signed and pair & 0x8000 else pair
        for pair in pairs
    ]


def _step(minutes: int) -> int:
    if not minutes:
        msg = "a time step of 0 minutes"
        raise DecodeError(msg)
    return minutes


def _counted(
    payload: bytes, now: datetime, *, divisor: int = 1, width: int = 4, step: int = 0
) -> Iterator[Reading]:
    """Read pulses and their increments; the step is in the message unless the kind tells it."""
    begin = 1 if step else 2
    end = begin + width
    if len(payload) < end:
        msg = f"{len(payload)} bytes are too few"
        raise DecodeError(msg)
    steps = _Steps(now, step or _step(payload[1]), divisor)
    register = int.from_bytes(payload[begin:end])
    yield from _history(steps, Quantity.PULSES, register, _increments(payload[end:]))


def _counted_by_minute(payload: bytes, now: datetime) -> Iterator[Reading]:
    """Read pulses; what follows are powers as if each pulse were a watt hour."""
    del now
    yield Reading(Quantity.PULSES, int.from_bytes(payload[1:5]))


def _status(
    payload: bytes,
    now: datetime,
    *,
    begin: int,
    battery: tuple[int, int] | None = None,
    divisor: int = 1,
) -> Iterator[Reading]:
    """Read pulses, and where it is told which byte and bits mean that the battery is low."""
    del now
    yield Reading(Quantity.PULSES, int.from_bytes(payload[begin : begin + 4]) / divisor)
    if battery:
        place, bits = battery
        yield Reading(Quantity.BATTERY_LOW, bool(payload[place] & bits))


def _restart(payload: bytes, now: datetime) -> Iterator[Reading]:
    """Tell that the pulses are counted anew."""
    del payload, now
    yield Reading(Quantity.RESTART, 1)


def _nothing(payload: bytes, now: datetime) -> tuple[Reading, ...]:
    """Leave out a test of the sensor."""
    del payload, now
    return ()


def _read_registers(
    payload: bytes, now: datetime, *, begin: int, which: int, per_kwh: int
) -> Iterator[Reading]:
    """Read one or both registers of a modern meter; `begin`: behind the kind of message."""
    count = 2 if which == _BOTH else 1
    data = payload[begin + 2 :]
    size = len(data) // count
    if len(data) % count or size < 8:  # noqa: PLR2004 - bytes of a register
        msg = f"{len(payload)} bytes do not hold the registers"
        raise DecodeError(msg)
    steps, signs = _Steps(now, _step(payload[begin]), per_kwh), payload[begin + 1]
    for place, block in enumerate(batched(data, size, strict=True)):
        signed = bool(signs & 1 << place if which == _BOTH else signs)
        direction = (_IMPORT, _EXPORT)[place] if which == _BOTH else which
        yield from _register(bytes(block), steps, direction, signed=signed)


def _register(block: bytes, steps: _Steps, direction: int, *, signed: bool) -> Iterator[Reading]:
    register, increments = int.from_bytes(block[:8]), _increments(block[8:], signed=signed)
    if direction == _SUM:
        yield from _powers(steps, increments)
    elif register != _LONG_MISSING:
        value = int.from_bytes(block[:8], signed=signed)
        yield from _history(steps, _QUANTITIES[direction], value, increments)


_QUANTITIES: Final[Mapping[int, Quantity]] = {
    _IMPORT: Quantity.ENERGY,
    _EXPORT: Quantity.ENERGY_EXPORT,
}


def _powers(steps: _Steps, increments: Sequence[int | None]) -> Iterator[Reading]:
    """Give the mean power of each step at its end."""
    for place, increment in enumerate(reversed(increments)):
        if increment is not None:
            watts = increment * 60_000 / (steps.divisor * steps.minutes)
            yield Reading(Quantity.POWER, watts, 0, steps.at(place))


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a status says which registers, the register, and whether the battery is low."""

    which: int
    register: int
    battery: int | None = None


def _read_status(
    payload: bytes, now: datetime, *, places: _Places, per_kwh: int
) -> Iterator[Reading]:
    """Read a register of a modern meter."""
    del now
    register = int.from_bytes(payload[places.register : places.register + 8])
    measure = payload[places.which]
    if measure not in {_IMPORT, _SUM, _EXPORT, _BOTH}:
        msg = f"registers {measure} are not known"
        raise DecodeError(msg)
    if measure != _SUM and register != _LONG_MISSING:
        quantity = _QUANTITIES.get(measure, Quantity.ENERGY)
        yield Reading(quantity, register / per_kwh)
    if places.battery:
        yield Reading(Quantity.BATTERY_LOW, bool(payload[places.battery] & 1))


def _steps(first: int, width: int = 3, divisor: int = 1) -> Iterator[tuple[bytes, _Read]]:
    """Give the kinds of older firmware, one for each time step."""
    for place, step in enumerate((10, 15, 60)):
        read = partial(_counted, step=step, width=width, divisor=divisor)
        yield bytes((first + place,)), read


_WH, _TENTHS = 1_000, 10_000
_START: Final[_Messages] = {b"\x01": {3: _restart}, b"\x5f": {9: _restart}}
_OPTICAL: Final[_Messages] = {
    **_START,
    b"\x12": {37: _nothing, 19: _nothing},
    b"\x13": {30: _nothing, 11: _nothing},
    b"\x5b": {45: _counted_by_minute},
}
_FM432E: Final[_Messages] = {
    **_OPTICAL,
    b"\x69": {None: _counted},
    b"\x6a": {16: partial(_status, begin=8, battery=(7, 0xFF))},
    **{kind: {20: read} for kind, read in _steps(0x20)},
    b"\x0e": {12: partial(_status, begin=5, battery=(4, 1))},
    b"\x51": {12: partial(_status, begin=5, battery=(4, 1))},
}
_FM432P: Final[_Messages] = {
    **_START,
    b"\x6b": {None: _counted},
    b"\x6c": {11: partial(_status, begin=4)},
    **{kind: {20: read} for kind, read in _steps(0x2B)},
    b"\x29": {10: partial(_status, begin=4)},
}
_FM432G: Final[_Messages] = {
    **_START,
    b"\x6d": {None: partial(_counted, divisor=10)},
    b"\x6e": {15: partial(_status, begin=8, divisor=10)},
    **{kind: {20: read} for kind, read in _steps(0x1D, divisor=10)},
    b"\x10": {12: partial(_status, begin=5, divisor=10)},
    b"\x2e": {22: _nothing},
    b"\x2f": {42: _nothing},
}


def _kinds(
    prefix: bytes, kinds: Iterable[tuple[int, int]], begin: int, per_kwh: int
) -> Iterator[tuple[bytes, Mapping[int | None, _Read]]]:
    for kind, which in kinds:
        read = partial(_read_registers, begin=begin, which=which, per_kwh=per_kwh)
        yield prefix + bytes((kind,)), {None: read}


_FM432IR: Final[_Messages] = {
    **_OPTICAL,
    b"\x6f": {None: _counted},
    b"\x70": {16: partial(_status, begin=8, battery=(7, 0xFF))},
    **{kind: {21: read} for kind, read in _steps(0x48, width=4)},
    b"\x4b": {12: partial(_status, begin=5, battery=(4, 1))},
    **dict(
        _kinds(b"", ((0x71, _SUM), (0x72, _IMPORT), (0x73, _EXPORT), (0x74, _BOTH)), 1, _TENTHS)
    ),
    # The sum came as 75, too, when the others in Wh were not known yet.
    **dict(_kinds(b"", ((0x75, _SUM), (0x76, _SUM), (0x77, _IMPORT)), 1, _WH)),
    **dict(_kinds(b"", ((0x78, _EXPORT), (0x79, _BOTH)), 1, _WH)),
    **dict(
        _kinds(b"\xf0", ((0x2E, _SUM), (0x2F, _IMPORT), (0x30, _EXPORT), (0x35, _BOTH)), 2, _TENTHS)
    ),
    b"\xf0\x2a": {18: partial(_read_status, places=_Places(3, 10), per_kwh=_TENTHS)},
    b"\xf0\x3a": {21: partial(_read_status, places=_Places(5, 13, 9), per_kwh=_TENTHS)},
    b"\xf0\x3b": {21: partial(_read_status, places=_Places(5, 13, 9), per_kwh=_WH)},
}


def _decode(uplink: Uplink, *, messages: _Messages) -> Iterable[Reading]:
    payload = uplink.payload
    lengths = messages.get(payload[:1]) or messages.get(payload[:2])
    read = lengths and (lengths.get(len(payload)) or lengths.get(None))
    if not read:
        msg = f"message {payload[:2].hex()} of {len(payload)} bytes is not known"
        raise DecodeError(msg)
    return checked(uplink, read(payload, uplink.received_at))


_COUNTED: Final = frozenset({Quantity.PULSES, Quantity.RESTART})


def _codec(
    model: str, medium: Medium, messages: _Messages, quantities: frozenset[Quantity], modulus: float
) -> Codec:
    return Codec(
        key=f"fludia_{model.lower()}",
        manufacturer="Fludia",
        model=model,
        medium=medium,
        quantities=_COUNTED | quantities,
        decode=partial(_decode, messages=messages),
        names=(f"{model} 1mn", f"{model} 10-15mn"),
        catalogue=(f"fludia/{model.lower()}",),
        modulus={Quantity.PULSES: modulus},
        settings=(
            (Setting.MEDIUM, Setting.PULSE_WEIGHT)
            if medium is Medium.UNKNOWN
            else (Setting.PULSE_WEIGHT,)
        ),
    )


_LOW: Final = frozenset({Quantity.BATTERY_LOW})

CODECS: Final[tuple[Codec, ...]] = (
    _codec("FM432e", Medium.ELECTRICITY, _FM432E, _LOW, 2**32),
    _codec(
        "FM432ir",
        Medium.ELECTRICITY,
        _FM432IR,
        _LOW | {Quantity.ENERGY, Quantity.ENERGY_EXPORT, Quantity.POWER},
        2**32,
    ),
    _codec("FM432g", Medium.GAS, _FM432G, frozenset(), 2**32 / 10),
    _codec("FM432p", Medium.UNKNOWN, _FM432P, frozenset(), 2**32),
)
