"""Listen to a topic of Home Assistant's own MQTT integration, where an entry has one.

That integration is optional, and so are its libraries: it is imported where it is there.
"""

from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
import probatio

from .const import DOMAIN, LOGGER
from .model import Role

if TYPE_CHECKING:
    from homeassistant.components.mqtt import ReceiveMessage

    from .coordinator import SmartCityCoordinator

MQTT: Final = "mqtt"


def has_mqtt(hass: HomeAssistant) -> bool:
    """Tell whether the MQTT integration is set up."""
    return MQTT in hass.config.components


def is_topic(text: str) -> bool:
    """Tell whether one can listen to this; the MQTT integration must be there."""
    from homeassistant.components.mqtt import valid_subscribe_topic  # noqa: PLC0415  # optional

    try:
        valid_subscribe_topic(text)
    except probatio.Invalid:
        return False
    return True


async def async_listen(coordinator: SmartCityCoordinator) -> None:
    """Listen for as long as the entry is loaded; raises ConfigEntryNotReady without MQTT."""
    entry, hass = coordinator.config_entry, coordinator.hass
    topic = coordinator.server.value(Role.TOPIC, entry.data)
    if not topic:
        return
    if has_mqtt(hass):
        from homeassistant.components import mqtt  # noqa: PLC0415  # optional

        @callback
        def heard(message: ReceiveMessage) -> None:
            payload = message.payload
            if not coordinator.push.hear(payload if isinstance(payload, bytes) else b""):
                LOGGER.debug("A message by MQTT was left out")

        if await mqtt.async_wait_for_mqtt_client(hass):
            entry.async_on_unload(
                await mqtt.async_subscribe(hass, topic, heard, qos=1, encoding=None)
            )
            return
    raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="mqtt_missing")
