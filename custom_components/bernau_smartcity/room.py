"""Room for entities: Home Assistant allows an entry only so many that are enabled."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY

from .const import DOMAIN

if TYPE_CHECKING:
    from .entity import DeviceEntity

MOST: Final = MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY
SCARCE: Final = 7 * MOST // 10
"""From so many on, what follows from values begins disabled, so that there is room for values."""


class Room:
    """Which entities an entry shows, and which wait until there is room for them.

    Home Assistant drops for good what is beyond its limit, and asks the user to report
    a bug. What it has registered once, it always shows again.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Begin with none."""
        self._hass = hass
        self._entry_id = entry_id
        self.shown: dict[str, set[str]] = {}
        """By place, the suffixes of the entities that show it."""
        self.waiting: dict[str, set[str]] = {}
        """By place, the suffixes of those for which there is no room."""

    @callback
    def admit(
        self, platform: Platform, place: str, wanted: Iterable[tuple[str, DeviceEntity]]
    ) -> list[DeviceEntity]:
        """Give the entities of a place that find room; each comes with its suffix."""
        registry = er.async_get(self._hass)
        enabled = registry.entities.get_enabled_count_for_config_entry_id(self._entry_id)
        waiting = self.waiting.pop(place, set())
        admitted = {}
        for suffix, entity in wanted:
            known = registry.async_get_entity_id(platform, DOMAIN, entity.unique_id or "")
            if not known and entity.spare and enabled >= SCARCE:
                entity.begin_disabled()
            counts = not known and entity.entity_registry_enabled_default
            if counts and enabled >= MOST:
                waiting.add(suffix)
                continue
            enabled += counts
            admitted[suffix] = entity
        self.shown.setdefault(place, set()).update(admitted)
        if waiting := waiting - admitted.keys():
            self.waiting[place] = waiting
        return list(admitted.values())

    @callback
    def leave(self, place: str, suffix: str) -> None:
        """Forget an entity that was removed; those of limits can be spared, so none waits."""
        self.shown.get(place, set()).discard(suffix)

    @callback
    def forget(self, place: str) -> None:
        """Forget all entities of a place."""
        for those in (self.shown, self.waiting):
            those.pop(place, None)
