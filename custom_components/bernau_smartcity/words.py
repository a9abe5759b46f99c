"""Numbers and times as they stand in a text for people."""

from collections.abc import Mapping
from datetime import datetime

from homeassistant.util import dt as dt_util


def spoken(words: Mapping[str, str | float | datetime]) -> dict[str, str]:
    """Give words as they complete a text."""
    return {name: _spoken(word) for name, word in words.items()}


def _spoken(word: str | float | datetime) -> str:
    if isinstance(word, datetime):
        return dt_util.as_local(word).strftime("%Y-%m-%d %H:%M")
    return word if isinstance(word, str) else format(word, ".12g")
