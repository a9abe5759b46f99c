"""The codecs: every module beside this one that does not begin with an underscore.

A module gives `CODECS`, a tuple of `Codec`; nothing else is needed to add one.
Which codec a device uses is configuration, never a guess from its payload.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from ..model import Codec, Device
from ._checks import checked as checked

NO_CODEC: Final = "none"
"""What a person chooses for devices that shall not be decoded."""

MODEL_TAG: Final = "model"
"""Tag of a device on the network server that names its model."""


class Source(Enum):
    """What assigned a codec to a device."""

    DEVICE = auto()
    """The user's choice for this device."""
    PROFILE = auto()
    """The user's choice for the device profile."""
    CATALOGUE = auto()
    """The model in the server's device catalogue."""
    TAG = auto()
    """The device tag `model`."""
    PROFILE_NAME = auto()
    """The name of the device profile."""
    NOTHING = auto()
    """Nothing is known: the device needs a decoder."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The codec of a device, and why it is this one."""

    codec: Codec | None
    source: Source

    @property
    def is_chosen(self) -> bool:
        """Whether a person decided."""
        return self.source in {Source.DEVICE, Source.PROFILE}

    @property
    def is_detected(self) -> bool:
        """Whether the network server named the model."""
        return self.codec is not None and not self.is_chosen


@dataclass(frozen=True, slots=True)
class Registry:
    """Codecs by all that identifies them."""

    by_key: Mapping[str, Codec]
    by_name: Mapping[str, Codec]
    by_catalogue: Mapping[str, Codec]

    def find(
        self, device: Device, by_device: Mapping[str, str], by_profile: Mapping[str, str]
    ) -> Assignment:
        """Give the codec of a device and its source.

        `by_device` and `by_profile` hold the user's choices, codec keys by
        DevEUI and by device profile. A choice is final: `NO_CODEC`, or a key
        that no longer exists, means no codec.
        """
        if device.dev_eui in by_device:
            return Assignment(self.by_key.get(by_device[device.dev_eui]), Source.DEVICE)
        if device.profile in by_profile:
            return Assignment(self.by_key.get(by_profile[device.profile]), Source.PROFILE)
        for codec, source in (
            (self.by_catalogue.get(device.catalogue), Source.CATALOGUE),
            (self.by_name.get(_plain(device.catalogue)), Source.CATALOGUE),
            (self.by_name.get(_plain(device.tags.get(MODEL_TAG, ""))), Source.TAG),
            (self.by_name.get(_plain(device.profile_name)), Source.PROFILE_NAME),
        ):
            if codec is not None:
                return Assignment(codec, source)
        return Assignment(None, Source.NOTHING)


def register(codecs: Iterable[Codec]) -> Registry:
    """Index codecs; two that claim the same identity are a mistake."""
    by_key: dict[str, Codec] = {}
    by_name: dict[str, Codec] = {}
    by_catalogue: dict[str, Codec] = {}
    for codec in codecs:
        names = {codec.key, codec.model, f"{codec.manufacturer} {codec.model}", *codec.names}
        for index, identities in (
            (by_key, {codec.key}),
            (by_name, {_plain(name) for name in names}),
            (by_catalogue, set(codec.catalogue)),
        ):
            for identity in identities:
                if index.setdefault(identity, codec) is not codec:
                    msg = f"{codec.key} and {index[identity].key} both claim {identity!r}"
                    raise ValueError(msg)
    return Registry(by_key, by_name, by_catalogue)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _all() -> Iterable[Codec]:
    for module in iter_modules(__path__):
        if not module.name.startswith("_"):
            yield from import_module(f".{module.name}", __name__).CODECS


REGISTRY: Final = register(_all())

CODECS: Final[Mapping[str, Codec]] = REGISTRY.by_key
"""All codecs by their key."""


def find(device: Device, by_device: Mapping[str, str], by_profile: Mapping[str, str]) -> Assignment:
    """Give the codec of a device and what assigned it; see `Registry.find`."""
    return REGISTRY.find(device, by_device, by_profile)


def assign(
    device: Device, by_device: Mapping[str, str], by_profile: Mapping[str, str]
) -> Codec | None:
    """Give the codec of a device, None if it needs one; see `Registry.find`."""
    return find(device, by_device, by_profile).codec
