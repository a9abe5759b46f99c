"""A list of settings as people paste it from a spreadsheet.

Either one setting after the other, `DevEUI;name;value`, perhaps further pairs of
name and value in the same line, or a table whose first line names the columns:

    DevEUI;medium;pulse_weight
    24e124136b000001;gas;0.01

Separated by semicolons, tabs or commas. An empty value takes a setting back; an
empty cell of a table changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
import csv
from dataclasses import dataclass
from enum import StrEnum
from string import hexdigits
from typing import Any, Final

from ..const import CONF_DEVICES, CONF_KEYS
from ..ledger.bridges import identity_of
from ..ledger.settings import read_value, split
from ..model import Codec, Setting

_EUI_DIGITS: Final = 16
_KEY: Final = f"{Setting.KEY}_"
_SEPARATORS: Final = ";\t,"
_EUI_NAMES: Final = {"deveui", "eui", "device", "gerät"}
_WORDS: Final = {"setting", "name", "value", "einstellung", "wert", ""}
"""Headings of a list that is no table."""


class Flaw(StrEnum):
    """Why a line cannot be used; each has a text with the next step."""

    DEV_EUI = "line_dev_eui"
    DEVICE = "line_device"
    SETTING = "line_setting"
    VALUE = "line_value"
    TWICE = "line_twice"
    PAIRS = "line_pairs"
    NOTHING = "line_nothing"


class ListError(ValueError):
    """The list cannot be used, as a whole. A key is never told."""

    def __init__(self, flaw: Flaw, line: int, word: str = "") -> None:
        """Keep the number of the line, from 1, and what is wrong in it."""
        super().__init__(f"line {line}: {flaw}")
        self.flaw = flaw
        self.line = line
        self.word = word


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting of one device."""

    line: int
    dev_eui: str
    name: str
    value: str
    """Empty: the setting is taken back."""


def read_list(text: str, devices: Mapping[str, Codec | None]) -> list[Entry]:
    """Read a list for known devices, each with its codec; raises ListError for the first flaw."""
    return read_entries(_cells(text), devices)


def read_entries(
    cells: Iterable[tuple[int, str, str, str]], devices: Mapping[str, Codec | None]
) -> list[Entry]:
    """Read line, DevEUI, name and value of settings; raises ListError for the first flaw."""
    found: dict[tuple[str, str], Entry] = {}
    for line, dev_eui, name, value in cells:
        if dev_eui not in devices:
            raise ListError(Flaw.DEVICE, line, dev_eui)
        known = split(name)
        if known is None:
            raise ListError(Flaw.SETTING, line, name)
        if (dev_eui, name) in found:
            raise ListError(Flaw.TWICE, line, name)
        try:
            kept = value and read_value(known[0], value, devices[dev_eui])
        except ValueError as error:
            raise ListError(Flaw.VALUE, line, name) from error
        found[dev_eui, name] = Entry(line, dev_eui, name, kept)
    if not found:
        raise ListError(Flaw.NOTHING, 1)
    return list(found.values())


def applied(options: Mapping[str, Any], entries: Iterable[Entry]) -> dict[str, Any]:
    """Give the options that change once a list is applied; keys are kept apart."""
    kept = {dev_eui: dict(values) for dev_eui, values in options.get(CONF_DEVICES, {}).items()}
    keys = dict(options.get(CONF_KEYS, {}))
    for entry in entries:
        known = split(entry.name)
        if known is not None and known[0] is Setting.KEY:
            owner = identity_of(known[1]) if known[1] else entry.dev_eui
            _put(keys, owner, entry.value)
        else:
            _put(kept.setdefault(entry.dev_eui, {}), entry.name, entry.value)
    devices = {dev_eui: values for dev_eui, values in kept.items() if values}
    return {CONF_DEVICES: devices, **({CONF_KEYS: keys} if keys or CONF_KEYS in options else {})}


def _put(values: dict[str, str], name: str, value: str) -> None:
    values.pop(name, None)
    if value:
        values[name] = value


def _cells(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Give line, DevEUI, name and value of each setting."""
    columns: list[str] | None = None
    for line, cells in _rows(text):
        if columns is None:
            heading = list(map(_name, cells))
            columns = [] if set(heading[1:]) <= _WORDS else heading[1:]
            if heading[0] in _EUI_NAMES:
                continue
            columns = []
        dev_eui = "".join(filter(str.isalnum, cells[0])).lower()
        if len(dev_eui) != _EUI_DIGITS or not set(dev_eui) <= set(hexdigits):
            raise ListError(Flaw.DEV_EUI, line, cells[0])
        for name, value in _of_table(line, cells, columns) if columns else _pairs(line, cells):
            yield line, dev_eui, name, value


def _of_table(line: int, cells: Sequence[str], columns: Sequence[str]) -> list[tuple[str, str]]:
    """Give name and value of each cell with something in it."""
    if any(cells[len(columns) + 1 :]):
        raise ListError(Flaw.PAIRS, line)
    return [
        (name, cell)
        for name, cell in zip(columns, cells[1:], strict=False)
        if cell and name not in _WORDS
    ]


def _pairs(line: int, cells: Sequence[str]) -> list[tuple[str, str]]:
    """Give name and value of each pair in a line."""
    if len(cells) % 2 == 0 and not cells[-1]:
        cells = cells[:-1]
    if len(cells) % 2 == 0 or len(cells) == 1:
        raise ListError(Flaw.PAIRS, line)
    return [(_name(n), v) for n, v in zip(cells[1::2], cells[2::2], strict=True) if n]


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give the cells of each line with something in it, by number."""
    lines = text.lstrip("\ufeff").splitlines()
    first = next(filter(str.strip, lines), "")
    separator = next((each for each in _SEPARATORS if each in first), ";")
    for number, line in enumerate(lines, 1):
        try:
            rows = list(csv.reader([line], delimiter=separator))
        except csv.Error as error:
            raise ListError(Flaw.PAIRS, number) from error
        cells = [cell.strip() for row in rows for cell in row]
        if any(cells):
            yield number, cells


def _name(cell: str) -> str:
    """Give the name of a setting as it is kept; the number of a meter stays as it is."""
    if cell.lower().startswith(_KEY):
        return _KEY + cell[len(_KEY) :]
    return "_".join(cell.lower().replace("-", " ").split())
