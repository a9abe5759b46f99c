"""Steps that set many devices at once: a device profile, the factors of gas, a list."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    DateSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import probatio

from ..const import CONF_DEFAULTS, CONF_DEVICES, CONF_PROFILE_SETTINGS
from ..coordinator import SmartCityCoordinator
from ..ledger.settings import OF_GAS
from ..metering import gas
from ..model import Codec, Medium, Setting
from .base import NOT_LOADED, LoadedOptionsFlow
from .decoders import device_label, profiles
from .forms import fields_of, kept_beside, read_form, settings_schema, suggested
from .settings_list import ListError, applied, read_list

CONF_PROFILE: Final = "profile"
CONF_METERS: Final = "meters"
CONF_SINCE: Final = "since"
CONF_LINES: Final = "lines"

NO_PROFILES: Final = "no_profiles"

_LIMITS: Final = {
    Setting.CALORIFIC_VALUE: gas.CALORIFIC_VALUE,
    Setting.STATE_NUMBER: gas.STATE_NUMBER,
}


def _number(limits: tuple[float, float], unit: str | None = None) -> NumberSelector:
    config = NumberSelectorConfig(
        min=limits[0], max=limits[1], step="any", mode=NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


class SettingsOptionsFlow(LoadedOptionsFlow):
    """Settings of many devices."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._profile = ""

    async def async_step_profile(
        self, user_input: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        """Choose a device profile."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        found = {each.label: each.key for each in profiles(coordinator.devices.values())}
        if not found:
            return self.async_abort(reason=NO_PROFILES)
        if user_input is not None:
            self._profile = found[user_input[CONF_PROFILE]]
            return await self.async_step_profile_settings()
        choice = SelectSelector(
            SelectSelectorConfig(options=list(found), mode=SelectSelectorMode.DROPDOWN)
        )
        return self.async_show_form(
            step_id="profile",
            data_schema=probatio.Schema({probatio.Required(CONF_PROFILE): choice}),
            last_step=False,
        )

    async def async_step_profile_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Set what the decoder of a device profile needs to know, for all of its devices."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        devices = [d for d in coordinator.devices.values() if d.profile == self._profile]
        codec = coordinator.codec(devices[0])
        by_profile = self.config_entry.options.get(CONF_PROFILE_SETTINGS, {})
        stored = by_profile.get(self._profile, {})
        values = suggested(stored) if user_input is None else user_input
        errors: dict[str, str] = {}
        why = ""
        if user_input is not None:
            names = fields_of(codec)
            kept, errors, why = read_form(user_input, names, codec)
            if not errors:
                kept |= kept_beside(stored, names, codec)
                others = {key: each for key, each in by_profile.items() if key != self._profile}
                return self._async_keep_options(
                    {CONF_PROFILE_SETTINGS: {**others, self._profile: kept}}
                )
        return self.async_show_form(
            step_id="profile_settings",
            data_schema=self.add_suggested_values_to_schema(
                settings_schema(codec, of_profile=True), values
            ),
            errors=errors,
            description_placeholders={
                "profile": f"{devices[0].profile_name} ({len(devices)})",
                "decoder": decoder_name(codec),
                **layout_words(codec, why),
            },
        )

    async def async_step_gas(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Set calorific value and state number from a date on, of some gas meters or of all."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        meters = _gas_meters(coordinator)
        errors: dict[str, str] = {}
        if user_input is not None:
            since = user_input.get(CONF_SINCE)
            day = date.fromisoformat(since) if since else date.min
            new = {
                name: gas.Dated(day, user_input[name])
                for name in OF_GAS
                if user_input.get(name) is not None
            }
            if new:
                chosen = [meters[label] for label in user_input.get(CONF_METERS, ())]
                return self._async_keep_options(self._with_gas(coordinator, chosen, new))
            errors["base"] = "gas_needed"
        choice = SelectSelectorConfig(
            options=sorted(meters, key=str.casefold),
            multiple=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
        schema = probatio.Schema(
            {
                probatio.Optional(CONF_METERS): SelectSelector(choice),
                probatio.Optional(Setting.CALORIFIC_VALUE.value): _number(
                    gas.CALORIFIC_VALUE, "kWh/m³"
                ),
                probatio.Optional(Setting.STATE_NUMBER.value): _number(gas.STATE_NUMBER),
                probatio.Optional(CONF_SINCE): DateSelector(),
            }
        )
        defaults = self.config_entry.options.get(CONF_DEFAULTS, {})
        return self.async_show_form(
            step_id="gas",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders={
                "meters": str(len(meters)),
                **{name.value: defaults.get(name, "-") for name in OF_GAS},
            },
        )

    def _with_gas(
        self,
        coordinator: SmartCityCoordinator,
        dev_euis: Iterable[str],
        new: Mapping[Setting, gas.Dated],
    ) -> dict[str, Any]:
        """Give the options with new numbers, for some devices or by default."""
        options = self.config_entry.options
        devices = {key: dict(each) for key, each in options.get(CONF_DEVICES, {}).items()}
        defaults = dict(options.get(CONF_DEFAULTS, {}))
        changed = [devices.setdefault(dev_eui, {}) for dev_eui in dev_euis]
        known = [coordinator.settings(dev_eui) for dev_eui in dev_euis]
        for kept, before in zip(changed or [defaults], known or [defaults], strict=True):
            for name, dated in new.items():
                kept[name.value] = _continued(before.get(name, ""), dated, _LIMITS[name])
        return {CONF_DEVICES: devices, CONF_DEFAULTS: defaults}

    async def async_step_list(self, user_input: dict[str, str] | None = None) -> ConfigFlowResult:
        """Take a list of settings, as a whole or not at all."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        errors: dict[str, str] = {}
        words = {"line": "", "word": ""}
        if user_input is not None:
            try:
                entries = read_list(user_input[CONF_LINES], coordinator.codecs())
            except ListError as error:
                errors[CONF_LINES] = error.flaw.value
                words = {"line": str(error.line), "word": error.word}
            else:
                return self._async_keep_options(applied(self.config_entry.options, entries))
        schema = probatio.Schema(
            {
                probatio.Required(CONF_LINES): TextSelector(TextSelectorConfig(multiline=True)),
            }
        )
        return self.async_show_form(
            step_id="list",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders={"example": EXAMPLE, **words},
        )


EXAMPLE: Final = "```\nDevEUI;medium;pulse_weight\n24e124136b000001;gas;0.01\n```"


def decoder_name(codec: Codec | None) -> str:
    """Give the name of a decoder as a form shows it."""
    return f"{codec.manufacturer} {codec.model}".strip() if codec else "-"


def layout_words(codec: Codec | None, why: str = "") -> dict[str, str]:
    """Give an example of a layout, and what is wrong with the one that was entered."""
    example = codec.layout.example if codec and codec.layout else "-"
    return {"layout": example, "why": why}


def _gas_meters(coordinator: SmartCityCoordinator) -> dict[str, str]:
    """Give the devices that count gas, by label."""
    states = coordinator.states
    present = coordinator.ledger.places.present
    return {
        device_label(coordinator.devices[present(place)]): present(place)
        for place, state in states.items()
        if any(coordinator.medium(state, channel) is Medium.GAS for _, channel in state.totals)
    }


def _continued(before: str, new: gas.Dated, limits: tuple[float, float]) -> str:
    """Add a number to those that held before; one that cannot be read is replaced."""
    try:
        known = gas.read_dated(before, limits)
    except ValueError:
        known = ()
    return gas.written(gas.with_dated(known, new))
