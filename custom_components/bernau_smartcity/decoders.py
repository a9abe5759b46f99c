"""All decoders: the codecs, and the mapping of what network servers decode themselves."""

from dataclasses import replace
from typing import Final

from .codecs import CODECS, NO_CODEC, checked, register
from .ledger.state import DeviceState
from .mapping import DECODED as _DECODED
from .model import Quantity

__all__ = ["CODECS", "DECODED", "DECODERS", "NO_CODEC", "find", "tells"]

DECODED: Final = replace(_DECODED, decode=lambda uplink: checked(uplink, _DECODED.decode(uplink)))
"""Reads what the network server's own codec gave, as far as that can be."""

REGISTRY: Final = register([*CODECS.values(), DECODED])

DECODERS: Final = REGISTRY.by_key
"""All decoders by their key."""

find: Final = REGISTRY.find


def tells(state: DeviceState, quantity: Quantity) -> bool:
    """Tell whether a quantity is in the payload of a device; decoded objects show it only then."""
    codec = DECODERS[state.codec]
    told = {each for each, _ in state.latest} if codec is DECODED else codec.quantities
    return quantity in told
