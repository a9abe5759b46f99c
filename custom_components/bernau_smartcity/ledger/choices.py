"""What people have decided about devices, and what follows for each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ..metering.plausibility import Limits, limits_of
from ..metering.pulses import QUANTITY_OF_MEDIUM, positive
from ..model import Codec, Device, Medium, Quantity, Setting
from .gas_energy import Midnight, midnight_utc
from .keys import Keys, fingerprint, without_keys
from .places import Places
from .settings import medium_of, merged, of_input
from .state import DeviceState, Key
from .watcher import Watching

OWN_LIMITS: Final = (Setting.LIMIT, Setting.MODULUS)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user has decided about devices."""

    codec: Callable[[Device], Codec | None]
    settings: Callable[[Device], Mapping[str, str]]
    """Wins over the server's tags."""
    places: Places = field(default_factory=Places)
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Settings of all devices; the server's tags win."""
    midnight: Midnight = midnight_utc
    """When a day begins here."""
    keys: Keys = field(default_factory=Keys)
    """Of encrypted meters."""
    meters: Mapping[str, bool] = field(default_factory=dict)
    """Whether a meter behind a bridge is read, by its identity."""
    watching: Watching = field(default_factory=Watching)

    def known(self, state: DeviceState) -> dict[str, str]:
        """Give what is known of a device but for keys: those never come from the server."""
        return merged(self.defaults, without_keys(state.tags), self.settings(state.device))

    def for_codec(self, state: DeviceState, codec: Codec | None) -> dict[str, str]:
        """Give what the codec of a device may know."""
        bridge = codec is not None and codec.bridge
        found = state.found if bridge else None
        return self.known(state) | self.keys.settings(state.device.dev_eui, found)

    def mark(self, owner: str, state: DeviceState, codec: Codec) -> str:
        """Give a mark of all with which the messages of a device or a meter are decoded."""
        return fingerprint(codec.key, self.known(state), self.keys.owners.get(owner, ""))

    def medium(self, state: DeviceState, codec: Codec | None, channel: int) -> Medium:
        """Give the medium of an input, unknown without a codec."""
        if state.medium is not None:
            return state.medium
        if codec is None:
            return Medium.UNKNOWN
        if Setting.MEDIUM not in codec.settings:
            return codec.medium
        return medium_of(self.known(state), channel, codec.medium)

    def weight(self, state: DeviceState, codec: Codec | None, channel: int) -> float | None:
        """Give what a pulse of an input stands for, None where nobody said it."""
        if codec is None or Setting.PULSE_WEIGHT not in codec.settings:
            return None
        return positive(of_input(self.known(state), Setting.PULSE_WEIGHT, channel))

    def limits(self, state: DeviceState, codec: Codec | None, key: Key) -> Limits:
        """Give what is believed of a register or a total of a device.

        A person sets it in the unit of the device's medium. Pulses stand for
        that by their weight; what counts in another unit is judged as ever.
        """
        quantity, channel = key
        if codec is None:
            return limits_of(quantity, Medium.UNKNOWN)
        medium = self.medium(state, codec, channel)
        found = replace(limits_of(quantity, medium), modulus=codec.modulus.get(quantity))
        main = QUANTITY_OF_MEDIUM.get(medium)
        weight = 1.0
        if quantity is Quantity.PULSES and main is not None:
            weight = self.weight(state, codec, channel) or weight
        elif quantity.unit != (main.unit if main else ""):
            return found
        known = self.known(state)
        numbers = (positive(known.get(name)) for name in OWN_LIMITS)
        per_hour, modulus = (number and number / weight for number in numbers)
        return found.adjusted((per_hour, modulus))
