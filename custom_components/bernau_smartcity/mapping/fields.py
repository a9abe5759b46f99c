"""The numbers in an object that a network server's own codec made, by the way to them.

    {"energy": {"value": "12.5", "unit": "kWh"}, "flows": [1, 2]}
    energy = 12.5 kWh, flows[0] = 1, flows[1] = 2

An element of a list is named by what identifies it (`registers[1-0:1.8.0].value`)
where something does. What is no number is left out, so that nothing that could
identify a person is ever kept.
"""

from collections.abc import Iterator, Mapping, Sequence
import re
from typing import Any, Final, NamedTuple

FIELDS: Final = 128
"""No more are read of one object."""
DEPTH: Final = 6
LONGEST_LIST: Final = 4
"""Of elements without names; longer ones hold what was stored, at times unknown."""
_LONGEST_NAME: Final = 60
_LARGEST: Final = 1e15

_VALUE: Final = ("value", "data", "val")
_UNIT: Final = ("unit", "units", "uom")
_NAMES: Final = ("obis", "obis_code", "obiscode", "code", "name", "id", "register", "label", "type")
_NUMBER: Final = re.compile(
    r"(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\d+,(?!\d{3}$)\d+)"
    r"(?:\s+(?P<unit>[^\d\s.,:;-][^\s,:;]{0,7})|%)?",
    re.ASCII,
)


class Field(NamedTuple):
    """One number, and the unit that stands with it."""

    value: float
    unit: str = ""


def fields(decoded: Mapping[str, Any]) -> dict[str, Field]:
    """Give the numbers of an object by their paths."""
    found: dict[str, Field] = {}
    for path, field in _of_object("", decoded, DEPTH):
        if len(found) == FIELDS:
            break
        found.setdefault(path, field)
    return found


def reduced(decoded: Mapping[str, Any]) -> dict[str, Any]:
    """Give an object with the same fields and nothing else."""
    return {
        path: {"value": field.value, "unit": field.unit} if field.unit else field.value
        for path, field in fields(decoded).items()
    }


def _of_object(path: str, given: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Field]]:
    names = {name.lower(): name for name in given}
    units = {name: given[names[name]] for name in names if isinstance(given[names[name]], str)}
    value = next((given[names[name]] for name in _VALUE if name in names), None)
    field = _field(value, _unit(units, *_UNIT))
    if field is not None:
        yield path or "value", field
        return
    alone = sum(_field(each) is not None for each in given.values()) == 1
    for name, each in given.items():
        low = name.lower()
        unit = _unit(units, f"{low}_unit", f"{low}unit", f"unit_{low}", *(_UNIT if alone else ()))
        yield from _of_any(_below(path, name), each, unit, depth)


def _of_any(path: str, given: Any, unit: str, depth: int) -> Iterator[tuple[str, Field]]:
    field = _field(given, unit)
    if field is not None:
        yield path, field
    elif depth and isinstance(given, Mapping):
        yield from _of_object(path, given, depth - 1)
    elif depth and isinstance(given, Sequence) and not isinstance(given, str):
        yield from _of_list(path, given, depth - 1)


def _of_list(path: str, given: Sequence[Any], depth: int) -> Iterator[tuple[str, Field]]:
    for index, each in enumerate(given[:FIELDS]):
        name = _identity(each) if isinstance(each, Mapping) else ""
        if name or len(given) <= LONGEST_LIST:
            yield from _of_any(f"{path}[{name or index}]", each, "", depth)


def _identity(element: Mapping[str, Any]) -> str:
    """Give what names an element of a list, empty where nothing does."""
    names = {name.lower(): name for name in element}
    found = (element[names[name]] for name in _NAMES if name in names)
    return next((each[:_LONGEST_NAME] for each in found if isinstance(each, str)), "")


def _below(path: str, name: str) -> str:
    name = name[:_LONGEST_NAME]
    return f"{path}.{name}" if path else name


def _unit(units: Mapping[str, str], *names: str) -> str:
    return next((units[name] for name in names if name in units), "")


def _field(given: Any, unit: str = "") -> Field | None:
    """Give a number, a text that is one, or yes and no."""
    if isinstance(given, str):
        match = _NUMBER.fullmatch(given.strip())
        if match is None:
            return None
        given, unit = float(match["number"].replace(",", ".")), unit or match["unit"] or ""
    is_number = isinstance(given, int | float) and abs(given) < _LARGEST
    return Field(float(given), unit) if is_number else None
