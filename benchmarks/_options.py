"""What is asked of the measurements."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How much is to be measured."""

    devices: tuple[int, ...] = (100, 1000)
    runs: int = 3
    interval: float = 60.0
    """Seconds between two uplinks of a device."""
    subjects: frozenset[str] = frozenset()
    """Those to be measured, where not all are."""
