"""Names of what people set up."""

from datetime import time, timedelta
from typing import Final

CONF_ANALYTICS: Final = "analytics"
"""Entry data: that it is visitor analytics."""

SUBENTRY_ZONE: Final = "zone"
SUBENTRY_GATE: Final = "gate"
SUBENTRY_PARKING: Final = "parking"
SUBENTRY_SURVEY: Final = "survey"

CONF_NAME: Final = "name"
CONF_AREA: Final = "area"
CONF_CAPACITY: Final = "capacity"
CONF_RESET: Final = "reset"
"""Of a zone: when it is empty, `HH:MM:SS` of local time."""
DEFAULT_RESET: Final = time(3)

CONF_ORIGIN: Final = "origin"
CONF_TARGET: Final = "target"
"""Of a gate: identity of a zone, or `OUTSIDE`."""
CONF_COUNTER: Final = "counter"
"""Of a gate: `counters.Counter.reference`, as an alternative to sensors."""
CONF_SENSOR_FORWARD: Final = "sensor_forward"
CONF_SENSOR_BACKWARD: Final = "sensor_backward"
"""Of a gate: sensors of other integrations, by identity in the registry or entity."""
CONF_SWAP: Final = "swap"
CONF_MODE: Final = "mode"
CONF_PEOPLE: Final = "people"
"""Of a gate: persons for each that is counted."""

CONF_BAYS: Final = "bays"
"""Of a parking area: binary sensors, by identity in the registry or entity."""
DEFAULT_PEOPLE_IN_CAR: Final = 1.5

CONF_ROWS: Final = "rows"
"""Of a survey: by zone at which people come in, how many leave by which."""

CONF_RETENTION: Final = "retention"
"""Options: days for which quarter hours are kept."""
DEFAULT_RETENTION: Final = 400
CONF_SMALLEST: Final = "smallest"
"""Options: a smaller number is left out of tables."""

AT_HAND: Final = timedelta(days=5)
"""Longer than the days of which figures tell; older bins are read when somebody asks."""
