"""Tables that can be published: whole numbers, and no small ones.

A single person on a way at night is somebody's walk.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from .flows import Edge
from .journeys import Path
from .rounding import apportion

SMALLEST: Final = 5
"""A smaller number is not published, unless it is zero."""

type Table = Mapping[Edge, float]
"""Numbers by row and column."""


def rounded(table: Table) -> dict[Edge, int]:
    """Round to whole numbers, so that each row adds up to its own rounded sum."""
    found: dict[Edge, int] = {}
    for row in dict.fromkeys(row for row, _ in table):
        cells = {edge: value for edge, value in table.items() if edge[0] == row}
        whole = round(sum(cells.values()))
        parts = apportion(whole, list(cells.values())) if whole else [0] * len(cells)
        found |= zip(cells, parts, strict=True)
    return found


def suppressed(table: Mapping[Edge, int], smallest: int = SMALLEST) -> dict[Edge, int | None]:
    """Leave out small numbers, and where needed others that would give them away.

    Whoever knows the sum of a row or column could calculate a number that
    alone is missing in it.
    """
    hidden = {edge for edge, value in table.items() if 0 < value < smallest}
    lines = [
        [edge for edge in table if edge[axis] == name]
        for axis in (0, 1)
        for name in {edge[axis] for edge in table}
    ]
    while more := {edge for line in lines for edge in _betrayer(line, table, hidden)}:
        hidden |= more
    return {edge: None if edge in hidden else value for edge, value in table.items()}


def published(
    paths: Iterable[Path], visits: float, smallest: int = SMALLEST
) -> list[tuple[Path, int]]:
    """Give the paths that enough of all visitors took, each with how many these were."""
    people = ((path, round(path.share * visits)) for path in paths)
    return [(path, number) for path, number in people if number >= smallest]


def _betrayer(line: Sequence[Edge], table: Mapping[Edge, int], hidden: set[Edge]) -> list[Edge]:
    """Give the smallest other number of a line in which one is hidden; zero comes last."""
    others = sorted(
        (edge for edge in line if edge not in hidden),
        key=lambda edge: (not table[edge], table[edge], edge),
    )
    return others[:1] if len(others) == len(line) - 1 else []
