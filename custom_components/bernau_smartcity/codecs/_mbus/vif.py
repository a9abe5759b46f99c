"""What a record measures, and in which unit: the tables of value information fields.

Every number is scaled to the unit named at `What`; factors are exact fractions.
"""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Final


class What(StrEnum):
    """What a record tells."""

    ENERGY = "energy"
    """kWh"""
    REACTIVE_ENERGY = "reactive_energy"
    """kvarh"""
    APPARENT_ENERGY = "apparent_energy"
    """kVAh"""
    VOLUME = "volume"
    """m³"""
    MASS = "mass"
    """kg"""
    POWER = "power"
    """W"""
    REACTIVE_POWER = "reactive_power"
    """var"""
    APPARENT_POWER = "apparent_power"
    """VA"""
    FLOW = "flow"
    """m³/h"""
    MASS_FLOW = "mass_flow"
    """kg/h"""
    FLOW_TEMPERATURE = "flow_temperature"
    """°C"""
    RETURN_TEMPERATURE = "return_temperature"
    """°C"""
    TEMPERATURE_DIFFERENCE = "temperature_difference"
    """K"""
    TEMPERATURE = "temperature"
    """°C, of the surroundings"""
    HUMIDITY = "humidity"
    """%"""
    PRESSURE = "pressure"
    """bar"""
    VOLTAGE = "voltage"
    """V"""
    CURRENT = "current"
    """A"""
    FREQUENCY = "frequency"
    """Hz"""
    HEAT_COST = "heat_cost"
    """units of a heat cost allocator"""
    ON_TIME = "on_time"
    """s"""
    OPERATING_TIME = "operating_time"
    """h"""
    AVERAGING = "averaging"
    """s"""
    ACTUALITY = "actuality"
    """s since the value was measured"""
    STORAGE_INTERVAL = "storage_interval"
    """s"""
    BATTERY_OPERATION = "battery_operation"
    """s"""
    BATTERY_LEFT = "battery_left"
    """s"""
    TIME = "time"
    """a moment, or a time of day"""
    FABRICATION = "fabrication"
    """number on the meter's plate"""
    IDENTIFICATION = "identification"
    """number in the meter's address"""
    ADDRESS = "address"
    ERROR_FLAGS = "error_flags"
    ERROR_MASK = "error_mask"
    DIGITAL_INPUT = "digital_input"
    DIGITAL_OUTPUT = "digital_output"
    ACCESS_NUMBER = "access_number"
    VERSION = "version"
    OWNER = "owner"
    """customer and location"""
    RESETS = "resets"
    CUMULATIONS = "cumulations"
    COUNT = "count"
    """dimensionless"""
    SIGNAL = "signal"
    """dBm"""
    PHASE_ANGLE = "phase_angle"
    """°"""
    TEMPERATURE_LIMIT = "temperature_limit"
    """°C, a setting"""
    POWER_MAXIMUM = "power_maximum"
    """W"""
    CREDIT = "credit"
    """units of the nominal currency"""
    DEBIT = "debit"
    """units of the nominal currency"""
    SENDING_INTERVAL = "sending_interval"
    """s"""
    BATTERY_CHANGED = "battery_changed"
    """a date"""
    STOPS = "stops"
    """times that the meter stood still"""
    CONTAINER = "container"
    """a telegram of another meter"""
    TEXT_UNIT = "text_unit"
    """unit written out in letters"""
    MANUFACTURER = "manufacturer"
    UNKNOWN = "unknown"


type Scale = tuple[What, Fraction]

_ONE: Final = Fraction(1)
_WH: Final = Fraction(1, 1000)
_J: Final = Fraction(1, 3_600_000)
_CAL: Final = _J * Fraction(41868, 10_000)
"""International table calorie."""
_J_PER_H: Final = Fraction(1, 3600)
_CUBIC_FOOT: Final = Fraction(3048**3, 10_000**3)
_SECONDS: Final = (1, 60, 3600, 86400)


def _tens(
    first: int, count: int, what: What, power: int, unit: Fraction = _ONE
) -> dict[int, Scale]:
    """Codes in a row, each ten times the one before; the first is 10^power units."""
    return {first + n: (what, Fraction(10) ** (power + n) * unit) for n in range(count)}


def _durations(first: int, what: What, unit: int = 1) -> dict[int, Scale]:
    """Four codes for seconds, minutes, hours and days; a unit has so many seconds."""
    return {first + n: (what, Fraction(seconds, unit)) for n, seconds in enumerate(_SECONDS)}


def _plain(**codes: What) -> dict[int, Scale]:
    """Codes without a unit, written as xNN."""
    return {int(code[1:], 16): (what, _ONE) for code, what in codes.items()}


PRIMARY: Final[Mapping[int, Scale]] = {
    **_tens(0x00, 8, What.ENERGY, -3, _WH),
    **_tens(0x08, 8, What.ENERGY, 0, _J),
    **_tens(0x10, 8, What.VOLUME, -6),
    **_tens(0x18, 8, What.MASS, -3),
    **_durations(0x20, What.ON_TIME),
    **_durations(0x24, What.OPERATING_TIME, 3600),
    **_tens(0x28, 8, What.POWER, -3),
    **_tens(0x30, 8, What.POWER, 0, _J_PER_H),
    **_tens(0x38, 8, What.FLOW, -6),
    **_tens(0x40, 8, What.FLOW, -7, Fraction(60)),
    **_tens(0x48, 8, What.FLOW, -9, Fraction(3600)),
    **_tens(0x50, 8, What.MASS_FLOW, -3),
    **_tens(0x58, 4, What.FLOW_TEMPERATURE, -3),
    **_tens(0x5C, 4, What.RETURN_TEMPERATURE, -3),
    **_tens(0x60, 4, What.TEMPERATURE_DIFFERENCE, -3),
    **_tens(0x64, 4, What.TEMPERATURE, -3),
    **_tens(0x68, 4, What.PRESSURE, -3),
    **_plain(x6C=What.TIME, x6D=What.TIME, x6E=What.HEAT_COST),
    **_durations(0x70, What.AVERAGING),
    **_durations(0x74, What.ACTUALITY),
    **_plain(x78=What.FABRICATION, x79=What.IDENTIFICATION, x7A=What.ADDRESS),
}
"""Codes of one byte."""

EXTENSION_FB: Final[Mapping[int, Scale]] = {
    **_tens(0x00, 2, What.ENERGY, 5, _WH),
    **_tens(0x02, 2, What.REACTIVE_ENERGY, 0),
    **_tens(0x04, 2, What.APPARENT_ENERGY, 0),
    **_tens(0x08, 2, What.ENERGY, 8, _J),
    **_tens(0x0C, 4, What.ENERGY, 5, _CAL),
    **_tens(0x10, 2, What.VOLUME, 2),
    **_tens(0x14, 4, What.REACTIVE_POWER, 0),
    **_tens(0x18, 2, What.MASS, 5),
    **_tens(0x1A, 2, What.HUMIDITY, -1),
    **{0x20 + n: (What.VOLUME, _CUBIC_FOOT / 10**n) for n in range(2)},
    **_tens(0x28, 2, What.POWER, 5),
    **{0x2A + n: (What.PHASE_ANGLE, Fraction(1, 10)) for n in range(2)},
    **_tens(0x2C, 4, What.FREQUENCY, -3),
    **_tens(0x30, 2, What.POWER, 8, _J_PER_H),
    **_tens(0x34, 4, What.APPARENT_POWER, 0),
    **_tens(0x74, 4, What.TEMPERATURE_LIMIT, -3),
    **_tens(0x78, 8, What.POWER_MAXIMUM, -3),
}
"""Codes after FB."""

EXTENSION_FD: Final[Mapping[int, Scale]] = {
    **_tens(0x00, 4, What.CREDIT, -3),
    **_tens(0x04, 4, What.DEBIT, -3),
    **_plain(x08=What.ACCESS_NUMBER, x09=What.VERSION, x0A=What.VERSION, x0B=What.VERSION),
    **_plain(x0C=What.VERSION, x0D=What.VERSION, x0E=What.VERSION, x0F=What.VERSION),
    **_plain(x10=What.OWNER, x11=What.OWNER),
    **_plain(x17=What.ERROR_FLAGS, x18=What.ERROR_MASK),
    **_plain(x1A=What.DIGITAL_OUTPUT, x1B=What.DIGITAL_INPUT),
    **_durations(0x24, What.STORAGE_INTERVAL),
    **_durations(0x2C, What.ACTUALITY),
    **_plain(x3A=What.COUNT, x3B=What.CONTAINER),
    **_durations(0x3C, What.SENDING_INTERVAL),
    **_tens(0x40, 16, What.VOLTAGE, -9),
    **_tens(0x50, 16, What.CURRENT, -12),
    **_plain(x60=What.RESETS, x61=What.CUMULATIONS),
    **{0x6C + n: (What.BATTERY_OPERATION, Fraction(s)) for n, s in ((0, 3600), (1, 86400))},
    **_plain(x70=What.BATTERY_CHANGED, x71=What.SIGNAL),
    0x74: (What.BATTERY_LEFT, Fraction(86400)),
    **_plain(x75=What.STOPS, x76=What.CONTAINER),
}
"""Codes after FD."""

_MONTH: Final = Fraction(146097 * 86400, 400 * 12)
"""The mean one of the calendar."""

EXTENSION_FD_FD: Final[Mapping[int, Scale]] = {
    0x02: (What.BATTERY_LEFT, _MONTH),
    0x03: (What.BATTERY_LEFT, 12 * _MONTH),
}
"""Codes after FD FD."""

SCALES: Final[Mapping[int, Fraction]] = {
    **{0x70 + n: Fraction(10) ** (n - 6) for n in range(8)},
    0x7D: Fraction(1000),
}
"""Qualifiers (VIFE) that only scale the value."""

PROFILE: Final = 0x13
"""Qualifier: the data is an inverse compact profile."""
POSITIVE: Final = 0x3B
"""Qualifier: counts only what flows forward."""
NEGATIVE: Final = 0x3C
"""Qualifier: counts only what flows backward."""
COOLING: Final = (0x7F, 0x02)
"""Qualifiers of Kamstrup and Elvaco: the energy is that of cooling."""
PHASES: Final[Mapping[tuple[int, ...], int]] = {
    (0x7C, 0x01): 1,
    (0x7C, 0x02): 2,
    (0x7C, 0x03): 3,
}
"""Qualifiers: of this phase only."""
