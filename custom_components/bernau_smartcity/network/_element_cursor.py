"""How far a folder of ZENNER ELEMENT IoT was read, as text that is kept between polls."""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
import json
from typing import Self, override

from ._element_lists import OVERLAP, Position, Rows, stored
from ._element_packets import lacks_payload


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read."""

    packets: Position = field(default_factory=Position)
    readings: Position = field(default_factory=Position)
    lacking: tuple[str, ...] = ()
    """Devices whose packets come without content, by their id on the server."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `__str__` wrote; anything else is a folder never read."""
        try:
            found = json.loads(text)
            return cls(
                Position(**found["packets"]),
                Position(**found["readings"]),
                tuple(found["lacking"]),
            )
        except ValueError, KeyError, TypeError:
            return cls()

    @override
    def __str__(self) -> str:
        """Write the cursor as it is kept."""
        return json.dumps(asdict(self), separators=(",", ":"))

    def goes_back(self, before: Self) -> bool:
        """Tell whether it leads further into the past than one before."""
        return (self.packets.oldest, self.readings.oldest) != (
            before.packets.oldest,
            before.readings.oldest,
        )

    def lacks(self, rows: Rows) -> Self:
        """Give the cursor with the devices of which these packets have no content."""
        lacking = {str(row.get("device_id")) for row in rows if lacks_payload(row)}
        return replace(self, lacking=tuple(sorted(lacking.union(self.lacking))))


@dataclass(slots=True)
class Offered:
    """The newest rows of a folder, and the cursor with which they were given."""

    cursor: str = ""
    rows: dict[str, datetime] = field(default_factory=dict)
    """When each was stored, by id."""

    def fresh(self, rows: Rows, now: datetime) -> Rows:
        """Give rows that were not given before, and note them."""
        found = [row for row in rows if str(row["id"]) not in self.rows]
        self.rows |= {str(row["id"]): stored(row, now) for row in found}
        return found

    def newest(self, cursor: str) -> Offered:
        """Give what can come again after a cursor."""
        last = max(self.rows.values(), default=None)
        kept = {row: at for row, at in self.rows.items() if last and at >= last - 2 * OVERLAP}
        return Offered(cursor, kept)
