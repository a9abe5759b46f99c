"""What the fields of decoded objects probably mean, each with the reason.

Nothing that could as well be the count of a period is taken for a total without
a reason, and no unit is assumed where several are in use.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
import re
from typing import Any, Final, NamedTuple

from ..model import Kind, Medium, Quantity
from .fields import Field, fields
from .names import (
    ASIDE,
    GENERIC,
    MEDIA,
    PERIOD_WORDS,
    STORED,
    TOTAL_WORDS,
    Meaning,
    meaning_of,
    obis_meaning,
)
from .reading import Assignment, in_channels
from .units import USUAL, Scale, scale_of, spelled, unit_in_name, words_of

ENOUGH: Final = 3
"""So many different values that only rose are no accident."""


class Why(StrEnum):
    """Why a field is taken for what it is; each has a text."""

    OBIS = "obis"
    NAME_TOTAL = "name_total"
    ONLY_ROSE = "only_rose"
    NAME_PERIOD = "name_period"
    NAME_GAUGE = "name_gauge"
    UNIT_GAUGE = "unit_gauge"
    FELL = "fell"
    TOO_FEW = "too_few"
    NO_UNIT = "no_unit"
    OTHER_UNIT = "other_unit"
    PERIOD_UNKNOWN = "period_unknown"
    STORED = "stored"
    ASIDE = "aside"
    UNKNOWN = "unknown_meaning"


_PLAIN: Final = {
    *(Why.OBIS, Why.NAME_TOTAL, Why.ONLY_ROSE, Why.NAME_PERIOD, Why.NAME_GAUGE, Why.UNIT_GAUGE),
}
"""With these there is a proposal."""
OPEN: Final = {Why.FELL, Why.TOO_FEW, Why.NO_UNIT, Why.OTHER_UNIT}
"""Only a person can decide these: they measure something, it is not clear what."""


class Proposal(NamedTuple):
    """What one field could be."""

    path: str
    example: Field
    assignment: Assignment | None
    why: Why

    @property
    def is_open(self) -> bool:
        """Whether a person has to decide."""
        return self.why in OPEN


_BY_UNIT: Final[Mapping[str, Quantity]] = {
    "kWh": Quantity.ENERGY,
    "m³": Quantity.VOLUME,
    "m³/h": Quantity.FLOW,
    "W": Quantity.POWER,
    "°C": Quantity.TEMPERATURE,
    "V": Quantity.VOLTAGE,
    "A": Quantity.CURRENT,
    "Hz": Quantity.FREQUENCY,
    "bar": Quantity.PRESSURE,
    "lx": Quantity.ILLUMINANCE,
    "kvarh": Quantity.ENERGY_REACTIVE,
}
"""What a unit alone tells."""


def proposals(histories: Iterable[Sequence[Mapping[str, Any]]]) -> list[Proposal]:
    """Judge the fields of the objects of some devices of one model, oldest first each."""
    read = [[fields(each) for each in history] for history in histories]
    newest: dict[str, Field] = {}
    for history in read:
        for each in reversed(history):
            newest = {**each, **newest}
    found = [_judged(path, example, _series(read, path)) for path, example in newest.items()]
    return _in_channels(found)


def medium_of(found: Iterable[Proposal]) -> Medium:
    """Give the medium of which the names tell, unknown where they tell of several or none."""
    media = set()
    for each in found:
        if each.assignment is not None or each.is_open:
            known = obis_meaning(_last(each.path))
            media |= {known.medium} if known else _media(each.path)
            if each.assignment and each.assignment.quantity is Quantity.RETURN_TEMPERATURE:
                media.add(Medium.HEAT)
    return media.pop() if len(media) == 1 else Medium.UNKNOWN


def _media(path: str) -> set[Medium]:
    return {MEDIA[word] for word in words_of(path) if word in MEDIA}


def _series(read: Sequence[Sequence[Mapping[str, Field]]], path: str) -> list[list[float]]:
    """Give the values of a field, by device."""
    return [[each[path].value for each in history if path in each] for history in read]


def _judged(path: str, example: Field, series: Sequence[Sequence[float]]) -> Proposal:
    """Judge one field."""
    last = _last(path)
    unit_name, words = unit_in_name(last)
    words = [word for word in words if not word.isdecimal()] or words
    said = {*words, "".join(words)}
    scale = scale_of(example.unit or unit_name)
    obis = obis_meaning(last)
    meaning = _by_unit(obis or _named(path, words), scale, said)
    if meaning is None:
        return Proposal(path, example, None, Why.ASIDE if said & ASIDE else Why.UNKNOWN)
    quantity = meaning.quantity
    why = _refused(path, quantity, said, scale) or _why(meaning, said, series)
    if why in _PLAIN and quantity.unit and scale is None:
        if not _is_usual(quantity, series):
            why = Why.NO_UNIT
        scale = scale_of(quantity.unit)
    if why not in _PLAIN:
        return Proposal(path, example, None, why)
    unit = spelled(scale) if quantity.unit and scale is not None else ""
    return Proposal(path, example, Assignment(quantity, meaning.channel, unit), why)


def _by_unit(meaning: Meaning | None, scale: Scale | None, said: set[str]) -> Meaning | None:
    """Give what the unit tells where the name does not."""
    if scale is None:
        return meaning
    if meaning is None:
        tells = scale.unit in _BY_UNIT and not said & ASIDE
        return Meaning(_BY_UNIT[scale.unit], by_unit=True) if tells else None
    is_voltage = meaning.quantity is Quantity.BATTERY and scale.unit == "V"
    return Meaning(Quantity.BATTERY_VOLTAGE) if is_voltage else meaning


def _refused(path: str, quantity: Quantity, said: set[str], scale: Scale | None) -> Why | None:
    """Tell why a field cannot be what its name says, None if it can."""
    if set(words_of(path)) & STORED:
        return Why.STORED
    if quantity.kind is Kind.REGISTER and said & PERIOD_WORDS:
        return Why.PERIOD_UNKNOWN
    if quantity.unit and scale is not None and scale.unit != quantity.unit:
        return Why.OTHER_UNIT
    return None


def _named(path: str, words: list[str]) -> Meaning | None:
    """Give what the last name stands for, with those before it where it is a general one."""
    above = [word for word in words_of(path) if word not in {*words, *GENERIC}]
    joined = meaning_of([*above[-1:], *words]) or meaning_of(words)
    if joined is not None or set(words) - GENERIC:
        return joined
    return meaning_of(above[-2:]) or meaning_of(above[-1:])


def _is_usual(quantity: Quantity, series: Iterable[Iterable[float]]) -> bool:
    """Tell whether all numbers fit to the one unit that a quantity has in practice."""
    low, high = USUAL.get(quantity, (1, 0))
    return all(low <= value <= high for values in series for value in values)


def _why(meaning: Meaning, said: set[str], series: Sequence[Sequence[float]]) -> Why:
    """Tell why it is a total, the count of a period or a present value, or why that is open."""
    kind = meaning.quantity.kind
    if kind is Kind.PERIOD:
        return Why.NAME_PERIOD
    if kind is not Kind.REGISTER:
        return Why.UNIT_GAUGE if meaning.by_unit else Why.NAME_GAUGE
    if any(later < before for values in series for before, later in pairwise(values)):
        return Why.FELL
    if meaning.is_obis:
        return Why.OBIS
    if meaning.rises or said & TOTAL_WORDS:
        return Why.NAME_TOTAL
    rose = max((len(set(values)) for values in series), default=0) >= ENOUGH
    return Why.ONLY_ROSE if rose else Why.TOO_FEW


def _last(path: str) -> str:
    """Give the last name of a path; a number in brackets belongs to the list before it."""
    bracket = re.search(r"\[([^\[\]]*)\](?:\.(?:value|data|val))?$", path)
    if bracket is not None and not bracket[1].isdecimal():
        return bracket[1]
    plain = re.sub(r"\[\d+\]$", "", path)
    if obis_meaning(plain) is not None:
        return plain
    for part in re.finditer(r"\.", plain):
        if obis_meaning(plain[part.end() :]) is not None:
            return plain[part.end() :]
    return plain.rpartition(".")[2]


def _in_channels(found: Sequence[Proposal]) -> list[Proposal]:
    """Give each of several fields of one quantity a channel of its own."""
    mapped = in_channels({p.path: p.assignment for p in found if p.assignment})
    return [each._replace(assignment=mapped.get(each.path)) for each in found]
