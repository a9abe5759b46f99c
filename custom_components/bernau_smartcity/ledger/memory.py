"""What codecs asked to remember of a device, and for how long."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, override

from ..model import Remember

LIMIT: Final = 16 * 1024
"""Bytes of names and texts by device."""


class Memo(NamedTuple):
    """One text, from the receipt of the message that asked for it on."""

    text: str
    at: datetime
    until: datetime | None = None


type Memory = Mapping[str, Memo]
"""By name."""


class Recall(Mapping[str, str]):
    """What is remembered at a time, as a codec sees it; notes whether it was looked at."""

    def __init__(self, memory: Memory, at: datetime) -> None:
        """Leave out what has expired."""
        self._texts = {name: memo.text for name, memo in memory.items() if _holds(memo, at)}
        self.used = False

    @override
    def __getitem__(self, name: str) -> str:
        self.used = True
        return self._texts[name]

    @override
    def __iter__(self) -> Iterator[str]:
        self.used = True
        return iter(self._texts)

    @override
    def __len__(self) -> int:
        self.used = True
        return len(self._texts)


def remembered(memory: Memory, asked: Iterable[Remember], at: datetime) -> Memory:
    """Take over what a message asks for; what a newer one asked for stays.

    What does not fit goes, the oldest first.
    """
    kept = {name: memo for name, memo in memory.items() if _holds(memo, at)}
    for each in asked:
        if each.name in kept and kept[each.name].at > at:
            continue
        kept.pop(each.name, None)
        if each.text:
            until = None if each.lifetime is None else at + each.lifetime
            kept[each.name] = Memo(each.text, at, until)
    return _bounded(kept)


def merged(first: Memory, second: Memory) -> Memory:
    """Give the newer of each memo; of two as old the second."""
    found = dict(first)
    for name, memo in second.items():
        if name not in found or found[name].at <= memo.at:
            found[name] = memo
    return _bounded(found)


def to_json(memory: Memory) -> dict[str, list[Any]]:
    """Give it as JSON values."""
    return {
        name: [memo.text, memo.at.timestamp(), memo.until and memo.until.timestamp()]
        for name, memo in memory.items()
    }


def from_json(data: Mapping[str, list[Any]]) -> dict[str, Memo]:
    """Build it from JSON values."""
    return {
        name: Memo(text, _time(at), None if until is None else _time(until))
        for name, (text, at, until) in data.items()
    }


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _holds(memo: Memo, at: datetime) -> bool:
    return memo.until is None or memo.until > at


def _bounded(memory: dict[str, Memo]) -> dict[str, Memo]:
    size = sum(map(_size, memory.items()))
    for item in sorted(memory.items(), key=lambda item: (item[1].at, item[0])):
        if size <= LIMIT:
            break
        size -= _size(item)
        del memory[item[0]]
    return memory


def _size(item: tuple[str, Memo]) -> int:
    name, memo = item
    return len(name.encode()) + len(memo.text.encode())
