"""Set up a network server or visitor analytics, and change later what was set up."""

from collections.abc import Iterable, Mapping
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import probatio

from .analytics.const import SUBENTRY_GATE, SUBENTRY_PARKING, SUBENTRY_SURVEY, SUBENTRY_ZONE
from .analytics.flow import AnalyticsConfigFlow, AnalyticsOptionsFlow
from .analytics.flow_gate import GateFlow
from .analytics.flow_parking import ParkingFlow
from .analytics.flow_survey import SurveyFlow
from .analytics.flow_zone import ZoneFlow
from .const import (
    CONF_DEVICES,
    CONF_PROFILES,
    CONF_SCOPES,
    CONF_SERVER,
    DOMAIN,
)
from .entries import is_analytics
from .flows.decoders import profiles, profiles_chosen, profiles_schema
from .flows.options import SmartCityOptionsFlow
from .flows.sent import SentConfigFlow
from .flows.server import (
    EXAMPLES,
    applications_schema,
    async_applications,
    cleaned,
    labels,
    opened,
    refused,
    select_options,
    server_schema,
    title,
    told_in,
    unique_id,
    used_elsewhere,
    without_secrets,
)
from .model import Device, Field, Role, ServerType
from .network import SERVERS


class SmartCityConfigFlow(SentConfigFlow, AnalyticsConfigFlow, domain=DOMAIN):
    """Server, credentials, applications, decoders; reauth and reconfigure; visitor analytics."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Know nothing yet."""
        self._values: dict[str, str] = {}
        self._applications: dict[str, str] = {}
        self._scopes: list[str] = []
        self._devices: list[Device] = []

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Give the flow that changes applications and decoders, or retention."""
        return AnalyticsOptionsFlow() if is_analytics(config_entry) else SmartCityOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Give what can be added to visitor analytics."""
        if not is_analytics(config_entry):
            return {}
        return {
            SUBENTRY_ZONE: ZoneFlow,
            SUBENTRY_GATE: GateFlow,
            SUBENTRY_PARKING: ParkingFlow,
            SUBENTRY_SURVEY: SurveyFlow,
        }

    @override
    async def async_step_user(
        self,
        user_input: dict[str, Any] | None = None,  # Home Assistant calls it so
    ) -> ConfigFlowResult:
        """Choose between what devices send and what follows from it."""
        return self.async_show_menu(step_id="user", menu_options=["server", "analytics"])

    async def async_step_server(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose the kind of network server, if there is a choice."""
        key = next(iter(SERVERS)) if len(SERVERS) == 1 else (user_input or {}).get(CONF_SERVER)
        if key is not None:
            self._server = SERVERS[key]
            if self._server.field(Role.TOPIC) is not None:
                return await self.async_step_topic()
            if not self._server.polled:
                return await self.async_step_push()
            return await self.async_step_credentials()
        names = {server.key: server.name for server in SERVERS.values()}
        choice = SelectSelectorConfig(
            options=select_options(labels(names)), mode=SelectSelectorMode.LIST
        )
        return self.async_show_form(
            step_id="server",
            data_schema=probatio.Schema({probatio.Required(CONF_SERVER): SelectSelector(choice)}),
            last_step=False,
        )

    async def async_step_credentials(
        self, user_input: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        """Ask where the server is and check at once that it answers."""
        server = self._server
        fields = server.fields
        errors: dict[str, str] = {}
        if user_input is not None:
            self._values = cleaned(user_input)
            names = await async_applications(self.hass, server, self._values, errors, fields)
            if not errors:
                self._applications = labels(names)
                if names.keys() <= used_elsewhere(self.hass, server, self._values).keys():
                    return self.async_abort(reason="already_configured")
                return await self.async_step_applications()
        return self.async_show_form(
            step_id="credentials",
            data_schema=self.add_suggested_values_to_schema(
                server_schema(server, fields, server.optional),
                {**_address_of(server), **without_secrets(server, self._values)},
            ),
            errors=errors,
            description_placeholders={"server": server.name, **EXAMPLES},
            last_step=False,
        )

    async def async_step_applications(
        self, user_input: dict[str, list[str]] | None = None
    ) -> ConfigFlowResult:
        """Pick the applications whose devices are wanted."""
        used = used_elsewhere(self.hass, self._server, self._values)
        free = [scope for scope in self._applications if scope not in used]
        # Several are offered unticked: on a shared server most are someone else's.
        self._scopes = free if len(free) == 1 else []
        errors: dict[str, str] = {}
        words: dict[str, str] = {}
        if user_input is not None:
            self._scopes = user_input[CONF_SCOPES]
            errors, words = refused(self._scopes, self._applications, used)
            if not errors:
                async with (
                    told_in(errors),
                    opened(self.hass, self._server, self._values) as connection,
                ):
                    self._devices = await connection.devices(self._scopes)
            if not errors:
                await self._async_identify()
                return await self.async_step_decoders()
        return self.async_show_form(
            step_id="applications",
            data_schema=self.add_suggested_values_to_schema(
                applications_schema(self._applications), {CONF_SCOPES: self._scopes}
            ),
            errors=errors,
            description_placeholders={"server": title(self._server, self._values), **words},
            last_step=False,
        )

    async def async_step_decoders(
        self, user_input: dict[str, dict[str, str]] | None = None
    ) -> ConfigFlowResult:
        """Show the decoder of each device profile and ask for those not detected."""
        found = profiles(self._devices)
        if user_input is None and found:
            return self.async_show_form(
                step_id="decoders",
                data_schema=profiles_schema(found),
                description_placeholders={"devices": str(len(self._devices))},
                last_step=True,
            )
        return self.async_create_entry(
            title=self._title(),
            data={CONF_SERVER: self._server.key, **self._values},
            options={
                CONF_SCOPES: self._scopes,
                CONF_PROFILES: profiles_chosen(found, user_input or {}),
                CONF_DEVICES: {},
            },
        )

    def _title(self) -> str:
        """Name the entry by its server, and by its applications where that is taken."""
        by_server = title(self._server, self._values)
        if all(entry.title != by_server for entry in self._async_current_entries()):
            return by_server
        return f"{by_server} ({', '.join(self._applications[each] for each in self._scopes)})"

    async def _async_identify(self) -> None:
        """End the flow if this is set up already.

        A flow that was left by closing the browser must not stand in the way of this one.
        """
        identity = unique_id(self._server, self._values, self._scopes)
        await self.async_set_unique_id(identity, raise_on_progress=False)
        self._abort_if_unique_id_configured()

    async def async_step_reauth(self, _entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin after the server rejected the key."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new key only."""
        entry = self._get_reauth_entry()
        server = SERVERS[entry.data[CONF_SERVER]]
        fields = [field for field in server.fields if field.role is Role.KEY]
        errors: dict[str, str] = {}
        words: dict[str, str] = {}
        if user_input is not None:
            values = {**entry.data, **cleaned(user_input)}
            words = await self._async_check(entry, values, errors, fields)
            if not errors:
                return self.async_update_reload_and_abort(entry, data=values)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=server_schema(server, fields, ()),
            errors=errors,
            description_placeholders={"server": entry.title, **words},
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        """Change how the same server is reached; a key left empty stays as it is."""
        entry = self._get_reconfigure_entry()
        if is_analytics(entry):
            return await self.async_step_analytics(user_input)
        server = SERVERS[entry.data[CONF_SERVER]]
        if server.field(Role.TOPIC) is not None:
            self._server = server
            return await self.async_step_topic()
        if not server.polled:
            return self.async_abort(reason="nothing_to_reconfigure")
        secrets = {field for field in server.fields if field.role is Role.KEY}
        shown = without_secrets(server, entry.data)
        errors: dict[str, str] = {}
        words: dict[str, str] = {}
        if user_input is not None:
            shown = without_secrets(server, user_input)
            kept = {k: v for k, v in entry.data.items() if k in {CONF_SERVER, *secrets}}
            values = {**kept, **cleaned(user_input)}
            words = await self._async_check(entry, values, errors, server.fields)
            if not errors:
                return await self._async_reconfigured(entry, server, values)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                server_schema(server, server.fields, {*server.optional, *secrets}), shown
            ),
            errors=errors,
            description_placeholders={"server": entry.title, **EXAMPLES, **words},
        )

    async def _async_reconfigured(
        self, entry: ConfigEntry, server: ServerType, values: dict[str, str]
    ) -> ConfigFlowResult:
        """Keep the new address and key, and the title if the user made it his own."""
        identity = unique_id(server, values, entry.options[CONF_SCOPES])
        await self.async_set_unique_id(identity, raise_on_progress=False)
        used = used_elsewhere(self.hass, server, values, entry.entry_id)
        if used.keys() & set(entry.options[CONF_SCOPES]):
            return self.async_abort(reason="already_configured")
        own_title = entry.title != title(server, entry.data)
        return self.async_update_reload_and_abort(
            entry,
            unique_id=identity,
            title=entry.title if own_title else title(server, values),
            data=values,
        )

    async def _async_check(
        self,
        entry: ConfigEntry,
        values: dict[str, str],
        errors: dict[str, str],
        fields: Iterable[Field],
    ) -> dict[str, str]:
        """Check that the values lead to the applications of the entry; name those that are gone."""
        server = SERVERS[entry.data[CONF_SERVER]]
        names = await async_applications(self.hass, server, values, errors, fields)
        gone = [scope for scope in entry.options[CONF_SCOPES] if scope not in names]
        if gone and not errors:
            errors["base"] = "other_server"
        return {"applications": ", ".join(gone)}


def _address_of(server: ServerType) -> dict[str, str]:
    """Give the likeliest address, where this kind of server is found at known ones."""
    field = server.field(Role.ADDRESS)
    return {field.value: server.addresses[0]} if field and server.addresses else {}
