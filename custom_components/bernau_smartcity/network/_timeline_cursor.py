"""How far a server was read that is asked by time, as text that is kept between polls."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self, override

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far back a server is read."""

    retained: timedelta
    """The longest for which it may keep uplinks."""
    overlap: timedelta
    """How late a row may appear."""
    sweep: timedelta | None = DAY
    """Once in such a time all of it is read again, for what appeared later still."""
    apart: bool = True
    """Each scope is asked for by itself; else one request tells of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a scope was read: `<newest receipt>|<last sweep>|<filled>|<first>`."""

    newest: datetime
    swept: datetime
    filled: datetime
    """All that is older was read up to here."""
    first: datetime
    """Where the first poll began, so that nothing is left to be filled."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `__str__` wrote; anything else is a scope never read."""
        try:
            newest, swept, filled, first = map(datetime.fromisoformat, text.split("|"))
        except ValueError:
            return None
        return cls(newest=newest, swept=swept, filled=filled, first=first)

    @override
    def __str__(self) -> str:
        """Write the cursor as it is kept."""
        times = (self.newest, self.swept, self.filled, self.first)
        return "|".join(at.isoformat() for at in times)

    @classmethod
    def begin(cls, now: datetime, reach: Reach) -> Self:
        """Begin with a day, which is more than two clocks may differ by."""
        first = now - DAY
        filled = now - reach.retained
        return cls(newest=first + reach.overlap, swept=now, filled=filled, first=first)

    @classmethod
    def least(cls, texts: Iterable[str]) -> Self | None:
        """Give what was read of all scopes that are read together, None if one never was."""
        found = [cls.parse(text) for text in texts]
        known = [each for each in found if each is not None]
        if not known or len(known) < len(found):
            return None
        return cls(
            newest=min(each.newest for each in known),
            swept=min(each.swept for each in known),
            filled=min(each.filled for each in known),
            first=max(each.first for each in known),
        )

    def since(self, now: datetime, reach: Reach) -> tuple[datetime, Self]:
        """Give from when on to read, and the cursor with the sweep noted if it is one."""
        newest = min(self.newest, now)
        if reach.sweep is not None and now - self.swept >= reach.sweep:
            return newest - reach.sweep, replace(self, swept=now)
        return newest - reach.overlap, self

    def reached(self, at: datetime) -> Self:
        """Give the cursor after an uplink was read."""
        return replace(self, newest=max(self.newest, at))

    @property
    def full(self) -> bool:
        """Whether all that is older was read."""
        return self.filled >= self.first
