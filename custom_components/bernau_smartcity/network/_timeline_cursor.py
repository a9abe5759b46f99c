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
    """How far a scope was read: `<newest receipt>|<last sweep>|<oldest>`."""

    newest: datetime
    swept: datetime
    oldest: datetime
    """From when on everything was read."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `__str__` wrote; anything else is a scope never read."""
        try:
            newest, swept, oldest = map(datetime.fromisoformat, text.split("|"))
        except ValueError:
            return None
        return cls(newest=newest, swept=swept, oldest=oldest)

    @override
    def __str__(self) -> str:
        """Write the cursor as it is kept."""
        return "|".join(at.isoformat() for at in (self.newest, self.swept, self.oldest))

    @classmethod
    def begin(cls, now: datetime, reach: Reach) -> Self:
        """Begin with a day, which is more than two clocks may differ by."""
        return cls(newest=now - DAY + reach.overlap, swept=now, oldest=now - DAY)

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
            oldest=max(each.oldest for each in known),
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

    def full(self, now: datetime, reach: Reach) -> bool:
        """Tell whether all was read that anybody keeps."""
        return self.oldest <= now - reach.retained
