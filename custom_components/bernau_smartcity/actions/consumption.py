"""Action that answers what meters, buildings and a whole town consumed in any period."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Any, Final

from homeassistant.components.recorder import DOMAIN as RECORDER_DOMAIN, get_instance
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio

from ..automations.named_periods import NamedPeriod, stretch
from ..automations.targets import (
    TARGET_SCHEMA,
    Of,
    about_total,
    is_consumption,
    nothing,
    resolve,
    totals,
)
from ..automations.wrong import Wrong, invalid
from ..const import DOMAIN
from ..days import midnight
from ..metering.hours import Stretch
from ..metering.usage import Usage, continued, in_all
from ..statistics import totals_at_hours

ATTR_PERIOD: Final = "period"
ATTR_START: Final = "start"
ATTR_END: Final = "end"

_GET: Final = probatio.Schema(
    {
        **TARGET_SCHEMA,
        probatio.Optional(ATTR_PERIOD): cv.string,
        probatio.Optional(ATTR_START): cv.datetime,
        probatio.Optional(ATTR_END): cv.datetime,
    }
)
_AT_ONCE: Final = 10
"""Totals whose statistics are read in one go; those of a year are 8,760 rows each."""
_AMOUNT_DIGITS: Final = 3
"""One watt hour, one litre."""


@callback
def async_register_consumption_actions(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(
        DOMAIN, "get_consumption", _async_get, schema=_GET, supports_response=SupportsResponse.ONLY
    )


async def _async_get(call: ServiceCall) -> ServiceResponse:
    """Give the consumption of each meter, of each area, and of all."""
    start, end = _stretch(call.data, dt_util.utcnow())
    chosen = resolve(call.hass, call.data)
    found = list(totals(call.hass, chosen, is_consumption))
    if not found:
        raise nothing(chosen, Wrong.TARGET_WITHOUT_METERS)

    usages = await _async_usages(call.hass, found, (start, end))
    meters = [
        (about_total(call.hass, of), usage, _counts(of, found))
        for of, usage in zip(found, usages, strict=True)
    ]
    answer: dict[str, Any] = {
        "start": dt_util.as_local(start).isoformat(),
        "end": dt_util.as_local(end).isoformat(),
        "meters": [{**meter, **_figures(usage)} for meter, usage, _ in meters],
        "areas": _sums(meters, ("area_id", "building", "medium", "quantity", "unit")),
        "sums": _sums(meters, ("medium", "quantity", "unit")),
    }
    return answer


async def _async_usages(hass: HomeAssistant, found: Sequence[Of], when: Stretch) -> list[Usage]:
    """Give what each total counted, by its readings and, before those, by its statistics."""
    start, end = when

    def counted() -> list[Usage]:
        return [
            of.coordinator.ledger.usage(of.state.device.dev_eui, of.key, start, end) for of in found
        ]

    usages = await hass.async_add_executor_job(counted)
    if RECORDER_DOMAIN not in hass.config.components:
        return usages
    older = {
        entity_id: number
        for number, (of, usage) in enumerate(zip(found, usages, strict=True))
        if usage.since is None or usage.since > start
        if (entity_id := of.entity_id(hass))
    }
    recorder = get_instance(hass)
    for some in batched(older.items(), _AT_ONCE, strict=False):
        units = {entity_id: found[number].key[0].unit for entity_id, number in some}
        until = max(usages[number].since or end for _, number in some)
        held = await recorder.async_add_executor_job(totals_at_hours, hass, units, start, until)
        for entity_id, points in held.items():
            usages[older[entity_id]] = continued(points, usages[older[entity_id]], start)
    return usages


def _counts(of: Of, found: Iterable[Of]) -> bool:
    """Tell whether a total belongs into sums: a tariff does not where the sum is there too."""
    quantity, channel = of.key
    return not channel or not any(
        each.place == of.place and each.key == (quantity, 0) for each in found
    )


def _sums(
    meters: Iterable[tuple[Mapping[str, Any], Usage, bool]], names: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Add up what has the same words under some names."""
    groups: dict[tuple[Any, ...], list[Usage]] = {}
    for meter, usage, counts in meters:
        if counts:
            groups.setdefault(tuple(meter[name] for name in names), []).append(usage)
    return [
        {**dict(zip(names, group, strict=True)), **_figures(in_all(usages)), "meters": len(usages)}
        for group, usages in groups.items()
    ]


def _figures(usage: Usage) -> dict[str, float]:
    return {
        "consumption": round(usage.amount, _AMOUNT_DIGITS),
        "missing_percent": round(usage.missing_share * 100, 1),
        "spread_percent": round(usage.spread_share * 100, 1),
    }


def _stretch(given: Mapping[str, Any], now: datetime) -> Stretch:
    """Give from when until when; what lies in the future is left away."""
    name = given.get(ATTR_PERIOD)
    if (name is None) == (ATTR_START not in given) or (name and ATTR_END in given):
        raise invalid(Wrong.PERIOD_UNCLEAR)
    if name is None:
        start = dt_util.as_utc(given[ATTR_START])
        end = dt_util.as_utc(given[ATTR_END]) if ATTR_END in given else now
    elif name in NamedPeriod:
        start, end = stretch(NamedPeriod(name), dt_util.now().date(), midnight)
    else:
        raise invalid(Wrong.PERIOD_UNKNOWN, period=name, known=", ".join(NamedPeriod))
    if start > now:
        raise invalid(Wrong.PERIOD_IN_FUTURE)
    if start >= end:
        raise invalid(Wrong.PERIOD_EMPTY, start=start, end=end)
    return start, min(end, now)
