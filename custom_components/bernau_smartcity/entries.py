"""The two kinds of entries: network servers, and what is told of their visitor counters."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .const import CONF_SERVER, DOMAIN
from .coordinator import SmartCityConfigEntry


@callback
def is_analytics(entry: ConfigEntry) -> bool:
    """Tell whether an entry is visitor analytics, and no network server."""
    return CONF_SERVER not in entry.data


@callback
def server_entries(hass: HomeAssistant) -> list[SmartCityConfigEntry]:
    """Give the entries of network servers."""
    return [each for each in hass.config_entries.async_entries(DOMAIN) if not is_analytics(each)]


@callback
def loaded_servers(hass: HomeAssistant) -> list[SmartCityConfigEntry]:
    """Give the entries of network servers that are loaded."""
    loaded: list[SmartCityConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [each for each in loaded if not is_analytics(each)]
