"""Meters of any maker that send OMS over LoRaWAN, from the transport header on.

Short headers do not tell the meter, so that its address is kept from the long
ones. Sources: OMS specification volume 2, TheThingsNetwork/lorawan-devices
(vendor/sensus): iPERL, fPort 20 to 22, with an hourly profile of the volume.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from ..model import Codec, Medium, Quantity, Setting, Told, Uplink
from ._checks import checked
from ._mbus import QUANTITIES
from ._wmbus import HEALTH, measured, message

_ANY: Final = HEALTH | {*QUANTITIES.values(), Quantity.CLOCK}
_WATER: Final = HEALTH | {Quantity.VOLUME, Quantity.VOLUME_REVERSE, Quantity.FLOW, Quantity.CLOCK}
_HEAT: Final = HEALTH | {
    Quantity.ENERGY,
    Quantity.ENERGY_COOLING,
    Quantity.VOLUME,
    Quantity.POWER,
    Quantity.FLOW,
    Quantity.FLOW_TEMPERATURE,
    Quantity.RETURN_TEMPERATURE,
    Quantity.TEMPERATURE_DIFFERENCE,
    Quantity.OPERATING_TIME,
    Quantity.CLOCK,
}


def _decode(medium: Medium, given: frozenset[Quantity], uplink: Uplink) -> Iterable[Told]:
    return checked(uplink, _told(medium, given, uplink))


def _told(medium: Medium, given: frozenset[Quantity], uplink: Uplink) -> Iterator[Told]:
    it = message(uplink)
    yield from it.told
    if medium is Medium.UNKNOWN and it.sender:
        medium = it.sender.medium
    for reading in measured(it.records, it.status, uplink, medium, it.meter):
        if reading.quantity in given:
            yield reading


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="oms_lorawan",
        manufacturer="Any maker",
        model="OMS over LoRaWAN",
        medium=Medium.UNKNOWN,
        quantities=_ANY,
        decode=partial(_decode, Medium.UNKNOWN, _ANY),
        names=("OMS", "OMS LoRaWAN"),
        settings=(Setting.MEDIUM, Setting.KEY),
    ),
    Codec(
        key="sensus_iperl",
        manufacturer="Sensus",
        model="iPERL",
        medium=Medium.WATER,
        quantities=_WATER,
        decode=partial(_decode, Medium.WATER, _WATER),
        names=("Xylem iPERL",),
        catalogue=("sensus/iperl",),
        settings=(Setting.KEY,),
    ),
    Codec(
        key="diehl_hydrus",
        manufacturer="Diehl",
        model="HYDRUS 2.0",
        medium=Medium.WATER,
        quantities=_WATER,
        decode=partial(_decode, Medium.WATER, _WATER),
        names=("HYDRUS", "Diehl HYDRUS"),
        settings=(Setting.KEY,),
    ),
    Codec(
        key="diehl_sharky",
        manufacturer="Diehl",
        model="SHARKY 775",
        medium=Medium.HEAT,
        quantities=_HEAT,
        decode=partial(_decode, Medium.HEAT, _HEAT),
        names=("SHARKY", "Diehl SHARKY"),
        settings=(Setting.KEY,),
    ),
)
