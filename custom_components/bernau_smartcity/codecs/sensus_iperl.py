"""Sensus iPERL: OMS from the transport header on, with an hourly profile of the volume.

fPort 20 to 22, short headers. Source: TheThingsNetwork/lorawan-devices
(vendor/sensus).
"""

from collections.abc import Iterable
from typing import Final

from ..model import Codec, Medium, Setting, Told, Uplink
from ._checks import checked
from ._oms import OF_WATER_METER, of_message


def _decode(uplink: Uplink) -> Iterable[Told]:
    return checked(uplink, of_message(uplink, Medium.WATER, OF_WATER_METER))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="sensus_iperl",
        manufacturer="Sensus",
        model="iPERL",
        medium=Medium.WATER,
        quantities=OF_WATER_METER,
        decode=_decode,
        names=("Xylem iPERL",),
        catalogue=("sensus/iperl",),
        settings=(Setting.KEY,),
    ),
)
