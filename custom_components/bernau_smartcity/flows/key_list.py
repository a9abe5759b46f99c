"""A list of keys as people paste it from a spreadsheet: number or DevEUI, then the key.

Separated by semicolons, tabs or commas; a first line without a key is taken for
the headings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import re
from typing import Final

from ..ledger.bridges import identity_of
from ..ledger.keys import NoKeyError, read_key

_SEPARATOR: Final = re.compile(r"[;,\t]")
_DEV_EUI: Final = re.compile(r"[0-9a-f]{16}")


class Flaw(StrEnum):
    """Why lines cannot be used; each has a text with the next step."""

    LINE = "keys_line"
    KEY = "keys_no_key"
    UNKNOWN = "keys_unknown"
    TWICE = "keys_twice"


class KeyListError(ValueError):
    """The list cannot be used, as a whole; no key is ever told."""

    def __init__(self, flaw: Flaw, lines: list[int]) -> None:
        """Keep what is wrong, and in which lines, from 1."""
        super().__init__(f"{flaw}: {lines}")
        self.flaw = flaw
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose keys a list may hold."""

    known: Mapping[str, str]
    """By DevEUI, and by identity of the number of a meter."""
    others: bool
    """Whether meters may still be heard that are not known yet."""

    def find(self, name: str) -> str:
        """Give who is meant, empty where nobody is."""
        plain = "".join(filter(str.isalnum, name)).lower()
        identity = identity_of(name)
        known = self.known.get(plain) or self.known.get(identity)
        if known is None and self.others and plain and not _DEV_EUI.fullmatch(plain):
            return identity
        return known or ""


def read_keys(text: str, owners: Owners) -> dict[str, str]:
    """Give the keys of a list by their owners; raises KeyListError if any line is wrong."""
    found: dict[str, str] = {}
    flaws: dict[Flaw, list[int]] = {}
    lines = [(n, line.strip("\ufeff ")) for n, line in enumerate(text.splitlines(), 1)]
    rows = [(n, _SEPARATOR.split(line)) for n, line in lines if line.strip(";,\t ")]
    for place, (number, cells) in enumerate(rows):
        if place == 0 and not any(map(str.isdigit, "".join(cells))):
            continue
        try:
            owner, key = _read(cells, owners, found)
        except KeyListError as error:
            flaws.setdefault(error.flaw, []).append(number)
        else:
            found[owner] = key
    for flaw in Flaw:
        if flaw in flaws:
            raise KeyListError(flaw, flaws[flaw])
    return found


def _read(cells: list[str], owners: Owners, found: Mapping[str, str]) -> tuple[str, str]:
    cells = [cell.strip().strip('"') for cell in cells]
    if len(cells) < 2 or any(cells[2:]):  # noqa: PLR2004  # a name and a key
        raise KeyListError(Flaw.LINE, [])
    try:
        key = read_key(cells[1])
    except NoKeyError as error:
        raise KeyListError(Flaw.KEY, []) from error
    owner = owners.find(cells[0])
    if not owner:
        raise KeyListError(Flaw.UNKNOWN, [])
    if found.get(owner, key) != key:
        raise KeyListError(Flaw.TWICE, [])
    return owner, key
