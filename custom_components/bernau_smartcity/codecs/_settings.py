"""What is known of a device outside of its payload."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from ..model import Setting, Unit, Uplink

_LONGEST: Final = 50_000
"""Minutes; no device stores values at a longer interval."""

_CUBIC_METRES: Final[Mapping[str, float]] = {Unit.LITRE: 1e-3, Unit.CUBIC_METRE: 1}


def interval[Default](uplink: Uplink, default: Default) -> timedelta | Default:
    """Give the time between stored values; the default unless a whole number of minutes is set."""
    text = uplink.settings.get(Setting.INTERVAL, "").strip()
    if text.isdecimal() and 0 < (minutes := int(text)) <= _LONGEST:
        return timedelta(minutes=minutes)
    return default


def cubic_metres(uplink: Uplink, default: Unit) -> float:
    """Give what one unit of the register is worth; in the default unit unless another is set."""
    unit = uplink.settings.get(Setting.UNIT, default)
    return _CUBIC_METRES.get(unit, _CUBIC_METRES[default])
