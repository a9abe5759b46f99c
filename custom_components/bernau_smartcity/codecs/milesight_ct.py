"""Milesight CT101, CT103, CT105 (one phase), CT303, CT305 and CT310 (three): current clamps.

Elements of `_milesight`: the charge that has flowed in Ah, which is no energy, as the voltage
is not known; the present current; the temperature of the clamp. Source:
Milesight-IoT/SensorDecoders ct-series.
"""

from collections.abc import Iterable, Iterator
from functools import partial
import struct
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Uplink
from . import _milesight
from ._checks import checked

_FAILED: Final = 0xFFFF
_OVER_RANGE: Final = 0xFFFD
_ALARM: Final = struct.Struct("<HHHB")
_OVERLOADED, _OVERLOAD_ENDED = 0x04, 0x08


def _charge(data: bytes, *, channel: int) -> Iterator[Reading]:
    yield Reading(Quantity.CHARGE, int.from_bytes(data, "little") / 100, channel)


def _current(data: bytes, *, channel: int, per_ampere: int) -> Iterator[Reading]:
    number = int.from_bytes(data, "little")
    yield Reading(Quantity.FAULT, number == _FAILED, channel)
    if number != _FAILED:
        yield Reading(Quantity.CURRENT, number / per_ampere, channel)


def _alarm(data: bytes, *, channel: int, per_ampere: int) -> Iterator[Reading]:
    """Read greatest, smallest and present current, and what it passed."""
    _, _, number, state = _ALARM.unpack(data)
    yield Reading(Quantity.CURRENT, number / per_ampere, channel)
    if state & (_OVERLOADED | _OVERLOAD_ENDED):
        yield Reading(Quantity.OVERLOAD, bool(state & _OVERLOADED), channel)


def _temperature(data: bytes) -> Iterator[Reading]:
    """Read tenths of a degree; an alarm may follow."""
    if int.from_bytes(data[:2], "little") not in {_FAILED, _OVER_RANGE}:
        yield from _milesight.temperature(data)


_COMMON: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    **_milesight.cleared(0x27),
    (0x00, 0x00): (2, _milesight.nothing),  # filler
    (0x09, 0x67): (2, _temperature),
    (0x89, 0x67): (3, _temperature),
}


def _phases(channels: Iterable[int], kind: int, per_ampere: int) -> _milesight.Elements:
    """Give the elements of each phase, which follow each other."""
    elements: dict[tuple[int, int], tuple[_milesight.Length, _milesight.Read]] = {**_COMMON}
    for place, channel in enumerate(channels):
        total = 0x03 + 2 * place
        present = partial(_current, channel=channel, per_ampere=per_ampere)
        alarm = partial(_alarm, channel=channel, per_ampere=per_ampere)
        elements[total, 0x97] = 4, partial(_charge, channel=channel)
        elements[total + 1, kind] = 2, present
        elements[0x80 + total + 1, kind] = _ALARM.size, alarm
    return elements


def _decode(uplink: Uplink, *, elements: _milesight.Elements) -> Iterable[Reading]:
    return checked(uplink, _milesight.decode(uplink.payload, elements))


def _codec(model: str, elements: _milesight.Elements) -> Codec:
    return Codec(
        key=f"milesight_{model.lower()}",
        manufacturer="Milesight",
        model=model,
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                Quantity.CHARGE,
                Quantity.CURRENT,
                Quantity.TEMPERATURE,
                Quantity.FAULT,
                Quantity.OVERLOAD,
                Quantity.BATTERY,
                Quantity.RESTART,
            }
        ),
        decode=partial(_decode, elements=elements),
        catalogue=(f"milesight-iot/{model.lower()}",),
        modulus={Quantity.CHARGE: 2**32 / 100},
    )


_ONE_PHASE: Final = _phases((0,), 0x98, 100)
_THREE_PHASES: Final = _phases((1, 2, 3), 0x99, 10)

CODECS: Final[tuple[Codec, ...]] = (
    *(_codec(model, _ONE_PHASE) for model in ("CT101", "CT103", "CT105")),
    *(_codec(model, _THREE_PHASES) for model in ("CT303", "CT305", "CT310")),
)
