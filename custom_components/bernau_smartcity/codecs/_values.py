"""Fields of a fixed size, each with a number that tells which one it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..model import Quantity, Reading


@dataclass(frozen=True, slots=True)
class Value:
    """A field: its bytes, and what they say, if anything."""

    size: int
    quantity: Quantity | None = None
    channel: int = 0
    divisor: float = 1
    signed: bool = False

    def read(self, data: bytes, order: Literal["big", "little"] = "big") -> Iterator[Reading]:
        """Read the field."""
        if self.quantity is not None:
            number = int.from_bytes(data, order, signed=self.signed)
            yield Reading(self.quantity, number / self.divisor, self.channel)
