"""The forms in which people set what a decoder or a total needs to know."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import probatio

from ..const import CONF_CODEC
from ..ledger.settings import INTERVAL, MEDIA, OF_INPUTS, read_value, settings_of, split
from ..model import Codec, Setting, Unit
from .decoders import codec_selector

CONF_START: Final = "start_value"
"""The number on the display now, of a meter whose pulses are counted."""

_NUMBER: Final = NumberSelector(NumberSelectorConfig(step="any", mode=NumberSelectorMode.BOX))


def _one_of(options: Iterable[str], translation_key: str | None = None) -> SelectSelector:
    config = SelectSelectorConfig(options=list(options), mode=SelectSelectorMode.DROPDOWN)
    if translation_key is not None:
        config["translation_key"] = translation_key
    return SelectSelector(config)


_SELECTORS: Final[Mapping[Setting, Any]] = {
    Setting.MEDIUM: _one_of(MEDIA, "medium"),
    Setting.PULSE_WEIGHT: _NUMBER,
    Setting.INTERVAL: NumberSelector(
        NumberSelectorConfig(
            min=INTERVAL[0],
            max=INTERVAL[1],
            step=1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement="min",
        )
    ),
    Setting.UNIT: _one_of(Unit),
    Setting.BYTE_ORDER: _one_of(("little", "big"), "byte_order"),
    Setting.SWAP: _one_of(("yes", "no"), "swap"),
    Setting.LAYOUT: TextSelector(TextSelectorConfig(multiline=True)),
    Setting.CALORIFIC_VALUE: TextSelector(),
    Setting.STATE_NUMBER: TextSelector(),
    Setting.LIMIT: _NUMBER,
    Setting.MODULUS: _NUMBER,
}
"""Settings with a field; the others have steps of their own."""
_WRONG: Final[Mapping[Setting, str]] = {
    Setting.PULSE_WEIGHT: "pulse_weight_zero",
    Setting.LIMIT: "limit_zero",
    Setting.MODULUS: "modulus_zero",
    Setting.INTERVAL: "interval_wrong",
    Setting.LAYOUT: "layout_wrong",
    Setting.CALORIFIC_VALUE: "calorific_value_wrong",
    Setting.STATE_NUMBER: "state_number_wrong",
}
"""Errors of values that a selector lets pass."""
_NUMBERS: Final = {Setting.PULSE_WEIGHT, Setting.INTERVAL, Setting.LIMIT, Setting.MODULUS}


def fields_of(codec: Codec | None, inputs: Sequence[int] = ()) -> list[Setting]:
    """Give the settings with a field in the form of a device, those of several inputs apart."""
    apart = OF_INPUTS if len(inputs) > 1 else ()
    return [each for each in settings_of(codec) if each in _SELECTORS and each not in apart]


def settings_schema(
    codec: Codec | None, inputs: Sequence[int] = (), *, of_profile: bool = False
) -> probatio.Schema:
    """Build the form of a device, or of all devices of a device profile."""
    schema: dict[probatio.Marker, Any] = {}
    if not of_profile:
        schema[probatio.Optional(CONF_CODEC)] = codec_selector()
    for name in fields_of(codec, inputs):
        schema[probatio.Optional(name.value)] = _SELECTORS[name]
    if asks_for_start(codec, inputs):
        schema[probatio.Optional(CONF_START)] = _NUMBER
    return probatio.Schema(schema)


def asks_for_start(codec: Codec | None, inputs: Sequence[int]) -> bool:
    """Tell whether the form of a device asks for the number on a display."""
    return len(inputs) == 1 and Setting.PULSE_WEIGHT in settings_of(codec)


INPUT_SCHEMA: Final = probatio.Schema(
    {
        **{probatio.Optional(name.value): _SELECTORS[name] for name in OF_INPUTS},
        probatio.Optional(CONF_START): _NUMBER,
    }
)
"""The form of one of several inputs."""


def suggested(stored: Mapping[str, str]) -> dict[str, Any]:
    """Give stored values as a form shows them."""
    return {
        name: float(value) if name in _NUMBERS else value
        for name, value in stored.items()
        if name == CONF_CODEC or name in _SELECTORS
    }


def of_one_input(stored: Mapping[str, str], channel: int) -> dict[str, Any]:
    """Give what is stored for one of several inputs as a form shows it."""
    return suggested(
        {
            name.value: stored[f"{name}_{channel}"]
            for name in OF_INPUTS
            if f"{name}_{channel}" in stored
        }
    )


def read_form(
    values: Mapping[str, Any], names: Iterable[Setting], codec: Codec | None
) -> tuple[dict[str, str], dict[str, str], str]:
    """Give the values of a form as they are kept, the errors by field, and the reason of one."""
    kept: dict[str, str] = {}
    errors: dict[str, str] = {}
    why = ""
    for name in names:
        text = str(values.get(name, "")).strip()
        if not text:
            continue
        try:
            kept[name.value] = read_value(name, text, codec)
        except ValueError as error:
            errors[name.value] = _WRONG[name]
            why = str(error)
    return kept, errors, why


def kept_beside(
    stored: Mapping[str, str], shown: Iterable[str], codec: Codec | None
) -> dict[str, str]:
    """Give what is stored and stands in no field, without what the codec has no use for."""
    fields = {CONF_CODEC, *shown}
    used = {*settings_of(codec)}
    return {
        name: value
        for name, value in stored.items()
        if name not in fields and (known := split(name)) is not None and known[0] in used
    }
