"""Adeunis PULSE V1 to V4 (ARF8230AA and the like): adapter for two meters with a pulse output.

fPort 1, frames of `_adeunis`. What V1 and V2 store comes in several frames 48 that
begin an hour or a day before they were sent; what V3 and V4 store goes backwards
from the present count, at a period that only the configuration tells. Sources:
Adeunis "PULSE LoRaWAN EU863-870 user guide" V2.0.0, "PULSE V3/V4 Technical
Reference Manual", sln-nc/adeunis-codecs-lib.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import accumulate
import struct
from typing import Final, NamedTuple

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Remember, Setting, Told, Uplink
from . import _adeunis
from ._settings import interval
from ._times import unix

_INPUTS: Final = (1, 2)
"""Inputs A and B."""


def _data(frame: _adeunis.Frame) -> Iterator[Reading]:
    for number, count in zip(_INPUTS, struct.unpack(">II", frame.body), strict=True):
        yield Reading(Quantity.PULSES, count, number, frame.at)


_ALARMS: Final = (Quantity.EXCESS_FLOW, Quantity.TAMPER, Quantity.LEAK)
"""Alarms of a keep-alive: two bits each, the lower one that of input A."""


def _keep_alive(frame: _adeunis.Frame) -> Iterator[Reading]:
    """Read the alarms; the largest and smallest flow of the day have no known time."""
    for place, quantity in enumerate(_ALARMS):
        for number in _INPUTS:
            bit = frame.body[0] >> 2 * place + number - 1 & 1
            yield Reading(quantity, bit, number, frame.at)


def _high_flow(frame: _adeunis.Frame) -> Iterator[Reading]:
    """Read an alarm; of which input it is, is clear if nothing flows through the other."""
    flows = struct.unpack(">HH", frame.body)
    flowing = [number for number, flow in zip(_INPUTS, flows, strict=True) if flow]
    if len(flowing) == 1:
        yield Reading(Quantity.EXCESS_FLOW, 1, flowing[0], frame.at)


def _backwards(number: int) -> _adeunis.Read:
    """Read the present count of an input, and by how much each earlier one was lower."""

    def read(frame: _adeunis.Frame) -> Iterator[Reading]:
        count, *deltas = struct.unpack(f">I{(len(frame.body) - 4) // 2}H", frame.body)
        yield Reading(Quantity.PULSES, count, number, frame.at)
        step = _period(frame.uplink)
        earlier = accumulate(deltas, lambda later, delta: later - delta, initial=count)
        for place, value in enumerate(earlier):
            # Before it began to count, a device has stored nothing.
            if step and place and value >= 0:
                yield Reading(Quantity.PULSES, value, number, frame.sent_at - place * step)

    return read


_PERIOD: Final = "period"
"""Remembered: seconds between stored counts."""
_MODES: Final[Mapping[int, int]] = {1: 600, 2: 3600}
"""Those seconds by the mode of V1 and V2."""
_LORA_V1, _LORA_V3 = 20, 26
"""Sizes of the configuration."""


def _configuration(frame: _adeunis.Frame) -> Iterator[Remember]:
    if len(frame.body) == _LORA_V1:
        seconds = _MODES.get(frame.body[4], 0)
    elif len(frame.body) == _LORA_V3:
        seconds = 2 * int.from_bytes(frame.body[4:6])
    else:
        return
    yield Remember(_PERIOD, str(seconds or ""))


def _period(uplink: Uplink) -> timedelta | None:
    """Give the time between stored counts, if a person or the device told it."""
    text = uplink.memory.get(_PERIOD, "")
    return interval(uplink, timedelta(seconds=int(text)) if text.isdecimal() else None)


_STORED: Final = "stored"
"""Remembered: where the last of the frames of stored counts ended."""
_POINTS: Final[Mapping[int, int]] = {600: 6, 3600: 24}
"""How many counts are stored, by the seconds between them; the last when the frames are sent."""
_STEPS: Final[Mapping[int, int]] = {29: 600, 49: 3600}
"""Those seconds where the size of the first frame tells them (EU868)."""
_TOGETHER: Final = timedelta(hours=1)
"""All frames of stored counts come within this time."""
_FIRST_COUNTS: Final = 9
"""The first frame has, behind its number, the first two counts."""


class _Stored(NamedTuple):
    """How far stored counts have been read."""

    number: int
    """Of the frame."""
    point: int
    """Of the last count; the first is 1."""
    a: int
    b: int
    step: int
    """Seconds between counts."""
    end: int
    """Unix time of the last count of all."""


def _stored(frame: _adeunis.Frame) -> Iterator[Told]:
    """Read stored counts: the first ones as they are, the others by how much they rose."""
    number = frame.body[0]
    place = _remembered(frame.uplink, number) if number else _begun(frame)
    if place is None:
        return
    rises = list(struct.iter_unpack(">HH", frame.body[1 if number else _FIRST_COUNTS :]))
    if place.point + len(rises) > _POINTS[place.step]:
        msg = f"more than {_POINTS[place.step]} counts are stored"
        raise DecodeError(msg)
    if not number:
        yield from _counts(place)
    for a, b in rises:
        place = place._replace(point=place.point + 1, a=place.a + a, b=place.b + b)
        yield from _counts(place)
    yield Remember(_STORED, " ".join(map(str, place._replace(number=number))), _TOGETHER)


def _counts(place: _Stored) -> Iterator[Reading]:
    at = unix(place.end - (_POINTS[place.step] - place.point) * place.step)
    for number, count in zip(_INPUTS, (place.a, place.b), strict=True):
        yield Reading(Quantity.PULSES, count, number, at)


def _begun(frame: _adeunis.Frame) -> _Stored | None:
    """Read the first counts; without the period, their times are not known."""
    if len(frame.body) < _FIRST_COUNTS:
        msg = "the first counts are missing"
        raise DecodeError(msg)
    told = _period(frame.uplink) or timedelta()
    step = _STEPS.get(len(frame.body), int(told.total_seconds()))
    a, b = struct.unpack_from(">II", frame.body, 1)
    received_at = int(frame.uplink.received_at.timestamp())
    return _Stored(0, 1, a, b, step, received_at) if step in _POINTS else None


def _remembered(uplink: Uplink, number: int) -> _Stored | None:
    """Give where the frame before has ended; None if it did not come."""
    numbers = uplink.memory.get(_STORED, "").split()
    if len(numbers) != len(_Stored._fields) or not all(map(str.isdecimal, numbers)):
        return None
    place = _Stored(*map(int, numbers))
    return place if place.number == number - 1 else None


_KINDS: Final[Mapping[int, _adeunis.Kind]] = {
    0x10: _adeunis.Kind(_configuration),
    0x11: _adeunis.SILENT,  # configuration
    0x12: _adeunis.SILENT,  # configuration
    0x20: _adeunis.SILENT,  # configuration of the network
    0x2F: _adeunis.SILENT,  # command received
    0x30: _adeunis.Kind(_keep_alive, (9,)),
    0x31: _adeunis.SILENT,  # values of settings
    0x33: _adeunis.SILENT,  # setting changed
    0x37: _adeunis.SILENT,  # versions of the software
    0x46: _adeunis.Kind(_data, (8,)),
    0x47: _adeunis.Kind(_high_flow, (4,)),
    0x48: _adeunis.Kind(_stored, range(1, 242, 4), has_clock=False),
    0x5A: _adeunis.Kind(_backwards(1), range(4, 242, 2)),
    0x5B: _adeunis.Kind(_backwards(2), range(4, 242, 2)),
}


def _decode(uplink: Uplink) -> Iterable[Told]:
    return _adeunis.decode(uplink, _KINDS)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="adeunis_pulse",
        manufacturer="Adeunis",
        model="PULSE",
        medium=Medium.UNKNOWN,
        quantities=frozenset(
            {Quantity.PULSES, Quantity.BATTERY_LOW, Quantity.FAULT, Quantity.CLOCK, *_ALARMS}
        ),
        decode=_decode,
        names=(
            *("ARF8230AA", "Adeunis ARF8230AA", "PULSE ARF8230AA", "ARF8230FA", "PULSE ATEX"),
            *(
                f"{name} {part}{number}"
                for name in ("PULSE", "Adeunis PULSE")
                for part in ("V", "")
                for number in (2, 3, 4)
            ),
        ),
        catalogue=("adeunis/pulse", "adeunis/pulse-4"),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT, Setting.INTERVAL),
    ),
)
