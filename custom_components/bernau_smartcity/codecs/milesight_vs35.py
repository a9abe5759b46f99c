"""Milesight VS350 and VS351: people counters for a passage, that measure warmth.

Elements of `_milesight` and `_milesight_passage`. A heat alarm says that it is too
warm to count well. Source: Milesight-IoT/SensorDecoders vs-series/vs350, vs351.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Setting, Uplink
from . import _milesight, _milesight_passage
from ._counts import counted

_TOO_HOT: Final = {3: 1, 4: 0}
"""Alarm codes; 0 and 1 are those of a threshold that a person set."""


def _temperature_alarm(data: bytes) -> Iterator[Reading]:
    yield from _milesight.temperature(data)
    if data[2] in _TOO_HOT:
        yield Reading(Quantity.OVERHEATED, _TOO_HOT[data[2]])


_ELEMENTS: Final[_milesight.Elements] = {
    **_milesight_passage.ELEMENTS,
    (0x03, 0x67): (2, _milesight.temperature),
    (0x83, 0x67): (3, _temperature_alarm),
    (0x81, 0xEE): (1, _milesight.nothing),  # sensitivity
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return counted(uplink, _milesight.decode(uplink.payload, _ELEMENTS))


def _codec(model: str) -> Codec:
    return Codec(
        key=f"milesight_{model.lower()}",
        manufacturer="Milesight",
        model=model,
        medium=Medium.PEOPLE,
        quantities=_milesight_passage.QUANTITIES | {Quantity.TEMPERATURE, Quantity.OVERHEATED},
        decode=_decode,
        catalogue=(f"milesight-iot/{model.lower()}",),
        modulus=_milesight_passage.MODULUS,
        settings=(Setting.SWAP,),
    )


CODECS: Final[tuple[Codec, ...]] = (_codec("VS350"), _codec("VS351"))
