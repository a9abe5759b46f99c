"""What the flows ask about network servers that send by themselves."""

from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import BooleanSelector
import probatio

from ..const import CONF_LOCAL_ONLY, CONF_PUSH, CONF_SECRET
from ..push import address, new_secret

CONF_RENEW: Final = "renew"


def push_options(secret: str, *, local_only: bool) -> dict[str, Any]:
    """Give the options of an entry that is sent to."""
    return {CONF_SECRET: secret, CONF_LOCAL_ONLY: local_only}


def push_schema(*names: str) -> dict[probatio.Marker, BooleanSelector]:
    """Build a form of switches."""
    return {probatio.Required(name): BooleanSelector() for name in names}


def push_words(hass: HomeAssistant, secret: str) -> dict[str, str]:
    """Give the addresses for the texts of a form, in Markdown so that they are no links."""
    return {
        name: f"`{address(hass, secret, local_only=local)}`"
        for name, local in (("inside", True), ("outside", False))
    }


class PushOptionsFlow(OptionsFlowWithReload):
    """The step in which the address is shown to which a network server can send."""

    _secret = ""

    async def async_step_push(self, user_input: dict[str, bool] | None = None) -> ConfigFlowResult:
        """Switch it on or off, and tell the address; a new one is shown before it holds."""
        entry = self.config_entry
        kept = entry.options.get(CONF_PUSH, {})
        self._secret = self._secret or kept.get(CONF_SECRET) or new_secret()
        values = {
            CONF_PUSH: bool(kept),
            CONF_LOCAL_ONLY: kept.get(CONF_LOCAL_ONLY, True),
            CONF_RENEW: False,
            **(user_input or {}),
        }
        if user_input is not None and not values[CONF_RENEW]:
            others = {key: value for key, value in entry.options.items() if key != CONF_PUSH}
            push = push_options(self._secret, local_only=values[CONF_LOCAL_ONLY])
            return self.async_create_entry(
                data={**others, CONF_PUSH: push} if values[CONF_PUSH] else others
            )
        if values[CONF_RENEW]:
            self._secret = new_secret()
        return self.async_show_form(
            step_id="push",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema(push_schema(CONF_PUSH, CONF_LOCAL_ONLY, CONF_RENEW)),
                {**values, CONF_RENEW: False},
            ),
            description_placeholders=push_words(self.hass, self._secret),
        )
