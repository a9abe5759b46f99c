"""The forms in which decoders are assigned to device profiles, and a device is chosen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import probatio

from ..decoders import CODECS, DECODED, NO_CODEC, find
from ..model import Device
from .server import labels, select_options

CONF_DEVICE: Final = "device"
OPEN: Final = "open"
ASSIGNED: Final = "assigned"


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
    first = {name: name for name in (NO_CODEC, DECODED.key)}
    return SelectSelector(
        SelectSelectorConfig(
            options=select_options({**first, **labels(names)}),
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
