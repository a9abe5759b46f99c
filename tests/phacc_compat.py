"""Early pytest plugin: the test harness for Home Assistant 2026.10 also loads on 2026.11.

Loaded by `addopts` in pyproject.toml, before the harness itself. Goes away with
a harness that is made for 2026.11.
"""

from importlib import import_module
from typing import TYPE_CHECKING

# First of all imports: replaces httpx before the harness can load the original.
import_module("homeassistant")

logger = import_module("homeassistant.components.logger")
helpers = import_module("homeassistant.components.logger.helpers")

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant


def _clear_logger_overwrites(hass: HomeAssistant) -> None:
    hass.data[helpers.DATA_LOGGER].overrides.clear()


if not hasattr(logger, "_clear_logger_overwrites"):
    vars(logger)["_clear_logger_overwrites"] = _clear_logger_overwrites
