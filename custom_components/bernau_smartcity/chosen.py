"""What the user has decided about devices, from the options of an entry."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry

from .const import (
    CONF_CODEC,
    CONF_DEFAULTS,
    CONF_DEVICES,
    CONF_KEYS,
    CONF_METERS,
    CONF_PROFILE_SETTINGS,
    CONF_PROFILES,
)
from .days import midnight
from .decoders import find
from .ledger.choices import Choices
from .ledger.keys import Keys
from .ledger.places import Places
from .ledger.settings import merged
from .model import Codec, Device
from .watching import watching


def choices(entry: ConfigEntry) -> Choices:
    """Give all choices, as they are now."""
    devices: Mapping[str, Mapping[str, str]] = entry.options.get(CONF_DEVICES, {})
    by_device = {eui: d[CONF_CODEC] for eui, d in devices.items() if CONF_CODEC in d}
    by_profile: Mapping[str, str] = entry.options.get(CONF_PROFILES, {})

    def codec(device: Device) -> Codec | None:
        return find(device, by_device, by_profile).codec

    def settings(device: Device) -> Mapping[str, str]:
        of_profile = entry.options.get(CONF_PROFILE_SETTINGS, {}).get(device.profile, {})
        chosen = merged(of_profile, devices.get(device.dev_eui, {}))
        return {key: value for key, value in chosen.items() if key != CONF_CODEC}

    return Choices(
        codec,
        settings,
        Places.from_options(entry.options),
        entry.options.get(CONF_DEFAULTS, {}),
        midnight,
        keys=Keys(entry.options.get(CONF_KEYS, {})),
        meters=entry.options.get(CONF_METERS, {}),
        watching=watching(entry.options),
    )
