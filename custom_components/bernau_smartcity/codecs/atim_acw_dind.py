"""ATIM ACW-DIND160, -DIND80, -DIND88 and -DIND44: contact inputs that may count.

Most significant byte first: code of the frame, states of the inputs (and outputs),
temperature, counts. The channel is the number of the input. Frames of the later
generation, which begin with a set bit, are another format. Sources: "ATIM
ACW-DIND160-80-88-44 UG EN V1.7" by ZennerIoT/element-parsers
lib/atim_metering_dry_contacts.ex, TheThingsNetwork/lorawan-devices vendor/atim.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked

_ANY: Final = 16
"""As many counts as there are."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a frame holds, in this order."""

    inputs: int = 0
    """How many have their state in the frame, 16 or 8."""
    outputs: bool = False
    temperature: bool = False
    counts: int = 0
    first: int = 1
    """Number of the input that counts the first count."""


_FRAMES: Final[Mapping[int, _Frame]] = {
    0x41: _Frame(16, temperature=True),
    0x42: _Frame(16),
    0x4E: _Frame(16, temperature=True, counts=1),
    0x4F: _Frame(16, counts=2),
    0x50: _Frame(counts=2),
    0x51: _Frame(counts=2, first=3),
    0x52: _Frame(16, counts=1),
    0x5D: _Frame(16, temperature=True, counts=_ANY),
    0x5E: _Frame(16, counts=_ANY),
    0x5F: _Frame(counts=2, first=5),
    0x60: _Frame(counts=2, first=7),
    0x61: _Frame(8, outputs=True, temperature=True),
    0x62: _Frame(8, outputs=True),
    0x6E: _Frame(8, outputs=True, temperature=True, counts=1),
    0x6F: _Frame(8, outputs=True, counts=2),
    0x72: _Frame(8, outputs=True, counts=1),
    0x7D: _Frame(8, outputs=True, temperature=True, counts=_ANY),
    0x7E: _Frame(8, outputs=True, counts=_ANY),
}
_ALIVE: Final = 0x01
_SILENT: Final = frozenset({0x00, 0x05, 0x06, 0x07, 0x08, 0x43})
"""Not documented, test, replies to commands, shock."""


def _decode(inputs: int, uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    code = payload[0] if payload else None
    if code in _SILENT:
        return ()
    if code == _ALIVE:
        return checked(uplink, _alive(payload))
    if code is None or code not in _FRAMES:
        msg = f"frame {code:02X} is not known" if payload else "payload is empty"
        raise DecodeError(msg)
    return checked(uplink, _readings(inputs, _FRAMES[code], payload))


def _alive(payload: bytes) -> Iterator[Reading]:
    """Read the supply (mV); behind it may be that under load."""
    if len(payload) not in {3, 5, 6}:
        msg = f"{len(payload)} bytes are no sign of life"
        raise DecodeError(msg)
    yield Reading(Quantity.BATTERY_VOLTAGE, int.from_bytes(payload[1:3]) / 1000)


def _readings(inputs: int, frame: _Frame, payload: bytes) -> Iterator[Reading]:
    states = frame.inputs // 8
    temperature = 1 + states + frame.outputs
    # Firmware without a sensor leaves the temperature out of a frame of states.
    has_temperature = frame.temperature and len(payload) > temperature
    begin = temperature + 2 * has_temperature
    counts = len(payload[begin:]) // 4 if frame.counts == _ANY else frame.counts
    if len(payload) != begin + 4 * counts:
        msg = f"frame {payload[0]:02X} cannot have {len(payload)} bytes"
        raise DecodeError(msg)
    bits = int.from_bytes(payload[1 : 1 + states], "little")
    for place in range(min(inputs, frame.inputs)):
        yield Reading(Quantity.CONTACT, bits >> place & 1, place + 1)
    if has_temperature:
        (tenths,) = struct.unpack_from(">h", payload, temperature)
        yield Reading(Quantity.TEMPERATURE, tenths / 10)
    for place, (count,) in enumerate(struct.iter_unpack(">I", payload[begin:])):
        yield Reading(Quantity.PULSES, count, frame.first + place)


def _codec(model: str, inputs: int) -> Codec:
    return Codec(
        key=f"atim_acw_{model.lower()}",
        manufacturer="ATIM",
        model=f"ACW-{model}",
        medium=Medium.UNKNOWN,
        quantities=frozenset(
            {
                Quantity.CONTACT,
                Quantity.PULSES,
                Quantity.TEMPERATURE,
                Quantity.BATTERY_VOLTAGE,
            }
        ),
        decode=partial(_decode, inputs),
        names=(model, f"ATIM {model}"),
        catalogue=(f"atim/acw-{model.lower()}",),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec("DIND160", 16),
    _codec("DIND80", 8),
    _codec("DIND88", 8),
    _codec("DIND44", 4),
)
