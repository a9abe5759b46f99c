"""Decoded objects read by what a person approved of their fields."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
import json
from typing import Final, NamedTuple

from ..model import (
    DecodeError,
    Kind,
    Missing,
    Quantity,
    Reading,
    Setting,
    Uplink,
    WaitingError,
)
from .fields import fields
from .units import Scale, scale_of

_CHANNELS: Final = range(1_000)
_BY_NAME: Final = {str(each): each for each in Quantity if each.kind is not Kind.MOMENT}


class Assignment(NamedTuple):
    """What a field is."""

    quantity: Quantity
    channel: int = 0
    unit: str = ""
    """As the field is given, where no unit stands with it."""

    @property
    def key(self) -> tuple[Quantity, int]:
        """Give what tells it from others."""
        return self.quantity, self.channel

    @property
    def scale(self) -> Scale | None:
        """Give how a number becomes one of the quantity, None where the unit is none of it."""
        scale = scale_of(self.unit) if self.unit else Scale("")
        return scale if scale is not None and scale.unit == self.quantity.unit else None


type Mapped = Mapping[str, Assignment]
"""By path of the field; what is not in it is left out."""


def beside(kept: Mapped, new: Mapped) -> dict[str, Assignment]:
    """Give approved fields beside those from before, whose channels stay as they are."""
    same = {
        path: each._replace(channel=kept[path].channel)
        for path, each in new.items()
        if path in kept and kept[path].quantity is each.quantity
    }
    taken = {each.key for each in same.values()}
    found = dict(same)
    for path, each in in_channels({p: e for p, e in new.items() if p not in same}).items():
        channel = each.channel
        while (each.quantity, channel) in taken:
            channel += 1
        found[path] = each._replace(channel=channel)
        taken.add(found[path].key)
    return found


def in_channels(mapped: Mapped) -> dict[str, Assignment]:
    """Give the fields of a quantity numbers from 1 where two of them have the same channel."""
    groups: dict[Quantity, list[str]] = {}
    for path, each in mapped.items():
        groups.setdefault(each.quantity, []).append(path)
    found = dict(mapped)
    for paths in groups.values():
        if len({mapped[path].channel for path in paths}) < len(paths):
            for number, path in enumerate(paths, 1):
                found[path] = mapped[path]._replace(channel=number)
    return found


def written(mapped: Mapped) -> str:
    """Give it as it is kept: the same choices, the same text."""
    return json.dumps(
        {path: [each.quantity, each.channel, each.unit] for path, each in mapped.items()},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )


@lru_cache(maxsize=256)
def read(text: str) -> Mapped:
    """Read what was kept; raises ValueError for anything else."""
    given = json.loads(text)
    if not isinstance(given, dict) or not given:
        msg = "no mapping"
        raise ValueError(msg)
    mapped = {path: _assignment(each) for path, each in given.items()}
    if len({each.key for each in mapped.values()}) < len(mapped):
        msg = "two fields of one meaning"
        raise ValueError(msg)
    return mapped


def _assignment(given: object) -> Assignment:
    match given:
        case [str(name), int(channel), str(unit)] if name in _BY_NAME and channel in _CHANNELS:
            assignment = Assignment(_BY_NAME[name], channel, unit)
            if assignment.scale is not None:
                return assignment
    msg = "no assignment"
    raise ValueError(msg)


def continues(before: str, now: str) -> bool:
    """Tell whether a mapping only adds fields, so that all that was read stays true."""
    try:
        return read(before).items() <= read(now).items()
    except ValueError:
        return False


def decode(uplink: Uplink) -> Iterator[Reading]:
    """Give the readings of an uplink whose fields were approved."""
    try:
        mapped = read(uplink.settings.get(Setting.MAPPING, ""))
    except ValueError as error:
        raise WaitingError(Missing.MAPPING) from error
    if uplink.decoded is None:
        msg = "the network server gives no decoded object"
        raise DecodeError(msg)
    given = fields(uplink.decoded)
    for path, assignment in mapped.items():
        if path in given:
            value = _scale(assignment, given[path].unit, path).apply(given[path].value)
            if assignment.quantity.kind is Kind.FLAG:
                value = float(value != 0)
            yield Reading(assignment.quantity, value, assignment.channel)


def _scale(assignment: Assignment, unit: str, path: str) -> Scale:
    """Give the scale of the unit that stands with a number, else of the approved one."""
    told = scale_of(unit) if unit and assignment.quantity.unit else None
    scale = assignment.scale if told is None else told
    if scale is None or scale.unit != assignment.quantity.unit:
        msg = f"{path} is in {unit} now"
        raise DecodeError(msg)
    return scale
