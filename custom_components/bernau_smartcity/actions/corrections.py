"""Actions for automations and scripts: exchange a meter, set the number on its display."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.util import dt as dt_util
import probatio

from ..const import DOMAIN
from ..coordinator import SmartCityConfigEntry, SmartCityCoordinator
from ..entries import is_analytics, server_entries
from ..ledger.checks import Refusal, RefusedError, check_display, check_exchange
from ..ledger.places import Display, Exchange, Places
from ..ledger.state import suffix_of
from ..words import spoken

ATTR_NEW_DEVICE_ID: Final = "new_device_id"
ATTR_AT: Final = "at"
ATTR_READINGS: Final = "readings"
ATTR_LAST: Final = "last"
ATTR_FIRST: Final = "first"
ATTR_VALUE: Final = "value"

_READING: Final = probatio.Schema(
    {
        probatio.Optional(ATTR_LAST): probatio.Coerce(float),
        probatio.Optional(ATTR_FIRST): probatio.Coerce(float),
    }
)
_EXCHANGE: Final = probatio.Schema(
    {
        probatio.Required(ATTR_DEVICE_ID): cv.string,
        probatio.Required(ATTR_NEW_DEVICE_ID): cv.string,
        probatio.Required(ATTR_AT): cv.datetime,
        probatio.Optional(ATTR_READINGS, default=dict): {cv.string: _READING},
    }
)
_DEVICE: Final = probatio.Schema({probatio.Required(ATTR_DEVICE_ID): cv.string})
_DISPLAY: Final = probatio.Schema(
    {
        probatio.Required(ATTR_ENTITY_ID): cv.entity_id,
        probatio.Required(ATTR_VALUE): probatio.Coerce(float),
        probatio.Optional(ATTR_AT): cv.datetime,
    }
)
_ENTITY: Final = probatio.Schema({probatio.Required(ATTR_ENTITY_ID): cv.entity_id})


@callback
def async_register_actions(hass: HomeAssistant) -> None:
    """Register all actions; each gives the totals as they are afterwards."""
    for name, action, schema in (
        ("exchange_meter", _async_exchange_meter, _EXCHANGE),
        ("undo_meter_exchange", _async_undo_meter_exchange, _DEVICE),
        ("set_meter_display", _async_set_meter_display, _DISPLAY),
        ("undo_meter_display", _async_undo_meter_display, _ENTITY),
    ):
        hass.services.async_register(
            DOMAIN, name, action, schema=schema, supports_response=SupportsResponse.OPTIONAL
        )


async def _async_exchange_meter(call: ServiceCall) -> ServiceResponse:
    coordinator, old = named_device(call.hass, call.data[ATTR_DEVICE_ID])
    new = _new_device(call.hass, coordinator, call.data[ATTR_NEW_DEVICE_ID])
    places = coordinator.ledger.places
    exchange = Exchange(
        places.place(old),
        new,
        _time(call.data[ATTR_AT]),
        {
            name: (pair.get(ATTR_LAST), pair.get(ATTR_FIRST))
            for name, pair in call.data[ATTR_READINGS].items()
        },
    )
    try:
        now = dt_util.utcnow()
        await coordinator.async_checked(partial(check_exchange, exchange=exchange, now=now))
    except RefusedError as error:
        raise refused(error) from error
    return await _async_keep(call.hass, coordinator, places.with_exchange(exchange), exchange.place)


async def _async_undo_meter_exchange(call: ServiceCall) -> ServiceResponse:
    coordinator, dev_eui = named_device(call.hass, call.data[ATTR_DEVICE_ID])
    places = coordinator.ledger.places
    place = places.place(dev_eui)
    exchanges = places.exchanges_at(place)
    if not exchanges:
        raise refused(RefusedError(Refusal.NOTHING_TO_UNDO))
    return await _async_keep(call.hass, coordinator, places.without_exchange(exchanges[-1]), place)


async def _async_set_meter_display(call: ServiceCall) -> ServiceResponse:
    coordinator, place, total = _total(call.hass, call.data[ATTR_ENTITY_ID])
    now = dt_util.utcnow()
    at = _time(call.data[ATTR_AT]) if ATTR_AT in call.data else now
    display = Display(place, total, at, call.data[ATTR_VALUE])
    try:
        await coordinator.async_checked(partial(check_display, display=display, now=now))
    except RefusedError as error:
        raise refused(error) from error
    places = coordinator.ledger.places.with_display(display)
    return await _async_keep(call.hass, coordinator, places, place)


async def _async_undo_meter_display(call: ServiceCall) -> ServiceResponse:
    coordinator, place, total = _total(call.hass, call.data[ATTR_ENTITY_ID])
    places = coordinator.ledger.places
    found = [each for each in places.displays if (each.place, each.total) == (place, total)]
    if not found:
        raise refused(RefusedError(Refusal.NOTHING_TO_UNDO))
    return await _async_keep(call.hass, coordinator, places.without_display(found[-1]), place)


async def _async_keep(
    hass: HomeAssistant, coordinator: SmartCityCoordinator, places: Places, place: str
) -> ServiceResponse:
    """Keep what was noted, load the entry anew, and give the totals of the place."""
    entry = coordinator.config_entry
    hass.config_entries.async_update_entry(entry, options={**entry.options, **places.to_options()})
    await hass.config_entries.async_reload(entry.entry_id)
    if entry.state is not ConfigEntryState.LOADED:
        raise refused(RefusedError(Refusal.NOT_LOADED))
    state = entry.runtime_data.states[place]
    return {"totals": {suffix_of(key): state.values[key].value for key in state.totals}}


def loaded(entry: SmartCityConfigEntry | None) -> SmartCityCoordinator:
    """Give what lives of an entry, if it is loaded."""
    if entry is None or entry.state is not ConfigEntryState.LOADED or is_analytics(entry):
        raise refused(RefusedError(Refusal.NOT_LOADED))
    return entry.runtime_data


def named_device(hass: HomeAssistant, device_id: str) -> tuple[SmartCityCoordinator, str]:
    """Give entry and DevEUI of a device in the registry."""
    device = dr.async_get(hass).async_get(device_id)
    for entry in server_entries(hass):
        for domain, identifier in device.identifiers if device else ():
            owner, _, dev_eui = identifier.partition("_")
            if (domain, owner) == (DOMAIN, entry.entry_id) and dev_eui:
                return loaded(entry), dev_eui
    raise refused(RefusedError(Refusal.DEVICE_UNKNOWN))


def _new_device(hass: HomeAssistant, coordinator: SmartCityCoordinator, given: str) -> str:
    """Give the DevEUI of a device in the registry, or of one that was never heard."""
    typed = "".join(filter(str.isalnum, given)).lower()
    if typed in coordinator.devices:
        return typed
    owner, dev_eui = named_device(hass, given)
    if owner is not coordinator:
        raise refused(RefusedError(Refusal.DEVICE_UNKNOWN))
    return coordinator.ledger.places.present(dev_eui)


def _total(hass: HomeAssistant, entity_id: str) -> tuple[SmartCityCoordinator, str, str]:
    """Give entry, place and name of the total that an entity shows."""
    registered = er.async_get(hass).async_get(entity_id)
    if registered is None or registered.platform != DOMAIN:
        raise refused(RefusedError(Refusal.TOTAL_UNKNOWN, total=entity_id))
    entry = hass.config_entries.async_get_entry(registered.config_entry_id or "")
    if entry is not None and is_analytics(entry):
        raise refused(RefusedError(Refusal.TOTAL_UNKNOWN, total=entity_id))
    coordinator = loaded(entry)
    _, place, total = registered.unique_id.split("_", 2)
    return coordinator, place, total


def _time(given: datetime) -> datetime:
    """Give a time as it is kept; without a time zone it is local."""
    return dt_util.as_utc(given)


def refused(error: RefusedError) -> ServiceValidationError:
    """Give why something cannot be in the words of the user."""
    words: Mapping[str, Any] = error.words
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=error.reason,
        translation_placeholders=spoken(words),
    )
