"""Add a zone to a town, or change it."""

from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.selector import AreaSelector, TextSelector, TimeSelector
import probatio

from .const import CONF_AREA, CONF_CAPACITY, CONF_NAME, CONF_RESET, DEFAULT_RESET
from .flow_forms import number
from .layout import layout_of

SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(),
        probatio.Optional(CONF_AREA): AreaSelector(),
        probatio.Optional(CONF_CAPACITY): number(1, 1_000_000),
        probatio.Required(CONF_RESET, default=DEFAULT_RESET.isoformat()): TimeSelector(),
    }
)


class ZoneFlow(ConfigSubentryFlow):
    """One form for both."""

    async def async_step_user(self, _user_input: None = None) -> SubentryFlowResult:
        """Add one."""
        return await self.async_step_zone()

    async def async_step_reconfigure(self, _user_input: None = None) -> SubentryFlowResult:
        """Change one."""
        return await self.async_step_zone()

    async def async_step_zone(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for everything."""
        own = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        shown: dict[str, Any] = {}
        if own is not None:
            shown = {CONF_NAME: own.title, **own.data}
        errors: dict[str, str] = {}
        if user_input is not None:
            shown = user_input
            data = dict(user_input)
            name = data.pop(CONF_NAME).strip()
            own_id = "" if own is None else own.subentry_id
            zones = layout_of(self._get_entry()).zones.values()
            if not name:
                errors[CONF_NAME] = "name_needed"
            elif any(zone.name == name and zone.id != own_id for zone in zones):
                errors[CONF_NAME] = "name_used"
            elif own is None:
                return self.async_create_entry(title=name, data=data)
            else:
                return self.async_update_and_abort(self._get_entry(), own, title=name, data=data)
        return self.async_show_form(
            step_id="zone",
            data_schema=self.add_suggested_values_to_schema(SCHEMA, shown),
            errors=errors,
        )
