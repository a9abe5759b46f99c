"""Imports what reads messages without Home Assistant, which the integration itself needs."""

from pathlib import Path
import sys
from types import ModuleType

_ROOT = Path(__file__).parents[2]
_PACKAGES = (
    "custom_components",
    "custom_components.bernau_smartcity",
    "custom_components.bernau_smartcity.network",
)


def stand_in() -> None:
    """Put empty packages where the integration is, so that only what reads is imported."""
    for name in _PACKAGES:
        package = ModuleType(name)
        package.__path__ = [str(_ROOT.joinpath(*name.split(".")))]
        sys.modules[name] = package
