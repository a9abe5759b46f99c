"""Choose the meters behind bridges, and enter the keys of encrypted meters."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.translation import async_get_translations
import probatio

from ..const import CONF_KEYS, CONF_METERS, DOMAIN
from ..coordinator import SmartCityCoordinator
from ..decoders import DECODERS
from ..ledger.bridges import Taken, identity_of, is_meter
from ..ledger.keys import NoKeyError, read_key
from ..ledger.state import DeviceState, Found
from ..model import Medium, Missing
from ..words import spoken
from .base import NOT_LOADED
from .corrections import CorrectionOptionsFlow
from .decoders import device_label
from .key_list import KeyListError, Owners, read_keys

CONF_WAITING: Final = "waiting"
CONF_LIST: Final = "list"
CONF_REMOVE: Final = "remove"
NO_METERS: Final = "no_meters"
KEY_INVALID: Final = "key_invalid"
FIELDS_SHOWN: Final = 25
"""Meters that wait for a key, with a field of their own; for more there is the list."""
BOXES_SHOWN: Final = 25
"""A longer list of meters is one to search in."""

_SECRET: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
_LINES: Final = TextSelector(TextSelectorConfig(multiline=True))


class MeterOptionsFlow(CorrectionOptionsFlow):
    """The steps about meters that do not simply appear."""

    async def async_step_meters(
        self, user_input: dict[str, list[str]] | None = None
    ) -> ConfigFlowResult:
        """Ask which of the meters that bridges hear are to be read."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        found = _found(coordinator)
        if not found:
            return self.async_abort(reason=NO_METERS)
        if user_input is not None:
            ticked = set(user_input.get(CONF_METERS, ()))
            kept = self.config_entry.options.get(CONF_METERS, {})
            chosen = {identity: identity in ticked for identity in found}
            return self._async_keep_options({CONF_METERS: {**kept, **chosen}})
        media = await self._async_media()
        labels = {key: _meter_label(number, each, media) for key, (number, each) in found.items()}
        is_long = len(labels) > BOXES_SHOWN
        choice = SelectSelectorConfig(
            options=[SelectOptionDict(value=key, label=label) for key, label in labels.items()],
            multiple=True,
            mode=SelectSelectorMode.DROPDOWN if is_long else SelectSelectorMode.LIST,
        )
        schema = probatio.Schema({probatio.Optional(CONF_METERS): SelectSelector(choice)})
        taken = _taken(coordinator) & found.keys()
        return self.async_show_form(
            step_id="meters",
            data_schema=self.add_suggested_values_to_schema(schema, {CONF_METERS: sorted(taken)}),
            description_placeholders={"found": str(len(found)), "taken": str(len(taken))},
        )

    async def async_step_keys(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for keys; those that are stored are never shown."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        errors: dict[str, str] = {}
        words: dict[str, str] = {}
        stored: Mapping[str, str] = self.config_entry.options.get(CONF_KEYS, {})
        waiting = _waiting(coordinator)
        if user_input is not None:
            removed = set(user_input.get(CONF_REMOVE, ()))
            try:
                new = {
                    **_typed(_labels(coordinator), user_input.get(CONF_WAITING, {})),
                    **read_keys(user_input.get(CONF_LIST, ""), _owners(coordinator)),
                }
            except KeyListError as error:
                errors[CONF_LIST] = error.flaw.value
                words = {"lines": ", ".join(map(str, error.lines))}
            except _TypedError as error:
                errors["base"] = KEY_INVALID
                words = {"meter": str(error)}
            else:
                kept = {owner: key for owner, key in stored.items() if owner not in removed}
                meters = self.config_entry.options.get(CONF_METERS, {})
                taken = {owner: True for owner in new if is_meter(owner)}
                return self._async_keep_options(
                    {CONF_KEYS: {**kept, **new}, CONF_METERS: {**meters, **taken}}
                )
        return self.async_show_form(
            step_id="keys",
            data_schema=_keys_schema(waiting, _named(coordinator, stored)),
            errors=errors,
            description_placeholders={
                "waiting": str(len(waiting)),
                "stored": str(len(stored)),
                **words,
            },
        )

    async def _async_media(self) -> dict[str, str]:
        """Give the names of the media in the language of this Home Assistant."""
        found = await async_get_translations(
            self.hass, self.hass.config.language, "selector", {DOMAIN}
        )
        names: dict[str, str] = {
            medium: found.get(f"component.{DOMAIN}.selector.medium.options.{medium}", medium)
            for medium in Medium
        }
        return {**names, Medium.UNKNOWN: ""}


class _TypedError(Exception):
    """What was typed for a meter is no key; the text names the meter."""


def _found(coordinator: SmartCityCoordinator) -> dict[str, tuple[str, Found]]:
    """Give the meters that bridges have heard, by identity: number, and what is newest."""
    found: dict[str, tuple[str, Found]] = {}
    for state in coordinator.states.values():
        for number, each in state.found.items():
            known = found.get(identity_of(number))
            if known is None or known[1].at < each.at:
                found[identity_of(number)] = (number, each)
    return dict(sorted(found.items(), key=lambda item: item[1][1].at, reverse=True))


def _taken(coordinator: SmartCityCoordinator) -> set[str]:
    """Give the meters behind bridges that are read, or will be when they are heard."""
    options = coordinator.config_entry.options
    taken = Taken(options.get(CONF_METERS, {}), options.get(CONF_KEYS, {}))
    return {
        identity_of(number)
        for state in coordinator.states.values()
        for number in state.found
        if taken.of(number, DECODERS.get(state.codec))
    }


def _meter_label(number: str, found: Found, media: Mapping[str, str]) -> str:
    parts = (number, found.maker, media[found.medium], spoken({"at": found.at})["at"])
    return " · ".join(filter(None, parts))


def _waiting(coordinator: SmartCityCoordinator) -> list[str]:
    """Give the labels of those who wait for a key, or for another one."""
    return [
        _label(state)
        for state in coordinator.states.values()
        if state.problem in {Missing.KEY, Missing.RIGHT_KEY}
    ]


def _labels(coordinator: SmartCityCoordinator) -> dict[str, str]:
    """Give label of everybody who may own a key."""
    present = coordinator.ledger.places.present
    return {present(place): _label(state) for place, state in coordinator.states.items()}


def _label(state: DeviceState) -> str:
    if is_meter(state.device.dev_eui):
        return " · ".join(filter(None, (state.building, state.device.name)))
    return device_label(state.device)


def _typed(labels: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """Give the keys that were typed, by owner; raises _TypedError."""
    owners = {label: owner for owner, label in labels.items()}
    found = {}
    for label, text in typed.items():
        if not text.strip():
            continue
        try:
            found[owners[label]] = read_key(text)
        except NoKeyError as error:
            raise _TypedError(label) from error
    return found


def _owners(coordinator: SmartCityCoordinator) -> Owners:
    """Give who may own a key, by all that a list may call it."""
    known: dict[str, str] = {}
    for dev_eui, device in coordinator.devices.items():
        known[dev_eui] = dev_eui
        state = coordinator.states[coordinator.ledger.places.place(dev_eui)]
        for number in filter(None, (device.tags.get("meter_number"), state.meter)):
            known.setdefault(identity_of(number), dev_eui)
    codecs = (DECODERS.get(state.codec) for state in coordinator.states.values())
    return Owners(known, others=any(codec is not None and codec.bridge for codec in codecs))


def _named(coordinator: SmartCityCoordinator, owners: Iterable[str]) -> dict[str, str]:
    """Give a label for each of those whose key is stored."""
    labels = _labels(coordinator)
    prefix = identity_of("")
    return {owner: labels.get(owner) or owner.removeprefix(prefix) for owner in owners}


def _keys_schema(waiting: Iterable[str], stored: Mapping[str, str]) -> probatio.Schema:
    """Build the form; a field of a meter is named by what the person reads."""
    fields: dict[probatio.Marker, object] = {}
    shown = sorted(waiting, key=str.casefold)[:FIELDS_SHOWN]
    if shown:
        inner = probatio.Schema({probatio.Optional(label): _SECRET for label in shown})
        fields[probatio.Required(CONF_WAITING)] = section(inner)
    fields[probatio.Optional(CONF_LIST)] = _LINES
    if stored:
        options = [SelectOptionDict(value=key, label=label) for key, label in stored.items()]
        choice = SelectSelectorConfig(
            options=options, multiple=True, mode=SelectSelectorMode.DROPDOWN, sort=True
        )
        fields[probatio.Optional(CONF_REMOVE)] = SelectSelector(choice)
    return probatio.Schema(fields)
