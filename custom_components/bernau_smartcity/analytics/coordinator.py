"""Continue the lines of an entry as counters report, and tell what follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
import sqlite3
from typing import Final, Self, override

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..coordinator import SmartCityCoordinator, storage_path
from ..entries import is_analytics, loaded_servers
from ..ledger.state import DeviceState, Key
from ..visitors.record import number_of, start_of
from .book import Book, Sampled, Space
from .const import CONF_RETENTION, DEFAULT_RETENTION
from .counters import SENSOR, line_of
from .issues import async_tell_issues
from .layout import Layout, layout_of
from .parking import Spaces
from .reckoning import Figures, Reckoning
from .words import async_words

COOLDOWN: Final = 5.0
"""Seconds for which messages are gathered before anything is worked out."""

type AnalyticsConfigEntry = ConfigEntry[AnalyticsCoordinator]


@dataclass(slots=True)
class _Followed:
    """A network server of which lines are counted."""

    coordinator: SmartCityCoordinator
    stop: CALLBACK_TYPE


class AnalyticsCoordinator(DataUpdateCoordinator[Figures]):
    """Everything of one entry that lives while it is loaded."""

    config_entry: AnalyticsConfigEntry
    device_id: str
    """The town in the device registry."""
    outside: str
    """What lies outside, in the language of the system."""

    def __init__(
        self, hass: HomeAssistant, entry: AnalyticsConfigEntry, layout: Layout, book: Book
    ) -> None:
        """Use an open book of the lines of a layout; it is closed with the coordinator."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            request_refresh_debouncer=Debouncer(
                hass, LOGGER, cooldown=COOLDOWN, immediate=False, background=True
            ),
        )
        self.book = book
        self.layout = layout
        self.reckoning = Reckoning(self.layout, book)
        self.returned: set[tuple[str, Key]] = set()
        """Totals whose sensors have come since hours were last written."""
        self._unread = set(self.layout.lines)
        self._spaces = {
            parking.id: Spaces(hass, parking, book.parked(parking))
            for parking in self.layout.parkings.values()
        }
        self._followed: dict[str, _Followed] = {}

    @classmethod
    async def async_open(cls, hass: HomeAssistant, entry: AnalyticsConfigEntry) -> Self:
        """Open what is kept; raises ConfigEntryNotReady if the disk refuses."""
        layout = layout_of(entry)
        now = dt_util.utcnow()
        try:
            book = await hass.async_add_executor_job(
                Book.open, storage_path(hass, entry), layout.lines, now, layout.parts
            )
        except (OSError, sqlite3.Error) as error:
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN, translation_key="storage_failed"
            ) from error
        coordinator = cls(hass, entry, layout, book)
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=dr.DeviceEntryType.SERVICE,
            name=entry.title,
        )
        coordinator.device_id = device.id
        coordinator.outside = (await async_words(hass, "place"))["outside"]
        return coordinator

    async def async_start(self) -> None:
        """Tell what is known now, and go on with whatever comes."""
        entry = self.config_entry
        for server in loaded_servers(self.hass):
            await self._async_follow(server.runtime_data)
        for spaces in self._spaces.values():
            entry.async_on_unload(spaces.async_start(self.async_update_listeners))
        await self.async_config_entry_first_refresh()
        entry.async_on_unload(
            async_dispatcher_connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed)
        )
        entry.async_on_unload(
            async_track_time_change(
                self.hass, self._async_next_bin, minute=list(range(0, 60, 15)), second=0
            )
        )
        entry.async_on_unload(
            self.hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_next_bin)
        )

    @override
    async def async_shutdown(self) -> None:
        """Follow nobody any more, and close what is kept."""
        await super().async_shutdown()
        for followed in self._followed.values():
            followed.stop()
        await self.hass.async_add_executor_job(self.book.close)

    @callback
    def _entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Follow a network server that was loaded, perhaps anew."""
        if (
            entry.domain == DOMAIN
            and not is_analytics(entry)
            and entry.state is ConfigEntryState.LOADED
        ):
            followed = self._followed.get(entry.entry_id)
            if followed is None or followed.coordinator is not entry.runtime_data:
                self.config_entry.async_create_background_task(
                    self.hass, self._async_follow(entry.runtime_data), f"{DOMAIN} follow"
                )

    async def _async_follow(self, coordinator: SmartCityCoordinator) -> None:
        """Read what a network server tells of the lines, now and whenever it changes."""
        entry_id = coordinator.config_entry.entry_id
        before = self._followed.pop(entry_id, None)
        if before is not None:
            before.stop()
        by_place: dict[str, set[str]] = {}
        for name in self.layout.lines:
            line = line_of(name)
            if line is not None and line.entry_id == entry_id:
                by_place.setdefault(line.place, set()).add(name)

        @callback
        def told(state: DeviceState) -> None:
            changed = by_place.get(state.device.dev_eui)
            if changed:
                self._unread |= changed
                self._async_refresh_soon()

        stop = await coordinator.listeners.listen_to_all(coordinator.states, told)
        self._followed[entry_id] = _Followed(coordinator, stop)

    @callback
    def _async_refresh_soon(self) -> None:
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), f"{DOMAIN} analytics"
        )

    async def _async_next_bin(self, _moment: object) -> None:
        """Work out anew what a bin that has ended or a new day changes."""
        await self.async_refresh()

    @override
    async def _async_update_data(self) -> Figures:
        """Continue the lines, and tell what follows."""
        unread, self._unread = self._unread, set()
        ledgers = {
            server.entry_id: server.runtime_data.ledger for server in loaded_servers(self.hass)
        }
        now = dt_util.utcnow()
        sampled = self._sampled(now)

        def work() -> tuple[set[str], Figures]:
            if sampled.values:
                self.book.sample(sampled)
            left = self.book.follow(unread, ledgers)
            self.book.forget(now, self.retention)
            return left, self.reckoning.figures(now, dt_util.get_default_time_zone())

        try:
            left, figures = await self.hass.async_add_executor_job(work)
        except sqlite3.Error as error:
            self._unread |= unread
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key="storage_failed"
            ) from error
        self._unread |= left
        async_tell_issues(self.hass, self.config_entry, self.layout, figures)
        return figures

    @property
    def retention(self) -> timedelta:
        """For how long quarter hours are kept."""
        return timedelta(days=self.config_entry.options.get(CONF_RETENTION, DEFAULT_RETENTION))

    def _sampled(self, now: datetime) -> Sampled:
        """Look at the sensors of other integrations, once in each bin."""
        at = start_of(number_of(now))
        values: dict[str, int] = {}
        bays: dict[str, Mapping[str, Space]] = {}
        for spaces in self._spaces.values():
            values |= spaces.sampled(now)
            bays[spaces.parking.counted.forward] = spaces.kept()
        registry = er.async_get(self.hass)
        for name in self.layout.lines:
            if name.startswith(f"{SENSOR}/"):
                given = name.removeprefix(f"{SENSOR}/")
                entity_id = er.async_resolve_entity_id(registry, given)
                state = None if entity_id is None else self.hass.states.get(entity_id)
                if state is not None and (shown := _number(state.state)) is not None:
                    values[name] = shown
        return Sampled(at, values, bays)

    def taken(self, parking: str) -> Sequence[bool]:
        """Tell of each space that tells whether it is taken."""
        return self._spaces[parking].taken()


def _number(text: str) -> int | None:
    """Give what a counter shows, None where it shows nothing."""
    try:
        return round(float(text))
    except ValueError, OverflowError:
        return None
