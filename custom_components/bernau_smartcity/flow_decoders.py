"""The forms in which decoders are assigned, to device profiles or to one device."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import probatio

from .codecs import CODECS, NO_CODEC, find
from .const import CONF_CODEC
from .flow_server import labels, select_options
from .metering.pulses import QUANTITY_OF_MEDIUM
from .model import Codec, Device, Kind, Medium, Setting

CONF_DEVICE: Final = "device"
OPEN: Final = "open"
ASSIGNED: Final = "assigned"

POSITIVE: Final = {
    Setting.PULSE_WEIGHT: "pulse_weight_zero",
    Setting.LIMIT: "limit_zero",
    Setting.MODULUS: "modulus_zero",
}
"""Settings that are greater than zero, and the errors for those that are not."""

_SETTING_SELECTORS: Final = {
    Setting.MEDIUM: SelectSelector(
        SelectSelectorConfig(
            options=[medium.value for medium in (*QUANTITY_OF_MEDIUM, Medium.UNKNOWN)],
            translation_key="medium",
            mode=SelectSelectorMode.DROPDOWN,
        )
    ),
    **dict.fromkeys(
        POSITIVE, NumberSelector(NumberSelectorConfig(step="any", mode=NumberSelectorMode.BOX))
    ),
    Setting.INTERVAL: NumberSelector(
        NumberSelectorConfig(
            min=1, max=1440, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement="min"
        )
    ),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A device profile in use, and the decoder that it has."""

    key: str
    label: str
    found: str
    """Codec that all of its devices have without that choice, or empty."""
    chosen: str
    """What the user chose for it, or empty."""
    complete: bool
    """Each of its devices has a decoder."""


def codec_selector() -> SelectSelector:
    """Build the list of all decoders, with the choice to use none of them."""
    names = {key: f"{codec.manufacturer} {codec.model}" for key, codec in CODECS.items()}
    return SelectSelector(
        SelectSelectorConfig(
            options=select_options({NO_CODEC: NO_CODEC, **labels(names)}),
            translation_key="codec",
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def profiles(
    devices: Iterable[Device],
    by_device: Mapping[str, str] | None = None,
    by_profile: Mapping[str, str] | None = None,
) -> list[Profile]:
    """Group devices by device profile, in order of the labels."""
    chosen = by_profile or {}
    groups: dict[str, list[Device]] = {}
    for device in devices:
        if device.profile:
            groups.setdefault(device.profile, []).append(device)
    names = {key: group[0].profile_name for key, group in groups.items()}
    result = []
    for key, label in labels(names).items():
        codecs = {_found(device, by_device or {}) for device in groups[key]}
        complete = "" not in codecs
        result.append(
            Profile(
                key=key,
                label=f"{label} ({len(groups[key])})",
                found=codecs.pop() if complete and len(codecs) == 1 else "",
                chosen=chosen.get(key, ""),
                complete=complete or key in chosen,
            )
        )
    return result


def _found(device: Device, by_device: Mapping[str, str]) -> str:
    found = find(device, by_device, {})
    if found.codec is None:
        return NO_CODEC if found.is_chosen else ""
    return found.codec.key


def profiles_schema(found: Iterable[Profile]) -> probatio.Schema:
    """Build the form with one list of decoders for each device profile.

    The fields are named by what the person reads ("EM300-DI (12)"): there are
    no translations for names that only the server knows, and Home Assistant's
    frontend then shows the name of the field itself.
    """
    selector = codec_selector()
    parts: dict[str, dict[probatio.Marker, SelectSelector]] = {}
    for profile in found:
        fields = parts.setdefault(_part(profile), {})
        shown = {"suggested_value": profile.chosen or profile.found}
        marker = probatio.Optional(
            profile.label, description=shown if shown["suggested_value"] else None
        )
        fields[marker] = selector
    return probatio.Schema(
        {
            probatio.Required(part): section(probatio.Schema(parts[part]))
            for part in (OPEN, ASSIGNED)
            if part in parts
        }
    )


def profiles_chosen(
    found: Iterable[Profile], user_input: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Read the form: only what differs from what is found anyway is a choice."""
    result = {}
    for profile in found:
        choice = user_input.get(_part(profile), {}).get(profile.label, "")
        if choice and (profile.chosen or choice != profile.found):
            result[profile.key] = choice
    return result


def _part(profile: Profile) -> str:
    return ASSIGNED if profile.complete else OPEN


def device_label(device: Device) -> str:
    """Name a device so that building, name, model and DevEUI can be searched."""
    building = device.tags.get("building", "")
    parts = (building, device.name, device.profile_name, device.dev_eui)
    return " · ".join(part for part in parts if part)


def typed_dev_eui(typed: str) -> str:
    """Give the DevEUI that was chosen by its label, or typed in any spelling."""
    return "".join(filter(str.isalnum, typed.rpartition(" ")[2])).lower()


def devices_schema(devices: Iterable[Device]) -> probatio.Schema:
    """Build the form in which one device is chosen.

    Home Assistant's frontend only searches lists that also take typed text, and
    it shows the value of such a list, so the label is the value. It would choose
    the first of a required list by itself, so the field is optional.
    """
    found = sorted(map(device_label, devices), key=str.casefold)
    if not found:
        return probatio.Schema({})
    choice = SelectSelectorConfig(
        options=found, custom_value=True, mode=SelectSelectorMode.DROPDOWN
    )
    return probatio.Schema({probatio.Optional(CONF_DEVICE): SelectSelector(choice)})


def settings_of(codec: Codec | None) -> tuple[Setting, ...]:
    """Give the settings for which a form asks."""
    if codec is None:
        return ()
    counts = any(quantity.kind is Kind.REGISTER for quantity in codec.quantities)
    # Keys have a form of their own, which never shows them again.
    settings = (name for name in codec.settings if name is not Setting.KEY)
    return (*settings, *((Setting.LIMIT, Setting.MODULUS) if counts else ()))


def device_schema(codec: Codec | None) -> probatio.Schema:
    """Build the form of one device: its decoder, and what that needs to know."""
    return probatio.Schema(
        {
            probatio.Optional(CONF_CODEC): codec_selector(),
            **{
                probatio.Optional(name.value): _SETTING_SELECTORS[name]
                for name in settings_of(codec)
            },
        }
    )


def device_suggested(stored: Mapping[str, str]) -> dict[str, Any]:
    """Give stored values as the form shows them."""
    return {
        name: float(value) if name in {*POSITIVE, Setting.INTERVAL} else value
        for name, value in stored.items()
    }


def device_chosen(user_input: Mapping[str, Any], codec: Codec | None) -> dict[str, str]:
    """Give the values of the form as they are stored, without those the codec has no use for."""
    used = {CONF_CODEC, *settings_of(codec)}
    return {
        name: value if isinstance(value, str) else format(value, ".12g")
        for name, value in user_input.items()
        if name in used
    }
