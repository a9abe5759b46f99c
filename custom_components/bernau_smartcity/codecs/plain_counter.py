"""A bare count: devices of any maker whose whole message is one whole number.

Two, three, four or eight bytes on any fPort, the most significant first unless it
is set otherwise. What it counts is told by the pulse weight.
"""

from collections.abc import Iterable
from typing import Final, Literal

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked

_SIZES: Final = frozenset({2, 3, 4, 8})


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if len(uplink.payload) not in _SIZES:
        msg = f"{len(uplink.payload)} bytes are not one count"
        raise DecodeError(msg)
    is_little = uplink.settings.get(Setting.BYTE_ORDER, "").strip().lower() == "little"
    order: Literal["little", "big"] = "little" if is_little else "big"
    return checked(uplink, [Reading(Quantity.PULSES, int.from_bytes(uplink.payload, order))])


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="plain_counter",
        manufacturer="Any maker",
        model="Plain counter",
        medium=Medium.UNKNOWN,
        quantities=frozenset({Quantity.PULSES}),
        decode=_decode,
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT, Setting.BYTE_ORDER),
    ),
)
