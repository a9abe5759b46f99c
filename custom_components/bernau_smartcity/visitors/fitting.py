"""Journeys known from elsewhere (a survey), fitted to what was counted."""

from collections.abc import Sequence

from .linear import Matrix
from .reasons import Reason


def fitted(
    prior: Matrix,
    entries: Sequence[float],
    exits: Sequence[float],
    *,
    tolerance: float = 1e-6,
    most: int = 100,
) -> list[list[float]] | Reason:
    """Scale rows and columns in turn until they sum up to entries and exits.

    Iterative proportional fitting: the result deviates least from the known
    journeys. Where all of these are equal, it is entries times exits by their
    total. What is zero in them stays zero, so there may be no result.
    """
    table = [list(map(float, row)) for row in prior]
    for _ in range(most):
        table = _scaled(table, entries)
        columns = _scaled([list(column) for column in zip(*table, strict=True)], exits)
        table = [list(row) for row in zip(*columns, strict=True)]
        sums = zip(map(sum, table), entries, strict=True)
        if max((abs(found - wanted) for found, wanted in sums), default=0) < tolerance:
            return table
    return Reason.NO_FIT


def _scaled(rows: Matrix, wanted: Sequence[float]) -> list[list[float]]:
    sums = [sum(row) for row in rows]
    return [
        [each * want / found if found else 0.0 for each in row]
        for row, found, want in zip(rows, sums, wanted, strict=True)
    ]
