"""REDZ LKM-LW: reads electricity meters over IEC 62056-21.

Most significant byte first: number of the device, kind of message (bits 4-7: which part). Then,
by kind,
0: state of the device
1: if enabled, the registers that are read, each a number, 1F, its code in ASCII and 1F
2: meter, number of the first register, length, values of four bytes without the decimal
point, so that a person must say the factor of a register
Source: TheThingsNetwork/lorawan-devices vendor/redz.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from itertools import batched
import re
import struct
from typing import Final

from ..model import (
    Codec,
    DecodeError,
    Medium,
    Meter,
    Reading,
    Remember,
    Setting,
    Told,
    Uplink,
)
from . import _obis
from ._checks import checked
from ._layout import FORM, Entry, layout


class _Kind(IntEnum):
    """Of message."""

    STATE = 0
    REGISTERS = 1
    VALUES = 2


_HEAD: Final = struct.Struct(">IB")
_KIND: Final = 0x0F
_METER: Final = struct.Struct(">BBB")
_VALUE: Final = 4
_SEPARATOR: Final = 0x1F
_CODE: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII)
_MEMORY: Final = "registers"


def _decode(uplink: Uplink) -> Iterable[Told]:
    payload = uplink.payload
    if len(payload) <= _HEAD.size:
        msg = f"{len(payload)} bytes are too few"
        raise DecodeError(msg)
    device, kind = _HEAD.unpack_from(payload)
    rest = payload[_HEAD.size :]
    match kind & _KIND:
        case _Kind.STATE:
            return ()
        case _Kind.REGISTERS:
            return checked(uplink, _remembered(uplink, dict(_entries(rest))))
        case _Kind.VALUES:
            return checked(uplink, _told(uplink, device, rest))
        case other:
            msg = f"kind of message {other} is not known"
            raise DecodeError(msg)


def _entries(rest: bytes) -> Iterator[tuple[int, str]]:
    """Give the code of each register by its number, which may itself be 1F."""
    while rest:
        end = rest.find(_SEPARATOR, 2)
        if rest[1:2] != bytes([_SEPARATOR]) or end < 0:
            msg = "list of registers is cut off"
            raise DecodeError(msg)
        code = rest[2:end].decode("latin-1")
        yield rest[0], code.partition("*")[0]
        rest = rest[end + 1 :]


def _remembered(uplink: Uplink, entries: Mapping[int, str]) -> Iterator[Remember]:
    """Keep what stands for a quantity, besides what other parts of the list told."""
    kept = {number: code for number, code in _known(uplink).items() if number not in entries}
    for number, code in entries.items():
        if match := _CODE.fullmatch(code):
            c, d, e = (int(each) for each in match.groups())
            if _obis.known((c, d, e)):
                kept[number] = (c, d, e)
    text = " ".join(f"{number}={c}.{d}.{e}" for number, (c, d, e) in sorted(kept.items()))
    yield Remember(_MEMORY, text)


def _known(uplink: Uplink) -> Mapping[int, _obis.Code]:
    codes: dict[int, _obis.Code] = {}
    for entry in uplink.memory.get(_MEMORY, "").split():
        number, _, code = entry.partition("=")
        c, d, e = (int(each) for each in code.split("."))
        codes[int(number)] = c, d, e
    return codes


def _by_number(uplink: Uplink) -> Mapping[int, Entry]:
    """Give what was said of the registers, in the order of the list that the device may tell."""
    entries = layout(uplink)
    if codes := _known(uplink):
        by_code = {entry.code: entry for entry in entries if entry}
        return {number: by_code[code] for number, code in codes.items() if code in by_code}
    return {number: entry for number, entry in enumerate(entries, start=1) if entry}


def _told(uplink: Uplink, device: int, rest: bytes) -> Iterator[Told]:
    if len(rest) < _METER.size:
        msg = "values are cut off"
        raise DecodeError(msg)
    meter, first, length = _METER.unpack_from(rest)
    values = rest[_METER.size :]
    if len(values) != length or length % _VALUE:
        msg = f"{len(values)} bytes are not {length} of whole values"
        raise DecodeError(msg)
    entries = _by_number(uplink)
    # The numbers of meters begin at 1 in each device.
    name = f"{device}-{meter}"
    yield Meter(name, Medium.ELECTRICITY)
    for number, value in enumerate(batched(values, _VALUE, strict=True), start=first):
        if entry := entries.get(number):
            reading = entry.value(int.from_bytes(bytes(value)))
            yield Reading(entry.quantity, reading, entry.channel, None, name)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="redz_lkm_lw",
        manufacturer="REDZ",
        model="LKM-LW",
        medium=Medium.ELECTRICITY,
        quantities=_obis.QUANTITIES,
        decode=_decode,
        bridge=True,
        catalogue=("redz/lkm-lw",),
        settings=(Setting.LAYOUT,),
        layout=FORM,
    ),
)
