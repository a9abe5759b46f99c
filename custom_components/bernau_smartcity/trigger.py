"""Triggers for people who look after buildings: consumption, limits, leaks, silence, visitors.

They fire on what is newly known, never on what was only restored: after a
restart, a reload or a time without connection the state before is remembered.
"""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Final, override

from homeassistant.const import CONF_OPTIONS, STATE_OFF, STATE_ON
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback
from homeassistant.helpers.selector import NumericThresholdMode
from homeassistant.helpers.target import (
    TargetStateChangedData,
    async_track_target_selector_state_change_event,
)
from homeassistant.helpers.trigger import (
    NotTriggeredInfo,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.util import dt as dt_util
import probatio

from .automations.amounts import CONF_THRESHOLD
from .automations.counting import ConsumptionTrigger, LimitTrigger, VisitorsTrigger
from .automations.exchange import ExchangeTrigger
from .automations.flags import (
    LEAK,
    SILENT,
    about_entity,
    flags,
    was_measured_after,
)
from .automations.people import is_within, people_entities
from .automations.targeted import TargetTrigger
from .automations.thresholds import UnusableError, selector


class StateTrigger(TargetTrigger):
    """An entity has come into a state; what it was before is remembered."""

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Begin without knowing anything."""
        super().__init__(hass, config)
        self._selection = config.target or {}
        self.options: Mapping[str, Any] = config.options or {}
        self._was: dict[str, bool] = {}

    @abstractmethod
    def entities(self, entity_ids: set[str]) -> set[str]:
        """Give those that can be in the state."""

    @abstractmethod
    def holds(self, state: State) -> bool | None:
        """Tell whether the state holds, None if that is not known; raises UnusableError."""

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Remember what is, and follow what comes."""
        since = dt_util.utcnow()

        def look(entity_id: str, state: State | None, *, is_first: bool = False) -> bool:
            """Tell whether the state has just begun to hold."""
            try:
                now = None if state is None else self.holds(state)
            except UnusableError as error:
                if did_not_trigger is not None:
                    did_not_trigger(NotTriggeredInfo(error.reason, {"entity_id": entity_id}))
                return False
            if now is None:
                return False
            before = self._was.get(entity_id)
            self._was[entity_id] = now
            return now and (before is False or (before is None and is_first))

        @callback
        def updated(added: set[str], removed: set[str], states: Mapping[str, State | None]) -> None:
            for entity_id in removed:
                self._was.pop(entity_id, None)
            for entity_id in added:
                look(entity_id, states[entity_id])

        @callback
        def changed(data: TargetStateChangedData) -> None:
            event = data.state_change_event
            entity_id, state = event.data["entity_id"], event.data["new_state"]
            is_new = event.data["old_state"] is None
            # Some devices tell of an alarm only when there is one.
            is_first = is_new and was_measured_after(self._hass, entity_id, since)
            if look(entity_id, state, is_first=is_first) and state is not None:
                words = {
                    "entity_id": entity_id,
                    "from_state": event.data["old_state"],
                    "to_state": state,
                    **about_entity(self._hass, state),
                }
                run_action(words, f"state of {entity_id}", event.context)

        return await async_track_target_selector_state_change_event(
            self._hass,
            self._selection,
            changed,
            self.entities,
            updated,
            primary_entities_only=False,
        )


class FlagTrigger(StateTrigger):
    """A problem has come up at a meter."""

    names: ClassVar[Collection[str]]

    @override
    def entities(self, entity_ids: set[str]) -> set[str]:
        """Give the binary sensors of the problem."""
        return flags(self._hass, entity_ids, self.names)

    @override
    def holds(self, state: State) -> bool | None:
        """Tell whether there is the problem."""
        return {STATE_ON: True, STATE_OFF: False}.get(state.state)


class LeakTrigger(FlagTrigger):
    """A leak is suspected."""

    names = LEAK


class SilentTrigger(FlagTrigger):
    """A device was not heard for longer than it usually pauses."""

    names = SILENT


class PeopleTrigger(StateTrigger):
    """More or fewer people are there than a threshold says."""

    schema = TargetTrigger.schema.extend(
        {
            probatio.Required(CONF_OPTIONS): {
                probatio.Required(CONF_THRESHOLD): selector(NumericThresholdMode.CROSSED)
            }
        }
    )

    @override
    def entities(self, entity_ids: set[str]) -> set[str]:
        """Give the sensors that tell how many people are there."""
        return people_entities(self._hass, entity_ids)

    @override
    def holds(self, state: State) -> bool | None:
        """Tell whether as many are there."""
        return is_within(self._hass, state, self.options[CONF_THRESHOLD])


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "consumption_above": ConsumptionTrigger,
    "device_silent": SilentTrigger,
    "leak_suspected": LeakTrigger,
    "limit_exceeded": LimitTrigger,
    "meter_exchanged": ExchangeTrigger,
    "people_present": PeopleTrigger,
    "visitors_above": VisitorsTrigger,
}


async def async_get_triggers(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant calls it with this
) -> dict[str, type[Trigger]]:
    """Give the triggers of this integration."""
    return TRIGGERS
