"""Change applications and decoders of a network server that is set up."""

from typing import Any, Final

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
)

from ..const import CONF_CODEC, CONF_DEVICES, CONF_PROFILES, CONF_SCOPES, CONF_SERVER
from ..ledger.bridges import is_meter
from ..network import SERVERS
from .decoders import (
    CONF_DEVICE,
    devices_schema,
    profiles,
    profiles_chosen,
    profiles_schema,
    typed_dev_eui,
)
from .device import DeviceOptionsFlow
from .mapping import MappingOptionsFlow
from .meters import MeterOptionsFlow
from .push import PushOptionsFlow
from .server import (
    applications_schema,
    async_applications,
    labels,
    opened,
    refused,
    told_in,
    used_elsewhere,
)
from .settings import SettingsOptionsFlow
from .watches import WatchesOptionsFlow

MENU: Final = (
    *("applications", "decoders", "device", "profile", "mapping", "gas", "list"),
    *("meters", "keys", "exchange", "display", "undo", "watches", "push"),
)


class SmartCityOptionsFlow(
    DeviceOptionsFlow,
    SettingsOptionsFlow,
    MappingOptionsFlow,
    MeterOptionsFlow,
    WatchesOptionsFlow,
    PushOptionsFlow,
):
    """A menu: applications, decoders, settings of one and of many devices, corrections."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._applications: dict[str, str] | None = None

    async def async_step_init(self, _user_input: None = None) -> ConfigFlowResult:
        """Show what can be changed."""
        server = SERVERS[self.config_entry.data[CONF_SERVER]]
        idle = set() if server.polled else {"applications"}
        if server.pushed is None:
            idle.add("push")
        return self.async_show_menu(
            step_id="init",
            menu_options=[step for step in MENU if step not in idle],
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

    @property
    def _by_device(self) -> dict[str, str]:
        devices = self.config_entry.options.get(CONF_DEVICES, {})
        return {eui: values[CONF_CODEC] for eui, values in devices.items() if CONF_CODEC in values}

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
            known = entry.runtime_data.devices
            self._devices = {eui: each for eui, each in known.items() if not is_meter(eui)}
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
