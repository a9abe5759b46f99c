"""The spaces of a parking area, as binary sensors tell of them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event

from ..visitors.bays import Bays
from .book import Space
from .layout import Parking

_MINUTE = timedelta(minutes=1)
_STATES = {STATE_ON: True, STATE_OFF: False}


class Spaces:
    """Follows the spaces of one parking area; only sums and the newest states are kept."""

    def __init__(self, hass: HomeAssistant, parking: Parking, bays: Bays) -> None:
        """Continue what was kept; what another space had told is forgotten."""
        self.parking = parking
        self.bays = bays
        self._hass = hass
        registry = er.async_get(hass)
        found = {bay: er.async_resolve_entity_id(registry, bay) for bay in parking.bays}
        self._entities = {entity: bay for bay, entity in found.items() if entity is not None}
        bays.states = {bay: kept for bay, kept in bays.states.items() if bay in parking.bays}
        bays.since = {bay: at for bay, at in bays.since.items() if bay in parking.bays}

    @callback
    def async_start(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Begin with the present states, and follow."""
        for entity_id in self._entities:
            self._tell(self._hass.states.get(entity_id))

        @callback
        def told(event: Event[EventStateChangedData]) -> None:
            self._tell(event.data["new_state"])
            changed()

        return async_track_state_change_event(self._hass, list(self._entities), told)

    def _tell(self, state: State | None) -> None:
        if state is not None and state.state in _STATES:
            space = self._entities[state.entity_id]
            self.bays.tell(space, state.last_changed, occupied=_STATES[state.state])

    def taken(self) -> list[bool]:
        """Tell of each space that tells whether it is taken."""
        states = map(self._hass.states.get, self._entities)
        return [
            _STATES[state.state] for state in states if state is not None and state.state in _STATES
        ]

    def sampled(self, now: datetime) -> dict[str, int]:
        """Give who has come and gone; nothing while a space does not tell."""
        if len(self.taken()) < len(self.parking.bays):
            return {}
        self.bays.count(now)
        bays = self.bays
        counted = (bays.arrived, bays.left, bays.stays, bays.stood // _MINUTE)
        return dict(zip(self.parking.lines, counted, strict=True))

    def kept(self) -> dict[str, Space]:
        """Give the spaces as they were counted last."""
        since = {space: at.timestamp() for space, at in self.bays.since.items()}
        return {
            space: Space(states[0][1], since.get(space))
            for space, states in self.bays.states.items()
        }
