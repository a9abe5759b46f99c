"""Meters of any maker that send OMS over LoRaWAN, from the transport header on.

Short headers do not tell the meter, so that its address is kept from the long
ones. Source: OMS specification volume 2.
"""

from collections.abc import Iterable
from typing import Final

from ..model import Codec, Medium, Setting, Told, Uplink
from ._checks import checked
from ._oms import OF_ANY_METER, of_message


def _decode(uplink: Uplink) -> Iterable[Told]:
    return checked(uplink, of_message(uplink, Medium.UNKNOWN, OF_ANY_METER))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="oms_lorawan",
        manufacturer="Any maker",
        model="OMS over LoRaWAN",
        medium=Medium.UNKNOWN,
        quantities=OF_ANY_METER,
        decode=_decode,
        names=("OMS", "OMS LoRaWAN"),
        settings=(Setting.MEDIUM, Setting.KEY),
    ),
)
