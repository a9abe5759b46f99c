"""Whole numbers that add up: the method of the largest remainder."""

from collections.abc import Sequence
from fractions import Fraction


def apportion(whole: int, weights: Sequence[float]) -> list[int]:
    """Divide a whole number by weights, so that the parts add up to it.

    Every part is rounded down; the largest remainders get what is then left,
    of equal ones the first. Weights are not negative, and not all zero.
    """
    exact = [Fraction(weight) for weight in weights]
    total = sum(exact)
    shares = [whole * weight / total for weight in exact]
    parts = [share.numerator // share.denominator for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda n: parts[n] - shares[n])
    for n in by_remainder[: whole - sum(parts)]:
        parts[n] += 1
    return parts
