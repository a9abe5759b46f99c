"""What totals counted in the period that automations ask about, and in the one before."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import NumericThresholdMode
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util
import probatio

from ..ledger.state import DeviceState, Key
from ..metering.hours import HOUR
from ..metering.limits import Span, before, is_current
from ..model import Medium
from .targeted import check_target
from .targets import (
    Of,
    Place,
    Wanted,
    about_total,
    is_consumption,
    is_visitors,
    resolve,
    totals,
)
from .thresholds import UNITS, converted, fits, only_above, selector

CONF_THRESHOLD: Final = "threshold"
CONF_PERIOD: Final = "period"
CONF_MEDIA: Final = "media"
DIGITS: Final = 3
PERIODS_KEPT: Final = 4
MEDIA: Final = (Medium.ELECTRICITY, Medium.WATER, Medium.HEAT, Medium.COOLING, Medium.GAS)


class Amount(NamedTuple):
    """What a total surely counted in one period."""

    span: Span
    start: datetime
    value: float

    @property
    def name(self) -> str:
        """Give what tells the period from others, also where the time zone has changed.

        Later ones follow in the alphabet.
        """
        if self.span is Span.HOUR:
            return self.start.isoformat()
        return dt_util.as_local(self.start).date().isoformat()


def amounts(state: DeviceState, key: Key, span: Span) -> Iterator[Amount]:
    """Give what a total counted in the present period, and in the one before.

    A late reading may still decide about that. Of an hour only the newest that
    has ended is told, as long as that is not long ago.
    """
    told = state.watched.counted.get((key, span))
    if told is None:
        return
    now = dt_util.now()
    if span is not Span.HOUR:
        yield Amount(span, told.start, told.consumption)
        yield Amount(span, before(span, told.start, now), told.previous)
    elif is_current(told.start + HOUR, now):
        yield Amount(span, told.start, told.consumption)


class Passing:
    """Notices which totals pass a value; what was seen before is remembered."""

    def __init__(self) -> None:
        """Begin without knowing anything."""
        self._most: dict[tuple[Place, Key, Span], dict[str, float]] = {}
        """The most that each total was seen to have counted, by period."""

    def has_passed(self, of: Of, amount: Amount, edge: float | None) -> bool:
        """Tell whether an amount has passed an edge, in the unit of the total, since it was seen.

        A period that is older than those seen before, and was not seen then, is
        no news: the time zone has changed.
        """
        most = self._most.setdefault((of.place, of.key, amount.span), {})
        known = most.get(amount.name)
        is_new = known is None and amount.name > max(most, default="")
        most[amount.name] = max(amount.value, known or 0.0)
        for name in sorted(most)[:-PERIODS_KEPT]:
            del most[name]
        was_below = is_new or (known is not None and known <= edge) if edge is not None else False
        return was_below and edge is not None and amount.value > edge


def in_words(
    hass: HomeAssistant, of: Of, amount: Amount, edge: float, unit: str | None = None
) -> dict[str, Any]:
    """Give all that is worth saying, in the unit of a threshold or that of the total."""
    own = of.key[0].unit
    counted, limit = (converted(each, own, unit or own) for each in (amount.value, edge))
    return {
        **about_total(hass, of),
        "unit": unit or own if own else "",
        "consumption": round(counted, DIGITS),
        "limit": round(limit, DIGITS),
        "period": str(amount.span),
        "period_start": dt_util.as_local(amount.start).isoformat(),
    }


class Question(NamedTuple):
    """What triggers and conditions ask about totals."""

    wanted: Wanted
    options: Mapping[probatio.Marker, Any]

    def schema(self, more: Mapping[probatio.Marker, Any] | None = None) -> probatio.Schema:
        """Give what such a trigger or condition must be."""
        return probatio.Schema(
            {
                probatio.Required(CONF_TARGET): cv.TARGET_FIELDS,
                probatio.Required(CONF_OPTIONS): {**self.options, **(more or {})},
            }
        )


_PERIOD: Final[dict[probatio.Marker, Any]] = {
    probatio.Required(CONF_PERIOD, default=Span.DAY): probatio.Coerce(Span),
}
CONSUMPTION: Final = Question(
    is_consumption,
    {
        probatio.Required(CONF_THRESHOLD): probatio.All(
            selector(NumericThresholdMode.IS, UNITS), only_above
        ),
        probatio.Optional(CONF_MEDIA, default=list): probatio.All(
            probatio.EnsureList(), [probatio.In(list(MEDIA))]
        ),
        **_PERIOD,
    },
)
VISITORS: Final = Question(
    is_visitors,
    {
        probatio.Required(CONF_THRESHOLD): probatio.All(
            selector(NumericThresholdMode.IS), only_above
        ),
        **_PERIOD,
    },
)


def check_units(hass: HomeAssistant, config: ConfigType) -> None:
    """Refuse a threshold whose unit says nothing about an entity that is named."""
    check_target(hass, config[CONF_TARGET])
    unit = config[CONF_OPTIONS][CONF_THRESHOLD]["value"].get("unit_of_measurement")
    if unit is None:
        return
    chosen = resolve(hass, config[CONF_TARGET])
    for of in totals(hass, replace(chosen, among={}), lambda _medium, _quantity: False):
        counted = of.key[0].unit
        if not fits(unit, counted):
            sensor = of.entity_id(hass)
            message = (
                f"{sensor} counts in {counted or 'whole numbers'}, which cannot be compared"
                f" with {unit}: give the threshold in another unit, or leave the entity out"
            )
            raise probatio.Invalid(message)
