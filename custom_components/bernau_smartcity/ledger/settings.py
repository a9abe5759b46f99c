"""What is known of devices outside of their payloads: names, values, and who wins.

A setting is kept as text, from a tag on the network server as from a form. The
plain name (`medium`) holds for all inputs of a device, `medium_2` for the second.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ..mapping import continues, read as read_mapping, written as write_mapping
from ..metering import gas
from ..metering.pulses import QUANTITY_OF_MEDIUM, positive
from ..model import Codec, DecodeError, Kind, Medium, Setting, Unit
from .keys import read_key

type Settings = Mapping[str, str]
"""Values by name of the setting, perhaps with the number of an input or a meter."""

OF_INPUTS: Final = (Setting.MEDIUM, Setting.PULSE_WEIGHT)
"""Settings that the inputs of a pulse adapter may have each of its own."""
OF_GAS: Final = (Setting.CALORIFIC_VALUE, Setting.STATE_NUMBER)
"""Settings of gas meters, whatever their decoder; by input too."""
DECODING: Final = (
    *(Setting.UNIT, Setting.BYTE_ORDER, Setting.SWAP, Setting.LAYOUT, Setting.INTERVAL),
    Setting.MAPPING,
)
"""Settings that change what is read from a payload: another value reads the history again."""
MEDIA: Final = (*QUANTITY_OF_MEDIUM, Medium.UNKNOWN)
"""Media that a person can choose."""

_INPUTS: Final = 64


def merged(*layers: Settings) -> dict[str, str]:
    """Lay settings over each other; a plain name wins over earlier ones of single inputs."""
    found: dict[str, str] = {}
    for layer in layers:
        for name in [name for name in found if name.rpartition("_")[0] in layer]:
            del found[name]
        found |= layer
    return found


def of_input(settings: Settings, setting: Setting, channel: int) -> str:
    """Give the value for one input, else the one for all; empty where there is none."""
    return settings.get(f"{setting}_{channel}") or settings.get(setting) or ""


def medium_of(settings: Settings, channel: int, otherwise: Medium) -> Medium:
    """Give the medium of an input."""
    chosen = of_input(settings, Setting.MEDIUM, channel).strip().lower()
    return Medium(chosen) if chosen in Medium else otherwise


def decoding(settings: Settings, codec: Codec | None) -> dict[str, str]:
    """Give the settings by which a codec reads payloads."""
    asked = codec.settings if codec else ()
    return {name: settings[name] for name in DECODING if name in asked and settings.get(name)}


def reads_on(before: Settings | None, now: Settings) -> bool:
    """Tell whether all that was read with some settings stays true with others."""
    if before is None:
        return True
    mapping = str(Setting.MAPPING)
    was, becomes = (
        {name: value for name, value in each.items() if name != mapping} for each in (before, now)
    )
    same = before.get(mapping) == now.get(mapping)
    return was == becomes and (same or continues(before.get(mapping, ""), now.get(mapping, "")))


def split(name: str) -> tuple[Setting, str] | None:
    """Give the setting of a name and the number behind it, None where there is no such."""
    if name in Setting:
        return Setting(name), ""
    if name.startswith(f"{Setting.KEY}_") and len(name) > len(Setting.KEY) + 1:
        return Setting.KEY, name[len(Setting.KEY) + 1 :]
    base, _, number = name.rpartition("_")
    of_inputs = base in (*OF_INPUTS, *OF_GAS)
    return (Setting(base), number) if of_inputs and _is_input(number) else None


def _is_input(number: str) -> bool:
    return number.isdecimal() and 0 < int(number) <= _INPUTS


def settings_of(codec: Codec | None) -> tuple[Setting, ...]:
    """Give the settings for which a form asks."""
    if codec is None:
        return ()
    may_be_gas = codec.medium is Medium.GAS or Setting.MEDIUM in codec.settings
    counts = any(quantity.kind is Kind.REGISTER for quantity in codec.quantities)
    return (
        *codec.settings,
        *(OF_GAS if may_be_gas else ()),
        *((Setting.LIMIT, Setting.MODULUS) if counts else ()),
    )


def read_value(setting: Setting, text: str, codec: Codec | None = None) -> str:
    """Give a value as it is kept; raises ValueError where it is none.

    A layout is judged by the codec of the device, if that is known.
    """
    text = text.strip()
    if setting is Setting.LAYOUT and codec is not None and codec.layout is not None:
        try:
            codec.layout.check(text)
        except DecodeError as error:
            raise ValueError(str(error)) from error
    return _READERS.get(setting, str)(text)


def _whole(limits: tuple[int, int]) -> Callable[[str], str]:
    def read(text: str) -> str:
        number = float(text)
        if number % 1 or not limits[0] <= number <= limits[1]:
            raise ValueError(text)
        return str(int(number))

    return read


def _dated(limits: tuple[float, float]) -> Callable[[str], str]:
    return lambda text: gas.written(gas.read_dated(text, limits))


def _one_of(*known: str) -> Callable[[str], str]:
    by_spelling = {each.lower(): each for each in known}

    def read(text: str) -> str:
        found = by_spelling.get(text.lower())
        if found is None:
            raise ValueError(text)
        return found

    return read


def _positive(text: str) -> str:
    number = positive(text)
    if number is None:
        raise ValueError(text)
    return format(number, ".12g")


INTERVAL: Final = (1, 1440)
"""Minutes that a person can set."""

_READERS: Final[Mapping[Setting, Callable[[str], str]]] = {
    Setting.MEDIUM: _one_of(*MEDIA),
    Setting.PULSE_WEIGHT: _positive,
    Setting.LIMIT: _positive,
    Setting.MODULUS: _positive,
    Setting.INTERVAL: _whole(INTERVAL),
    Setting.KEY: read_key,
    Setting.UNIT: _one_of(*Unit),
    Setting.BYTE_ORDER: _one_of("little", "big"),
    Setting.SWAP: _one_of("yes", "no"),
    Setting.CALORIFIC_VALUE: _dated(gas.CALORIFIC_VALUE),
    Setting.STATE_NUMBER: _dated(gas.STATE_NUMBER),
    Setting.MAPPING: lambda text: write_mapping(read_mapping(text)),
}
"""How the value of each setting is read; others are taken as they are."""
