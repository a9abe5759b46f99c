"""What can be measured side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Subject:
    """What is measured."""

    name: str
    town: str = ""
    """Module that runs the network server, if one is needed."""


BERNAU: Final = Subject("bernau", "benchmarks._sensecap")
OWN: Final = Subject("own", "benchmarks._sensecap")
METERS: Final = Subject("meters", "benchmarks._further")
FLOOR: Final = Subject("floor")
SUBJECTS: Final[Mapping[str, Subject]] = {each.name: each for each in (BERNAU, OWN, METERS)}
"""What reads a network server."""
