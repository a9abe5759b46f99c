"""What is asked of the measurements."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How much is to be measured."""

    devices: tuple[int, ...] = (100, 1000, 5000)
    runs: int = 3
    """Windows, each from one poll to the next."""
    interval: float = 60.0
    """Seconds between two uplinks of a device."""
    writes: int = 3
    """States that the floor writes for an uplink, as this integration does for a SenseCAP S2101."""
    meters: bool = False
    """The town's meters and counters, instead of devices that Home Assistant can read itself."""
