"""What is asked of the measurements."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How much is to be measured."""

    devices: tuple[int, ...] = (100, 1000, 5000)
    runs: int = 3
    """Windows, each as long as five polls and with one compilation of statistics."""
    interval: float = 60.0
    """Seconds between two uplinks of a device."""
    writes: int = 3
    """States that the floor writes for an uplink, as this integration does for a SenseCAP S2101."""
    subjects: tuple[str, ...] = ("bernau", "own")
    """What is measured beside the floor, which is as large as the first of them."""
