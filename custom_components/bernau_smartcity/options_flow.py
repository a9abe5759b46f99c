"""Change applications and decoders of a network server that is set up."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
)

from .codecs import find
from .const import CONF_CODEC, CONF_DEVICES, CONF_PROFILES, CONF_SCOPES, CONF_SERVER
from .flow_corrections import CorrectionOptionsFlow
from .flow_decoders import (
    CONF_DEVICE,
    device_chosen,
    device_label,
    device_schema,
    device_suggested,
    devices_schema,
    profiles,
    profiles_chosen,
    profiles_schema,
    typed_dev_eui,
)
from .flow_push import PushOptionsFlow
from .flow_server import (
    applications_schema,
    async_applications,
    labels,
    opened,
    refused,
    told_in,
    used_elsewhere,
)
from .model import Codec, Device, Setting
from .network import SERVERS


class SmartCityOptionsFlow(CorrectionOptionsFlow, PushOptionsFlow):
    """A menu: applications, decoders of device profiles, one device, corrections."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        PushOptionsFlow.__init__(self)
        self._applications: dict[str, str] | None = None
        self._devices: dict[str, Device] = {}
        self._dev_eui = ""
        self._shown: Codec | None = None

    async def async_step_init(self, _user_input: None = None) -> ConfigFlowResult:
        """Show what can be changed."""
        server = SERVERS[self.config_entry.data[CONF_SERVER]]
        applications = ["applications"] if server.polled else []
        push = ["push"] if server.pushed is not None else []
        return self.async_show_menu(
            step_id="init",
            menu_options=[
                *applications,
                *("decoders", "device", "exchange", "display", "undo"),
                *push,
            ],
        )

    async def async_step_applications(
        self, user_input: dict[str, list[str]] | None = None
    ) -> ConfigFlowResult:
        """Change which applications are read; without the server, still leave some out."""
        entry = self.config_entry
        scopes = entry.options[CONF_SCOPES]
        errors: dict[str, str] = {}
        words: dict[str, str] = {}
        if self._applications is None:
            self._applications = await self._async_applications(errors)
        elif user_input is not None:
            scopes = user_input[CONF_SCOPES]
            server = SERVERS[entry.data[CONF_SERVER]]
            used = used_elsewhere(self.hass, server, entry.data, entry.entry_id)
            errors, words = refused(scopes, self._applications, used)
            if not errors:
                return self._async_save(CONF_SCOPES, scopes)
        return self.async_show_form(
            step_id="applications",
            data_schema=self.add_suggested_values_to_schema(
                applications_schema(self._applications), {CONF_SCOPES: scopes}
            ),
            errors=errors,
            description_placeholders={"server": entry.title, **words},
        )

    async def async_step_decoders(
        self, user_input: dict[str, dict[str, str]] | None = None
    ) -> ConfigFlowResult:
        """Change the decoder of each device profile."""
        if not self._devices:
            user_input = None  # a form that only said why there is nothing to choose from
        errors = await self._async_take_inventory()
        chosen = self.config_entry.options.get(CONF_PROFILES, {})
        found = profiles(self._devices.values(), self._by_device, chosen)
        if user_input is not None:
            kept = {key: chosen[key] for key in chosen.keys() - {profile.key for profile in found}}
            return self._async_save(CONF_PROFILES, kept | profiles_chosen(found, user_input))
        return self.async_show_form(
            step_id="decoders",
            data_schema=profiles_schema(found),
            errors=errors,
            description_placeholders={"devices": str(len(self._devices))},
        )

    async def async_step_device(self, user_input: dict[str, str] | None = None) -> ConfigFlowResult:
        """Choose one device."""
        if not self._devices:
            user_input = None
        errors = await self._async_take_inventory()
        if user_input is not None:
            self._dev_eui = typed_dev_eui(user_input.get(CONF_DEVICE, ""))
            if self._dev_eui in self._devices:
                return await self.async_step_device_settings()
            errors[CONF_DEVICE] = "device_unknown"
        return self.async_show_form(
            step_id="device",
            data_schema=devices_schema(self._devices.values()),
            errors=errors,
            description_placeholders={"devices": str(len(self._devices))},
            last_step=False,
        )

    async def async_step_device_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Set the decoder of one device, and what that decoder needs to know."""
        devices = self.config_entry.options.get(CONF_DEVICES, {})
        device = self._devices[self._dev_eui]
        errors: dict[str, str] = {}
        if user_input is None:
            values: dict[str, Any] = device_suggested(devices.get(self._dev_eui, {}))
            self._shown = self._codec(device, values)
        else:
            values = user_input
            codec = self._codec(device, values)
            if values.get(Setting.PULSE_WEIGHT) == 0:
                errors[Setting.PULSE_WEIGHT.value] = "pulse_weight_zero"
            elif _settings(codec) <= _settings(self._shown):
                kept = device_chosen(values, codec)
                return self._async_save(CONF_DEVICES, _with(devices, self._dev_eui, kept))
            # Another decoder was chosen, which needs to know more: ask for that.
            self._shown = codec
        name = f"{self._shown.manufacturer} {self._shown.model}" if self._shown else "-"
        return self.async_show_form(
            step_id="device_settings",
            data_schema=self.add_suggested_values_to_schema(device_schema(self._shown), values),
            errors=errors,
            description_placeholders={
                "device": device_label(device),
                "decoder": name,
            },
        )

    @property
    def _by_device(self) -> dict[str, str]:
        devices = self.config_entry.options.get(CONF_DEVICES, {})
        return {eui: values[CONF_CODEC] for eui, values in devices.items() if CONF_CODEC in values}

    def _codec(self, device: Device, values: Mapping[str, Any]) -> Codec | None:
        """Give the codec of a device, should these values be chosen for it."""
        chosen = values.get(CONF_CODEC)
        by_device = {device.dev_eui: chosen} if chosen else {}
        return find(device, by_device, self.config_entry.options.get(CONF_PROFILES, {})).codec

    async def _async_applications(self, errors: dict[str, str]) -> dict[str, str]:
        """Give the applications of the server, and those that are chosen, by label."""
        entry = self.config_entry
        server = SERVERS[entry.data[CONF_SERVER]]
        names = await async_applications(self.hass, server, entry.data, errors)
        known = entry.runtime_data.scopes if entry.state is ConfigEntryState.LOADED else {}
        chosen = {scope: known.get(scope) or f"? {scope}" for scope in entry.options[CONF_SCOPES]}
        if not errors and chosen.keys() - names.keys():
            errors[CONF_SCOPES] = "application_missing"
        return labels({**chosen, **names})

    async def _async_take_inventory(self) -> dict[str, str]:
        """Use what is known of the devices; ask the server only if that is nothing."""
        errors: dict[str, str] = {}
        entry = self.config_entry
        if not self._devices and entry.state is ConfigEntryState.LOADED:
            self._devices = dict(entry.runtime_data.devices)
        if not self._devices:
            server = SERVERS[entry.data[CONF_SERVER]]
            async with told_in(errors), opened(self.hass, server, entry.data) as connection:
                found = await connection.devices(entry.options[CONF_SCOPES])
                self._devices = {device.dev_eui: device for device in found}
        if not self._devices and not errors:
            errors["base"] = "no_devices"
        return errors

    def _async_save(self, option: str, value: Any) -> ConfigFlowResult:
        return self.async_create_entry(data={**self.config_entry.options, option: value})


def _settings(codec: Codec | None) -> set[Setting]:
    return set(codec.settings) if codec else set()


def _with(
    devices: Mapping[str, Mapping[str, str]], dev_eui: str, values: Mapping[str, str]
) -> dict[str, Mapping[str, str]]:
    """Keep the values of a device, or forget it where all is left to be found."""
    others = {eui: kept for eui, kept in devices.items() if eui != dev_eui}
    return {**others, dev_eui: values} if values else others
