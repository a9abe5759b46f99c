"""Tell what a survey found: where people leave who came in by a zone; asked zone by zone."""

from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.selector import TextSelector
import probatio

from .const import CONF_NAME, CONF_ROWS
from .flow_forms import number
from .layout import Layout, Zone, layout_of

MOST: float = 10_000_000
FEWEST_ZONES = 2
"""Through a single one all come in and leave."""


class SurveyFlow(ConfigSubentryFlow):
    """First the name, then one form for each zone that people enter from outside."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._name = ""
        self._rows: dict[str, dict[str, float]] = {}
        self._done = 0
        """Zones of which has been asked."""

    async def async_step_user(self, _user_input: None = None) -> SubentryFlowResult:
        """Add one, if there is none."""
        if layout_of(self._get_entry()).survey is not None:
            return self.async_abort(reason="survey_exists")
        return await self.async_step_survey()

    async def async_step_reconfigure(self, _user_input: None = None) -> SubentryFlowResult:
        """Change it."""
        return await self.async_step_survey()

    async def async_step_survey(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for its name."""
        if len(_zones(layout_of(self._get_entry()))) < FEWEST_ZONES:
            return self.async_abort(reason="zones_needed")
        errors = {}
        shown: dict[str, Any] = {}
        if self.source == SOURCE_RECONFIGURE:
            shown = {CONF_NAME: self._get_reconfigure_subentry().title}
        if user_input is not None:
            shown = user_input
            self._name = user_input[CONF_NAME].strip()
            if self._name:
                return await self.async_step_shares()
            errors[CONF_NAME] = "name_needed"
        return self.async_show_form(
            step_id="survey",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema({probatio.Required(CONF_NAME): TextSelector()}), shown
            ),
            errors=errors,
        )

    async def async_step_shares(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask of one zone after the other where those leave who came in there."""
        zones = _zones(layout_of(self._get_entry()))
        zone = zones[self._done]
        labels = {f"→ {each.name}": each.id for each in zones}
        errors = {}
        shown = self._known(zone.id, labels)
        if user_input is not None:
            shown = user_input
            row = {labels[label]: float(user_input.get(label, 0)) for label in labels}
            row = row if user_input else {}
            is_last = self._done == len(zones) - 1
            if row and not any(row.values()):
                errors["base"] = "nobody"
            elif is_last and not row and not self._rows:
                errors["base"] = "nothing"
            else:
                if row:
                    self._rows[zone.id] = row
                self._done += 1
                return self._finished() if is_last else await self.async_step_shares()
        schema = probatio.Schema(
            {probatio.Optional(label): number(0, MOST, step=0.1) for label in labels}
        )
        return self.async_show_form(
            step_id="shares",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={
                "zone": zone.name,
                "number": str(self._done + 1),
                "of": str(len(zones)),
            },
            last_step=self._done == len(zones) - 1,
        )

    def _known(self, zone: str, labels: dict[str, str]) -> dict[str, Any]:
        """Give what was told of a zone before."""
        survey = layout_of(self._get_entry()).survey
        row = {} if survey is None else survey.rows.get(zone, {})
        return {label: row[target] for label, target in labels.items() if target in row}

    def _finished(self) -> SubentryFlowResult:
        data = {CONF_ROWS: self._rows}
        if self.source == SOURCE_RECONFIGURE:
            own = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), own, title=self._name, data=data)
        return self.async_create_entry(title=self._name, data=data)


def _zones(layout: Layout) -> list[Zone]:
    """Give the zones by which people come in or leave, by their names."""
    found = [zone for zone in layout.zones.values() if layout.is_at_boundary(zone.id)]
    return sorted(found, key=lambda zone: zone.name.casefold())
