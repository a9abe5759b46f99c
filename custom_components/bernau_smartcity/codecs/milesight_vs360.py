"""Milesight VS360: people counter with an infrared beam between two parts.

Elements of `_milesight` and `_milesight_passage`; the main part is channel 0 of
the battery, the node channel 1. Source: Milesight-IoT/SensorDecoders vs-series/vs360.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _milesight, _milesight_passage
from ._counts import counted, sighted

_EVENTS: Final[Mapping[int, tuple[Quantity, int]]] = {
    0: (Quantity.FAULT, 0),  # counts wrongly
    1: (Quantity.FAULT, 1),  # does not hear the node
    2: (Quantity.OBSTRUCTED, 0),  # the parts do not face each other
}


def _event(data: bytes) -> Iterator[Reading]:
    if data[0] not in _EVENTS:
        msg = f"event {data[0]} is not known"
        raise DecodeError(msg)
    quantity, channel = _EVENTS[data[0]]
    yield Reading(quantity, data[1] == 1, channel)


def _node_battery(data: bytes) -> Iterator[Reading]:
    for each in _milesight.battery(data):
        yield Reading(each.quantity, each.value, 1)


_ELEMENTS: Final[_milesight.Elements] = {
    **_milesight_passage.ELEMENTS,
    (0x02, 0x75): (1, _node_battery),
    (0x03, 0xF4): (2, _event),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return counted(uplink, sighted(_milesight.decode(uplink.payload, _ELEMENTS)))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="milesight_vs360",
        manufacturer="Milesight",
        model="VS360",
        medium=Medium.PEOPLE,
        quantities=_milesight_passage.QUANTITIES | {Quantity.FAULT, Quantity.OBSTRUCTED},
        decode=_decode,
        catalogue=("milesight-iot/vs360",),
        modulus=_milesight_passage.MODULUS,
        settings=(Setting.SWAP,),
    ),
)
