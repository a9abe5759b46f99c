"""Meters of any maker whose LoRaWAN messages are bare M-Bus records (EN 13757-3)."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked
from ._mbus import QUANTITIES, parse
from ._wmbus import measured

_ANY: Final = frozenset({*QUANTITIES.values(), Quantity.CLOCK, Quantity.FAULT})
_HEAT: Final = frozenset(
    {
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
        Quantity.FAULT,
    }
)


def _decode(medium: Medium, given: frozenset[Quantity], uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _told(medium, given, uplink))


def _told(medium: Medium, given: frozenset[Quantity], uplink: Uplink) -> Iterator[Reading]:
    records = parse(uplink.payload)
    if not records:
        msg = "message has no records"
        raise DecodeError(msg)
    for reading in measured(records, None, uplink, medium):
        if reading.quantity in given:
            yield reading


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="mbus_lorawan",
        manufacturer="Any maker",
        model="M-Bus over LoRaWAN",
        medium=Medium.UNKNOWN,
        quantities=_ANY,
        decode=partial(_decode, Medium.UNKNOWN, _ANY),
        names=("M-Bus LoRaWAN",),
        settings=(Setting.MEDIUM,),
    ),
    Codec(
        key="engelmann_sensostar",
        manufacturer="Engelmann",
        model="SensoStar U",
        medium=Medium.HEAT,
        quantities=_HEAT,
        decode=partial(_decode, Medium.HEAT, _HEAT),
        names=("SensoStar", "Engelmann SensoStar"),
    ),
)
