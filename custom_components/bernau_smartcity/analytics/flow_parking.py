"""Add a parking area to a town, or change it: its spaces, and the zone beside which it lies."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig, TextSelector
import probatio

from .const import CONF_BAYS, CONF_NAME, CONF_PEOPLE, CONF_TARGET, DEFAULT_PEOPLE_IN_CAR
from .flow_forms import concerns, labelled, number, renamed
from .layout import Layout, Parking, layout_of


class ParkingFlow(ConfigSubentryFlow):
    """One form for both; what a person should know is told once, and then accepted."""

    def __init__(self) -> None:
        """Have told nothing yet."""
        self._told: set[str] = set()

    async def async_step_user(self, _user_input: None = None) -> SubentryFlowResult:
        """Add one."""
        return await self.async_step_parking()

    async def async_step_reconfigure(self, _user_input: None = None) -> SubentryFlowResult:
        """Change one."""
        return await self.async_step_parking()

    async def async_step_parking(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for everything."""
        own = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        layout = layout_of(self._get_entry())
        if not layout.zones:
            return self.async_abort(reason="zone_needed")
        registry = er.async_get(self.hass)
        shown: Mapping[str, Any] = {CONF_PEOPLE: DEFAULT_PEOPLE_IN_CAR}
        if own is not None:
            bays = [er.async_resolve_entity_id(registry, bay) or bay for bay in own.data[CONF_BAYS]]
            shown = {CONF_NAME: own.title, **own.data, CONF_BAYS: bays}
        errors: dict[str, str] = {}
        names = ""
        if user_input is not None:
            shown = user_input
            errors, names, data = self._judged(layout, user_input, own.subentry_id if own else "")
            if not errors:
                title = user_input[CONF_NAME].strip()
                if own is None:
                    return self.async_create_entry(title=title, data=data)
                return self.async_update_and_abort(self._get_entry(), own, title=title, data=data)
        zones = {zone.id: zone.name for zone in layout.zones.values()}
        sensors = EntitySelectorConfig(domain="binary_sensor", multiple=True)
        schema = probatio.Schema(
            {
                probatio.Required(CONF_NAME): TextSelector(),
                probatio.Required(CONF_TARGET): labelled(zones),
                probatio.Required(CONF_BAYS): EntitySelector(sensors),
                probatio.Required(CONF_PEOPLE): number(0.1, 10, step=0.1),
            }
        )
        return self.async_show_form(
            step_id="parking",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"names": names},
        )

    def _judged(
        self, layout: Layout, given: Mapping[str, Any], own_id: str
    ) -> tuple[dict[str, str], str, dict[str, Any]]:
        """Give the errors of a form with the names in their texts, and what is kept of it."""
        registry = er.async_get(self.hass)
        name = given[CONF_NAME].strip()
        bays = [
            registered.id if (registered := registry.async_get(bay)) else bay
            for bay in given[CONF_BAYS]
        ]
        others = {key: each for key, each in layout.parkings.items() if key != own_id}
        used = [each.name for each in others.values() if set(each.bays) & set(bays)]
        data = {CONF_TARGET: given[CONF_TARGET], CONF_PEOPLE: given[CONF_PEOPLE], CONF_BAYS: bays}
        checks = (
            (not name, CONF_NAME, "name_needed"),
            (not bays, CONF_BAYS, "bays_needed"),
            (bool(used), CONF_BAYS, "bays_used"),
        )
        for holds, field, error in checks:
            if holds:
                return {field: error}, ", ".join(used), {}
        made = Parking(own_id, name, data[CONF_TARGET], data[CONF_PEOPLE], tuple(bays))
        after = replace(layout, parkings={**others, own_id: made})
        before = replace(layout, parkings=renamed(layout.parkings, made))
        for finding, names in concerns(before, after).items():
            if finding not in self._told:
                self._told.add(finding)
                return {"base": str(finding)}, names, {}
        return {}, "", data
