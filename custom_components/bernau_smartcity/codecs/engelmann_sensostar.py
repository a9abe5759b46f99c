"""Engelmann SensoStar heat meters: bare M-Bus records, on any fPort."""

from collections.abc import Iterable
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._oms import OF_HEAT_METER, of_records


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, of_records(uplink, Medium.HEAT, OF_HEAT_METER))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="engelmann_sensostar",
        manufacturer="Engelmann",
        model="SensoStar U",
        medium=Medium.HEAT,
        quantities=OF_HEAT_METER - {Quantity.BATTERY_LOW},
        decode=_decode,
        names=("SensoStar", "Engelmann SensoStar"),
    ),
)
