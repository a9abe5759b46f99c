"""What is planned for a place in the town, before it becomes a device."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .inventory import Profile
from .loads import Load
from .noise import text_salt, unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What makes one meter or counter different from the next."""

    place: str
    name: str
    medium: str
    codec: str
    profile: Profile
    interval: float
    loads: tuple[Load, ...]
    tags: Mapping[str, str] = field(default_factory=dict)


def start(place: str, name: str, top: float) -> float:
    """Give what a register showed in the beginning."""
    return round(top * (0.1 + 0.9 * unit(text_salt(place), text_salt(name))), 3)
