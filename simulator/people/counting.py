"""What counters make of those who cross their gates."""

from array import array
from collections.abc import Sequence
import math
from random import Random
from typing import NamedTuple

from .ways import Eye

type Times = array[float]
"""When somebody crosses a line, in order."""
type Pair[What] = tuple[What, What]
"""Towards the target of a gate, and towards its origin."""

_AT_ONCE = 0.5
"""Seconds; who follows another so soon walks beside him."""
_HIDDEN = 0.05
"""How much less likely somebody is missed who walks alone."""
_AGAIN = 0.3
"""Seconds after which somebody is counted a second time."""


class Slips(NamedTuple):
    """How many of those who cross a line in one direction are counted wrongly."""

    missed: int
    doubled: int
    turned: int


def slips(eye: Eye, crossed: int, random: Random) -> Slips:
    """Draw how often a counter errs."""
    missed = _number(crossed, eye.missed, random)
    turned = _number(crossed - missed, eye.turned, random)
    return Slips(missed, _number(crossed - missed - turned, eye.doubled, random), turned)


def counted(crossed: Pair[int], erring: Pair[Slips], eye: Eye) -> Pair[int]:
    """Give what a counter counts in and out."""
    forward, backward = (
        number - own.missed - own.turned + own.doubled + other.turned
        for number, own, other in zip(crossed, erring, reversed(erring), strict=True)
    )
    return (backward, forward) if eye.swapped else (forward, backward)


def seen(crossed: Pair[Sequence[float]], erring: Pair[Slips], eye: Eye, salt: int) -> Pair[Times]:
    """Give when a counter counts in and out."""
    found: Pair[list[float]] = ([], [])
    for direction, (times, slip) in enumerate(zip(crossed, erring, strict=True)):
        random = Random(2 * salt + direction)  # noqa: S311  # no secret
        right = _noticed(times, slip.missed, random)
        random.shuffle(right)
        right, turned = right[slip.turned :], right[: slip.turned]
        found[direction].extend(right)
        found[direction].extend(at + _AGAIN for at in right[: slip.doubled])
        found[1 - direction].extend(turned)
    forward, backward = (array("d", sorted(times)) for times in found)
    return (backward, forward) if eye.swapped else (forward, backward)


def _noticed(times: Sequence[float], missed: int, random: Random) -> list[float]:
    """Leave out those who are missed."""
    ordered = sorted(times)
    if not missed:
        return ordered
    before = [-math.inf, *ordered]
    chance = [
        random.random() * (_HIDDEN if at - last < _AT_ONCE else 1.0)
        for last, at in zip(before, ordered, strict=False)
    ]
    hidden = set(sorted(range(len(ordered)), key=chance.__getitem__)[:missed])
    return [at for n, at in enumerate(ordered) if n not in hidden]


def _number(crossed: int, share: float, random: Random) -> int:
    """Draw how many of them, nearly as a coin thrown for each would."""
    mean = crossed * share
    drawn = mean + math.sqrt(mean * (1 - share)) * random.normalvariate(0, 1)
    return min(crossed, max(0, round(drawn)))
