"""That a target belongs to this integration: nothing would ever be told of another's."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, entity_registry as er, target
from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import ConfigType
import probatio

from ..const import DOMAIN


class TargetTrigger(Trigger):
    """Refuses the entity of another integration as its target."""

    schema: ClassVar = probatio.Schema(
        {
            probatio.Required(CONF_TARGET): cv.TARGET_FIELDS,
            probatio.Required(CONF_OPTIONS, default=dict): {},
        }
    )

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Ask for a target."""
        config = cast(ConfigType, cls.schema(config))
        check_target(hass, config[CONF_TARGET])
        return config


def check_target(hass: HomeAssistant, selection: Mapping[str, Any]) -> None:
    """Refuse the entity of another integration, of which nothing would ever be told."""
    entities = er.async_get(hass)
    for entity_id in target.TargetSelection(dict(selection)).entity_ids:
        entity = entities.async_get(entity_id)
        if entity is not None and entity.platform not in {DOMAIN, "group"}:
            message = (
                f"{entity_id} does not belong to Bernau SmartCity:"
                " choose one of its meters or counters, an area, a floor or a label"
            )
            raise probatio.Invalid(message)
