"""Sensing Labs SenLab M, P and LED: pulse counter and reader of a meter's light.

fPort 3 measurement: identity, battery, something of the maker's own of any
length, and the count, most significant byte first (in standard mode, with one
count in each message). fPort 4 restart, 2 replies to commands. Sources: "SenlabM
PUL-LAB user guide", ZennerIoT/element-parsers lib/sensinglabs_senlabm.ex.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked

_RESTART, _COUNT = 0x00, 0x02
_REPLIES: Final = 2
"""fPort."""
_RESTART_SIZE: Final = 22
_LEAST: Final = 6
_FULL: Final = 254
"""Of the battery; above, it is not known."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, () if uplink.f_port == _REPLIES else _readings(uplink.payload))


def _readings(payload: bytes) -> Iterator[Reading]:
    if payload[:1] == bytes((_RESTART,)) and len(payload) == _RESTART_SIZE:
        yield Reading(Quantity.RESTART, 1)
        return
    if payload[:1] != bytes((_COUNT,)) or len(payload) < _LEAST:
        msg = f"{payload[:1].hex() or 'nothing'} begins no message of {len(payload)} bytes"
        raise DecodeError(msg)
    if payload[1] <= _FULL:
        yield Reading(Quantity.BATTERY, 100 * payload[1] // _FULL)
    yield Reading(Quantity.PULSES, int.from_bytes(payload[-4:]))


def _codec(kind: str, medium: Medium) -> Codec:
    return Codec(
        key=f"sensing_labs_senlab_{kind.lower()}",
        manufacturer="Sensing Labs",
        model=f"SenLab {kind}",
        medium=medium,
        quantities=frozenset({Quantity.PULSES, Quantity.BATTERY, Quantity.RESTART}),
        decode=_decode,
        names=(f"Senlab{kind}", f"Sensing Labs Senlab{kind}"),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec("M", Medium.UNKNOWN),
    _codec("P", Medium.UNKNOWN),
    _codec("LED", Medium.ELECTRICITY),
)
