"""Add a gate to a town, or change it: a counter between two zones, or a zone and outside."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.components.sensor import ATTR_STATE_CLASS, DOMAIN as SENSOR_DOMAIN
from homeassistant.components.sensor.const import SensorStateClass
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import ATTR_DEVICE_CLASS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    TextSelector,
)
import probatio

from ..const import DOMAIN
from ..visitors.flows import OUTSIDE, Mode
from .const import (
    CONF_COUNTER,
    CONF_MODE,
    CONF_NAME,
    CONF_ORIGIN,
    CONF_PEOPLE,
    CONF_SENSOR_BACKWARD,
    CONF_SENSOR_FORWARD,
    CONF_SWAP,
    CONF_TARGET,
)
from .counters import counters
from .findings import wrong
from .flow_forms import concerns, labelled, number, one_of, renamed
from .layout import CountedGate, Layout, counted_gate, layout_of
from .words import async_words

OUTSIDE_OPTION: Final = "outside"
"""In forms: a key of texts has no asterisk."""
NO_MODE: Final = "none"

_SENSORS: Final = (CONF_SENSOR_FORWARD, CONF_SENSOR_BACKWARD)
_ENDS: Final = (CONF_ORIGIN, CONF_TARGET)


class GateFlow(ConfigSubentryFlow):
    """One form for both; what a person should know is told once, and then accepted."""

    def __init__(self) -> None:
        """Have told nothing yet."""
        self._told: set[str] = set()

    async def async_step_user(self, _user_input: None = None) -> SubentryFlowResult:
        """Add one."""
        return await self.async_step_gate()

    async def async_step_reconfigure(self, _user_input: None = None) -> SubentryFlowResult:
        """Change one."""
        return await self.async_step_gate()

    async def async_step_gate(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for everything."""
        own = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        layout = layout_of(self._get_entry())
        if not layout.zones:
            return self.async_abort(reason="zone_needed")
        shown: Mapping[str, Any] = {CONF_ORIGIN: OUTSIDE_OPTION, CONF_MODE: NO_MODE, CONF_PEOPLE: 1}
        if own is not None:
            shown = {CONF_NAME: own.title, **_shown(self.hass, own.data)}
        errors: dict[str, str] = {}
        names = ""
        if user_input is not None:
            shown = user_input
            errors, names, data = self._judged(layout, user_input, own.subentry_id if own else None)
            if not errors:
                title = user_input[CONF_NAME].strip()
                if own is None:
                    return self.async_create_entry(title=title, data=data)
                return self.async_update_and_abort(self._get_entry(), own, title=title, data=data)
        return self.async_show_form(
            step_id="gate",
            data_schema=self.add_suggested_values_to_schema(
                await self._async_schema(layout, shown), shown
            ),
            errors=errors,
            description_placeholders={"names": names},
        )

    def _judged(
        self, layout: Layout, given: Mapping[str, Any], own_id: str | None
    ) -> tuple[dict[str, str], str, dict[str, Any]]:
        """Give the errors of a form with the names in their texts, and the gate that it means."""
        if not given[CONF_NAME].strip():
            return {CONF_NAME: "name_needed"}, "", {}
        if (CONF_COUNTER in given) == (CONF_SENSOR_FORWARD in given):
            return {CONF_COUNTER: "counter_needed"}, "", {}
        data = _kept(self.hass, given)
        if CONF_MODE in data and OUTSIDE not in {data[CONF_ORIGIN], data[CONF_TARGET]}:
            return {CONF_MODE: "mode_inside"}, "", {}
        gate = counted_gate(data)
        others = {key: each for key, each in layout.gates.items() if key != own_id}
        if found := wrong(gate, [(each.name, each.counted) for each in others.values()]):
            return {"base": str(found.finding)}, ", ".join(found.names), {}
        made = CountedGate(own_id or "", given[CONF_NAME].strip(), gate)
        after = replace(layout, gates={**others, made.id: made})
        before = replace(layout, gates=renamed(layout.gates, made))
        for finding, names in concerns(before, after).items():
            if finding not in self._told:
                self._told.add(finding)
                return {"base": str(finding)}, names, {}
        return {}, "", data

    async def _async_schema(self, layout: Layout, shown: Mapping[str, Any]) -> probatio.Schema:
        zones = {OUTSIDE_OPTION: OUTSIDE_OPTION}
        zones |= {zone.id: zone.name for zone in layout.zones.values()}
        schema: dict[probatio.Marker, Any] = {
            probatio.Required(CONF_NAME): TextSelector(),
            probatio.Required(CONF_ORIGIN): labelled(zones, "place"),
            probatio.Required(CONF_TARGET): labelled(zones, "place"),
            probatio.Optional(CONF_COUNTER): labelled(await self._async_counters(shown)),
        }
        if sensors := _counting_sensors(self.hass, shown):
            config = EntitySelectorConfig(include_entities=sensors)
            for field in _SENSORS:
                schema[probatio.Optional(field)] = EntitySelector(config)
        schema |= {
            probatio.Required(CONF_SWAP, default=False): BooleanSelector(),
            probatio.Required(CONF_MODE): one_of((NO_MODE, *Mode), "mode"),
            probatio.Required(CONF_PEOPLE): number(0.1, 100, step=0.1),
        }
        return probatio.Schema(schema)

    async def _async_counters(self, shown: Mapping[str, Any]) -> dict[str, str]:
        """Give all counters by what they are and count; the one that was chosen stays."""
        families = await async_words(self.hass, "counter_family")
        found = {}
        for each in counters(self.hass):
            channel = f" {each.channel}" if each.channel else ""
            found[each.reference] = f"{each.name}: {families[each.family]}{channel}"
        chosen = shown.get(CONF_COUNTER)
        return found if chosen is None else {chosen: f"? {chosen}", **found}


def _kept(hass: HomeAssistant, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is kept of a form."""
    data = {key: value for key, value in given.items() if key != CONF_NAME}
    for end in _ENDS:
        data[end] = OUTSIDE if data[end] == OUTSIDE_OPTION else data[end]
    if data[CONF_MODE] == NO_MODE:
        del data[CONF_MODE]
    registry = er.async_get(hass)
    for field in _SENSORS:
        if field in data and (registered := registry.async_get(data[field])) is not None:
            data[field] = registered.id
    return data


def _shown(hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Give the form of what is kept."""
    given = {CONF_MODE: NO_MODE, **data}
    for end in _ENDS:
        given[end] = OUTSIDE_OPTION if given[end] == OUTSIDE else given[end]
    registry = er.async_get(hass)
    for field in _SENSORS:
        if field in given:
            given[field] = er.async_resolve_entity_id(registry, given[field]) or given[field]
    return given


@callback
def _counting_sensors(hass: HomeAssistant, shown: Mapping[str, Any]) -> list[str]:
    """Give the sensors of other integrations that count, and those that were chosen."""
    registry = er.async_get(hass)
    chosen = {shown[field] for field in _SENSORS if field in shown}
    found = {
        state.entity_id
        for state in hass.states.async_all(SENSOR_DOMAIN)
        if state.attributes.get(ATTR_STATE_CLASS) == SensorStateClass.TOTAL_INCREASING
        and ATTR_DEVICE_CLASS not in state.attributes
        and not _is_ours(registry, state.entity_id)
    }
    return sorted(found | chosen)


def _is_ours(registry: er.EntityRegistry, entity_id: str) -> bool:
    registered = registry.async_get(entity_id)
    return registered is not None and registered.platform == DOMAIN
