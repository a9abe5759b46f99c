"""Poll a network server, keep what it says, tell the entities."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
import sqlite3
from typing import Self, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryNotReady,
    HomeAssistantError,
)
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType

from .chosen import choices
from .const import (
    CONF_SCOPES,
    CONF_SERVER,
    DOMAIN,
    INVENTORY_INTERVAL,
    LOGGER,
    SCAN_INTERVAL,
)
from .days import bounds
from .issues import Issues, async_tell_renewal
from .ledger.bridges import is_meter
from .ledger.database import is_damage, put_aside
from .ledger.joining import Joining
from .ledger.ledger import Ledger
from .ledger.silences import Silences
from .ledger.state import DeviceState, Key
from .listeners import Listeners
from .model import Batch, Codec, Connection, Device, Medium, NetworkError
from .network import SERVERS
from .push import Push
from .room import Room

BATCHES_AT_ONCE = 50
"""Kept in one transaction: few writes to disk, and values that appear soon."""

type SmartCityConfigEntry = ConfigEntry[SmartCityCoordinator]
type Check = Callable[[Joining, Mapping[str, DeviceState]], None]
"""Raises RefusedError."""

SIGNAL_LOADED: SignalType[SmartCityCoordinator] = SignalType(f"{DOMAIN}_loaded")
"""Everything that is kept of an entry is there, and nothing new was read yet."""


def storage_path(hass: HomeAssistant, entry: ConfigEntry) -> Path:
    """Give the file in which everything about the entry is kept."""
    return Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.{entry.entry_id}.db"))


def translated[E: HomeAssistantError](kind: type[E], error: NetworkError, server: str) -> E:
    """Give a network error in the words of the user."""
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.reason,
        translation_placeholders={"server": server},
    )


class SmartCityCoordinator(DataUpdateCoordinator[None]):
    """Everything of one entry that lives while it is loaded."""

    config_entry: SmartCityConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartCityConfigEntry,
        connection: Connection,
        ledger: Ledger,
    ) -> None:
        """Use an open connection and ledger; both are closed with the coordinator."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=SCAN_INTERVAL,
        )
        self.connection = connection
        self.server = SERVERS[entry.data[CONF_SERVER]]
        self.push = Push(self)
        self.scopes: dict[str, str] = dict.fromkeys(entry.options[CONF_SCOPES], "")
        """Applications that are read, by identity with their name."""
        self.missing_scopes: dict[str, str] = {}
        """Applications that are to be read and cannot be seen, by identity with their name."""
        self.overflowed: set[str] = set()
        """Devices whose uplinks the server no longer held when they were read."""
        self.withheld: set[str] = set()
        """Devices that the server heard without giving what they sent."""
        self.malformed = 0
        """Messages that could not be understood and were left out."""
        self.room = Room(hass, entry.entry_id)
        self.returned: set[tuple[str, Key]] = set()
        """Totals, by DevEUI and key, whose sensors have come since hours were last written."""
        self.ledger = ledger
        self.silence = Silences()
        self._issues = Issues(hass, self)
        self._changed: set[str] = set()
        """Places that have changed since their troubles were last looked at."""
        self._absent: set[str] = set()
        self._inventory_due = dt_util.utcnow()
        self._polling: asyncio.Task[None] | None = None
        self._was_available = True
        self.listeners = Listeners()

    @classmethod
    async def async_open(cls, hass: HomeAssistant, entry: SmartCityConfigEntry) -> Self:
        """Open what is kept; raises ConfigEntryNotReady if the disk refuses."""

        def open_ledger() -> Ledger:
            return Ledger.open(storage_path(hass, entry), choices(entry), bounds())

        try:
            ledger = await hass.async_add_executor_job(open_ledger)
        except (OSError, sqlite3.Error) as error:
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN, translation_key="storage_failed"
            ) from error
        if ledger.aside or ledger.renewed:
            async_tell_renewal(hass, entry, ledger)
        server = SERVERS[entry.data[CONF_SERVER]]
        connection = server.connect(entry.data, async_get_clientsession(hass))
        coordinator = cls(hass, entry, connection, ledger)
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=dr.DeviceEntryType.SERVICE,
            name=entry.title,
            manufacturer=server.name,
        )
        coordinator.server_device_id = device.id
        return coordinator

    server_device_id: str
    """The network server in the device registry."""

    @property
    def states(self) -> Mapping[str, DeviceState]:
        """Give what is known of each device."""
        return self.ledger.states

    @property
    def devices(self) -> dict[str, Device]:
        """Give the known inventory, a device that stands at a place of another by its name."""
        present = self.ledger.places.present
        return {
            present(place): replace(state.device, dev_eui=present(place))
            for place, state in self.states.items()
        }

    def has(self, dev_eui: str) -> bool:
        """Tell whether a device is in the known inventory."""
        places = self.ledger.places
        place = places.place(dev_eui)
        return place in self.states and places.present(place) == dev_eui

    def via_device_id(self, state: DeviceState) -> str:
        """Give through what a device is reached: the network server, or the bridge of a meter."""
        bridge = self.states.get(self.ledger.places.place(state.bridge))
        if bridge is None:
            return self.server_device_id
        # The meter's entities may come before those of its bridge.
        device = dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.config_entry.entry_id,
            identifiers={self.identifier(bridge.device.dev_eui)},
            name=bridge.device.name or bridge.device.dev_eui,
            via_device_id=self.server_device_id,
        )
        return device.id

    def medium(self, state: DeviceState, channel: int = 0) -> Medium:
        """Give the medium of an input of a device."""
        return self.ledger.medium(state, channel)

    def codec(self, device: Device) -> Codec | None:
        """Give the decoder of a device."""
        return self.ledger.choices.codec(device)

    def codecs(self) -> dict[str, Codec | None]:
        """Give the decoder of each device."""
        return {dev_eui: self.codec(device) for dev_eui, device in self.devices.items()}

    def settings(self, dev_eui: str) -> Mapping[str, str]:
        """Give all that is known of a device outside of its payload, but for keys."""
        return self.ledger.settings(dev_eui)

    def identifier(self, dev_eui: str) -> tuple[str, str]:
        """Give the identifier of a device: the same DevEUI on two servers is two devices."""
        return (DOMAIN, f"{self.config_entry.entry_id}_{dev_eui}")

    @callback
    def async_start(self) -> None:
        """Read what is new as soon as Home Assistant has started, and from then on regularly."""
        entry = self.config_entry
        self._was_available = self.last_update_success
        for state in self.states.values():
            self.silence.told(state)
        entry.async_on_unload(
            self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._async_stopped)
        )
        entry.async_on_unload(
            async_track_time_change(self.hass, self._async_reckon, hour=0, minute=0, second=0)
        )
        entry.async_on_unload(
            async_track_time_change(self.hass, self._async_end_hour, minute=0, second=0)
        )
        entry.async_on_unload(
            self.hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_reckon)
        )

        @callback
        def poll(_hass: HomeAssistant) -> None:
            entry.async_on_unload(self.async_add_listener(self._tell_availability))
            entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{DOMAIN} first poll", eager_start=False
            )

        # Earlier no automation would hear of what happened while Home Assistant was off.
        entry.async_on_unload(async_at_started(self.hass, poll))

    @override
    async def async_shutdown(self) -> None:
        """Stop polling; free the connection and close what is kept."""
        await super().async_shutdown()
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.wait([self._polling])
        await self.connection.close()
        await self.hass.async_add_executor_job(self.ledger.close)

    async def _async_reckon(self, _moment: object) -> None:
        """Begin a new day, or the same one in another time zone."""
        with suppress(sqlite3.Error):  # the next poll tells of a damaged file
            await self.async_apply(partial(self.ledger.reckon, bounds()))

    async def _async_end_hour(self, _moment: datetime) -> None:
        """End what was told of an hour that is history now."""
        with suppress(sqlite3.Error):  # the next poll tells of a damaged file
            await self.async_apply(self.ledger.end_hour)

    async def _async_stopped(self, _event: Event) -> None:
        await self.async_shutdown()

    @override
    async def _async_update_data(self) -> None:
        """Read what is new; raises UpdateFailed or ConfigEntryAuthFailed."""
        self._polling = asyncio.current_task()
        try:
            if self.server.polled and self._is_inventory_due:
                await self.async_take_inventory()
            await self._async_poll()
            await self._async_judge_silence()
        except NetworkError as error:
            kind = ConfigEntryAuthFailed if error.is_auth else UpdateFailed
            raise translated(kind, error, self.name) from error
        except sqlite3.Error as error:
            if is_damage(error):
                await self._async_renew()
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key="storage_failed"
            ) from error
        finally:
            changed, self._changed = self._changed, set()
            await self._issues.async_update(changed)
            self._polling = None

    @property
    def _is_inventory_due(self) -> bool:
        """Tell it also where the clock was set back meanwhile."""
        left = self._inventory_due - dt_util.utcnow()
        return not timedelta() < left <= INVENTORY_INTERVAL

    async def _async_judge_silence(self) -> None:
        """Tell which devices should have been heard, now that the network server was asked."""
        for place in self.silence.judge(dt_util.utcnow()):
            self._changed.add(place)
            self.listeners.update(place)
            await asyncio.sleep(0)  # others may run between two devices

    async def _async_renew(self) -> None:
        """Begin with a new file, as what is read from the present one cannot be trusted."""
        LOGGER.error("What was kept of %s is damaged, and is put aside", self.name)
        await self.hass.async_add_executor_job(
            put_aside, storage_path(self.hass, self.config_entry)
        )
        self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)

    async def async_checked(self, check: Check) -> None:
        """Let a check look at what is kept; raises RefusedError."""
        await self.hass.async_add_executor_job(self.ledger.run, check)

    async def async_take_inventory(self) -> None:
        """Read the complete inventory: new, renamed and removed devices."""
        names = await self.connection.scopes()
        chosen = self.config_entry.options[CONF_SCOPES]
        known = self.missing_scopes | self.scopes
        self.missing_scopes = {
            scope: known.get(scope) or scope for scope in chosen if scope not in names
        }
        self.scopes = {scope: names[scope] for scope in chosen if scope in names}
        devices = await self.connection.devices(self.scopes)
        await self.async_apply(partial(self.ledger.meet, devices))
        self.async_leave_meters()
        await self._async_forget_absent({device.dev_eui for device in devices})
        self._changed.update(self.states)
        self._inventory_due = dt_util.utcnow() + INVENTORY_INTERVAL

    async def async_forget_unchosen(self) -> None:
        """Remove the devices of applications that the user no longer wants to read."""
        chosen = set(self.config_entry.options[CONF_SCOPES])
        await self.async_forget(
            {
                eui
                for eui, state in self.states.items()
                if state.device.scope not in chosen and not is_meter(state.device.dev_eui)
            }
        )

    async def _async_forget_absent(self, present: set[str]) -> None:
        """Remove devices that two complete inventories in a row did not hold."""
        devices_at = self.ledger.places.devices
        absent = {
            place
            for place, state in self.states.items()
            if not any(each in present or is_meter(each) for each in devices_at(place))
            and state.device.scope in self.scopes
        }
        gone = absent & self._absent
        self._absent = absent - gone
        await self.async_forget(gone)

    @callback
    def async_leave_meters(self) -> None:
        """Remove the meters behind bridges that are no longer read."""
        gone = self.ledger.let_go()
        self.silence.forget(gone)
        for identity in gone:
            self.room.forget(identity)
        self._changed |= gone
        self.async_remove_devices(gone)

    async def async_forget(self, places: set[str]) -> None:
        """Forget devices with all that was read of them."""
        if not places:
            return
        gone = await self.hass.async_add_executor_job(self.ledger.forget, places)
        self.silence.forget(gone)
        for dev_eui in gone:
            self.room.forget(dev_eui)
        self._changed |= gone
        self.async_remove_devices(gone)

    @callback
    def async_remove_devices(self, dev_euis: Iterable[str]) -> None:
        """Remove devices and their entities from the registries."""
        registry = dr.async_get(self.hass)
        for dev_eui in dev_euis:
            device = registry.async_get_device_by_identifier(
                self.identifier(dev_eui), self.config_entry.entry_id
            )
            if device is not None:
                registry.async_remove_device(device.id)

    async def _async_poll(self) -> None:
        """Take batches as they come, so that values appear soon."""
        batches: list[Batch] = []
        try:
            async with aclosing(self.connection.poll(self.scopes, self.ledger.cursors)) as incoming:
                async for batch in incoming:
                    batches.append(batch)
                    if len(batches) >= BATCHES_AT_ONCE:
                        await self.async_take(batches)
                        batches = []
        finally:
            await self.async_take(batches)

    async def async_take(self, batches: Sequence[Batch]) -> None:
        """Keep batches, and tell the entities."""
        if not batches:
            return
        for batch in batches:
            self._note(batch)
        await self.async_apply(partial(self.ledger.take, batches))

    def _note(self, batch: Batch) -> None:
        """Remember trouble for the repairs; what is given again is no longer withheld."""
        self.malformed += batch.malformed
        if batch.device is None:
            return
        place = self.ledger.places.place(batch.device.dev_eui)
        if batch.overflowed:
            self.overflowed.add(place)
        if batch.withheld:
            self.withheld.add(place)
        elif batch.uplinks:
            self.withheld.discard(place)

    async def async_apply(self, job: Callable[[], Mapping[str, DeviceState]]) -> None:
        """Let a job change what is kept, and tell the states that it gives."""
        for state in (await self.hass.async_add_executor_job(job)).values():
            self._tell(state)
            await asyncio.sleep(0)  # others may run between two devices

    @callback
    def _tell(self, state: DeviceState) -> None:
        self._changed.add(state.device.dev_eui)
        self.silence.told(state)
        self.listeners.tell(state)

    @callback
    def _tell_availability(self) -> None:
        """Tell all entities when the server is lost or back, and only then."""
        if self._was_available != self.last_update_success:
            self._was_available = self.last_update_success
            self.config_entry.async_create_background_task(
                self.hass, self.listeners.async_update_all(), f"{DOMAIN} availability"
            )
