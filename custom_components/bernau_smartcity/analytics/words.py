"""Single words in the language of the system, for where Home Assistant translates nothing."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN


async def async_words(hass: HomeAssistant, selector: str) -> dict[str, str]:
    """Give the words of a list of choices, by their keys."""
    texts = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    start = f"component.{DOMAIN}.selector.{selector}.options."
    return {key.removeprefix(start): text for key, text in texts.items() if key.startswith(start)}
