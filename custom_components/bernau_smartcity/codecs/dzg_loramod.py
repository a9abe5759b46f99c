"""DZG Loramod and Bridge: modules for electricity meters by DZG, frame formats 1.0 and 2.0.

Least significant byte first; any fPort (8 by default, 6 for status). A frame header may be in
front: two bits version, flags (encrypted, signed, compressed), three bits type. Then a reading:
1.0  two bits version (1), three bits medium, three bits qualifier; meter; registers
2.0  qualifier; two bits version (2), flags (with times, compressed), four bits medium; meter;
     once or more, the newest first: time, registers
A register counts hundredths of kWh, m³ or °C. Source: ZennerIoT/element-parsers
lib/dzg_loramod.ex, lib/dzg_loramod-v2.ex.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Meter, Quantity, Reading, Told, Uplink
from ._checks import checked
from ._times import unix

_FORMAT_1, _FORMAT_2 = 1, 2
_OF_A_READING: Final = b"\x00"
"""Frame header without flags."""
_STATUS, _STATUS_LENGTH = 1, 24
_HEADS: Final[Mapping[int, struct.Struct]] = {
    _FORMAT_1: struct.Struct("<BI"),
    _FORMAT_2: struct.Struct("<BBI"),
}
"""What is in front of the registers, with the meter's number."""
_WITH_TIMES, _COMPRESSED = 0x20, 0x10
_WORD: Final = 4

type _Register = tuple[Quantity, int] | None
"""Quantity and channel; None is left out."""

_ELECTRICITY: Final = 2
_MEDIA: Final[Mapping[int, tuple[Medium, Quantity]]] = {
    1: (Medium.UNKNOWN, Quantity.TEMPERATURE),
    _ELECTRICITY: (Medium.ELECTRICITY, Quantity.ENERGY),
    3: (Medium.GAS, Quantity.VOLUME),
    4: (Medium.HEAT, Quantity.ENERGY),
    6: (Medium.WATER, Quantity.VOLUME),
    7: (Medium.WATER, Quantity.VOLUME),
    # Heat cost allocators: 0 in the three bits of format 1.0.
    0: (Medium.HEAT, Quantity.HEAT_COST),
    8: (Medium.HEAT, Quantity.HEAT_COST),
}
_ONLY: Final = 1
"""The qualifier of all media but electricity."""
_SUM: Final[_Register] = (Quantity.ENERGY, 0)
_TARIFFS: Final[Sequence[_Register]] = ((Quantity.ENERGY, 1), (Quantity.ENERGY, 2))
_EXPORT: Final[_Register] = (Quantity.ENERGY_EXPORT, 0)
_QUALIFIERS: Final[Mapping[int, Sequence[_Register]]] = {
    1: (_SUM,),
    2: _TARIFFS,
    4: (_SUM, _EXPORT),
    5: (_EXPORT,),
    6: (*_TARIFFS, _EXPORT),
    # Followed by reactive energy of each quadrant.
    7: (_SUM, _EXPORT, None, None, None, None),
}
"""Registers of electricity."""
_HUNDREDTHS: Final = 100
_CLOCK_IS_RIGHT: Final = timedelta(days=1)


def _decode(uplink: Uplink, *, bridge: bool) -> Iterable[Told]:
    payload = uplink.payload
    if len(payload) == _STATUS_LENGTH and payload[0] == _STATUS:
        return ()
    frame = payload.removeprefix(_OF_A_READING)
    number, medium, registers, tuples = _parse(frame)
    readings = _readings(uplink.received_at, registers, tuples)
    told: list[Told] = [reading._replace(meter=number) for reading in readings]
    if bridge:
        told.insert(0, Meter(number, medium, "DZG"))
    return checked(uplink, told)


type _Tuple = tuple[datetime | None, Sequence[bytes]]
"""Time and registers."""


def _parse(frame: bytes) -> tuple[str, Medium, Sequence[_Register], list[_Tuple]]:
    """Give the meter's number, its medium, its registers, and what they say."""
    version = _version(frame)
    head = _HEADS[version]
    if len(frame) < head.size:
        msg = f"{len(frame)} bytes are too few"
        raise DecodeError(msg)
    *header, number = head.unpack_from(frame)
    flags = 0
    if version == _FORMAT_1:
        code, qualifier = header[0] >> 3 & 7, header[0] & 7
    else:
        qualifier, second = header
        code, flags = second & 0x0F, second & (_WITH_TIMES | _COMPRESSED)
    if flags & _COMPRESSED:
        msg = "compressed readings are not understood"
        raise DecodeError(msg)
    medium, registers = _registers(code, qualifier)
    words = [bytes(word) for word in batched(frame[head.size :], _WORD, strict=False)]
    width = len(registers) + bool(flags)
    once = version == _FORMAT_1
    if not words or len(words) % width or len(words[-1]) < _WORD or (once and len(words) > width):
        msg = f"{len(frame)} bytes do not hold the registers of qualifier {qualifier}"
        raise DecodeError(msg)
    tuples: list[_Tuple] = [
        (unix(_unsigned(words[0])), words[1:]) if flags else (None, words)
        for words in batched(words, width, strict=True)
    ]
    return str(number), medium, registers, tuples


def _version(frame: bytes) -> int:
    if frame and frame[0] >> 6 == _FORMAT_1:
        return _FORMAT_1
    if len(frame) > 1 and frame[1] >> 6 == _FORMAT_2:
        return _FORMAT_2
    msg = "neither a status nor a plain reading of frame format 1.0 or 2.0"
    raise DecodeError(msg)


def _registers(code: int, qualifier: int) -> tuple[Medium, Sequence[_Register]]:
    if code not in _MEDIA:
        msg = f"medium {code} is not known"
        raise DecodeError(msg)
    medium, quantity = _MEDIA[code]
    known = _QUALIFIERS if code == _ELECTRICITY else {_ONLY: ((quantity, 0),)}
    if qualifier not in known:
        msg = f"qualifier {qualifier} of medium {code} is not known"
        raise DecodeError(msg)
    return medium, known[qualifier]


def _readings(
    now: datetime, registers: Sequence[_Register], tuples: Sequence[_Tuple]
) -> Iterator[Reading]:
    """Give the registers their times; the clock of many a module was never set."""
    newest = tuples[0][0] or now
    late = now - newest
    right = timedelta() <= late <= _CLOCK_IS_RIGHT
    for told_at, words in tuples:
        age = newest - (told_at or newest)
        at = told_at if right else now - age if age else None
        for register, word in zip(registers, words, strict=True):
            if register:
                quantity, channel = register
                yield Reading(quantity, _value(quantity, word), channel, at)


def _value(quantity: Quantity, word: bytes) -> float:
    if quantity is Quantity.HEAT_COST:
        return _unsigned(word)
    signed = quantity is Quantity.TEMPERATURE
    return int.from_bytes(word, "little", signed=signed) / _HUNDREDTHS


def _unsigned(word: bytes) -> int:
    return int.from_bytes(word, "little")


def _codec(key: str, model: str, names: tuple[str, ...], *, bridge: bool) -> Codec:
    return Codec(
        key=key,
        manufacturer="DZG",
        model=model,
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {Quantity.ENERGY_EXPORT, *(quantity for _, quantity in _MEDIA.values())}
        ),
        decode=partial(_decode, bridge=bridge),
        bridge=bridge,
        names=names,
        modulus={
            Quantity.ENERGY: 2**32 / _HUNDREDTHS,
            Quantity.ENERGY_EXPORT: 2**32 / _HUNDREDTHS,
            Quantity.VOLUME: 2**32 / _HUNDREDTHS,
            Quantity.HEAT_COST: 2**32,
        },
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec("dzg_loramod", "Loramod", ("DZG Plugin", "DVS74 Loramod"), bridge=False),
    _codec("dzg_loramod_bridge", "Bridge", ("Loramod Bridge",), bridge=True),
)
