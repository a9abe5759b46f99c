"""Who wants to be called when the states of devices change."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from homeassistant.core import CALLBACK_TYPE

from .ledger.state import DeviceState

type StateListener = Callable[[DeviceState], None]


class Listeners:
    """The listeners of an entry: of single devices, and of all of them."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._by_device: dict[str, set[CALLBACK_TYPE]] = {}
        self._of_all: set[StateListener] = set()

    def listen(self, dev_eui: str, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call when the state of a device or the reach of the server changes."""
        listeners = self._by_device.setdefault(dev_eui, set())
        listeners.add(listener)
        return partial(listeners.discard, listener)

    def follow(self, listener: StateListener) -> CALLBACK_TYPE:
        """Call with every state that changes from now on."""
        self._of_all.add(listener)
        return partial(self._of_all.discard, listener)

    async def listen_to_all(
        self, states: Mapping[str, DeviceState], listener: StateListener
    ) -> CALLBACK_TYPE:
        """Call with every state that there is, and with each that changes."""
        leave = self.follow(listener)
        for state in tuple(states.values()):
            listener(state)
            await asyncio.sleep(0)  # others may run between two devices
        return leave

    def tell(self, state: DeviceState) -> None:
        """Tell the state of a device."""
        for listener in tuple(self._of_all):
            listener(state)
        self.update(state.device.dev_eui)

    def update(self, dev_eui: str) -> None:
        """Call those who listen to a device."""
        for update in tuple(self._by_device.get(dev_eui, ())):
            update()

    async def async_update_all(self) -> None:
        """Call those who listen to any one device."""
        for dev_eui in tuple(self._by_device):
            self.update(dev_eui)
            await asyncio.sleep(0)  # others may run between two devices
