"""Action that sets limits of many totals in one step."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
import probatio

from ..automations.amounts import CONF_MEDIA
from ..automations.counting import has_limits
from ..automations.targets import (
    TARGET_SCHEMA,
    Of,
    about_total,
    coordinators,
    nothing,
    resolve,
    totals,
)
from ..automations.thresholds import Limit as Given, edge_of
from ..automations.wrong import Wrong, invalid
from ..const import DOMAIN
from ..limits import HIGHEST, Limit, async_set_limits, limited
from ..metering.limits import Span
from ..model import Medium

ATTR_PERIOD: Final = "period"
ATTR_LIMIT: Final = "limit"
ATTR_UNIT: Final = "unit"

_SET: Final = probatio.Schema(
    {
        **TARGET_SCHEMA,
        probatio.Required(ATTR_PERIOD): cv.string,
        probatio.Required(ATTR_LIMIT): probatio.Coerce(float),
        probatio.Optional(ATTR_UNIT): cv.string,
        probatio.Optional(CONF_MEDIA, default=list): probatio.All(
            probatio.EnsureList(), [probatio.Coerce(Medium)]
        ),
    }
)


@callback
def async_register_limit_actions(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(
        DOMAIN, "set_limits", _async_set, schema=_SET, supports_response=SupportsResponse.OPTIONAL
    )


async def _async_set(call: ServiceCall) -> ServiceResponse:
    """Set the same limit for all totals of a target that count in its unit."""
    span, given = _checked(call.data)
    chosen = resolve(call.hass, call.data)
    media = call.data[CONF_MEDIA]
    meant = [of for of in totals(call.hass, chosen, has_limits) if not media or of.medium in media]
    meant = [of for of in meant if of.key in limited(of.coordinator, of.state)]
    if not meant:
        raise nothing(chosen, Wrong.TARGET_WITHOUT_METERS)
    fitting = [(of, _edge(of, given)) for of in meant]
    changes = [(of, edge) for of, edge in fitting if edge is not None]
    if not changes:
        units = sorted({of.key[0].unit or "1" for of in meant})
        if given.unit is None:
            raise invalid(Wrong.LIMIT_WITHOUT_UNIT, units=", ".join(units))
        raise invalid(Wrong.LIMIT_OTHER_UNIT, unit=given.unit, units=", ".join(units))
    by_entry: dict[str, dict[Limit, float | None]] = {}
    for of, edge in changes:
        entry_id, place = of.place
        by_entry.setdefault(entry_id, {})[place, of.key, span] = edge
    living = coordinators(call.hass)
    for entry_id, limits in by_entry.items():
        await async_set_limits(living[entry_id], limits)
    answer: dict[str, Any] = {
        "limits": [
            {**about_total(call.hass, of), "period": str(span), "limit": edge}
            for of, edge in changes
        ],
        "left_out": [
            about_total(call.hass, of)["entity_id"] for of, edge in fitting if edge is None
        ],
    }
    return answer


def _checked(data: Mapping[str, Any]) -> tuple[Span, Given]:
    """Give period and limit, as far as they can be."""
    if data[ATTR_PERIOD] not in Span:
        raise invalid(Wrong.LIMIT_PERIOD_UNKNOWN, period=data[ATTR_PERIOD], known=", ".join(Span))
    limit = data[ATTR_LIMIT]
    if limit < 0:
        raise invalid(Wrong.LIMIT_NEGATIVE, limit=limit)
    if not limit <= HIGHEST:
        raise invalid(Wrong.LIMIT_ABSURD, limit=limit)
    return Span(data[ATTR_PERIOD]), Given(limit, data.get(ATTR_UNIT))


def _edge(of: Of, given: Given) -> float | None:
    """Give the limit in the unit of a total, None where it does not fit; 0 takes any away."""
    if given.value == 0:
        return 0.0
    if given.unit and not of.key[0].unit:
        return None
    return edge_of(given, of.key[0].unit)
