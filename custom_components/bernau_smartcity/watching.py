"""What people want to be watched, as it is kept in the options of an entry."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from homeassistant.util import dt as dt_util

from .const import CONF_LEAK_HOURS, CONF_LIMITS, CONF_NIGHT, CONF_WATCHES
from .ledger.state import Key, suffix_of
from .ledger.watcher import Limits, Watching
from .metering.limits import Span
from .metering.watch import LEAK_HOURS, NIGHT, POSSIBLE, USUAL, Rules, Watch

HIGHEST: Final = 1e9

type Limit = tuple[str, Key, Span]
"""Of a total of a place in a period."""


def watching(options: Mapping[str, Any]) -> Watching:
    """Give what is watched, and how."""
    chosen = options.get(CONF_WATCHES, {})
    begin, end = options.get(CONF_NIGHT, NIGHT)
    hours = options.get(CONF_LEAK_HOURS, LEAK_HOURS)
    return Watching(
        dt_util.now,
        options.get(CONF_LIMITS, {}),
        {medium: tuple(map(Watch, chosen.get(medium, USUAL[medium]))) for medium in POSSIBLE},
        Rules(night=(int(begin), int(end)), leak_hours=int(hours)),
    )


def limits_with(
    before: Limits, changed: Mapping[Limit, float | None]
) -> dict[str, dict[str, dict[str, float]]]:
    """Give all limits with some of them changed; raises ValueError for what is none."""
    limits = {
        place: {total: dict(spans) for total, spans in totals.items()}
        for place, totals in before.items()
    }
    for (place, key, span), limit in changed.items():
        value = limit or 0.0
        if not (isfinite(value) and 0 <= value <= HIGHEST):
            message = f"{value} is no limit"
            raise ValueError(message)
        spans = limits.setdefault(place, {}).setdefault(suffix_of(key), {})
        if value:
            spans[span.value] = value
        else:
            spans.pop(span, None)
    return {
        place: kept
        for place, totals in limits.items()
        if (kept := {total: spans for total, spans in totals.items() if spans})
    }
