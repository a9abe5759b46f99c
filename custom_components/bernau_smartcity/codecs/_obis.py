"""Registers of electricity meters by their OBIS code (IEC 62056-6-1), and the meters' numbers."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from ..model import Kind, Quantity, Reading

type Code = tuple[int, int, int]
"""What of, which kind of value, which tariff: C, D and E of A-B:C.D.E*F."""
type Known = tuple[Quantity, int]
"""Quantity and channel."""

_REGISTER: Final = 8
_NOW: Final = 7
_ENERGIES: Final[Mapping[int, Quantity]] = {
    1: Quantity.ENERGY,
    2: Quantity.ENERGY_EXPORT,
    3: Quantity.ENERGY_REACTIVE,
    4: Quantity.ENERGY_REACTIVE_EXPORT,
}
_OF_A_PHASE: Final = 20
"""C of phase L1 is by this higher than that of the sum, L2 and L3 twice and three times."""
_PRESENT: Final[Mapping[int, Quantity]] = {
    3: Quantity.POWER_REACTIVE,
    9: Quantity.POWER_APPARENT,
    11: Quantity.CURRENT,
    12: Quantity.VOLTAGE,
    13: Quantity.POWER_FACTOR,
    16: Quantity.POWER,
}
_KNOWN: Final[Mapping[Code, Known]] = {
    **{
        (c, _REGISTER, tariff): (quantity, tariff)
        for c, quantity in _ENERGIES.items()
        for tariff in range(10)
    },
    **{
        (c + _OF_A_PHASE * phase, _NOW, 0): (quantity, phase)
        for c, quantity in _PRESENT.items()
        for phase in range(4)
    },
    # Meters that count one direction tell the import instead of the sum.
    **{(1 + _OF_A_PHASE * phase, _NOW, 0): (Quantity.POWER, phase) for phase in range(4)},
    (14, _NOW, 0): (Quantity.FREQUENCY, 0),
}

QUANTITIES: Final = frozenset(quantity for quantity, _ in _KNOWN.values())
"""All that a code may stand for."""

VA, VAR, W, WH, VARH, A, V, HZ, NUMBER = 28, 29, 27, 30, 32, 33, 35, 44, 255
"""Units by their number in DLMS."""

_UNITS: Final[Mapping[Quantity, tuple[int, int]]] = {
    **dict.fromkeys((Quantity.ENERGY, Quantity.ENERGY_EXPORT), (WH, -3)),
    **dict.fromkeys((Quantity.ENERGY_REACTIVE, Quantity.ENERGY_REACTIVE_EXPORT), (VARH, -3)),
    Quantity.POWER: (W, 0),
    Quantity.POWER_REACTIVE: (VAR, 0),
    Quantity.POWER_APPARENT: (VA, 0),
    Quantity.POWER_FACTOR: (NUMBER, 0),
    Quantity.VOLTAGE: (V, 0),
    Quantity.CURRENT: (A, 0),
    Quantity.FREQUENCY: (HZ, 0),
}
"""The unit in which meters tell a quantity, and the power of ten to ours."""

_PREFIXES: Final[Mapping[str, int]] = {"m": -3, "": 0, "k": 3, "M": 6}

_SERVER_ID: Final = 10


def known(code: Code) -> Known | None:
    """Give what a code stands for."""
    return _KNOWN.get(code)


def told_in(code: Code, unit: int | None) -> Known | None:
    """Give what a code stands for; None if it is not one of ours or in another unit."""
    found = known(code)
    return found if found and unit in {None, _UNITS[found[0]][0]} else None


def scaled(number: float, exponent: int) -> float:
    """Give a number times a power of ten, without noise in the last places."""
    return float(number * 10**exponent if exponent > 0 else number / 10**-exponent)


def value(quantity: Quantity, number: float, scaler: int = 0) -> float:
    """Give a number, in the unit in which meters tell the quantity, in ours."""
    return scaled(number, scaler + _UNITS[quantity][1])


def reading(
    code: Code, number: float, scaler: int = 0, unit: int | None = None, meter: str = ""
) -> Iterator[Reading]:
    """Give the reading of a register; none if it is not one of ours or in another unit."""
    if found := told_in(code, unit):
        quantity, channel = found
        yield Reading(quantity, value(quantity, number, scaler), channel, None, meter)


def exponent(quantity: Quantity, written: str) -> int | None:
    """Give the power of ten from a written unit, such as MWh, to ours; None if it is no such."""
    plain = quantity.unit.removeprefix("k")
    prefix = written.removesuffix(plain)
    if not written.endswith(plain) or prefix not in _PREFIXES:
        return None
    return _PREFIXES[prefix] - _PREFIXES[quantity.unit.removesuffix(plain)]


def number(data: bytes, quantity: Quantity, order: Literal["big", "little"] = "big") -> int:
    """Read a whole number: registers have no sign, present values have one."""
    return int.from_bytes(data, order, signed=quantity.kind is not Kind.REGISTER)


def meter_number(server_id: bytes) -> str:
    """Give the number on a meter's plate (DIN 43863-5), such as 1EMH0007273743."""
    maker = server_id[2:5].decode("latin-1")
    if (
        len(server_id) == _SERVER_ID
        and server_id[0] in {0x09, 0x0A}
        and maker.isascii()
        and maker.isalpha()
    ):
        device = int.from_bytes(server_id[6:])
        return f"{server_id[1]}{maker}{server_id[5]:02X}{device:08d}"
    return server_id.hex() if server_id.strip(b"\x00\xff") else ""
