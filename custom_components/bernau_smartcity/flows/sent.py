"""Set up what cannot be asked: servers that only send, and topics of MQTT."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector
import probatio

from ..const import (
    CONF_DEVICES,
    CONF_LOCAL_ONLY,
    CONF_PROFILES,
    CONF_PUSH,
    CONF_SCOPES,
    CONF_SERVER,
)
from ..model import Field, ServerType
from ..mqtt_source import has_mqtt, is_topic
from ..push import new_secret
from .push import push_options, push_schema, push_words
from .server import server_schema


class SentConfigFlow(ConfigFlow):
    """The steps for servers that send by themselves."""

    _server: ServerType
    _secret = ""

    async def async_step_push(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Tell the address to which a server that cannot be asked is to send."""
        self._secret = self._secret or new_secret()
        if user_input is not None:
            push = push_options(self._secret, local_only=user_input[CONF_LOCAL_ONLY])
            return await self._async_create(user_input[CONF_NAME], {}, {CONF_PUSH: push})
        schema = {probatio.Required(CONF_NAME): TextSelector(), **push_schema(CONF_LOCAL_ONLY)}
        return self.async_show_form(
            step_id="push",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema(schema), {CONF_NAME: self._server.name, CONF_LOCAL_ONLY: True}
            ),
            description_placeholders=push_words(self.hass, self._secret),
            last_step=True,
        )

    async def async_step_topic(self, user_input: dict[str, str] | None = None) -> ConfigFlowResult:
        """Ask to which topic to listen, at first or anew."""
        server = self._server
        again = self.source == SOURCE_RECONFIGURE
        errors: dict[str, str] = {}
        values: Mapping[str, Any] = {Field.TOPIC.value: server.addresses[0]}
        if again:
            values = self._get_reconfigure_entry().data
        if user_input is not None:
            values = {name: value.strip() for name, value in user_input.items()}
            topic = {Field.TOPIC.value: values[Field.TOPIC]}
            if not has_mqtt(self.hass):
                errors["base"] = "mqtt_missing"
            elif not is_topic(topic[Field.TOPIC]):
                errors[Field.TOPIC.value] = "topic_invalid"
            elif again:
                return self.async_update_reload_and_abort(
                    self._get_reconfigure_entry(), data_updates=topic
                )
            else:
                return await self._async_create(topic[Field.TOPIC], topic, {})
        return self.async_show_form(
            step_id="topic",
            data_schema=self.add_suggested_values_to_schema(
                server_schema(server, server.fields, ()), values
            ),
            errors=errors,
            last_step=True,
        )

    async def _async_create(
        self, name: str, data: Mapping[str, Any], options: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Create an entry that knows no device yet."""
        connection = self._server.connect({}, async_get_clientsession(self.hass))
        return self.async_create_entry(
            title=name.strip() or self._server.name,
            data={CONF_SERVER: self._server.key, **data},
            options={
                CONF_SCOPES: list(await connection.scopes()),
                CONF_PROFILES: {},
                CONF_DEVICES: {},
                **options,
            },
        )
