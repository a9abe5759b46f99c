"""Set visitor analytics of a town or quarter up; zones and gates are added to it later."""

from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.helpers.selector import TextSelector
import probatio

from ..visitors.tables import SMALLEST
from .const import (
    CONF_ANALYTICS,
    CONF_NAME,
    CONF_RETENTION,
    CONF_SMALLEST,
    DEFAULT_RETENTION,
)
from .flow_forms import number


class AnalyticsConfigFlow(ConfigFlow):
    """The step that sets up visitor analytics."""

    async def async_step_analytics(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the name of the town or quarter."""
        errors: dict[str, str] = {}
        if user_input is not None:
            name = user_input[CONF_NAME].strip()
            if name and self.source == SOURCE_RECONFIGURE:
                return self.async_update_and_abort(self._get_reconfigure_entry(), title=name)
            if name:
                return self.async_create_entry(
                    title=name,
                    data={CONF_ANALYTICS: True},
                    options={CONF_RETENTION: DEFAULT_RETENTION, CONF_SMALLEST: SMALLEST},
                )
            errors[CONF_NAME] = "name_needed"
        shown = {}
        if self.source == SOURCE_RECONFIGURE:
            shown = {CONF_NAME: self._get_reconfigure_entry().title}
        return self.async_show_form(
            step_id="analytics",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema({probatio.Required(CONF_NAME): TextSelector()}), shown
            ),
            errors=errors,
            last_step=True,
        )


class AnalyticsOptionsFlow(OptionsFlow):
    """How long quarter hours are kept, and which numbers are too small to be told."""

    async def async_step_init(self, _user_input: None = None) -> ConfigFlowResult:
        """Begin."""
        return await self.async_step_privacy()

    async def async_step_privacy(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change both."""
        options = self.config_entry.options
        if user_input is not None:
            numbers = {key: int(value) for key, value in user_input.items()}
            return self.async_create_entry(data={**options, **numbers})
        schema = probatio.Schema(
            {
                probatio.Required(CONF_RETENTION): number(7, 3660, "d"),
                probatio.Required(CONF_SMALLEST): number(1, 100),
            }
        )
        return self.async_show_form(
            step_id="privacy",
            data_schema=self.add_suggested_values_to_schema(schema, options),
        )
