"""What the network server knows of the town: applications, device profiles, devices."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .loads import Load
from .noise import mix, text_salt


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A group of devices on the network server."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A maker in the server's device catalogue."""

    id: str
    name: str
    number: int
    """Assigned by the LoRa Alliance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A device model in the server's device catalogue."""

    id: str
    name: str
    vendor: Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A device profile; with a catalogue model, or made by hand."""

    id: str
    name: str
    model: Model | None = None
    decodes: bool = False
    """A codec on the server adds a decoded object to each uplink."""
    class_c: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A device that is heard only at the beginning of each cycle."""

    cycle: float
    heard: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A LoRaWAN end device with the load that its registers count."""

    dev_eui: str
    name: str
    building: str
    application: Application
    profile: Profile
    codec: str
    """Key of the device model."""
    interval: float
    """Seconds between two uplinks."""
    loads: tuple[Load, ...]
    """One per register, in the order in which the model's frame lists them."""
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    silence: Silence | None = None
    salt: int = 0

    @property
    def serial(self) -> int:
        """Number on the meter's plate."""
        return serial(self.salt)


def serial(salt: int) -> int:
    """Give the eight-digit number on the plate of a device."""
    return 10_000_000 + mix(salt, 77) % 89_999_999


def device_salt(seed: int, dev_eui: str) -> int:
    """Give what makes the randomness of one device its own."""
    return mix(seed, text_salt(dev_eui))
