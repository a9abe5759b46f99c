"""What the forms of zones and gates have in common."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .findings import Finding, findings
from .layout import CountedGate, Layout, Parking

LATER: Final = frozenset({Finding.ZONE_WITHOUT_GATE})
"""What is still to come while zones are added; told later if it stays so."""


def number(least: float, most: float, unit: str | None = None, step: float = 1) -> NumberSelector:
    """Build the field of a number."""
    config = NumberSelectorConfig(min=least, max=most, step=step, mode=NumberSelectorMode.BOX)
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def one_of(options: Iterable[str], translation_key: str) -> SelectSelector:
    """Build a list of words that have translations."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options),
            translation_key=translation_key,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def labelled(labels: Mapping[str, str], translation_key: str | None = None) -> SelectSelector:
    """Build a list of values with labels."""
    config = SelectSelectorConfig(
        options=[SelectOptionDict(value=value, label=label) for value, label in labels.items()],
        mode=SelectSelectorMode.DROPDOWN,
    )
    if translation_key is not None:
        config["translation_key"] = translation_key
    return SelectSelector(config)


def renamed[Part: (CountedGate, Parking)](parts: Mapping[str, Part], made: Part) -> dict[str, Part]:
    """Give the parts before a change, the one that is changed by its new name."""
    return {
        key: replace(part, name=made.name) if key == made.id else part
        for key, part in parts.items()
    }


def concerns(before: Layout, after: Layout) -> dict[Finding, str]:
    """Tell what a change of a layout brings along, with the names of what it concerns."""
    known = {(found.finding, name) for found in findings(before) for name in found.names}
    new = {
        found.finding: [name for name in found.names if (found.finding, name) not in known]
        for found in findings(after)
        if found.finding not in LATER
    }
    return {finding: ", ".join(names) for finding, names in new.items() if names}
