"""Imports the decoders without Home Assistant, which the integration itself needs."""

from pathlib import Path
import sys
from types import ModuleType

_ROOT = Path(__file__).parents[2]


def stand_in() -> None:
    """Put empty packages where the integration is, so that only its decoders are imported."""
    for name in ("custom_components", "custom_components.bernau_smartcity"):
        package = ModuleType(name)
        package.__path__ = [str(_ROOT.joinpath(*name.split(".")))]
        sys.modules[name] = package
