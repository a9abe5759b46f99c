"""What motion sensors tell that keep saying yes for a while after somebody moved."""

from collections.abc import Iterator

from ..model import Quantity, Reading


def presence(*, is_there: bool) -> Iterator[Reading]:
    """Give what was seen, and what follows from it: somebody is there."""
    yield Reading(Quantity.MOTION, is_there)
    yield Reading(Quantity.OCCUPIED, is_there)
