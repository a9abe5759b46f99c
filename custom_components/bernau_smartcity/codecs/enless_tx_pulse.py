"""Enless Wireless TX PULSE, TX PULSE ATEX, TX PULSE LED and TX CONTACT.

fPort 1, 22 bytes, most significant byte first. Inputs 1 and 2, and 3, which is an
open collector or reads a light. Source: TheThingsNetwork/lorawan-devices
vendor/enless-wireless.
"""

from collections.abc import Iterable, Iterator
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked

_FRAME: Final = struct.Struct(">3sBBBIIIHH")
"""Identity, type, sequence, firmware, three counts, alarms, states."""
_TYPES: Final = frozenset({8, 9, 10, 11})
"""Types of device that count."""
_INPUTS: Final = (1, 2, 3)
_HIGH_FLOW, _LEAK, _CLOSED = 0, 8, 4
"""Place of the bit of input 1."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _readings(uplink.payload))


def _readings(payload: bytes) -> Iterator[Reading]:
    if len(payload) != _FRAME.size:
        msg = f"a frame has {_FRAME.size} bytes, not {len(payload)}"
        raise DecodeError(msg)
    _, kind, _, _, *counts, alarms, states = _FRAME.unpack(payload)
    if kind not in _TYPES:
        msg = f"type {kind} of device counts no pulses"
        raise DecodeError(msg)
    for number, count in zip(_INPUTS, counts, strict=True):
        yield Reading(Quantity.PULSES, count, number)
        for quantity, bits, first in (
            (Quantity.EXCESS_FLOW, alarms, _HIGH_FLOW),
            (Quantity.LEAK, alarms, _LEAK),
            (Quantity.CONTACT, states, _CLOSED),
        ):
            yield Reading(quantity, bits >> first + number - 1 & 1, number)
    yield Reading(Quantity.BATTERY, 100 - 25 * (states >> 2 & 3))


def _codec(number: str, model: str, catalogue: str) -> Codec:
    return Codec(
        key=f"enless_tx_pulse_{number.replace('-', '_')}",
        manufacturer="Enless Wireless",
        model=f"{model} {number}",
        medium=Medium.UNKNOWN,
        quantities=frozenset(
            {
                Quantity.PULSES,
                Quantity.EXCESS_FLOW,
                Quantity.LEAK,
                Quantity.CONTACT,
                Quantity.BATTERY,
            }
        ),
        decode=_decode,
        names=(number, model, f"Enless {model} {number}", f"Enless {model}"),
        catalogue=(catalogue,),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec("600-036", "TX PULSE", "enless-wireless/tx-pulse-600"),
    _codec("600-037", "TX PULSE ATEX", "enless-wireless/tx-pulse-atex-600-037"),
    _codec("600-038", "TX PULSE LED", "enless-wireless/tx-pulse-led-600-038"),
    _codec("600-039", "TX CONTACT", "enless-wireless/tx-contact-600-039"),
)
