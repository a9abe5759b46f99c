"""Actions that set many devices: by area, label or device, or from a list."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_CONFIG_ENTRY_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
)
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
    target,
)
import probatio

from .actions import loaded, named_device, refused
from .checks import Refusal, RefusedError
from .const import DOMAIN
from .coordinator import SmartCityCoordinator
from .entries import is_analytics, loaded_servers
from .settings_list import Entry, Flaw, ListError, applied, read_entries, read_list

ATTR_SETTINGS: Final = "settings"
ATTR_LINES: Final = "lines"

_SET: Final = probatio.Schema(
    {
        **{
            probatio.Optional(name): object
            for name in (
                ATTR_AREA_ID,
                ATTR_DEVICE_ID,
                ATTR_ENTITY_ID,
                ATTR_FLOOR_ID,
                ATTR_LABEL_ID,
            )
        },
        probatio.Required(ATTR_SETTINGS): {cv.string: object},
    }
)
_IMPORT: Final = probatio.Schema(
    {
        probatio.Required(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Required(ATTR_LINES): cv.string,
    }
)
_PLAIN: Final = {Flaw.SETTING: "setting_unknown", Flaw.VALUE: "setting_wrong"}
"""What is wrong with a setting that stands in no list."""


@callback
def async_register_settings_actions(hass: HomeAssistant) -> None:
    """Register all actions."""
    for name, action, schema in (
        ("set_device_settings", _async_set, _SET),
        ("import_device_settings", _async_import, _IMPORT),
    ):
        hass.services.async_register(DOMAIN, name, action, schema=schema)


async def _async_set(call: ServiceCall) -> None:
    """Set the same for all devices of a target."""
    by_entry: dict[str, list[str]] = {}
    for device_id in _device_ids(call):
        coordinator, place = named_device(call.hass, device_id)
        present = coordinator.ledger.places.present(place)
        by_entry.setdefault(coordinator.config_entry.entry_id, []).append(present)
    if not by_entry:
        raise refused(RefusedError(Refusal.DEVICE_UNKNOWN))
    changes: list[tuple[SmartCityCoordinator, list[Entry]]] = []
    for entry_id, dev_euis in by_entry.items():
        coordinator = loaded(call.hass.config_entries.async_get_entry(entry_id))
        cells = [
            (0, dev_eui, name, "" if value is None else str(value))
            for dev_eui in dev_euis
            for name, value in call.data[ATTR_SETTINGS].items()
        ]
        try:
            changes.append((coordinator, read_entries(cells, coordinator.codecs())))
        except ListError as error:
            raise _told(error, _PLAIN[error.flaw]) from error
    for coordinator, entries in changes:
        await _async_apply(call.hass, coordinator, entries)


async def _async_import(call: ServiceCall) -> None:
    """Take a list, as a whole or not at all."""
    entry = call.hass.config_entries.async_get_entry(call.data[ATTR_CONFIG_ENTRY_ID])
    coordinator = loaded(entry if entry is not None and entry.domain == DOMAIN else None)
    try:
        entries = read_list(call.data[ATTR_LINES], coordinator.codecs())
    except ListError as error:
        raise _told(error, error.flaw) from error
    await _async_apply(call.hass, coordinator, entries)


def _device_ids(call: ServiceCall) -> set[str]:
    """Give the devices of this integration that a call is meant for."""
    selected = target.async_extract_referenced_entity_ids(
        call.hass, target.TargetSelection(call.data)
    )
    entities = er.async_get(call.hass)
    found = {
        entity.device_id
        for entity_id in (*selected.referenced, *selected.indirectly_referenced)
        if (entity := entities.async_get(entity_id)) is not None and entity.platform == DOMAIN
    }
    devices = dr.async_get(call.hass)
    ours = {
        device_id
        for device_id in selected.referenced_devices
        if (device := devices.async_get(device_id)) is not None
        and any(domain == DOMAIN for domain, *_ in device.identifiers)
    }
    servers = {
        loaded_entry.runtime_data.server_device_id for loaded_entry in loaded_servers(call.hass)
    }
    told_of = {
        device.id
        for entry in call.hass.config_entries.async_entries(DOMAIN)
        if is_analytics(entry)
        for device in dr.async_entries_for_config_entry(devices, entry.entry_id)
    }
    return {each for each in found | ours if each is not None} - servers - told_of


async def _async_apply(
    hass: HomeAssistant, coordinator: SmartCityCoordinator, entries: Iterable[Entry]
) -> None:
    entry = coordinator.config_entry
    options: dict[str, Any] = {**entry.options, **applied(entry.options, entries)}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.config_entries.async_reload(entry.entry_id)


def _told(error: ListError, key: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"line": str(error.line), "word": error.word},
    )
