"""Meters of any maker whose LoRaWAN messages are bare M-Bus records (EN 13757-3)."""

from collections.abc import Iterable
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._oms import OF_ANY_METER, of_records


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, of_records(uplink, Medium.UNKNOWN, OF_ANY_METER))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="mbus_lorawan",
        manufacturer="Any maker",
        model="M-Bus over LoRaWAN",
        medium=Medium.UNKNOWN,
        quantities=OF_ANY_METER - {Quantity.BATTERY_LOW},
        decode=_decode,
        names=("M-Bus LoRaWAN",),
        settings=(Setting.MEDIUM,),
    ),
)
