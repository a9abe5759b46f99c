"""Milesight VS330, VS340, VS341 and VS370: whether somebody is in a room or on a seat.

Elements of `_milesight`. Source: Milesight-IoT/SensorDecoders vs-series/vs330, vs340,
vs341, vs370.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Uplink
from . import _milesight
from ._checks import checked


def _distance(data: bytes) -> Iterator[Reading]:
    yield Reading(Quantity.DISTANCE, int.from_bytes(data, "little") / 1000)


_SEAT: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    (0x03, 0x00): (1, _milesight.flag(Quantity.OCCUPIED)),
}
_PRESENCE: Final[_milesight.Elements] = {
    **_SEAT,
    (0x04, 0x00): (1, _milesight.flag(Quantity.BRIGHT)),
}
_RESTROOM: Final[_milesight.Elements] = {
    **_milesight.COMMON,
    (0x02, 0x82): (2, _distance),
    (0x03, 0x8E): (1, _milesight.flag(Quantity.OCCUPIED)),
    (0x04, 0x8E): (1, _milesight.nothing),  # calibrated
    # What the device learns of its surroundings.
    (0x02, 0xA5): (8, _milesight.nothing),
    (0x04, 0xA8): (1, _milesight.nothing),
    (0x06, 0xA6): (4, _milesight.nothing),
    (0x07, 0xA7): (4, _milesight.nothing),
    (0x08, 0xA8): (1, _milesight.nothing),
    (0x09, 0xA9): (4, _milesight.nothing),
}


def _decode(uplink: Uplink, elements: _milesight.Elements) -> Iterable[Reading]:
    return checked(uplink, _milesight.decode(uplink.payload, elements))


_COMMON: Final = frozenset({Quantity.OCCUPIED, Quantity.BATTERY, Quantity.RESTART})


def _codec(model: str, elements: _milesight.Elements, *quantities: Quantity) -> Codec:
    return Codec(
        key=f"milesight_{model.lower()}",
        manufacturer="Milesight",
        model=model,
        medium=Medium.PEOPLE,
        quantities=_COMMON.union(quantities),
        decode=partial(_decode, elements=elements),
        catalogue=(f"milesight-iot/{model.lower()}",),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec("VS330", _RESTROOM, Quantity.DISTANCE),
    _codec("VS340", _SEAT),
    _codec("VS341", _SEAT),
    _codec("VS370", _PRESENCE, Quantity.BRIGHT),
)
