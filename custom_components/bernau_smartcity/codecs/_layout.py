"""What a person says of registers whose meaning is configuration of the device.

The text lists them in the order in which the device sends them, separated by commas:
OBIS code, factor and unit, as in `1.8.0 0.1 Wh, 2.8.0 0.1 Wh, 16.7.0 W`; a dash for one
to leave out. The factor is 1 and the unit kWh, kvarh, W, var, VA, V, A or Hz unless said.
A semicolon begins the next message, where a device sends its registers in several.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
import re
from typing import Final

from ..model import DecodeError, Layout, Missing, Quantity, Setting, Uplink, WaitingError
from . import _obis

_ENTRY: Final = re.compile(
    r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\s+(\d{1,6}(?:\.\d{1,6})?))?(?:\s+([A-Za-z]{1,5}))?",
    re.ASCII,
)
_SKIPPED: Final = "-"
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One register."""

    code: _obis.Code
    quantity: Quantity
    channel: int
    factor: Fraction
    """From what the device sends to our unit."""

    def value(self, number: float) -> float:
        """Give what the device sent in our unit."""
        return float(Fraction(number) * self.factor)


def check(text: str) -> list[list[Entry | None]]:
    """Give the registers of each message, None for those to leave out.

    Raises `DecodeError`, which says what cannot be understood.
    """
    if len(text) > _LONGEST:
        msg = f"a layout has at most {_LONGEST} characters"
        raise DecodeError(msg)
    return [[_entry(entry.strip()) for entry in part.split(",")] for part in text.split(";")]


def layout(uplink: Uplink, message: int = 0) -> Sequence[Entry | None]:
    """Give the registers of a message as they were described, None for those to leave out.

    Raises `WaitingError` while nothing or nothing that can be understood is said.
    """
    try:
        messages = check(uplink.settings.get(Setting.LAYOUT, "").strip())
    except DecodeError:
        raise WaitingError(Missing.LAYOUT) from None
    if message >= len(messages):
        raise WaitingError(Missing.LAYOUT)
    return messages[message]


def _entry(text: str) -> Entry | None:
    if text == _SKIPPED:
        return None
    if match := _ENTRY.fullmatch(text):
        c, d, e, factor, unit = match.groups()
        code = (int(c), int(d), int(e))
        known = _obis.known(code)
        exponent = _obis.exponent(known[0], unit or known[0].unit) if known else None
        if known is not None and exponent is not None:
            return Entry(code, *known, Fraction(factor or 1) * Fraction(10) ** exponent)
    msg = f"{text!r} is no OBIS code with factor and unit"
    raise DecodeError(msg)


FORM: Final = Layout("1.8.0 0.1 Wh, 2.8.0 0.1 Wh, 16.7.0 W", check)
"""How the form of a device asks for it."""
