"""What people want to be watched, as it is kept in the options of an entry."""

from collections.abc import Mapping
from typing import Any

from homeassistant.util import dt as dt_util

from .const import CONF_LEAK_HOURS, CONF_LIMITS, CONF_NIGHT, CONF_WATCHES
from .ledger.watcher import Watching
from .metering.watch import LEAK_HOURS, NIGHT, POSSIBLE, USUAL, Rules, Watch


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
