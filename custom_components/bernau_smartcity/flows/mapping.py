"""Steps in which people approve what the fields mean that a network server decodes itself."""

from collections.abc import Mapping, Sequence
from typing import Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode
from homeassistant.helpers.translation import async_get_translations
import probatio

from ..const import (
    CONF_CODEC,
    CONF_DEVICES,
    CONF_PROFILE_SETTINGS,
    CONF_PROFILES,
    DOMAIN,
)
from ..coordinator import SmartCityCoordinator
from ..decoders import DECODED
from ..ledger.settings import MEDIA, medium_of as settings_medium
from ..mapping import (
    CHOICES,
    Assignment,
    Mapped,
    Proposal,
    beside,
    medium_of,
    proposals,
    read,
    written,
)
from ..model import Kind, Medium, Quantity, Setting
from .base import NOT_LOADED, LoadedOptionsFlow
from .decoders import device_label, profiles
from .server import select_options

CONF_OF: Final = "of"
IGNORE: Final = "ignore"
NO_OBJECTS: Final = "no_objects"

DEVICES_LOOKED_AT: Final = 8
"""Of a device profile: their fields have the same names."""
FIELDS_SHOWN: Final = 60

_QUANTITIES: Final = [each for each in Quantity if each.kind is not Kind.MOMENT]


class MappingOptionsFlow(LoadedOptionsFlow):
    """Approval of decoded fields, for a device profile or for one device."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._of: tuple[str, str] = ("", "")
        self._of_label = ""
        self._medium = Medium.UNKNOWN
        self._proposals: dict[str, Proposal] = {}

    async def async_step_mapping(
        self, user_input: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        """Choose a device profile or a device whose messages the network server decodes."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        known = await self.hass.async_add_executor_job(coordinator.ledger.with_objects)
        found = _decoded(coordinator, known)
        if not found:
            return self.async_abort(reason=NO_OBJECTS)
        if user_input is not None and user_input[CONF_OF] in found:
            self._of_label = user_input[CONF_OF]
            self._of, dev_euis = found[self._of_label]
            histories = await self.hass.async_add_executor_job(
                coordinator.ledger.objects, dev_euis[:DEVICES_LOOKED_AT]
            )
            shown = proposals(histories)[:FIELDS_SHOWN]
            self._proposals = {_label(each): each for each in shown}
            self._medium = settings_medium(
                coordinator.settings(dev_euis[0]), 0, medium_of(self._proposals.values())
            )
            return await self.async_step_fields()
        choice = SelectSelectorConfig(
            options=list(found), custom_value=True, mode=SelectSelectorMode.DROPDOWN
        )
        return self.async_show_form(
            step_id="mapping",
            data_schema=probatio.Schema({probatio.Required(CONF_OF): SelectSelector(choice)}),
            errors={CONF_OF: "device_unknown"} if user_input else {},
            last_step=False,
        )

    async def async_step_fields(self, user_input: dict[str, str] | None = None) -> ConfigFlowResult:
        """Show what each field probably means, and keep what is approved."""
        stored = self._kept_mapping()
        errors: dict[str, str] = {}
        if user_input is None:
            values = self._suggested(stored)
        else:
            values = user_input
            errors = {label: "field_open" for label in self._proposals if not values.get(label)}
            chosen = self._chosen(values)
            if not errors and not chosen:
                errors["base"] = "fields_needed"
            if not errors:
                return self._async_keep_mapping(
                    written(beside(stored, chosen)), values[Setting.MEDIUM]
                )
        names = await _names(self)
        return self.async_show_form(
            step_id="fields",
            data_schema=self.add_suggested_values_to_schema(self._schema(names), values),
            errors=errors,
            description_placeholders={
                "of": self._of_label,
                "rows": "\n".join(_row(each, names) for each in self._proposals.values()),
            },
        )

    def _schema(self, names: Mapping[str, str]) -> probatio.Schema:
        """Build the form; its fields are named by what only the network server knows."""
        choice = SelectSelector(
            SelectSelectorConfig(
                options=select_options({IGNORE: IGNORE, **_choices(names)}),
                translation_key="field",
                mode=SelectSelectorMode.DROPDOWN,
            )
        )
        medium = SelectSelectorConfig(
            options=[each.value for each in MEDIA],
            translation_key="medium",
            mode=SelectSelectorMode.DROPDOWN,
        )
        return probatio.Schema(
            {
                probatio.Required(Setting.MEDIUM.value): SelectSelector(medium),
                **{probatio.Optional(label): choice for label in self._proposals},
            }
        )

    def _suggested(self, stored: Mapped) -> dict[str, str]:
        """Give what was approved before, else what is proposed."""
        values = {Setting.MEDIUM.value: self._approved.get(Setting.MEDIUM, "")}
        values[Setting.MEDIUM.value] = values[Setting.MEDIUM] or self._medium
        for label, each in self._proposals.items():
            assignment = stored.get(each.path, None if stored else each.assignment)
            if assignment is not None:
                values[label] = _choice(assignment)
            elif stored or not each.is_open:
                values[label] = IGNORE
        return values

    def _chosen(self, values: Mapping[str, str]) -> dict[str, Assignment]:
        """Give the assignments that were approved."""
        found = {}
        for label, each in self._proposals.items():
            name, _, unit = values.get(label, IGNORE).partition(" ")
            if name != IGNORE:
                same = each.assignment is not None and each.assignment.quantity == name
                channel = each.assignment.channel if each.assignment and same else 0
                found[each.path] = Assignment(Quantity[name.upper()], channel, unit)
        return found

    @property
    def _approved(self) -> Mapping[str, str]:
        options = self.config_entry.options
        kind, key = self._of
        found: Mapping[str, str] = options.get(kind, {}).get(key, {})
        return found

    def _kept_mapping(self) -> Mapped:
        try:
            return read(self._approved.get(Setting.MAPPING, ""))
        except ValueError:
            return {}

    def _async_keep_mapping(self, mapping: str, medium: str) -> ConfigFlowResult:
        options = self.config_entry.options
        kind, key = self._of
        kept = {**self._approved, Setting.MAPPING.value: mapping, Setting.MEDIUM.value: medium}
        if kind == CONF_DEVICES:
            kept[CONF_CODEC] = DECODED.key
            return self._async_keep_options({kind: {**options.get(kind, {}), key: kept}})
        by_profile = {**options.get(CONF_PROFILES, {}), key: DECODED.key}
        return self._async_keep_options(
            {kind: {**options.get(kind, {}), key: kept}, CONF_PROFILES: by_profile}
        )


def _decoded(
    coordinator: SmartCityCoordinator, known: set[str]
) -> dict[str, tuple[tuple[str, str], Sequence[str]]]:
    """Give device profiles and devices that are decoded, where that is kept, and whose it is."""
    devices = {eui: each for eui, each in coordinator.devices.items() if eui in known}
    found: dict[str, tuple[tuple[str, str], Sequence[str]]] = {}
    for profile in profiles(devices.values()):
        of = [eui for eui, each in devices.items() if each.profile == profile.key]
        found[profile.label] = ((CONF_PROFILE_SETTINGS, profile.key), of)
    for label, eui in sorted((device_label(each), eui) for eui, each in devices.items()):
        found[label] = ((CONF_DEVICES, eui), [eui])
    return found


def _label(proposal: Proposal) -> str:
    return f"{proposal.path} = {_example(proposal)}"


def _example(proposal: Proposal) -> str:
    return f"{proposal.example.value:.12g} {proposal.example.unit}".strip()


def _choice(assignment: Assignment) -> str:
    return f"{assignment.quantity} {assignment.unit}".strip()


def _choices(names: Mapping[str, str]) -> dict[str, str]:
    """Give every quantity in every unit, by how it is chosen, with its label."""
    return {
        _choice(Assignment(quantity, 0, unit)): f"{name} ({unit})" if unit else name
        for name, quantity in sorted((names.get(each, each), each) for each in _QUANTITIES)
        for unit in CHOICES.get(quantity.unit, (quantity.unit,))
    }


def _row(proposal: Proposal, names: Mapping[str, str]) -> str:
    """Give one row of the table that tells why."""
    assignment = proposal.assignment
    proposed = "-" if assignment is None else names.get(assignment.quantity, assignment.quantity)
    why = names.get(f"why.{proposal.why}", proposal.why)
    path = proposal.path.replace("|", "\\|")
    return f"| `{path}` | {_example(proposal)} | {proposed} | {why} |"


async def _names(flow: LoadedOptionsFlow) -> dict[str, str]:
    """Give the names of quantities and the reasons in the language of Home Assistant."""
    hass = flow.hass
    found: dict[str, str] = {}
    for category in ("entity", "selector"):
        texts = await async_get_translations(hass, hass.config.language, category, {DOMAIN})
        for key, text in texts.items():
            parts = key.split(".")
            if parts[-1] == "name" and "entity" in parts:
                found.setdefault(parts[-2], text)
            elif "why" in parts:
                found[f"why.{parts[-1]}"] = text
    return found
