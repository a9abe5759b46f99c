"""Eastron SDM-LoRaWAN: electricity meters.

Any fPort, most significant byte first: number of the meter, number of the message (1 first),
length, floating point numbers of registers that are chosen on the meter, so that a person must say
which. Ex works a SDM230 sends energy, voltage, current, power factor and frequency. A
checksum follows, which published examples compute in different ways. Answers to questions of a
person are Modbus in hexadecimal digits. Sources: manuals of SDM230-LoRaWAN and SDM630MCT-LoRaWAN,
cThings' examples.
"""

from collections.abc import Iterable, Iterator
from math import isfinite
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Reading, Setting, Uplink
from . import _obis
from ._checks import checked
from ._layout import FORM, layout

_HEAD: Final = struct.Struct(">IBB")
_NUMBER: Final = struct.Struct(">f")
_CHECKSUM: Final = 2
_DIGITS: Final = frozenset(b"0123456789ABCDEFabcdef")
_ANSWERS: Final = (b"0103", b"0104", b"0110", b"0183", b"0184", b"0190")


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if payload.startswith(_ANSWERS) and _DIGITS.issuperset(payload):
        return ()
    if len(payload) < _HEAD.size:
        msg = f"{len(payload)} bytes are too few"
        raise DecodeError(msg)
    serial, message, length = _HEAD.unpack_from(payload)
    numbers = payload[_HEAD.size : -_CHECKSUM]
    if not message or len(numbers) != length or length % _NUMBER.size:
        msg = f"{len(payload)} bytes are not {length} of message {message}"
        raise DecodeError(msg)
    return checked(uplink, _readings(uplink, f"{serial:08d}", message, numbers))


def _readings(uplink: Uplink, serial: str, message: int, numbers: bytes) -> Iterator[Reading]:
    entries = layout(uplink, message - 1)
    for entry, (number,) in zip(entries, _NUMBER.iter_unpack(numbers), strict=False):
        if entry and isfinite(number):
            yield Reading(entry.quantity, entry.value(number), entry.channel, None, serial)


def _codec(key: str, model: str, *names: str, catalogue: tuple[str, ...] = ()) -> Codec:
    return Codec(
        key=f"eastron_sdm_lorawan_{key}",
        manufacturer="Eastron",
        model=model,
        medium=Medium.ELECTRICITY,
        quantities=_obis.QUANTITIES,
        decode=_decode,
        names=names,
        catalogue=catalogue,
        settings=(Setting.LAYOUT,),
        layout=FORM,
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec(
        "sdm230",
        "SDM230-LoRaWAN",
        "SDM230-LoRa",
        "SDM230-LoRaWAN-MID",
        catalogue=("eastron/sdm230-lorawan-mid",),
    ),
    _codec("sdm530", "SDM530-LoRaWAN", "SDM530-LoRa", "SDM530-LR"),
    _codec(
        "sdm630",
        "SDM630-LoRaWAN",
        "SDM630-LoRa",
        "SDM630MCT-LoRaWAN",
        "SDM630MCT-LoRa",
        catalogue=("eastron/sdm630mct-lora",),
    ),
)
