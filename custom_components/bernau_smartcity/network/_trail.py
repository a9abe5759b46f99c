"""Frame counters of devices, which tell whether uplinks are missing between two polls.

A counter rises by one from uplink to uplink of a session. One that was left out was lost
on the air; or the device was taken away from the server when others were read, and came
back with its past. So what lies between is asked for, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, Self, override

from ..model import Sent
from ._sent import NO_SESSION, UNSEEN


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest uplink of a device: `<session>|<frame counter>|<receipt>`."""

    session: str
    f_cnt: int
    at: datetime

    @classmethod
    def of(cls, sent: Sent) -> Self:
        """Take an uplink."""
        return cls(sent.session, sent.uplink.f_cnt, sent.uplink.received_at)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `__str__` wrote; anything else tells of no uplink."""
        try:
            session, f_cnt, at = text.rsplit("|", 2)
            return cls(session, int(f_cnt), datetime.fromisoformat(at))
        except ValueError:
            return None

    @override
    def __str__(self) -> str:
        """Write it as it is kept."""
        return f"{self.session}|{self.f_cnt}|{self.at.isoformat()}"

    def leads_to(self, sent: Sent) -> bool:
        """Tell whether nothing is missing before an uplink; a counter may be repeated."""
        return sent.session == self.session and 0 <= sent.uplink.f_cnt - self.f_cnt <= 1


class Gap(NamedTuple):
    """A time in which uplinks of a device may be missing."""

    after: datetime
    until: datetime
    """Receipt of the first uplink behind it."""


class Trail:
    """Follows devices through one poll, from the cursors with which it began."""

    def __init__(self, cursors: Mapping[str, str], gaps: dict[str, Gap]) -> None:
        """Note in `gaps` what is missing."""
        self._cursors = cursors
        self._gaps = gaps
        self._reached: dict[str, str] = {}
        self._sessions: dict[str, str] = {}

    @property
    def cursors(self) -> dict[str, str]:
        """Give the cursors as they are now."""
        return {**self._cursors, **self._reached}

    def sessions(self, sent: Iterable[Sent]) -> dict[str, str]:
        """Give the sessions of those who sent, before they did."""
        return {each.device.dev_eui: self._session(each.device.dev_eui) for each in sent}

    def take(
        self, sent: Iterable[Sent], since: Mapping[str, datetime], *, alone: bool = False
    ) -> dict[str, str]:
        """Give the cursors of devices after these uplinks.

        Where a cursor is no uplink, `since` tells by it from when on others can be missing.
        One that has none is to be read as a whole, and one that has a gap is to be asked for,
        if devices can be: uplinks `alone` tell of them where no registry is to be had.
        """
        told: dict[str, str] = {}
        in_order = sorted(sent, key=lambda each: (each.device.dev_eui, each.uplink.received_at))
        for dev_eui, of_device in groupby(in_order, key=lambda each: each.device.dev_eui):
            kept = self._reached.get(dev_eui) or self._cursors.get(dev_eui, "")
            last = Newest.parse(kept)
            new = [one for one in of_device if last is None or one.uplink.received_at > last.at]
            if not new:
                continue
            self._sessions[dev_eui] = new[-1].session
            if alone or (kept and self._is_followed(dev_eui, since.get(kept), last, new[0])):
                told[dev_eui] = str(Newest.of(new[-1]))
        self._reached |= told
        return told

    def _is_followed(
        self, dev_eui: str, since: datetime | None, last: Newest | None, first: Sent
    ) -> bool:
        """Tell whether an uplink leaves no gap; what one poll reads has none."""
        if last is not None:
            since = None if dev_eui in self._reached or last.leads_to(first) else last.at
        if since is not None:
            self._gaps.setdefault(dev_eui, Gap(since, first.uplink.received_at))
        return dev_eui not in self._gaps

    def _session(self, dev_eui: str) -> str:
        kept = self._cursors.get(dev_eui, "")
        return self._sessions.get(dev_eui) or (
            NO_SESSION if kept in {"", UNSEEN} else kept.rsplit("|", 2)[0]
        )
