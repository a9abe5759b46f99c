"""Names shared by the Home Assistant layer."""

from datetime import timedelta
from logging import getLogger
from typing import Final

DOMAIN: Final = "bernau_smartcity"
LOGGER: Final = getLogger(__package__)

CONF_SERVER: Final = "server"
"""Entry data: the `ServerType.key`; beside it stand the values of its fields."""

CONF_SCOPES: Final = "scopes"
"""Entry options: identities of the applications that are read."""
CONF_PROFILES: Final = "profiles"
"""Entry options: codec key, or `codecs.NO_CODEC`, by identity of the device profile."""
CONF_DEVICES: Final = "devices"
"""Entry options: by DevEUI `CONF_CODEC` and the values of `model.Setting`."""
CONF_CODEC: Final = "codec"
CONF_PROFILE_SETTINGS: Final = "profile_settings"
"""Entry options: values of `model.Setting` by identity of the device profile."""
CONF_DEFAULTS: Final = "defaults"
"""Entry options: values of `model.Setting` for devices of which nothing else is known."""
CONF_EXCHANGES: Final = "exchanges"
"""Entry options: the exchanges of meters, see `places.Exchange`."""
CONF_DISPLAYS: Final = "displays"
"""Entry options: numbers on the displays of meters, see `places.Display`."""
CONF_PUSH: Final = "push"
"""Entry options: that the server may send by itself; `CONF_SECRET` and `CONF_LOCAL_ONLY`."""
CONF_SECRET: Final = "secret"  # noqa: S105  # the name of one
"""The part of the address that nobody else knows."""
CONF_LOCAL_ONLY: Final = "local_only"
"""Only senders in the own network are heard."""
CONF_KEYS: Final = "keys"
"""Entry options: keys of encrypted meters, by DevEUI or by `bridges.identity_of`; secrets."""
CONF_METERS: Final = "meters"
"""Entry options: whether a meter behind a bridge is read, by `bridges.identity_of`."""

CONF_LIMITS: Final = "limits"
"""Entry options: by place, suffix of the total and `limits.Span` the most, in its unit."""
CONF_WATCHES: Final = "watches"
"""Entry options: by medium the `watch.Watch`es of its meters, where not the usual ones."""
CONF_NIGHT: Final = "night"
"""Entry options: local hours from and to which nobody should need anything."""
CONF_LEAK_HOURS: Final = "leak_hours"
"""Entry options: how long water must run without an hour of rest to be a leak."""

SCAN_INTERVAL: Final = timedelta(minutes=1)
"""An idle poll is one request for each application."""
INVENTORY_INTERVAL: Final = timedelta(hours=1)
"""How often the complete inventory is read for new, renamed and removed devices."""
