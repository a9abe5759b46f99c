"""Repair issues: one for each kind of trouble, however many devices have it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import (
    CONF_CODEC,
    CONF_DEVICES,
    CONF_METERS,
    CONF_PROFILES,
    CONF_SERVER,
    DOMAIN,
    LOGGER,
)
from .decoders import DECODERS, NO_CODEC
from .ledger.bridges import identity_of
from .ledger.decoding import ENCRYPTED, NOT_UNDERSTOOD, status_of
from .ledger.gas_energy import factors_of, midnight_utc
from .ledger.ledger import Ledger
from .ledger.settings import OF_GAS, of_input
from .ledger.state import DeviceState
from .metering.hours import Period
from .model import Medium, Missing, Quantity, Setting

if TYPE_CHECKING:
    from .coordinator import SmartCityCoordinator

NAMES_SHOWN: Final = 10
APPLICATION_MISSING: Final = "application_missing"
STORAGE_RENEWED: Final = "storage_renewed"

type Trouble = Callable[[SmartCityCoordinator, str, DeviceState], bool | str]
"""Whether a place has it; a text tells more."""


def _needs_decoder(coordinator: SmartCityCoordinator, place: str, state: DeviceState) -> bool:
    options = coordinator.config_entry.options
    present = coordinator.ledger.places.present(place)
    chosen = options.get(CONF_DEVICES, {}).get(present, {}).get(CONF_CODEC)
    by_profile = options.get(CONF_PROFILES, {}).get(state.device.profile)
    return not state.codec and NO_CODEC not in {chosen, by_profile}


def _unweighed(coordinator: SmartCityCoordinator, place: str, state: DeviceState) -> bool | str:
    """Give the inputs whose pulses count for nothing, unless somebody wants them so."""
    codec = DECODERS.get(state.codec)
    if codec is None or Setting.PULSE_WEIGHT not in codec.settings:
        return False
    settings = coordinator.settings(coordinator.ledger.places.present(place))
    counted = {source.register for key, source in state.totals.items() if key != source.register}
    inputs = [
        channel
        for quantity, channel in sorted(state.registers)
        if quantity is Quantity.PULSES
        and (quantity, channel) not in counted
        and of_input(settings, Setting.MEDIUM, channel) != Medium.UNKNOWN
    ]
    return ", ".join(map(str, inputs)) if any(inputs) else bool(inputs)


def _gas_factors_needed(coordinator: SmartCityCoordinator, place: str, state: DeviceState) -> bool:
    """Tell whether a gas meter has one of the two numbers, or one that is none."""
    settings = coordinator.settings(coordinator.ledger.places.present(place))
    return any(
        quantity is Quantity.VOLUME
        and coordinator.medium(state, channel) is Medium.GAS
        and any(of_input(settings, name, channel) for name in OF_GAS)
        and not factors_of(settings, channel, midnight_utc)
        for quantity, channel in state.totals
    )


def _with_status(status: str) -> Trouble:
    return lambda _coordinator, _place, state: status_of(state.problem) == status


def _meters_unchosen(coordinator: SmartCityCoordinator, _: str, state: DeviceState) -> str:
    """Give how many meters a bridge hears, as long as nobody has decided about any."""
    found = {identity_of(number) for number in state.found}
    decided = coordinator.config_entry.options.get(CONF_METERS, {}).keys()
    if not found or found & decided or found & coordinator.states.keys():
        return ""
    return str(len(found))


def _overflowed(coordinator: SmartCityCoordinator, place: str, _: DeviceState) -> bool:
    return place in coordinator.overflowed


def _crowded(coordinator: SmartCityCoordinator, place: str, _: DeviceState) -> bool:
    return place in coordinator.room.waiting


def _withheld(coordinator: SmartCityCoordinator, place: str, _: DeviceState) -> bool:
    return place in coordinator.withheld


def _twice(coordinator: SmartCityCoordinator, place: str, _: DeviceState) -> bool:
    present = coordinator.ledger.places.present(place)
    return any(
        entry.runtime_data.has(present)
        for entry in coordinator.hass.config_entries.async_loaded_entries(DOMAIN)
        if CONF_SERVER in entry.data and entry.entry_id != coordinator.config_entry.entry_id
    )


def _too_high(coordinator: SmartCityCoordinator, _: str, state: DeviceState) -> str:
    """Give by how much a total stands too high, if for longer than a day."""
    for key in sorted(state.totals, key=lambda key: key[0] is Quantity.PULSES):
        excess = state.values[key].excess
        days = (state.consumed.get((key, day), 0.0) for day in (Period.YESTERDAY, Period.TODAY))
        if coordinator.ledger.limits(state, key).is_material(excess, max(days)):
            return f"{round(excess, 1):.12g} {key[0].unit}".strip()
    return ""


def _silent(coordinator: SmartCityCoordinator, place: str, _: DeviceState) -> bool:
    return coordinator.silence.is_silent(place) is True


_TROUBLES: Final[Mapping[str, Trouble]] = {
    "decoder_needed": _needs_decoder,
    "device_twice": _twice,
    "devices_silent": _silent,
    "entities_crowded": _crowded,
    "encrypted": _with_status(ENCRYPTED),
    "history_missing": _withheld,
    "history_overflow": _overflowed,
    "gas_factors_needed": _gas_factors_needed,
    "key_needed": _with_status(Missing.KEY),
    "key_wrong": _with_status(Missing.RIGHT_KEY),
    "layout_needed": _with_status(Missing.LAYOUT),
    "mapping_needed": _with_status(Missing.MAPPING),
    "meters_unchosen": _meters_unchosen,
    "pulse_weight_needed": _unweighed,
    "total_too_high": _too_high,
    "undecodable": _with_status(NOT_UNDERSTOOD),
    "unit_needed": _with_status(Missing.UNIT),
}


class Issues:
    """What is wrong in an entry, kept as it changes."""

    def __init__(self, hass: HomeAssistant, coordinator: SmartCityCoordinator) -> None:
        """Know of nothing yet."""
        self._hass = hass
        self._coordinator = coordinator
        self._named: dict[str, dict[str, str]] = {key: {} for key in _TROUBLES}
        self._shown: dict[str, list[str]] = {}

    async def async_update(self, places: Iterable[str]) -> None:
        """Look at places that have changed: show what there is, take back what is gone.

        Those of other entries change without telling, so what was found to be
        there too is looked at each time; so do entities that wait for room.
        """
        coordinator = self._coordinator
        crowded = coordinator.room.waiting.keys() ^ self._named["entities_crowded"].keys()
        for place in {*places, *crowded, *self._named["device_twice"]}:
            self._look_at(place)
            await asyncio.sleep(0)  # others may run between two places
        self._async_show(APPLICATION_MISSING, sorted(coordinator.missing_scopes.values()))
        for key, named in self._named.items():
            self._async_show(key, sorted(named.values()))

    def _look_at(self, place: str) -> None:
        """Note what is wrong there."""
        state = self._coordinator.states.get(place)
        for key, has in _TROUBLES.items():
            trouble = has(self._coordinator, place, state) if state is not None else False
            if state is None or not trouble:
                self._named[key].pop(place, None)
            else:
                name = _name(state)
                self._named[key][place] = name if trouble is True else f"{name} ({trouble})"

    @callback
    def _async_show(self, key: str, names: list[str]) -> None:
        if names == self._shown.get(key):
            return
        self._shown[key] = names
        coordinator = self._coordinator
        issue_id = f"{key}_{coordinator.config_entry.entry_id}"
        if not names:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        shown = ", ".join(names[:NAMES_SHOWN])
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={
                "count": str(len(names)),
                "names": f"{shown}, …" if len(names) > NAMES_SHOWN else shown,
                "server": coordinator.name,
            },
        )


@callback
def async_tell_renewal(hass: HomeAssistant, entry: ConfigEntry, ledger: Ledger) -> None:
    """Say that what was kept could not be read, until Home Assistant starts again."""
    LOGGER.warning(
        "What was kept of %s could not be read (%s), and is read again from the network server",
        entry.title,
        ledger.aside or f"{ledger.renewed} devices",
    )
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{STORAGE_RENEWED}_{entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=STORAGE_RENEWED,
        translation_placeholders={"server": entry.title, "file": ledger.aside or "-"},
    )


@callback
def async_clear_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take all issues of an entry back."""
    for key in (APPLICATION_MISSING, STORAGE_RENEWED, *_TROUBLES):
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")


def _name(state: DeviceState) -> str:
    """Give the name with its building: many meters are called the same."""
    name = state.device.name or state.device.dev_eui
    building = state.building
    return f"{building} · {name}" if building else name
