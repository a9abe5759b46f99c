"""The counters that there are, and the lines of which they tell.

A line is one direction of a counter. Its name says where its counts come
from: `<entry>/<place>/<quantity>/<channel>` for a total of a network server,
`sensor/<identity>` for a sensor of another integration,
`parking/<identity>/in` for the spaces of a parking area (`out`, `stays`, `minutes` as well).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant, callback

from ..coordinator import SmartCityCoordinator
from ..entries import loaded_servers
from ..ledger.state import QUANTITIES, DeviceState, Key
from ..model import Quantity
from ..visitors.flows import Counting

SENSOR: Final = "sensor"
PARKING: Final = "parking"


class Family(NamedTuple):
    """Totals of a device that count at one line."""

    counting: Counting
    forward: Quantity
    backward: Quantity | None = None


FAMILIES: Final[Mapping[str, Family]] = {
    "people": Family(Counting.BOTH, Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT),
    "people_in": Family(Counting.FORWARD, Quantity.PEOPLE_IN),
    "vehicles": Family(Counting.BOTH, Quantity.VEHICLES_IN, Quantity.VEHICLES_OUT),
    "passages": Family(Counting.EITHER, Quantity.PASSAGES),
    "vehicles_either": Family(Counting.EITHER, Quantity.VEHICLES),
    "people_flow": Family(Counting.BOTH, Quantity.PEOPLE_FLOW, Quantity.PEOPLE_FLOW),
}
"""Which totals belong together. Of a flow the channel names its edges, and turned round its return.
"""


class Lines(NamedTuple):
    """What counts at a gate."""

    counting: Counting
    forward: str
    backward: str = ""

    @property
    def names(self) -> list[str]:
        """Give the lines that there are."""
        return [name for name in (self.forward, self.backward) if name]

    @property
    def swapped(self) -> Lines:
        """Turn the counter round; one that counts one direction is turned by its gate."""
        if self.counting is not Counting.BOTH:
            return self
        return Lines(self.counting, self.backward, self.forward)


class Counter(NamedTuple):
    """A counter that can be chosen."""

    reference: str
    name: str
    family: str
    channel: int


class Line(NamedTuple):
    """A total of a network server."""

    entry_id: str
    place: str
    key: Key


def line_of(name: str) -> Line | None:
    """Give the total that a line follows, None where it follows none."""
    parts = name.split("/")
    if parts[0] in {SENSOR, PARKING}:
        return None
    entry_id, place, quantity, channel = parts
    return Line(entry_id, place, (QUANTITIES[quantity], int(channel)))


def lines_of(reference: str) -> Lines:
    """Give the lines of a counter."""
    entry_id, place, family, channel = reference.split("/")
    counting, forward, backward = FAMILIES[family]
    device = f"{entry_id}/{place}"
    back = ""
    if backward is not None:
        turned = _turned(int(channel)) if backward is forward else channel
        back = f"{device}/{backward}/{turned}"
    return Lines(counting, f"{device}/{forward}/{channel}", back)


def lines_of_sensors(forward: str, backward: str | None) -> Lines:
    """Give the lines of sensors of other integrations."""
    if backward is None:
        return Lines(Counting.FORWARD, f"{SENSOR}/{forward}")
    return Lines(Counting.BOTH, f"{SENSOR}/{forward}", f"{SENSOR}/{backward}")


@callback
def counters(hass: HomeAssistant) -> list[Counter]:
    """Give the counters of all network servers that are loaded, in order of their names."""
    found = [
        counter
        for entry in loaded_servers(hass)
        for place, state in entry.runtime_data.states.items()
        for counter in _counters_of(entry.runtime_data, place, state)
    ]
    return sorted(found, key=lambda counter: (counter.name.casefold(), counter.reference))


def _counters_of(
    coordinator: SmartCityCoordinator, place: str, state: DeviceState
) -> Iterator[Counter]:
    name = state.device.name or place
    if state.building:
        name = f"{state.building} · {name}"
    for family, channel in families(state.totals):
        reference = f"{coordinator.config_entry.entry_id}/{place}/{family}/{channel}"
        yield Counter(reference, name, family, channel)


def families(totals: Iterable[Key]) -> Iterator[tuple[str, int]]:
    """Give what counts at a line; one direction alone only where there is no other."""
    known = set(totals)
    for family, (counting, forward, backward) in FAMILIES.items():
        for quantity, channel in sorted(known):
            if quantity is not forward:
                continue
            if backward is forward:  # of the two that belong together, the lower channel
                fits = channel < _turned(channel) and (forward, _turned(channel)) in known
            elif counting is Counting.FORWARD:
                fits = (Quantity.PEOPLE_OUT, channel) not in known
            else:
                fits = backward is None or (backward, channel) in known
            if fits:
                yield family, channel


def _turned(channel: int) -> int:
    """Give the channel of a flow in the opposite direction; see `Quantity.PEOPLE_FLOW`."""
    return int(str(channel)[::-1])
