"""What the integration keeps on disk, read by a witness who knows only the tables."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isclose
from pathlib import Path
import shutil
import sqlite3
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

HOUR: Final = timedelta(hours=1)

type Register = tuple[str, str, int]
"""DevEUI, quantity, channel."""


class Point(NamedTuple):
    """What a register showed at a time, and the total that follows."""

    at: datetime
    value: float
    total: float | None
    period: bool = False
    """The value is no register: it was counted since the message before."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All readings of all registers, in order, and what is not yet in the diagrams."""

    points: Mapping[Register, Sequence[Point]]
    due: Mapping[Register, datetime]
    """From when on the hours of a total are still to be written."""


def read(config: Path, entry_id: str) -> Kept:
    """Read the file of an entry, and change nothing."""
    path = config / ".storage" / f"bernau_smartcity.{entry_id}.db"
    points: dict[Register, list[Point]] = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
        database.execute("BEGIN")  # so that both answers are of the same moment
        for *register, at, value, total, period in database.execute(
            "SELECT dev_eui, quantity, channel, at, value, total, period FROM sample"
            " WHERE quantity != 'restart' ORDER BY at"
        ):
            dev_eui, quantity, channel = register
            points.setdefault((dev_eui, quantity, channel), []).append(
                Point(_time(at), value, total, bool(period))
            )
        due = {
            (dev_eui, quantity, channel): _time(since)
            for dev_eui, quantity, channel, since in database.execute(
                "SELECT dev_eui, quantity, channel, since FROM hours WHERE since IS NOT NULL"
            )
        }
    return Kept(points, due)


def count(path: Path) -> int:
    """Count the readings that survive in the file of an entry which nothing has open.

    In a copy, because a journal that was left behind must be rolled back first.
    """
    with TemporaryDirectory() as folder:
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / path.name)) as database:
            (found,) = database.execute("SELECT count(*) FROM sample").fetchone()
    return int(found)


def _time(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)


def differences(kept: Kept, undisturbed: Kept, since: datetime) -> list[str]:
    """Expect each reading from a time on once, as it was read where nothing disturbed."""
    found = []
    for register in sorted(kept.points.keys() | undisturbed.points.keys()):
        ours, theirs = (
            {point.at: point.value for point in each.points.get(register, ()) if point.at >= since}
            for each in (kept, undisturbed)
        )
        for what, times in (
            ("is missing", theirs.keys() - ours.keys()),
            ("is there once too often", ours.keys() - theirs.keys()),
            ("is another", {at for at in ours.keys() & theirs.keys() if ours[at] != theirs[at]}),
        ):
            found += [f"{_named(register)}: the reading of {at} {what}" for at in sorted(times)]
    return found


def readings_since(kept: Kept, since: datetime) -> int:
    """Count the readings from a time on."""
    return sum(point.at >= since for points in kept.points.values() for point in points)


def falls(kept: Kept) -> list[str]:
    """Expect that no total ever falls, and that it rises by what its register does."""
    return [
        f"{_named(register)}: from {before} to {after}"
        for register, points in kept.points.items()
        for before, after in pairwise(counted(points))
        if after.total < before.total
        or (
            (passed := _passed(before, after)) is not None
            and not isclose(after.total - before.total, passed, abs_tol=1e-6)
        )
    ]


def _passed(before: Counted, after: Counted) -> float | None:
    """Give what was counted between two readings, None where they do not tell."""
    if after.period:
        return after.value
    return None if before.period or after.value < before.value else after.value - before.value


class Counted(NamedTuple):
    """A reading that counted."""

    at: datetime
    value: float
    total: float
    period: bool = False


def counted(points: Sequence[Point]) -> list[Counted]:
    """Give the readings that counted."""
    return [Counted(p.at, p.value, p.total, p.period) for p in points if p.total is not None]


class Hour(NamedTuple):
    """A full hour with a reading before it, or just then, and one after it, or just then."""

    at: datetime
    before: Counted
    after: Counted

    @property
    def total(self) -> float:
        """The total that lies on the line between both readings."""
        span = self.after.at - self.before.at
        share = (self.at - self.before.at) / span if span else 0.0
        return self.before.total + (self.after.total - self.before.total) * share


def full_hours(points: Sequence[Counted]) -> Iterator[Hour]:
    """Give each full hour between the first and the newest reading."""
    if not points:
        return
    first = points[0].at.replace(minute=0, second=0, microsecond=0)
    at = first if first == points[0].at else first + HOUR
    following = 0
    while at <= points[-1].at:
        while points[following].at < at:
            following += 1
        after = points[following]
        yield Hour(at, after if after.at == at else points[following - 1], after)
        at += HOUR


def _named(register: Register) -> str:
    return " ".join(map(str, register))
