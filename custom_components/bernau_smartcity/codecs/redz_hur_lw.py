"""REDZ HUR-LW: slots with digital and analogue inputs and outputs.

Most significant byte first. fPort 1: state of the device. fPort 3: number of the device, kind
of message (bits 4-7: which part), time, number and kind of the slot, length, data. Only digital
inputs are read: analogue ones are of any scale. Source: TheThingsNetwork/lorawan-devices
vendor/redz.
"""

from collections.abc import Iterable, Iterator
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked

_STATE, _SLOT = 1, 3
_HEAD: Final = struct.Struct(">IBIBBB")
_KIND, _IO = 0x0F, 2
_INPUTS: Final = 8
_LENGTHS: Final = {0x18: 1, 0x28: 1, 0x38: 16, 0x45: 10}
"""Digital inputs and outputs, analogue inputs and outputs."""
_DIGITAL_INPUTS: Final = 0x18


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if uplink.f_port == _STATE and payload:
        return ()
    if uplink.f_port != _SLOT or len(payload) < _HEAD.size:
        msg = f"{len(payload)} bytes on fPort {uplink.f_port} are no data of a slot"
        raise DecodeError(msg)
    _, kind, _, slot, of, length = _HEAD.unpack_from(payload)
    data = payload[_HEAD.size :]
    if kind & _KIND != _IO or _LENGTHS.get(of) != length or len(data) != length or not slot:
        msg = f"slot {slot} of kind {of:02X} with {len(data)} bytes is not known"
        raise DecodeError(msg)
    if of != _DIGITAL_INPUTS:
        return ()
    return checked(uplink, _contacts(data[0], slot))


def _contacts(inputs: int, slot: int) -> Iterator[Reading]:
    for place in range(_INPUTS):
        channel = _INPUTS * (slot - 1) + place + 1
        yield Reading(Quantity.CONTACT, inputs >> place & 1, channel)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="redz_hur_lw",
        manufacturer="REDZ",
        model="HUR-LW",
        medium=Medium.UNKNOWN,
        quantities=frozenset({Quantity.CONTACT}),
        decode=_decode,
        catalogue=("redz/hur-lw",),
    ),
)
