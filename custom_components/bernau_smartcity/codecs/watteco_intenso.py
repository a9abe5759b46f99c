"""nke Watteco Intens'O: current clamp.

Frames of `_watteco`: the present current as a floating point number, in reports or
batches. Source: actility/device-catalog vendors/watteco.
"""

from collections.abc import Iterable, Iterator
import struct
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Uplink
from . import _watteco
from ._checks import checked
from ._watteco_batch import Kind, Layout, Series

_SINGLE: Final = struct.Struct(">f")


def _current(endpoint: int, data: bytes) -> Iterator[Reading]:
    del endpoint
    (amperes,) = _watteco.fields(_SINGLE, data)
    yield from _amperes(amperes)


def _amperes(value: float) -> Iterator[Reading]:
    # Differences are told in tenths; more places are noise of the floating point.
    yield Reading(Quantity.CURRENT, round(value, 3))


def _battery(millivolts: float) -> Iterator[Reading]:
    yield Reading(Quantity.BATTERY_VOLTAGE, millivolts / 1000)


_ATTRIBUTES: Final[_watteco.Attributes] = {(0x000C, 0x0055): _current}
_BATCH: Final = Layout(
    2, {0: Series(Kind.FLOAT, _amperes, 0.1), 1: Series(Kind.U16, _battery, 100)}
)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _watteco.decode(uplink, _ATTRIBUTES, _BATCH))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="watteco_intenso",
        manufacturer="nke Watteco",
        model="Intens'O",
        medium=Medium.ELECTRICITY,
        quantities=frozenset({Quantity.CURRENT, Quantity.BATTERY_VOLTAGE}),
        decode=_decode,
        names=("Watteco Intens'O", "Watteco Intenso", "Intenso"),
        catalogue=("watteco/intenso",),
    ),
)
