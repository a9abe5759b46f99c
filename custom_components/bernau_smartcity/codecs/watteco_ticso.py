"""nke Watteco TICS'O: reads the customer interface (TIC) of meters in France.

Frames of `_watteco`: of each kind of meter, one cluster whose attribute begins with a list of
the fields that follow, as numbers or as bits. The energies of meters for companies
(ICE, CJE, PME-PMI) begin anew with each billing period, so they are no registers and left out.
Source: actility/device-catalog vendors/watteco.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from . import _watteco
from ._checks import checked

_OBSOLETE, _NUMBERS, _SIZE = 0x80, 0x20, 0x1F
"""Bits of the first byte of the list."""
_DEFAULT_SIZE: Final = 8

_SIZES: Final[Mapping[str, int]] = {"1": 1, "2": 2, "3": 3, "4": 4, "D": 7, "A": 8, "B": 9, "C": 10}
"""Bytes of a field by its kind: numbers; times, alone or with a number."""
_TEXT, _CHOICE, _SCHEDULE = "s", "e", "j"
"""Fields of other lengths: up to a zero; one byte or a text behind its length; eleven times."""
_SCHEDULED: Final = 11
_NONE: Final = 0xFF

type _Known = Mapping[int, tuple[Quantity, int, int]]
"""Quantity, channel and divisor by the number of the field."""

_CBE: Final = "222ss144" + "44444444" + "4144ss22" + "22222224" + "41s1"
_CBE_KNOWN: Final[_Known] = {
    6: (Quantity.ENERGY, 0, 1000),  # BASE
    **{6 + tariff: (Quantity.ENERGY, tariff, 1000) for tariff in (1, 2)},  # HCHC, HCHP
    **{8 + tariff: (Quantity.ENERGY, tariff, 1000) for tariff in (1, 2)},  # EJPHN, EJPHPM
    **{10 + tariff: (Quantity.ENERGY, tariff, 1000) for tariff in range(1, 7)},  # BBRH...
    **{22 + phase: (Quantity.CURRENT, phase, 1) for phase in range(4)},  # IINST
    32: (Quantity.POWER_APPARENT, 0, 1),  # PAPP
}
_STANDARD: Final = (
    "s1Dee444" + "4" * 8 + "4" * 8 + "42222221" + "13333CCC" + "CCCCC3CC" + "CCCCBBB4"
) + ("AAAAAAss" + "s1111jj")
_STANDARD_KNOWN: Final[_Known] = {
    5: (Quantity.ENERGY, 0, 1000),  # EAST
    **{5 + tariff: (Quantity.ENERGY, tariff, 1000) for tariff in range(1, 11)},  # EASF
    20: (Quantity.ENERGY_EXPORT, 0, 1000),  # EAIT
    **{24 + phase: (Quantity.CURRENT, phase, 1) for phase in (1, 2, 3)},  # IRMS
    **{27 + phase: (Quantity.VOLTAGE, phase, 1) for phase in (1, 2, 3)},  # URMS
    **{33 + phase: (Quantity.POWER_APPARENT, phase, 1) for phase in range(4)},  # SINSTS
}


def _places(listed: bytes) -> Iterator[int]:
    """Give the numbers of the fields that follow the list."""
    if listed[0] & _NUMBERS:
        yield from listed[1:]
        return
    bits = int.from_bytes(listed[1:])
    yield from (place for place in range(bits.bit_length()) if bits >> place & 1)


def _meter(kinds: str, known: _Known) -> _watteco.Read:
    """Read the fields of a kind of meter."""

    def read(endpoint: int, data: bytes) -> Iterator[Reading]:
        del endpoint
        if not data:
            msg = "the list of fields is missing"
            raise DecodeError(msg)
        size = data[0] & _SIZE or _DEFAULT_SIZE
        position = size
        for place in _places(data[:size]):
            if place >= len(kinds):
                msg = f"field {place} is not known"
                raise DecodeError(msg)
            length = _length(kinds[place], data, position)
            field = data[position : position + length]
            if len(field) < length:
                msg = f"field {place} has {len(field)} bytes instead of {length}"
                raise DecodeError(msg)
            position += length
            if place in known and not data[0] & _OBSOLETE:
                quantity, channel, divisor = known[place]
                yield Reading(quantity, int.from_bytes(field) / divisor, channel)

    return read


def _length(kind: str, data: bytes, position: int) -> int:
    if kind == _TEXT:
        end = data.find(b"\x00", position)
        return end - position + 1 if end >= 0 else len(data)
    if kind == _CHOICE:
        head = int.from_bytes(data[position : position + 1])
        return 1 + (head & 0x7F if head & 0x80 else 0)
    if kind == _SCHEDULE:
        length = 0
        for _ in range(_SCHEDULED):
            hour = int.from_bytes(data[position + length : position + length + 1])
            length += 1 if hour == _NONE else 4
        return length
    return _SIZES[kind]


_ENERGY: Final = struct.Struct(">3s3sHhh")


def _simple(endpoint: int, data: bytes) -> Iterator[Reading]:
    """Read registers of three bytes (Wh, varh), how many measurements, and powers."""
    del endpoint
    energy, reactive, _, power, reactive_power = _watteco.fields(_ENERGY, data)
    yield Reading(Quantity.ENERGY, int.from_bytes(energy, signed=True) / 1000)
    yield Reading(Quantity.ENERGY_REACTIVE, int.from_bytes(reactive, signed=True) / 1000)
    yield Reading(Quantity.POWER, power)
    yield Reading(Quantity.POWER_REACTIVE, reactive_power)


def _instances(cluster: int, kinds: Sequence[int], read: _watteco.Read) -> _watteco.Attributes:
    """Give the attributes of a cluster: of each kind up to sixteen, with other fields."""
    return {(cluster, place << 8 | kind): read for place in range(16) for kind in kinds}


_ATTRIBUTES: Final[_watteco.Attributes] = {
    (0x0052, 0x0000): _simple,
    **_instances(0x0053, (0, 1, 2), _watteco.nothing),
    **_instances(0x0054, (0,), _meter(_CBE, _CBE_KNOWN)),
    **_instances(0x0055, (0,), _watteco.nothing),
    **_instances(0x0056, (0,), _meter(_STANDARD, _STANDARD_KNOWN)),
    **_instances(0x0057, (0,), _watteco.nothing),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return checked(uplink, _watteco.decode(uplink, _ATTRIBUTES))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="watteco_ticso",
        manufacturer="nke Watteco",
        model="TICS'O",
        medium=Medium.ELECTRICITY,
        quantities=frozenset(
            {
                *(quantity for quantity, _, _ in _CBE_KNOWN.values()),
                *(quantity for quantity, _, _ in _STANDARD_KNOWN.values()),
                *(Quantity.ENERGY_REACTIVE, Quantity.POWER, Quantity.POWER_REACTIVE),
                Quantity.BATTERY_VOLTAGE,
            }
        ),
        decode=_decode,
        names=("Watteco TICS'O", "Watteco Ticso", "Ticso"),
        catalogue=("watteco/ticso",),
    ),
)
