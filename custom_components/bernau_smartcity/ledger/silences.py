"""Which devices of an entry are silent; each is looked at when its time is over."""

from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush

from ..metering.silence import Rhythm, grace, is_silent, listening
from .state import DeviceState


class Silences:
    """The silent devices of a network server, and when the next one may become one.

    What a poll costs follows the devices that were heard or whose time is over,
    not their number.
    """

    def __init__(self) -> None:
        """Know of no device yet."""
        self._last: dict[str, tuple[datetime, Rhythm]] = {}
        self._due: list[tuple[datetime, str]] = []
        self._newest: datetime | None = None
        self._verdicts: dict[str, bool] = {}
        self._heard: set[str] = set()

    def is_silent(self, place: str) -> bool | None:
        """Tell whether a device is silent, None as long as nobody can know."""
        return self._verdicts.get(place)

    def restore(self, place: str, *, silent: bool) -> None:
        """Take over what was known before the start, unless more is known already."""
        self._verdicts.setdefault(place, silent)

    def told(self, state: DeviceState) -> None:
        """Take note of the state of a device, which may have been heard."""
        if state.heard is None or not state.codec:
            return
        at = state.heard.at
        self._newest = at if self._newest is None else max(self._newest, at)
        place = state.device.dev_eui
        last = (at, state.rhythm)
        if self._last.get(place) != last:
            self._last[place] = last
            self._heard.add(place)
            heappush(self._due, (at + grace(state.rhythm), place))

    def forget(self, places: Iterable[str]) -> None:
        """Forget devices that are gone."""
        for place in places:
            self._last.pop(place, None)
            self._verdicts.pop(place, None)

    def judge(self, now: datetime) -> list[str]:
        """Judge the devices that were heard or whose time is over; give those that changed."""
        if self._newest is None:
            return []
        until = listening(min(self._newest, now), now)
        due, self._heard = self._heard, set()
        while self._due and self._due[0][0] < until:
            due.add(heappop(self._due)[1])
        changed = []
        for place in sorted(due & self._last.keys()):
            silent = is_silent(*self._last[place], until)
            if self._verdicts.get(place) is not silent:
                self._verdicts[place] = silent
                changed.append(place)
        return changed
