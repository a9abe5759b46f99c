"""Journeys known from elsewhere (a survey), fitted to what was counted."""

from collections.abc import Mapping, Sequence

from .flows import Edge
from .journeys import Journeys
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


def surveyed(
    found: Journeys, rows: Mapping[str, Mapping[str, float]]
) -> dict[Edge, float] | Reason:
    """Give the journeys that agree with what was counted, and deviate least from a survey.

    Of those who came in where nobody was asked, as many leave by each zone as
    of all; of a zone that the survey does not know, too.
    """
    zones = list(found.entries)
    prior = [_row(rows.get(zone, {}), found.exits) for zone in zones]
    table = fitted(prior, [*found.entries.values()], [*found.exits.values()])
    if isinstance(table, Reason):
        return table
    return {
        (origin, target): people
        for origin, row in zip(zones, table, strict=True)
        for target, people in zip(zones, row, strict=True)
    }


def _row(told: Mapping[str, float], exits: Mapping[str, float]) -> list[float]:
    known = {zone: people for zone, people in told.items() if zone in exits}
    there = sum(exits[zone] for zone in known)
    scale = sum(known.values()) / there if there else 1.0
    if not any(known.values()):
        known, scale = {}, 1.0
    return [known.get(zone, scale * left) for zone, left in exits.items()]


def _scaled(rows: Matrix, wanted: Sequence[float]) -> list[list[float]]:
    sums = [sum(row) for row in rows]
    return [
        [each * want / found if found else 0.0 for each in row]
        for row, found, want in zip(rows, sums, wanted, strict=True)
    ]
