"""What is known of a device outside of its payload."""

from datetime import timedelta
from typing import Final

from ..model import Setting, Uplink

_LONGEST: Final = 50_000
"""Minutes; no device stores values at a longer interval."""


def interval[Default](uplink: Uplink, default: Default) -> timedelta | Default:
    """Give the time between stored values; the default unless a whole number of minutes is set."""
    text = uplink.settings.get(Setting.INTERVAL, "").strip()
    if text.isdecimal() and 0 < (minutes := int(text)) <= _LONGEST:
        return timedelta(minutes=minutes)
    return default
