"""What triggers follow: all that is kept of devices, and all that is told of them.

That is the same after a restart, and it tells in which period anything was
counted; entities tell neither.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import TriggerActionRunner

from ..coordinator import SIGNAL_LOADED, SmartCityCoordinator
from ..ledger.state import DeviceState
from ..metering.limits import Span
from .amounts import Passing, amounts, in_words
from .targets import Of, Target, coordinators
from .thresholds import UnusableError

type Edge = tuple[Span, float | None, str | None]
"""What may be counted in a period, in the unit of the total, and the unit in which to tell it."""
type Seen = Callable[[SmartCityCoordinator, DeviceState], None]


@callback
def async_follow_all(hass: HomeAssistant, kept: Seen, told: Seen) -> CALLBACK_TYPE:
    """Call for all that is kept whenever an entry is loaded, and for all that changes."""
    leaves: dict[str, CALLBACK_TYPE] = {}

    @callback
    def follow(coordinator: SmartCityCoordinator) -> None:
        entry_id = coordinator.config_entry.entry_id
        if entry_id in leaves:
            leaves[entry_id]()
        for state in coordinator.states.values():
            kept(coordinator, state)
        leaves[entry_id] = coordinator.listeners.follow(partial(told, coordinator))

    for coordinator in coordinators(hass).values():
        follow(coordinator)
    unsubscribe = async_dispatcher_connect(hass, SIGNAL_LOADED, follow)

    @callback
    def leave() -> None:
        unsubscribe()
        for each in leaves.values():
            each()

    return leave


@dataclass(slots=True)
class Follow:
    """Runs an action for each total that passes its edge, once in each period."""

    hass: HomeAssistant
    spans: Collection[Span]
    meant: Callable[[SmartCityCoordinator, DeviceState], Iterator[Of]]
    edges: Callable[[Of], Iterable[Edge]]
    """May raise UnusableError."""
    run_action: TriggerActionRunner
    failed: Callable[[UnusableError], None]
    passing: Passing = field(default_factory=Passing)

    @callback
    def async_begin(self, target: Target) -> CALLBACK_TYPE:
        """Remember what is kept, and follow what is told."""
        leave = async_follow_all(self.hass, self.kept, self.told)
        unfollow = target.async_follow()

        @callback
        def detach() -> None:
            leave()
            unfollow()

        return detach

    @callback
    def kept(self, coordinator: SmartCityCoordinator, state: DeviceState) -> None:
        """Remember what a device has counted."""
        for key in state.totals:
            self._look(Of(coordinator, state, key), [(span, None, None) for span in self.spans])

    @callback
    def told(self, coordinator: SmartCityCoordinator, state: DeviceState) -> None:
        """Look which totals of a device pass their edge, and remember the others."""
        meant = {of.key for of in self.meant(coordinator, state)}
        for key in state.totals:
            of = Of(coordinator, state, key)
            try:
                edges = self.edges(of) if key in meant else ()
                self._look(of, [*edges] or [(span, None, None) for span in self.spans])
            except UnusableError as error:  # nothing is remembered, so that nothing is missed
                self.failed(error)

    def _look(self, of: Of, edges: Iterable[Edge]) -> None:
        for span, edge, unit in edges:
            for amount in amounts(of.state, of.key, span):
                if self.passing.has_passed(of, amount, edge) and edge is not None:
                    words = in_words(self.hass, of, amount, edge, unit)
                    self.run_action(words, f"consumption of {words['device']}")
