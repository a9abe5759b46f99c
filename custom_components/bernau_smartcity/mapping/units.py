"""Units as people and codecs spell them, and what one of each is in ours."""

from collections.abc import Mapping
import re
from typing import Final, NamedTuple

from ..model import Quantity


class Scale(NamedTuple):
    """A unit of the model, and how much of it one of another unit is."""

    unit: str
    times: float = 1
    by: float = 1

    def apply(self, value: float) -> float:
        """Give a value in the unit of the model; dividing rounds less than multiplying."""
        return value * self.times / self.by


_SPELLINGS: Final[Mapping[str, Scale]] = {
    "Wh": Scale("kWh", by=1_000),
    "kWh": Scale("kWh"),
    "MWh": Scale("kWh", 1_000),
    "MJ": Scale("kWh", by=3.6),
    "GJ": Scale("kWh", 1_000, 3.6),
    "l": Scale("m³", by=1_000),
    "liter": Scale("m³", by=1_000),
    "liters": Scale("m³", by=1_000),
    "litre": Scale("m³", by=1_000),
    "litres": Scale("m³", by=1_000),
    "dm³": Scale("m³", by=1_000),
    "m³": Scale("m³"),
    "cbm": Scale("m³"),
    "l/h": Scale("m³/h", by=1_000),
    "lph": Scale("m³/h", by=1_000),
    "l/min": Scale("m³/h", 60, 1_000),
    "l/s": Scale("m³/h", 3_600, 1_000),
    "m³/h": Scale("m³/h"),
    "m³h": Scale("m³/h"),
    "W": Scale("W"),
    "watt": Scale("W"),
    "kW": Scale("W", 1_000),
    "var": Scale("var"),
    "kvar": Scale("var", 1_000),
    "VA": Scale("VA"),
    "kVA": Scale("VA", 1_000),
    "kvarh": Scale("kvarh"),
    "varh": Scale("kvarh", by=1_000),
    "V": Scale("V"),
    "volt": Scale("V"),
    "mV": Scale("V", by=1_000),
    "A": Scale("A"),
    "mA": Scale("A", by=1_000),
    "Ah": Scale("Ah"),
    "Hz": Scale("Hz"),
    "bar": Scale("bar"),
    "mbar": Scale("bar", by=1_000),
    "°C": Scale("°C"),
    "C": Scale("°C"),
    "degC": Scale("°C"),
    "celsius": Scale("°C"),
    "K": Scale("K"),
    "kelvin": Scale("K"),
    "%": Scale("%"),
    "percent": Scale("%"),
    "pct": Scale("%"),
    "lx": Scale("lx"),
    "lux": Scale("lx"),
    "km/h": Scale("km/h"),
    "kmh": Scale("km/h"),
    "m": Scale("m"),
    "mm": Scale("m", by=1_000),
    "s": Scale("s"),
    "sec": Scale("s"),
    "min": Scale("s", 60),
    "h": Scale("h"),
    "hours": Scale("h"),
}
_CASELESS: Final = {name.lower(): scale for name, scale in _SPELLINGS.items()}
_IN_NAMES: Final = {name for name in _CASELESS if len(name) > 1} - {"min", "mm", "sec", "hours"}
_ALONE_IN_NAMES: Final = re.compile(
    r"(?<!counter)(?<!channel)(?<!input)(?<!index)(?<!phase)(?<!line)[_ -][lwvc]", re.IGNORECASE
)
"""The end of a name whose single letter is a unit; `a` is an input there."""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "kWh": ("kWh", "Wh", "MWh", "GJ", "MJ"),
    "m³": ("m³", "l"),
    "m³/h": ("m³/h", "l/h", "l/min", "l/s"),
    "W": ("W", "kW"),
    "V": ("V", "mV"),
    "A": ("A", "mA"),
    "s": ("s", "min"),
    "bar": ("bar", "mbar"),
    "kvarh": ("kvarh", "varh"),
    "var": ("var", "kvar"),
    "VA": ("VA", "kVA"),
    "m": ("m", "mm"),
}
"""Units from which a person chooses, by the unit of the model."""

USUAL: Final[Mapping[Quantity, tuple[float, float]]] = {
    Quantity.TEMPERATURE: (-60, 150),
    Quantity.FLOW_TEMPERATURE: (-60, 200),
    Quantity.RETURN_TEMPERATURE: (-60, 200),
    Quantity.TEMPERATURE_DIFFERENCE: (-200, 200),
    Quantity.HUMIDITY: (0, 100),
    Quantity.BATTERY: (6, 100),
    Quantity.BATTERY_VOLTAGE: (1, 30),
    Quantity.FREQUENCY: (40, 70),
    Quantity.VOLTAGE: (20, 1_000),
    Quantity.ILLUMINANCE: (0, 100_000),
}
"""Quantities that have one unit in practice, if the number fits to it."""


def spelled(scale: Scale) -> str:
    """Give a unit as a person chooses it."""
    choices = CHOICES.get(scale.unit, (scale.unit,))
    return next(unit for unit in choices if scale_of(unit) == scale)


def scale_of(unit: str) -> Scale | None:
    """Give what a unit is, None for one that is not known."""
    plain = unit.strip().replace("^3", "³").replace("3", "³")
    exact = _SPELLINGS.get(plain)
    # A small m before W could be milli as well as mega.
    return exact or (None if plain.lower() == "mw" else _CASELESS.get(plain.lower()))


def unit_in_name(name: str) -> tuple[str, list[str]]:
    """Give the unit with which a name ends, or empty, and the words before it."""
    words = words_of(name)
    for count in (2, 1):
        last = "/".join(words[-count:]).replace("3", "³")
        if len(words) >= count and last in _IN_NAMES:
            return last, words[:-count] or words
    if _ALONE_IN_NAMES.search(name, max(0, len(name) - 9)) and name[-2] in "_ -":
        return words[-1], words[:-1]
    return "", words


def words_of(name: str) -> list[str]:
    """Give the words of a name: `totalVolume_m3` is total, volume, m3."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return re.findall(r"m[3³](?:/h)?|°c|[^\W\d_]+\d*|\d+", parted.replace("k wh", "kwh"))
