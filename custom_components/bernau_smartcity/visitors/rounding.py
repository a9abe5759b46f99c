"""Whole numbers that add up: the method of the largest remainder."""

from collections.abc import Sequence
from math import lcm


def apportion(whole: int, weights: Sequence[float]) -> list[int]:
    """Divide a whole number by weights, so that the parts add up to it.

    Every part is rounded down; the largest remainders get what is then left,
    of equal ones the first. Weights are not negative, and not all zero.
    """
    ratios = [weight.as_integer_ratio() for weight in weights]
    denominator = lcm(*[below for _, below in ratios])
    exact = [above * (denominator // below) for above, below in ratios]
    return divided(whole, exact)


def divided(whole: int, weights: Sequence[int]) -> list[int]:
    """Divide a whole number by whole weights."""
    if len(weights) == 1:
        return [whole]
    total = sum(weights)
    parts = [whole * weight // total for weight in weights]
    if missing := whole - sum(parts):
        remainders = [-(whole * weight % total) for weight in weights]
        for n in sorted(range(len(parts)), key=remainders.__getitem__)[:missing]:
            parts[n] += 1
    return parts
