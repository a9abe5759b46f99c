"""Exchange a meter, set the number on its display, take either back."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    DateTimeSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import dt as dt_util
import probatio

from ..const import DOMAIN
from ..coordinator import Check, SmartCityCoordinator
from ..entity import unique_id
from ..ledger.checks import (
    Refusal,
    RefusedError,
    check_display,
    check_exchange,
    is_counted_by_pulses,
)
from ..ledger.places import Display, Exchange, Places
from ..ledger.state import DeviceState, Key, suffix_of
from ..model import Quantity
from ..words import spoken
from .base import NOT_LOADED, LoadedOptionsFlow
from .decoders import device_label, typed_dev_eui

CONF_OLD: Final = "old"
CONF_NEW: Final = "new"
CONF_AT: Final = "at"
CONF_LAST: Final = "last"
CONF_FIRST: Final = "first"
CONF_TOTAL: Final = "total"
CONF_VALUE: Final = "value"
CONF_NOTED: Final = "noted"

_NUMBER: Final = NumberSelector(NumberSelectorConfig(step="any", mode=NumberSelectorMode.BOX))
_READINGS: Final = probatio.Schema(
    {probatio.Optional(CONF_LAST): _NUMBER, probatio.Optional(CONF_FIRST): _NUMBER}
)
_FIELD_OF: Final = {
    Refusal.DATE_IN_FUTURE: CONF_AT,
    Refusal.DATE_TOO_EARLY: CONF_AT,
    Refusal.DEVICE_IN_USE: CONF_NEW,
    Refusal.EXCHANGE_OTHER_QUANTITY: CONF_NEW,
    Refusal.EXCHANGE_SAME_DEVICE: CONF_NEW,
    Refusal.DISPLAY_UNKNOWN: CONF_LAST,
    Refusal.READING_BELOW_SENT: CONF_LAST,
    Refusal.READING_FAR_ABOVE_SENT: CONF_LAST,
    Refusal.READING_ABOVE_SENT: CONF_FIRST,
    Refusal.READING_FAR_BELOW_SENT: CONF_FIRST,
}
"""At which field an error stands; otherwise above the form."""
NO_PULSE_TOTALS: Final = "no_pulse_totals"
CHOICE_NEEDED: Final = "choice_needed"
READING_NEEDED: Final = "reading_needed"


class CorrectionOptionsFlow(LoadedOptionsFlow):
    """The steps in which people note what no device tells."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._exchange = Exchange("", "", dt_util.utcnow())
        self._asked: list[Key] = []

    async def async_step_exchange(
        self, user_input: dict[str, str] | None = None
    ) -> ConfigFlowResult:
        """Ask which device stands in for which, and since when."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        errors: dict[str, str] = {}
        words: dict[str, str] = {}
        values: Mapping[str, str] = user_input or {CONF_AT: _now()}
        if user_input is not None:
            old, new = (typed_dev_eui(user_input.get(name, "")) for name in (CONF_OLD, CONF_NEW))
            at = _time(user_input[CONF_AT])
            errors |= {
                name: Refusal.DEVICE_UNKNOWN.value
                for name, dev_eui in ((CONF_OLD, old), (CONF_NEW, new))
                if dev_eui not in coordinator.devices
            }
            if not errors:
                self._exchange = Exchange(coordinator.ledger.places.place(old), new, at)
                errors, words = await self._async_refused(coordinator)
            if not errors:
                self._asked = _asked(coordinator, self._exchange.place)
                return await self.async_step_readings()
        devices = sorted(map(device_label, coordinator.devices.values()), key=str.casefold)
        choice = SelectSelector(
            SelectSelectorConfig(
                options=devices, custom_value=True, mode=SelectSelectorMode.DROPDOWN
            )
        )
        schema = probatio.Schema(
            {
                probatio.Optional(CONF_OLD): choice,
                probatio.Optional(CONF_NEW): choice,
                probatio.Required(CONF_AT): DateTimeSelector(),
            }
        )
        return self.async_show_form(
            step_id="exchange",
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=errors,
            description_placeholders=words,
            last_step=False,
        )

    async def async_step_readings(
        self, user_input: dict[str, float] | None = None
    ) -> ConfigFlowResult:
        """Ask for last and first reading, of one total after the other."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        errors: dict[str, str] = {}
        words: dict[str, str] = {}
        if user_input is not None:
            before = self._exchange
            pair = (user_input.get(CONF_LAST), user_input.get(CONF_FIRST))
            readings = {**before.readings, suffix_of(self._asked[0]): pair}
            self._exchange = Exchange(before.place, before.new, before.at, readings)
            errors, words = await self._async_refused(coordinator)
            if errors:
                self._exchange = before
            else:
                self._asked.pop(0)
        if not self._asked:
            return self._async_keep(coordinator.ledger.places.with_exchange(self._exchange))
        key = self._asked[0]
        value = coordinator.states[self._exchange.place].values[key]
        return self.async_show_form(
            step_id="readings",
            data_schema=self.add_suggested_values_to_schema(
                _READINGS, user_input if errors else {}
            ),
            errors=errors,
            description_placeholders={
                **spoken({"shown": value.value, "unit": key[0].unit}),
                **words,
                "total": self._name(coordinator, self._exchange.place, suffix_of(key)),
            },
            last_step=len(self._asked) == 1,
        )

    async def async_step_display(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the number on the display of a meter whose pulses are counted."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        totals = self._pulse_totals(coordinator)
        if not totals:
            return self.async_abort(reason=NO_PULSE_TOTALS)
        errors: dict[str, str] = {}
        words: dict[str, str] = {}
        if user_input is not None:
            chosen, value = totals.get(user_input.get(CONF_TOTAL, "")), user_input.get(CONF_VALUE)
            if chosen is None:
                errors[CONF_TOTAL] = CHOICE_NEEDED
            if value is None:
                errors[CONF_VALUE] = READING_NEEDED
            if chosen is not None and value is not None:
                display = Display(*chosen, _time(user_input[CONF_AT]), value)
                check = partial(check_display, display=display, now=dt_util.utcnow())
                errors, words = await self._async_refused(coordinator, check)
                if not errors:
                    return self._async_keep(coordinator.ledger.places.with_display(display))
        # What is required gets a first choice or a zero from Home Assistant's frontend by itself.
        schema = probatio.Schema(
            {
                probatio.Optional(CONF_TOTAL): _choice(totals),
                probatio.Required(CONF_AT): DateTimeSelector(),
                probatio.Optional(CONF_VALUE): _NUMBER,
            }
        )
        return self.async_show_form(
            step_id="display",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or {CONF_AT: _now()}
            ),
            errors=errors,
            description_placeholders=words,
        )

    async def async_step_undo(self, user_input: dict[str, str] | None = None) -> ConfigFlowResult:
        """Ask what is to be taken back."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason=NOT_LOADED)
        found = self._undoable(coordinator)
        if not found:
            return self.async_abort(reason=Refusal.NOTHING_TO_UNDO.value)
        errors: dict[str, str] = {}
        if user_input is not None:
            remaining = found.get(user_input.get(CONF_NOTED, ""))
            if remaining is not None:
                return self._async_keep(remaining)
            errors[CONF_NOTED] = CHOICE_NEEDED
        return self.async_show_form(
            step_id="undo",
            data_schema=probatio.Schema({probatio.Optional(CONF_NOTED): _choice(found)}),
            errors=errors,
        )

    async def _async_refused(
        self, coordinator: SmartCityCoordinator, check: Check | None = None
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Give why something, usually the exchange, cannot be: errors and words for them."""
        if check is None:
            check = partial(check_exchange, exchange=self._exchange, now=dt_util.utcnow())
        try:
            await coordinator.async_checked(check)
        except RefusedError as error:
            return _told(error)
        return {}, {}

    def _async_keep(self, places: Places) -> ConfigFlowResult:
        return self.async_create_entry(data={**self.config_entry.options, **places.to_options()})

    def _name(self, coordinator: SmartCityCoordinator, place: str, total: str) -> str:
        """Name a total as it is named everywhere in Home Assistant."""
        identity = unique_id(coordinator, place, total)
        entity_id = er.async_get(self.hass).async_get_entity_id(SENSOR_DOMAIN, DOMAIN, identity)
        state = self.hass.states.get(entity_id) if entity_id else None
        return state.name if state else f"{coordinator.states[place].device.name} {total}"

    def _pulse_totals(self, coordinator: SmartCityCoordinator) -> dict[str, tuple[str, str]]:
        """Give place and name of each total that is counted by pulses, by label."""
        return {
            f"{_where(state)}{self._name(coordinator, place, suffix_of(key))} · {place}": (
                place,
                suffix_of(key),
            )
            for place, state in coordinator.states.items()
            for key in state.totals
            if key[0] is not Quantity.PULSES and is_counted_by_pulses(state, key)
        }

    def _undoable(self, coordinator: SmartCityCoordinator) -> dict[str, Places]:
        """Give what would remain without the newest exchange of a place, or without a number."""
        places = coordinator.ledger.places
        found: dict[str, Places] = {}
        newest = {each.place: each for each in places.exchanges}
        for place, exchange in newest.items():
            state = coordinator.states.get(place)
            name = f"{_where(state)}{state.device.name}" if state else place
            label = f"{_spoken(exchange.at)} · {name} · {exchange.new}"
            found[label] = places.without_exchange(exchange)
        for display in places.displays:
            state = coordinator.states.get(display.place)
            if state is not None:
                name = _where(state) + self._name(coordinator, display.place, display.total)
                label = f"{_spoken(display.at)} · {name} · {display.value:.12g}"
                found[label] = places.without_display(display)
        return found


def _asked(coordinator: SmartCityCoordinator, place: str) -> list[Key]:
    """Give the totals of which a person can read the display."""
    state = coordinator.states[place]
    return [
        key
        for key, source in state.totals.items()
        if key[0] is not Quantity.PULSES
        and not source.gas
        and not (source.register == key and state.values[key].is_sum)
    ]


def _where(state: DeviceState) -> str:
    """Give the building in front of a name: many meters are called the same."""
    return f"{state.building} · " if state.building else ""


def _choice(labels: Mapping[str, object]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=list(labels), custom_value=True, mode=SelectSelectorMode.DROPDOWN
        )
    )


def _told(error: RefusedError) -> tuple[dict[str, str], dict[str, str]]:
    return {_FIELD_OF.get(error.reason, "base"): error.reason.value}, spoken(error.words)


def _spoken(at: datetime) -> str:
    return spoken({"at": at})["at"]


def _now() -> str:
    return dt_util.now().strftime("%Y-%m-%d %H:%M:00")


def _time(given: str) -> datetime:
    """Read local time from a form."""
    return dt_util.as_utc(datetime.fromisoformat(given))
