"""What a person says of registers whose meaning is configuration of the device.

The text lists them in the order in which the device sends them, separated by commas:
OBIS code and unit, as in `1.8.0 Wh, 2.8.0 Wh, 16.7.0 W`; a dash for one to leave out.
Without a unit it is the usual one: kWh, kvarh, W, var, VA, V, A, Hz.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Final

from ..model import Missing, Quantity, Setting, Uplink, WaitingError
from . import _obis

_ENTRY: Final = re.compile(
    r"(?P<c>\d{1,3})\.(?P<d>\d{1,3})\.(?P<e>\d{1,3})(?:\s+(?P<prefix>[mkM]?)(?P<unit>[A-Za-z]+))?"
)
_SKIPPED: Final = "-"
_PREFIXES: Final[Mapping[str, int]] = {"m": -3, "": 0, "k": 3, "M": 6}
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One register."""

    quantity: Quantity
    channel: int
    exponent: int
    """Power of ten from what the device sends to our unit."""

    def value(self, number: float) -> float:
        """Give what the device sent in our unit."""
        return _obis.scaled(number, self.exponent)


def layout(uplink: Uplink) -> Sequence[Entry | None]:
    """Give the registers as they were described, None for those to leave out.

    Raises `WaitingError` while nothing or nothing that can be understood is said.
    """
    text = uplink.settings.get(Setting.LAYOUT, "").strip()
    if not text or len(text) > _LONGEST:
        raise WaitingError(Missing.LAYOUT)
    return [_entry(entry.strip()) for entry in text.split(",")]


def _entry(text: str) -> Entry | None:
    if text == _SKIPPED:
        return None
    match = _ENTRY.fullmatch(text)
    known = match and _obis.known((int(match["c"]), int(match["d"]), int(match["e"])))
    if not match or not known:
        raise WaitingError(Missing.LAYOUT)
    quantity, channel = known
    if match["unit"] is None:
        return Entry(quantity, channel, 0)
    plain = quantity.unit.removeprefix("k")
    if match["unit"] != plain:
        raise WaitingError(Missing.LAYOUT)
    ours = _PREFIXES[quantity.unit.removesuffix(plain)]
    return Entry(quantity, channel, _PREFIXES[match["prefix"]] - ours)
