"""Milesight (formerly Ursalink) UC1114, UC1122 and UC1152: inputs, outputs and Modbus.

Elements of `_milesight`, whose channels differ from those of all other models. The
channel of a reading is the number of the input. What the Modbus channels mean is a
layout; the analog inputs are currents or voltages by model and choice, and left
out. Source: Milesight-IoT/SensorDecoders uc-series/uc11xx.
"""

from collections.abc import Iterable
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Setting, Uplink
from . import _milesight, _milesight_modbus, _registers
from ._checks import checked
from ._registers import Register

_INPUTS: Final = range(1, 3)

_ELEMENTS: Final[_milesight.Elements[Reading | Register]] = {
    **_milesight.NAMEPLATE,
    **{(number, 0x00): (1, _milesight.contact(number)) for number in _INPUTS},
    **{(number, 0xC8): (4, _milesight.pulses(number)) for number in _INPUTS},
    **{(8 + number, 0x01): (1, _milesight.nothing) for number in _INPUTS},  # output
    **{(0x10 + number, 0x02): (8, _milesight.nothing) for number in _INPUTS},  # analog
    (0xFF, 0x0E): (_milesight_modbus.defined_size, _milesight_modbus.defined(1)),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    told = _milesight.decode(uplink.payload, _ELEMENTS)
    return checked(uplink, _registers.explained(uplink, told))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="milesight_uc11xx",
        manufacturer="Milesight",
        model="UC11xx",
        medium=Medium.UNKNOWN,
        quantities=_registers.QUANTITIES | {Quantity.CONTACT, Quantity.RESTART},
        decode=_decode,
        names=tuple(
            f"{maker}{model}"
            for maker in ("", "Milesight ", "Ursalink ")
            for model in ("UC1114", "UC1122", "UC1152")
        ),
        catalogue=("milesight-iot/uc1114", "milesight-iot/uc1122", "milesight-iot/uc1152"),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT, Setting.LAYOUT),
        layout=_registers.UNTYPED,
    ),
)
