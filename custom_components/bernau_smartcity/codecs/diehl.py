"""Diehl HYDRUS water meters and SHARKY heat meters: OMS from the transport header on."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from ..model import Codec, Medium, Quantity, Setting, Told, Uplink
from ._checks import checked
from ._oms import OF_HEAT_METER, OF_WATER_METER, of_message


def _decode(medium: Medium, given: frozenset[Quantity], uplink: Uplink) -> Iterable[Told]:
    return checked(uplink, of_message(uplink, medium, given))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="diehl_hydrus",
        manufacturer="Diehl",
        model="HYDRUS 2.0",
        medium=Medium.WATER,
        quantities=OF_WATER_METER,
        decode=partial(_decode, Medium.WATER, OF_WATER_METER),
        names=("HYDRUS", "Diehl HYDRUS"),
        settings=(Setting.KEY,),
    ),
    Codec(
        key="diehl_sharky",
        manufacturer="Diehl",
        model="SHARKY 775",
        medium=Medium.HEAT,
        quantities=OF_HEAT_METER,
        decode=partial(_decode, Medium.HEAT, OF_HEAT_METER),
        names=("SHARKY", "Diehl SHARKY"),
        settings=(Setting.KEY,),
    ),
)
