"""The step that chooses what meters are watched for, by medium."""

from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import probatio

from ..const import CONF_LEAK_HOURS, CONF_NIGHT, CONF_WATCHES
from ..metering.watch import LEAK_HOURS, NIGHT, POSSIBLE, USUAL

CONF_NIGHT_BEGIN: Final = "night_begin"
CONF_NIGHT_END: Final = "night_end"


def _hours(least: int, most: int) -> NumberSelector:
    config = NumberSelectorConfig(
        min=least, max=most, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement="h"
    )
    return NumberSelector(config)


SCHEMA: Final = probatio.Schema(
    {
        **{
            probatio.Optional(medium.value, default=list): SelectSelector(
                SelectSelectorConfig(
                    options=[watch.value for watch in watches],
                    multiple=True,
                    mode=SelectSelectorMode.LIST,
                    translation_key="watch",
                )
            )
            for medium, watches in POSSIBLE.items()
        },
        probatio.Required(CONF_NIGHT_BEGIN): _hours(0, 22),
        probatio.Required(CONF_NIGHT_END): _hours(1, 23),
        probatio.Required(CONF_LEAK_HOURS): _hours(6, 168),
    }
)


class WatchesOptionsFlow(OptionsFlowWithReload):
    """What meters are watched for."""

    async def async_step_watches(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose by medium, and when it is night."""
        options = self.config_entry.options
        chosen = options.get(CONF_WATCHES, {})
        begin, end = options.get(CONF_NIGHT, NIGHT)
        shown = {
            **{medium.value: chosen.get(medium, USUAL[medium]) for medium in POSSIBLE},
            CONF_NIGHT_BEGIN: begin,
            CONF_NIGHT_END: end,
            CONF_LEAK_HOURS: options.get(CONF_LEAK_HOURS, LEAK_HOURS),
        }
        errors: dict[str, str] = {}
        if user_input is not None:
            night = [int(user_input[CONF_NIGHT_BEGIN]), int(user_input[CONF_NIGHT_END])]
            if night[0] < night[1]:
                changed = {
                    CONF_WATCHES: {medium.value: user_input[medium] for medium in POSSIBLE},
                    CONF_NIGHT: night,
                    CONF_LEAK_HOURS: int(user_input[CONF_LEAK_HOURS]),
                }
                return self.async_create_entry(data={**options, **changed})
            errors[CONF_NIGHT_END] = "night_wrong"
        return self.async_show_form(
            step_id="watches",
            data_schema=self.add_suggested_values_to_schema(SCHEMA, user_input or shown),
            errors=errors,
        )
