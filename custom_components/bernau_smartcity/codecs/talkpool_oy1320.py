"""Talkpool OY1320: reads a water meter.

fPort 2: parameters, each 01, its number and its value, most significant byte
first: 21 litres, 20 alarm. Sources: TheThingsNetwork/lorawan-devices vendor/talkpool.
"""

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._frames import unknown_port

_F_PORT: Final = 2
_FRAMES: Final[Mapping[int, Struct]] = {6: Struct(">2sI"), 9: Struct(">2sI2sB")}
_HEADS: Final = (b"\x01\x21", b"\x01\x20")


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port != _F_PORT:
        raise unknown_port(uplink.f_port)
    return checked(uplink, _parameters(uplink.payload))


def _parameters(frame: bytes) -> Iterator[Reading]:
    layout = _FRAMES.get(len(frame))
    fields = layout.unpack(frame) if layout else ()
    if not fields or fields[::2] != _HEADS[: len(fields) // 2]:
        msg = "neither the register nor the register and the alarm"
        raise DecodeError(msg)
    litres, *alarms = fields[1::2]
    for alarm in alarms:
        yield Reading(Quantity.FAULT, alarm != 0)
    yield Reading(Quantity.VOLUME, litres / 1000)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="talkpool_oy1320",
        manufacturer="Talkpool",
        model="OY1320",
        medium=Medium.WATER,
        quantities=frozenset({Quantity.VOLUME, Quantity.FAULT}),
        decode=_decode,
        catalogue=("talkpool/oy1320",),
        # The known frames leave it open whether the two upper bytes are ever used.
        modulus={Quantity.VOLUME: 2**16 / 1000},
    ),
)
