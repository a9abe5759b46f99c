"""ACRIOS ACR-CV M-Bus: answers of wired meters, as they stand on the bus (EN 13757-2).

Part and number of parts, then the answer: 68 L L 68 C A CI … checksum 16. CI 72:
records behind a header; CI 73: the two counters of early meters.
Source: TheThingsNetwork/lorawan-devices (vendor/acrios/acr-cv-101l-m-x-codec.yaml).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..model import Codec, DecodeError, Medium, Meter, Quantity, Reading, Told, Uplink
from ._bridged import assembled
from ._checks import checked
from ._cursor import Cursor
from ._mbus import QUANTITIES, parse
from ._wmbus import HEALTH, Address, health, measured

_START, _STOP = 0x68, 0x16
_AROUND: Final = 6
"""Bytes of an answer that its length does not count."""
_HEAD: Final = 4
_VARIABLE, _FIXED = 0x72, 0x73

_BINARY, _STORED = 0x01, 0x02
"""Bits of the status before fixed counters: their coding, and that they are not of now."""
_UNIT: Final = 0x3F
_UNITS: Final[Mapping[int, tuple[Quantity, float]]] = {
    **{0x02 + n: (Quantity.ENERGY, 10 ** (n - 3)) for n in range(9)},
    **{0x0B + n: (Quantity.ENERGY, 10**n / 3600) for n in range(9)},
    **{0x14 + n: (Quantity.POWER, 10**n) for n in range(9)},
    **{0x26 + n: (Quantity.VOLUME, 10 ** (n - 6)) for n in range(9)},
    **{0x2F + n: (Quantity.FLOW, 10 ** (n - 6)) for n in range(9)},
    0x39: (Quantity.HEAT_COST, 1),
}
"""What a fixed counter counts: from Wh, kJ, W, ml, ml/h on, in steps of ten.

Others are left out, as 3E: the second counter is the first one at an earlier time.
"""
_DEVICE_TYPES: Final[Mapping[int, int]] = {
    0x1: 0x01,
    0x2: 0x02,
    0x3: 0x03,
    0x4: 0x04,
    0x5: 0x05,
    0x6: 0x06,
    0x7: 0x07,
    0x8: 0x08,
    0xA: 0x03,
    0xB: 0x04,
    0xC: 0x06,
    0xD: 0x07,
    0xE: 0x08,
}
"""Kind of a meter with fixed counters; from A on it counts otherwise."""


def _decode(uplink: Uplink) -> Iterable[Told]:
    return checked(uplink, _told(uplink))


def _told(uplink: Uplink) -> Iterator[Told]:
    begin = Cursor(uplink.payload)
    part, parts = begin.number(1), begin.number(1)
    if not 1 <= part <= parts:
        msg = f"message tells part {part} of {parts}"
        raise DecodeError(msg)
    answer, kept = assembled(
        uplink, begin.rest(), str(parts), is_first=part == 1, is_last=part == parts
    )
    yield from kept
    if part == parts:
        yield from _answer(uplink, Cursor(_checked_answer(answer)))


def _checked_answer(answer: bytes) -> bytes:
    """Give what stands between the length and the checksum."""
    data = answer[_HEAD:-2]
    size = bytes((_START, len(data) & 0xFF, len(data) & 0xFF, _START))
    end = bytes((sum(data) & 0xFF, _STOP))
    if len(answer) < _AROUND or answer != size + data + end:
        msg = f"{len(answer)} bytes are no answer of a meter"
        raise DecodeError(msg)
    return data


def _answer(uplink: Uplink, data: Cursor) -> Iterator[Told]:
    data.take(2)
    kind = data.number(1)
    if kind == _VARIABLE:
        yield from _variable(uplink, data)
    elif kind == _FIXED:
        yield from _fixed(data)
    else:
        msg = f"answer of kind 0x{kind:02X} is not known"
        raise DecodeError(msg)


def _variable(uplink: Uplink, data: Cursor) -> Iterator[Told]:
    number, kind = data.take(4), data.take(4)
    address = Address(kind[:2] + number + kind[2:])
    data.take(1)
    status = data.number(1)
    data.take(2)
    yield Meter(address.number, address.medium, address.manufacturer)
    yield from measured(parse(data.rest()), status, uplink, address.medium, address.number)


def _fixed(data: Cursor) -> Iterator[Told]:
    number = data.take(4)
    data.take(1)
    status, units = data.number(1), data.take(2)
    counters = data.take(4), data.take(4)
    data.end()
    kind = _DEVICE_TYPES.get(units[1] >> 6 << 2 | units[0] >> 6, 0)
    address = Address(bytes(2) + number + bytes((0, kind)))
    yield Meter(address.number, address.medium)
    told: dict[Quantity, float] = {}
    # Nothing tells when stored counters were true.
    for unit, raw in () if status & _STORED else zip(units, counters, strict=True):
        text, known = raw[::-1].hex(), _UNITS.get(unit & _UNIT)
        if known and (status & _BINARY or text.isdecimal()):
            quantity, factor = known
            told.setdefault(quantity, int(text, 16 if status & _BINARY else 10) * factor)
    for quantity, value in told.items():
        yield Reading(quantity, value, 0, None, address.number)
    for quantity, value in health([], status & ~(_BINARY | _STORED)).items():
        yield Reading(quantity, value, 0, None, address.number)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="acrios_acr_cv",
        manufacturer="ACRIOS",
        model="ACR-CV M-Bus",
        medium=Medium.UNKNOWN,
        quantities=HEALTH | {*QUANTITIES.values(), Quantity.CLOCK},
        decode=_decode,
        bridge=True,
        names=("ACR-CV-101L-M", "ACRIOS ACR-CV"),
        catalogue=("acrios/acr-cv-101l-m-eac",),
    ),
)
