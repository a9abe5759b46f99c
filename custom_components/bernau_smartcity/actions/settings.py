"""Actions that set many devices: by area, label or device, or from a list."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import probatio

from ..automations.targets import TARGET_SCHEMA, resolve
from ..const import DOMAIN
from ..coordinator import SmartCityCoordinator
from ..flows.settings_list import Entry, Flaw, ListError, applied, read_entries, read_list
from ..ledger.checks import Refusal, RefusedError
from .corrections import loaded, named_device, refused

ATTR_SETTINGS: Final = "settings"
ATTR_LINES: Final = "lines"

_SET: Final = probatio.Schema(
    {**TARGET_SCHEMA, probatio.Required(ATTR_SETTINGS): {cv.string: object}}
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
    for device_id in resolve(call.hass, call.data).devices:
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
