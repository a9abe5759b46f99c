"""Systems of linear equations, as small as a town."""

from collections.abc import Sequence

type Matrix = Sequence[Sequence[float]]

_NOTHING = 1e-12
"""Of the largest coefficient: a pivot this small is a rounding error."""


def solved(matrix: Matrix, right: Matrix) -> list[list[float]]:
    """Solve for every column on the right.

    The diagonal outweighs the rest of its row or column, as it does for flows
    through zones; hence no rows are exchanged. An unknown that nothing
    determines is zero.
    """
    size = len(matrix)
    rows = [[*left, *values] for left, values in zip(matrix, right, strict=True)]
    least = _NOTHING * max((abs(each) for row in matrix for each in row), default=0)
    for n in range(size):
        pivot = rows[n][n]
        if pivot <= least:
            rows[n] = [0.0] * len(rows[n])
            continue
        rows[n] = [each / pivot for each in rows[n]]
        for other in range(size):
            if other != n and (times := rows[other][n]):
                rows[other] = [
                    each - times * own for each, own in zip(rows[other], rows[n], strict=True)
                ]
    return [row[size:] for row in rows]
