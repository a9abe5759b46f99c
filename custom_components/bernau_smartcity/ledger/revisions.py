"""After which time totals have changed, for those who keep what follows from them."""

from collections import deque
from datetime import datetime
from typing import Final

from .state import Key

REMEMBERED: Final = 200
"""Changes of one total; whoever has missed more reads all of it again."""


class Revisions:
    """The changes of each total since the ledger was opened, by the count of its changes."""

    def __init__(self) -> None:
        """Know of no change yet."""
        self._changes: dict[tuple[str, Key], deque[tuple[int, datetime]]] = {}

    def note(self, where: str, key: Key, edit: int, since: datetime) -> None:
        """Note that a total changed after a time."""
        changes = self._changes.setdefault((where, key), deque(maxlen=REMEMBERED))
        if changes and edit != changes[-1][0] + 1:
            changes.clear()  # it began anew, or a change was not told
        changes.append((edit, since))

    def since(self, where: str, key: Key, edit: int) -> datetime | None:
        """Give the earliest time after which a total changed since a count of its changes.

        None where some of these changes are not remembered.
        """
        changes = list(self._changes.get((where, key), ()))
        if not changes or min(number for number, _ in changes) > edit + 1:
            return None
        return min((since for number, since in changes if number > edit), default=None)
