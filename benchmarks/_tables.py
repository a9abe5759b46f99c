"""Tables of figures, in Markdown."""

from collections.abc import Mapping


def markdown(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Give a table with a row for each figure and a column for each of whom it is told."""
    columns = list(dict.fromkeys(who for row in rows.values() for who in row))
    lines = [["", *columns], ["---"] * (len(columns) + 1)]
    for figure, row in rows.items():
        lines.append([figure, *(f"{row[who]:,.3g}" if who in row else "" for who in columns)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
