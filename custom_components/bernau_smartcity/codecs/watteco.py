"""nke Watteco Pulse Sens'O, IN'O, Flash'O and Clos'O: inputs that count pulses or tell their state.

Frames of `_watteco`. The channel is the number of the input, 0 where there is but
one. Clos'O watches its own housing with its first input, a door or gate with the
second. Sources: support.nke-watteco.com, actility/device-catalog vendors/watteco,
ZennerIoT/element-parsers lib/nke_ino.ex, lib/nke_closo.ex.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _watteco
from ._checks import checked
from ._watteco_batch import Kind, Layout, Series

_STATE, _COUNT = (0x000F, 0x0055), (0x000F, 0x0402)
_STATES: Final = (0x8005, 0x0000)
_OUTPUT: Final = (0x0006, 0x0000)
_WORD: Final = struct.Struct(">H")


def _states(inputs: int) -> _watteco.Read:
    """Read the states of all inputs at once."""

    def read(endpoint: int, data: bytes) -> Iterator[Reading]:
        del endpoint
        (bits,) = _watteco.fields(_WORD, data)
        yield from _contacts(inputs, bits)

    return read


def _contacts(inputs: int, bits: float) -> Iterator[Reading]:
    for place in range(inputs):
        yield Reading(Quantity.CONTACT, int(bits) >> place & 1, place + 1)


def _pulses(channel: int) -> Callable[[float], Iterable[Reading]]:
    return lambda value: [Reading(Quantity.PULSES, value, channel)]


def _contact(channel: int) -> Callable[[float], Iterable[Reading]]:
    def read(value: float) -> Iterator[Reading]:
        if value not in {0, 1}:
            msg = f"an input cannot be {value:g}"
            raise DecodeError(msg)
        yield Reading(Quantity.CONTACT, value, channel)

    return read


def _battery(millivolts: float) -> Iterator[Reading]:
    yield Reading(Quantity.BATTERY_VOLTAGE, millivolts / 1000)


def _housing_and_gate(endpoint: int, data: bytes) -> Iterator[Reading]:
    """Read a state: 1 is a housing in place, or a closed gate."""
    if endpoint:
        yield Reading(Quantity.CONTACT, data[-1:] == b"\x01")
    else:
        yield Reading(Quantity.TAMPER, data[-1:] != b"\x01")


def _bit(first: int) -> _watteco.Read:
    def read(endpoint: int, data: bytes) -> Iterator[Reading]:
        yield Reading(Quantity.CONTACT, data[-1:] == b"\x01", first + endpoint)

    return read


_BATTERY: Final = Series(Kind.U16, _battery, 100)
_PULSE_SENSO: Final = Layout(
    4,
    {
        **{place: Series(Kind.U32, _pulses(place + 1)) for place in range(3)},
        **{3 + place: Series(Kind.BOOL, _contact(place + 1)) for place in range(3)},
        6: _BATTERY,
        7: Series(Kind.U16, partial(_contacts, 3)),
    },
)
_FLASHO: Final = Layout(1, {0: Series(Kind.U32, _pulses(0)), 1: _BATTERY})


def _decode(
    attributes: _watteco.Attributes, batch: Layout | None, uplink: Uplink
) -> Iterable[Reading]:
    return checked(uplink, _watteco.decode(uplink, attributes, batch))


def _codec(
    model: str,
    attributes: _watteco.Attributes,
    batch: Layout | None,
    names: tuple[str, ...],
    catalogue: tuple[str, ...],
    *further: Quantity,
) -> Codec:
    """Give the codec of a model, whose key is its name without apostrophe."""
    plain = model.replace("'", "")
    return Codec(
        key=f"watteco_{plain.lower().replace(' ', '_')}",
        manufacturer="nke Watteco",
        model=model,
        medium=Medium.UNKNOWN,
        quantities=frozenset(
            {Quantity.PULSES, Quantity.CONTACT, Quantity.BATTERY_VOLTAGE, *further}
        ),
        decode=partial(_decode, attributes, batch),
        names=(plain, f"Watteco {model}", f"Watteco {plain}", *names),
        catalogue=catalogue,
        modulus={Quantity.PULSES: 2**32},
        settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec(
        "Pulse Sens'O",
        {
            _STATE: _bit(1),
            _COUNT: _watteco.unsigned(Quantity.PULSES, first=1),
            _STATES: _states(3),
        },
        _PULSE_SENSO,
        ("Pulse Sens'O ATEX", "Pulse Senso ATEX"),
        ("nke-watteco/pulse-senso-sensor", "nke-watteco/pulse-senso-atex-zone-1-sensor"),
    ),
    _codec(
        "IN'O",
        {
            _STATE: _bit(1),
            _COUNT: _watteco.unsigned(Quantity.PULSES, first=1),
            _STATES: _states(10),
            _OUTPUT: _watteco.nothing,
        },
        None,
        (),
        ("nke-watteco/ino-sensor",),
    ),
    _codec(
        "Flash'O",
        {_STATE: _bit(0), _COUNT: _watteco.unsigned(Quantity.PULSES, first=0)},
        _FLASHO,
        (),
        ("nke-watteco/flasho-sensor",),
    ),
    _codec(
        "Clos'O",
        {
            _STATE: _housing_and_gate,
            _COUNT: _watteco.unsigned(Quantity.PULSES, first=0),
        },
        None,
        (),
        ("nke-watteco/closo-sensor",),
        Quantity.TAMPER,
    ),
)
