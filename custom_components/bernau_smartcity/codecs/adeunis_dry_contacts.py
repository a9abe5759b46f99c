"""Adeunis DRY CONTACTS (ARF8170BA) and DRY CONTACTS 2: four contact inputs that count.

fPort 1, frames of `_adeunis`. The counters have two bytes. DRY CONTACTS 2 may tell
how long each input was closed. Sources: sln-nc/adeunis-codecs-lib,
TheThingsNetwork/lorawan-devices vendor/adeunis, ZennerIoT/element-parsers
lib/adeunis_arf8170ba.ex.
"""

from collections.abc import Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Told, Uplink
from . import _adeunis

_INPUTS: Final = (1, 2, 3, 4)
"""Inputs A to D."""
_COUNTS: Final = struct.Struct(">HHHHB")
"""Counts and states of the inputs."""


def _counts(spread: int) -> _adeunis.Read:
    """Read counts, and states that are so many bits apart (between them may be earlier ones)."""

    def read(frame: _adeunis.Frame) -> Iterator[Reading]:
        # A first-generation device is kept alive by an empty frame.
        for *counts, states in _COUNTS.iter_unpack(frame.body):
            for number, count in zip(_INPUTS, counts, strict=True):
                closed = states >> spread * (number - 1) & 1
                yield Reading(Quantity.PULSES, count, number, frame.at)
                yield Reading(Quantity.CONTACT, closed, number, frame.at)

    return read


def _times(frame: _adeunis.Frame) -> Iterator[Reading]:
    """Read how long the inputs were closed that a mask names."""
    numbers = [number for number in _INPUTS if frame.body[0] >> number - 1 & 1]
    if len(frame.body) != 1 + 4 * len(numbers):
        msg = f"{len(frame.body) - 1} bytes are no times of {len(numbers)} inputs"
        raise DecodeError(msg)
    for number, (seconds,) in zip(numbers, struct.iter_unpack(">I", frame.body[1:]), strict=True):
        yield Reading(Quantity.OPERATING_TIME, seconds / 3600, number, frame.at)


_KINDS: Final[Mapping[int, _adeunis.Kind]] = {
    0x10: _adeunis.SILENT,  # configuration
    0x20: _adeunis.SILENT,  # configuration of the network
    0x2F: _adeunis.SILENT,  # command received
    0x30: _adeunis.Kind(_counts(1), (0, _COUNTS.size)),
    0x31: _adeunis.SILENT,  # values of settings
    0x33: _adeunis.SILENT,  # setting changed
    0x37: _adeunis.SILENT,  # versions of the software
    0x40: _adeunis.Kind(_counts(2), (_COUNTS.size,)),
    0x41: _adeunis.SILENT,  # an input was closed for longer than was set
    0x59: _adeunis.Kind(_times, (1, 5, 9, 13, 17)),
}


def _decode(uplink: Uplink) -> Iterable[Told]:
    return _adeunis.decode(uplink, _KINDS)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="adeunis_dry_contacts",
        manufacturer="Adeunis",
        model="DRY CONTACTS",
        medium=Medium.UNKNOWN,
        quantities=frozenset(
            {
                Quantity.PULSES,
                Quantity.CONTACT,
                Quantity.OPERATING_TIME,
                Quantity.BATTERY_LOW,
                Quantity.FAULT,
                Quantity.CLOCK,
            }
        ),
        decode=_decode,
        names=(
            *("ARF8170BA", "Adeunis ARF8170BA", "DRY CONTACT", "Adeunis DRY CONTACT"),
            *("DRY CONTACTS 2", "Adeunis DRY CONTACTS 2", "DRY CONTACTS V2"),
        ),
        catalogue=("adeunis/dry-contact", "adeunis/dry-contacts-2"),
        modulus={Quantity.PULSES: 2**16},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    ),
)
