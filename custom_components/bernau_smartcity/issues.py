"""Repair issues: one for each kind of trouble, however many devices have it."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .bridges import identity_of
from .codecs import NO_CODEC
from .const import CONF_CODEC, CONF_DEVICES, CONF_METERS, CONF_PROFILES, DOMAIN
from .decoding import ENCRYPTED, NOT_UNDERSTOOD, status_of
from .metering.hours import Period
from .model import Missing, Quantity
from .state import DeviceState

if TYPE_CHECKING:
    from .coordinator import SmartCityCoordinator

NAMES_SHOWN: Final = 10
APPLICATION_MISSING: Final = "application_missing"

type Trouble = Callable[[SmartCityCoordinator, str, DeviceState], bool | str]
"""Whether a place has it; a text tells more."""


def _needs_decoder(coordinator: SmartCityCoordinator, place: str, state: DeviceState) -> bool:
    options = coordinator.config_entry.options
    present = coordinator.ledger.places.present(place)
    chosen = options.get(CONF_DEVICES, {}).get(present, {}).get(CONF_CODEC)
    by_profile = options.get(CONF_PROFILES, {}).get(state.device.profile)
    return not state.codec and NO_CODEC not in {chosen, by_profile}


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


def _withheld(coordinator: SmartCityCoordinator, place: str, _: DeviceState) -> bool:
    return place in coordinator.withheld


def _twice(coordinator: SmartCityCoordinator, place: str, _: DeviceState) -> bool:
    present = coordinator.ledger.places.present(place)
    return any(
        entry.runtime_data.has(present)
        for entry in coordinator.hass.config_entries.async_loaded_entries(DOMAIN)
        if entry.entry_id != coordinator.config_entry.entry_id
    )


def _too_high(coordinator: SmartCityCoordinator, _: str, state: DeviceState) -> str:
    """Give by how much a total stands too high, if for longer than a day."""
    for key in sorted(state.totals, key=lambda key: key[0] is Quantity.PULSES):
        excess = state.values[key].excess
        days = (state.consumed.get((key, day), 0.0) for day in (Period.YESTERDAY, Period.TODAY))
        if coordinator.ledger.limits(state, key).is_material(excess, max(days)):
            return f"{round(excess, 1):.12g} {key[0].unit}".strip()
    return ""


_TROUBLES: Final[Mapping[str, Trouble]] = {
    "decoder_needed": _needs_decoder,
    "device_twice": _twice,
    "encrypted": _with_status(ENCRYPTED),
    "history_missing": _withheld,
    "history_overflow": _overflowed,
    "key_needed": _with_status(Missing.KEY),
    "key_wrong": _with_status(Missing.RIGHT_KEY),
    "layout_needed": _with_status(Missing.LAYOUT),
    "meters_unchosen": _meters_unchosen,
    "total_too_high": _too_high,
    "undecodable": _with_status(NOT_UNDERSTOOD),
}


class Issues:
    """What is wrong in an entry, kept as it changes."""

    def __init__(self, hass: HomeAssistant, coordinator: SmartCityCoordinator) -> None:
        """Know of nothing yet."""
        self._hass = hass
        self._coordinator = coordinator
        self._named: dict[str, dict[str, str]] = {key: {} for key in _TROUBLES}
        self._shown: dict[str, list[str]] = {}

    @callback
    def async_update(self, places: Iterable[str]) -> None:
        """Look at places that have changed: show what there is, take back what is gone.

        Those of other entries change without telling, so what was found to be
        there too is looked at each time.
        """
        coordinator = self._coordinator
        for place in {*places, *self._named["device_twice"]}:
            state = coordinator.states.get(place)
            for key, has in _TROUBLES.items():
                trouble = has(coordinator, place, state) if state is not None else False
                if state is None or not trouble:
                    self._named[key].pop(place, None)
                else:
                    name = _name(state)
                    self._named[key][place] = name if trouble is True else f"{name} ({trouble})"
        self._async_show(APPLICATION_MISSING, sorted(coordinator.missing_scopes.values()))
        for key, named in self._named.items():
            self._async_show(key, sorted(named.values()))

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
def async_clear_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take all issues of an entry back."""
    for key in (APPLICATION_MISSING, *_TROUBLES):
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")


def _name(state: DeviceState) -> str:
    """Give the name with its building: many meters are called the same."""
    name = state.device.name or state.device.dev_eui
    building = state.building
    return f"{building} · {name}" if building else name
