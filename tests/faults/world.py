"""A town in which things go wrong, who reads it, and a witness who reads it in peace.

The reader is the coordinator of an entry with all that it keeps; the network server
is the simulator's, over loopback.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.chosen import choices
from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.coordinator import (
    SmartCityCoordinator,
    storage_path,
)
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.state import DeviceState
from custom_components.bernau_smartcity.model import NetworkError
from demo import hours, kept
from simulator.build import inventory
from simulator.catalogue import VISITORS
from simulator.clock import EPOCH, Clock
from simulator.faults import Kind
from simulator.inventory import Device
from simulator.servers import Server, devices_for
from simulator.town import Town

from .servers import Face, now_of

BEGIN: Final = "2026-10-01T05:20Z"
"""Long enough after the beginning of all meters that each has sent."""
NAMED: Final = len(inventory())
DEVICES: Final = 7
"""One of each model that can be simulated in any number."""
TRIES: Final = 40
PATIENT: Final = 100.0
"""Where a server is only as slow as the machine is busy."""
IMPATIENT: Final = 1.0
"""Where it may never answer."""
HOUR: Final = 3600.0
SECONDS: Final = {Kind.SLOW: 0.02, Kind.DELAY: 240, Kind.LATE_EVENT: 90}
"""By kind of fault, how long what comes late takes."""


def town(server: str) -> Town:
    """Build a small town that stands still, of what there can be behind a network server."""
    found = Town(inventory(count=NAMED + DEVICES)[NAMED:], clock=Clock.standing(BEGIN))
    found.all_devices = devices_for(server, found.all_devices)
    return found


@dataclass
class Reader:
    """An entry that reads a town: its coordinator can end and begin anew."""

    hass: HomeAssistant
    server: Server
    face: Face
    session: ClientSession
    entry: MockConfigEntry
    coordinator: SmartCityCoordinator | None = None
    ahead: timedelta = timedelta()
    """By how much the clock is wrong here."""
    patience: float = PATIENT
    """How many times as long to wait for the server."""

    @property
    def path(self) -> Path:
        """The file in which everything is kept."""
        return storage_path(self.hass, self.entry)

    async def open(self) -> SmartCityCoordinator:
        """Begin with what is kept, if anything is."""

        def opened() -> Ledger:
            return Ledger.open(self.path, choices(self.entry))

        ledger = await self.hass.async_add_executor_job(opened)
        now = lambda: now_of(self.server, self.ahead)  # noqa: E731  what is ahead changes
        connection = self.face.connect(self.server, self.session, now, self.patience)
        self.coordinator = SmartCityCoordinator(self.hass, self.entry, connection, ledger)
        return self.coordinator

    async def close(self) -> None:
        """End in order."""
        here, self.coordinator = self.coordinator, None
        if here is not None:
            await here.async_shutdown()

    async def poll(self) -> bool:
        """Read what is new; tell whether that went well."""
        here = self.coordinator or await self.open()
        await here.async_refresh()
        return here.last_update_success

    async def take_inventory(self) -> None:
        """Read the inventory, as once in a while; what fails is tried again later."""
        here = self.coordinator or await self.open()
        try:
            await here.async_take_inventory()
        except NetworkError:
            return

    async def settle(self) -> None:
        """Begin anew and read until nothing is left: a busy machine may cut a read short."""
        await self.close()
        self.patience = PATIENT
        here = await self.open()
        for _ in range(TRIES):
            before = dict(here.ledger.cursors)
            if await self.poll() and here.ledger.cursors == before:
                return
        message = f"There is always something left to be read: {here.last_exception!r}"
        raise AssertionError(message)

    async def remove(self) -> None:
        """Leave nothing behind."""
        await self.close()
        for flow in self.hass.config_entries.flow.async_progress_by_handler(DOMAIN):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])
        await self.hass.config_entries.async_remove(self.entry.entry_id)
        await self.hass.async_block_till_done()


@dataclass
class Trouble:
    """What goes wrong with a town and its server."""

    server: Server
    face: Face

    async def begin(self, kind: Kind, devices: Iterable[str] = ()) -> None:
        """Let something go wrong from now on.

        Registers begin anew but once: where they have just done so, nobody could tell it.
        """
        if kind is Kind.RESET and self.server.town.faults.any((kind,)):
            return
        how: dict[str, Any] = {"devices": devices, "seconds": SECONDS.get(kind, 0)}
        how["value"] = {Kind.ERROR: self.face.error, Kind.HISTORY: 3}.get(kind, 0)
        if kind is Kind.APPLICATION_DELETED:
            how = {"application": VISITORS.name}
        elif kind in {Kind.DROP, Kind.DUPLICATE}:
            how["probability"] = 0.5
        self.server.town.faults.add(kind, **how)
        await self.server.settle()

    async def end(self) -> None:
        """Let everything be well from now on."""
        self.server.town.faults.end_all()
        await self.server.settle()

    async def reached(self, polling: asyncio.Task[bool], calls: int) -> None:
        """Wait until a poll has called the server so often, or has ended."""
        asked = self.server.requests.calls.total
        until = asked() + calls
        while calls and asked() < until and not polling.done():  # noqa: ASYNC110  # calls are told to nobody
            await asyncio.sleep(0)


@dataclass
class World:
    """A town with its faults, and who reads it."""

    reader: Reader
    trouble: Trouble

    @property
    def town(self) -> Town:
        """The town behind the server."""
        return self.trouble.server.town

    async def poll(self, faults: Iterable[tuple[Kind, Iterable[str]]] = (), calls: int = 0) -> None:
        """Read what is new; faults begin at so many calls of it."""
        polling = asyncio.create_task(self.reader.poll())
        await self.trouble.reached(polling, calls)
        for kind, devices in faults:
            await self.trouble.begin(kind, devices)
        await polling

    async def restart(self, calls: int | None, *, kill: bool) -> None:
        """End the reader, perhaps after so many calls of a poll, in order or not."""
        polling = None
        if calls is not None:
            polling = asyncio.create_task(self.reader.poll())
            await self.trouble.reached(polling, calls)
        if polling is not None and kill:
            polling.cancel()
        await self.reader.close()
        if polling is not None:
            await asyncio.wait([polling])

    async def verdict(self, witness: Reader) -> list[str]:
        """End all faults, and tell what of the reader is not as it has to be."""
        await self.trouble.end()
        self.town.clock.advance(2 * HOUR)
        await self.reader.settle()
        await witness.settle()
        assert self.reader.coordinator
        states = self.reader.coordinator.states
        found = [*wrong_values(self.town, states), *self._totals(witness)]
        await self.reader.close()
        await witness.close()
        ours, theirs = (_kept(each) for each in (self.reader, witness))
        epoch = datetime.fromtimestamp(0, UTC)
        found += kept.differences(ours, theirs, epoch)
        found += kept.falls(ours)
        if not self.town.faults.any(self.trouble.face.vague):
            found += untrue_hours(self.town, ours, self.town.all_devices.values())
        if not kept.readings_since(ours, epoch):
            found.append("nothing was read at all")
        return found

    def _totals(self, witness: Reader) -> list[str]:
        """Compare the totals with those of the witness."""
        assert self.reader.coordinator
        assert witness.coordinator
        ours, theirs = self.reader.coordinator.states, witness.coordinator.states
        return [
            f"{state.device.name}: {key[0]} is {register.shown}, not {other.shown}"
            for dev_eui, state in theirs.items()
            for key, other in state.registers.items()
            if (register := ours[dev_eui].registers[key]).shown != other.shown
        ]


def wrong_values(town: Town, states: Mapping[str, DeviceState]) -> list[str]:
    """Compare what is shown of registers with what was measured last."""
    wrong = []
    for device in town.all_devices.values():
        truth, state = town.truth(device), states.get(device.dev_eui)
        if truth is None or state is None:
            wrong.append(f"{device.name}: nothing is known")
            continue
        # Weighed pulses are no register: after a reset, their total is not what is displayed.
        registers = {(str(quantity), channel) for quantity, channel in state.registers}
        shown = {(str(key[0]), key[1]): value for key, value in state.values.items()}
        for true in truth.values:
            if (true.quantity, true.channel) in registers:
                value = shown[true.quantity, true.channel]
                number = value.value if value.display is None else value.display
                if abs(number - true.value) > hours.CLOSE:
                    wrong.append(f"{device.name}: {true.quantity} {number}, not {true.value}")
        if not registers:
            wrong.append(f"{device.name}: no register was read")
    return wrong


def untrue_hours(town: Town, held: kept.Kept, devices: Iterable[Device]) -> list[str]:
    """Compare each full hour of devices with the truth."""
    wrong = []
    for device in devices:
        own = series_of(town, device, held)
        wrong += [complaint for each in own.values() for complaint in hours.untrue(each)]
        if not any(each.points for each in own.values()):
            wrong.append(f"{device.name}: nothing was read")
    return wrong


def series_of(town: Town, device: Device, held: kept.Kept) -> dict[tuple[str, int], hours.Series]:
    """Give the registers of a device with what they truly showed."""
    # Meters log hours from before there was a town.
    own = {
        key[1:]: [p for p in kept.counted(points) if p.at.timestamp() >= EPOCH]
        for key, points in held.points.items()
        if key[0] == device.dev_eui
    }
    times = [point.at.timestamp() for points in own.values() for point in points]
    truth: dict[tuple[str, int], dict[datetime, float]] = {}
    for hour in town.hours(device, min(times), max(times)) if times else ():
        for value in hour.values:
            at = datetime.fromtimestamp(hour.at, UTC)
            truth.setdefault((value.quantity, value.channel), {})[at] = value.value
    return {
        key: hours.Series(f"{device.name}: {key[0]}", points, truth.get(key, {}))
        for key, points in own.items()
    }


def _kept(reader: Reader) -> kept.Kept:
    return kept.read(Path(reader.hass.config.config_dir), reader.entry.entry_id)


def entry_for(server: Server, face: Face, scopes: Iterable[str], title: str) -> MockConfigEntry:
    """Make an entry that reads the whole town with the right decoders."""
    devices = server.town.all_devices.values()
    chosen = {device.dev_eui: {"codec": device.codec} for device in devices}
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        data={"server": face.key, **server.credentials},
        options={"scopes": sorted(scopes), "profiles": {}, "devices": chosen},
    )


@asynccontextmanager
async def worlds(
    hass: HomeAssistant, face: Face, patience: float = PATIENT
) -> AsyncIterator[tuple[World, Reader]]:
    """Serve a fresh town; give it with its reader, and a witness who has not read yet."""
    async with face.serve(town(face.key)) as server, ClientSession() as session:
        connection = face.connect(server, session, partial(now_of, server), PATIENT)
        scopes = await connection.scopes()
        await connection.close()
        both = [
            Reader(
                *(hass, server, face, session, entry_for(server, face, scopes, title)),
                patience=patience,
            )
            for title in ("Reader", "Witness")
        ]
        for reader in both:
            reader.entry.add_to_hass(hass)
        reader, witness = both
        try:
            yield World(reader, Trouble(server, face)), witness
        finally:
            for each in both:
                await each.remove()
