"""What a server that is asked by time gives, whichever it is."""

from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol, Self

from ..model import Device, Sent

type Scopes = tuple[str, ...]
type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Registered:
    """A device in the registry."""

    id: str
    """With which its uplinks are asked for; empty where it is known by them alone."""
    device: Device


class Of(NamedTuple):
    """Whose uplinks are asked for."""

    scopes: Scopes
    device: str = ""
    """Its id in the registry; empty: those of all devices of the scopes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a page told."""

    sent: list[Sent]
    malformed: int
    """Rows that could not be understood."""
    until: datetime
    """Newest receipt."""
    complete: bool = True
    """Nothing broke off."""

    def before(self, end: datetime | None) -> Self:
        """Leave out what was received later, where a server can be asked for no end."""
        if end is None:
            return self
        return replace(self, sent=[each for each in self.sent if each.uplink.received_at < end])


def understood(
    rows: Iterable[Row],
    after: datetime,
    read: Callable[[Row], Sent | None],
    received: Callable[[Row], datetime],
) -> Found:
    """Read rows; one that cannot be understood is counted, and its time leads on all the same."""
    sent: list[Sent] = []
    malformed, until = 0, after
    for row in rows:
        try:
            until = max(until, received(row))
            found = read(row)
        except ValueError:
            malformed += 1
            continue
        if found is not None:
            sent.append(found)
    return Found(sent, malformed, until)


class Source(Protocol):
    """What a server gives."""

    async def registry(self, scopes: Scopes) -> list[Registered]:
        """Give the devices of scopes."""

    def pages(
        self, of: Of, after: datetime, before: datetime | None = None
    ) -> AsyncGenerator[Found]:
        """Give page after page, at least one; raises `NetworkError` after one that broke off."""
