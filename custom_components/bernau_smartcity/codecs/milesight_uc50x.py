"""Milesight UC501 and UC502 (and UC11-N1): controller with two pulse or contact inputs.

Elements of `_milesight`. The channel is the number of the input. A layout tells
what is read elsewhere: registers 1 to 16 are the Modbus channels; a hundred times an
SDI-12 channel plus n is the n-th number of its answer. An analog input is a current
or a voltage by choice; in v1 and v2 even its scale differs, so that it is left out.
Source: Milesight-IoT/SensorDecoders uc-series/uc50x, uc11-n1.
"""

from collections.abc import Iterable, Iterator
import re
from typing import Final

from ..model import Codec, Medium, Quantity, Reading, Setting, Uplink
from . import _milesight, _milesight_modbus, _registers
from ._checks import checked
from ._registers import Register
from ._times import EARLIEST, unix

_INPUTS: Final = range(1, 3)
_MODBUS: Final = _milesight_modbus.defined(7)


def _alarm_size(data: bytes) -> int:
    return _milesight_modbus.defined_size(data) + 1


_ANSWER: Final = 36
_NUMBER: Final = re.compile(rb"[+-]\d{1,7}(?:\.\d{1,7})?")


def _answer(channel: int, data: bytes) -> Iterator[tuple[int, float]]:
    """Read the numbers of an SDI-12 answer, each with its sign in front."""
    for place, match in enumerate(_NUMBER.findall(data), 1):
        yield 100 * channel + place, float(match)


def _sdi12(data: bytes) -> Iterator[Register]:
    for number, value in _answer(data[0] + 1, data[1:]):
        yield Register(number, value)


_SDI12_HEAD: Final = 6
"""Of stored answers: time and mask of the channels."""


def _sdi12_history_size(data: bytes) -> int:
    return _SDI12_HEAD + _ANSWER * int.from_bytes(data[4:_SDI12_HEAD], "little").bit_count()


def _sdi12_history(data: bytes) -> Iterator[Register]:
    at = unix(int.from_bytes(data[:4], "little"))
    mask = int.from_bytes(data[4:_SDI12_HEAD], "little")
    channels = (bit + 1 for bit in range(mask.bit_length()) if mask >> bit & 1)
    for channel, begin in zip(channels, range(_SDI12_HEAD, len(data), _ANSWER), strict=True):
        for number, value in _answer(channel, data[begin : begin + _ANSWER]):
            if at >= EARLIEST:
                yield Register(number, value, at)


_STORED_INPUT, _STORED_OUTPUT, _STORED_COUNT = 0, 1, 2


def _history(data: bytes) -> Iterator[Reading]:
    """Read time, kind and value of both inputs, and the analog inputs."""
    yield from _milesight.stored(data, _inputs(data))


def _inputs(data: bytes) -> Iterator[Reading]:
    for number, begin in zip(_INPUTS, (4, 9), strict=True):
        value = int.from_bytes(data[begin + 1 : begin + 5], "little")
        if data[begin] == _STORED_COUNT:
            yield Reading(Quantity.PULSES, value, number)
        elif data[begin] == _STORED_INPUT:
            yield Reading(Quantity.CONTACT, value == 1, number)


_ELEMENTS: Final[_milesight.Elements[Reading | Register]] = {
    **_milesight.COMMON,
    **{(2 + number, 0x00): (1, _milesight.contact(number)) for number in _INPUTS},
    **{(2 + number, 0x01): (1, _milesight.nothing) for number in _INPUTS},  # output
    **{(2 + number, 0xC8): (4, _milesight.pulses(number)) for number in _INPUTS},
    **{(4 + number, 0x02): (8, _milesight.nothing) for number in _INPUTS},  # analog
    **{(4 + number, 0xE2): (8, _milesight.nothing) for number in _INPUTS},  # analog, v3
    **{(0x84 + number, 0xE2): (9, _milesight.nothing) for number in _INPUTS},  # with an alarm
    (0x08, 0xDB): (1 + _ANSWER, _sdi12),
    (0xFF, 0x0E): (_milesight_modbus.defined_size, _MODBUS),
    (0x80, 0x0E): (_alarm_size, _MODBUS),
    (0xFF, 0x14): (1, _milesight.nothing),  # kind of an analog input
    (0xFF, 0x15): (1, _milesight.nothing),  # a Modbus channel could not be read
    (0x20, 0xDC): (22, _history),
    (0x20, 0xDD): (_milesight_modbus.stored_size(6), _milesight_modbus.stored(6, 0x07)),
    (0x20, 0xE0): (_sdi12_history_size, _sdi12_history),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    told = _milesight.decode(uplink.payload, _ELEMENTS)
    return checked(uplink, _registers.explained(uplink, told))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="milesight_uc50x",
        manufacturer="Milesight",
        model="UC50x",
        medium=Medium.UNKNOWN,
        quantities=_registers.QUANTITIES | {Quantity.CONTACT, Quantity.BATTERY, Quantity.RESTART},
        decode=_decode,
        names=(
            *("UC501", "Milesight UC501", "UC502", "Milesight UC502"),
            *("UC11-N1", "Milesight UC11-N1"),
        ),
        catalogue=("milesight-iot/uc501", "milesight-iot/uc502", "milesight-iot/uc50x"),
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT, Setting.LAYOUT),
        layout=_registers.UNTYPED,
    ),
)
