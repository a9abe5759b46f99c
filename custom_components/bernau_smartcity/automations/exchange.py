"""Trigger on the exchange of a meter."""

from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.trigger import (
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.util import dt as dt_util

from ..coordinator import SmartCityCoordinator
from ..ledger.state import DeviceState
from ..metering.register import Kind as DecisionKind
from .following import async_follow_all
from .targeted import TargetTrigger
from .targets import Place, Target, about

SAME_EXCHANGE: Final = timedelta(days=7)
"""A late reading may move the time at which a meter was seen to be another."""


class ExchangeTrigger(TargetTrigger):
    """A meter was exchanged: somebody noted it, or its number has changed."""

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Begin without knowing anything."""
        super().__init__(hass, config)
        self._target = Target(hass, config.target or {})
        self._known: dict[Place, list[datetime]] = {}

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Remember the exchanges that are known, and follow what is told."""

        @callback
        def see(coordinator: SmartCityCoordinator, state: DeviceState) -> None:
            dev_eui = state.device.dev_eui
            place = coordinator.config_entry.entry_id, dev_eui
            found = exchanges(coordinator, state)
            before = self._known.get(place)
            self._known[place] = found
            if before is None or place not in self._target.chosen.places:
                return
            for at in found:
                if not any(abs(at - known) < SAME_EXCHANGE for known in before):
                    words = {
                        **about(self._hass, coordinator, state),
                        "exchanged_at": dt_util.as_local(at).isoformat(),
                    }
                    run_action(words, f"exchange of {words['device']}")

        # An exchange that is noted loads the entry anew.
        leave = async_follow_all(self._hass, see, see)
        unfollow = self._target.async_follow()

        @callback
        def detach() -> None:
            leave()
            unfollow()

        return detach


def exchanges(coordinator: SmartCityCoordinator, state: DeviceState) -> list[datetime]:
    """Give when the meter at a place was exchanged, as far as that is told."""
    noted = {each.at for each in coordinator.ledger.places.exchanges_at(state.device.dev_eui)}
    seen = {told.at for _, told in state.decisions if told.kind is DecisionKind.EXCHANGE}
    return sorted(noted | seen)
