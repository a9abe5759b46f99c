"""The integration reads a whole simulated town, over real gRPC, with everything that goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.coordinator import SmartCityCoordinator
from custom_components.bernau_smartcity.ledger.state import Key
from custom_components.bernau_smartcity.model import Kind, Quantity
from simulator.build import build
from simulator.catalogue import ULTRASONIC
from simulator.chirpstack import Options, Server, serve
from simulator.clock import Clock
from simulator.inventory import Device
from simulator.town import Town

from .homes import set_up

QUANTITIES = {str(quantity): quantity for quantity in Quantity}
HOURS = 3600.0
APPROVED = '{"flow":["flow",0,"l/h"],"total_volume_m3":["volume",0,"m³"]}'
"""Fields of the water meter that only the network server decodes."""
STREAM = "InternalService/StreamDeviceEvents"


@dataclass
class Read:
    """A town and the entry that reads it."""

    hass: HomeAssistant
    town: Town
    server: Server
    entry: MockConfigEntry

    @property
    def coordinator(self) -> SmartCityCoordinator:
        """Give what the entry knows."""
        coordinator: SmartCityCoordinator = self.entry.runtime_data
        return coordinator

    async def later(self, hours: float = 3) -> None:
        """Let the town live on, and poll until nothing is left to be read."""
        self.town.clock.advance(hours * HOURS)
        await self.settle()

    async def settle(self) -> None:
        """Poll until nothing is left to be read: a busy machine may cut a stream short."""
        for _ in range(10):
            self.server.requests.reset()
            await self.coordinator.async_refresh()
            await self.hass.async_block_till_done()
            if not self.server.requests.calls[STREAM]:
                break

    def wrong(self) -> set[str]:
        """Give the devices of which not every register is what the town's truth says."""
        return {
            device.dev_eui
            for device in self.town.all_devices.values()
            if not self._is_right(device)
        }

    def _is_right(self, device: Device) -> bool:
        truth, state = self.town.truth(device), self.coordinator.states.get(device.dev_eui)
        if truth is None:
            return True
        for value in truth.values:
            quantity = QUANTITIES[value.quantity]
            if quantity.kind is Kind.REGISTER:
                shown = None if state is None else state.values.get((quantity, value.channel))
                number = shown and (shown.value if shown.display is None else shown.display)
                if number != pytest.approx(value.value):
                    return False
        return True

    def registers(self, device: Device) -> dict[Key, float]:
        """Give the totals of a device."""
        values = self.coordinator.states[device.dev_eui].values
        return {key: value.value for key, value in values.items() if key[0].kind is Kind.REGISTER}

    def issues(self) -> set[str]:
        """Give the kinds of trouble that are told, but for the silence that the town always has."""
        found = ir.async_get(self.hass).issues.items()
        kinds = {issue.translation_key or "" for (domain, _), issue in found if domain == DOMAIN}
        return kinds - {"devices_silent"}


@asynccontextmanager
async def _read(hass: HomeAssistant) -> AsyncIterator[Read]:
    town = build(1, clock=Clock.standing("2026-11-20T08:00Z"))
    async with serve(town, Options(history=40, pause=0.02)) as server:
        profiles = {
            d.profile.id: d.codec
            for d in town.all_devices.values()
            if d.codec in {"klax", "decoded"}
        }
        applications = {d.application.id for d in town.all_devices.values()}
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="ChirpStack",
            data={
                "server": "chirpstack",
                "url": server.url,
                "api_key": server.api_key,
                "tenant": server.tenant_id,
            },
            options={
                "scopes": sorted(applications),
                "profiles": profiles,
                "profile_settings": {ULTRASONIC.id: {"mapping": APPROVED}},
                "devices": {},
            },
        )
        await set_up(hass, entry)
        yield Read(hass, town, server, entry)
        await hass.config_entries.async_unload(entry.entry_id)


TROUBLES = {
    "cut": {"undecodable"},
    "foreign": {"undecodable"},
    "encrypted": {"encrypted"},
    "body": set(),
    "drop": set(),
    "duplicate": set(),
    "reorder": set(),
    "delay": set(),
    "silent": set(),
}
"""What may happen to a device, and which issue tells of it."""


def _victims(town: Town) -> dict[str, Device]:
    """Give each trouble an electricity meter of its own: they send most often."""
    devices = [device for device in town.all_devices.values() if device.codec == "klax"]
    return dict(zip(TROUBLES, devices, strict=False))


async def test_bad_devices_never_harm(hass: HomeAssistant) -> None:
    """They are told, their totals stay, all others go on; afterwards all is right again."""
    async with _read(hass) as read:
        await read.settle()
        assert read.wrong() == set()
        assert read.server.requests.calls == {"DeviceService/List": 2}
        victims = _victims(read.town)
        assert len(victims) == len(TROUBLES)
        before = {device.dev_eui: read.registers(device) for device in victims.values()}
        for kind, device in victims.items():
            read.town.faults.add(kind, devices=[device.dev_eui], seconds=60)
        await read.later()
        assert read.wrong() <= before.keys()
        assert read.issues() == set.union(*TROUBLES.values())
        for device in victims.values():
            after = read.registers(device)
            assert all(after[key] >= total for key, total in before[device.dev_eui].items())
        read.town.faults.end_all()
        await read.later()
        assert read.wrong() == set()
        assert read.issues() == set()


async def test_application_deleted_later(hass: HomeAssistant) -> None:
    """The other one goes on, and the meters of the deleted one keep their totals."""
    async with _read(hass) as read:
        await read.settle()
        visitors = {
            device.dev_eui: read.coordinator.states[device.dev_eui].values
            for device in read.town.all_devices.values()
            if device.application.name == "Besucher"
        }
        read.town.faults.add("application_deleted", application="Besucher")
        await read.coordinator.async_take_inventory()
        await read.later()
        assert read.coordinator.last_update_success
        assert read.issues() == {"application_missing"}
        assert read.wrong() <= visitors.keys()
        for dev_eui, values in visitors.items():
            assert read.coordinator.states[dev_eui].values == values


async def test_server_in_trouble(hass: HomeAssistant) -> None:
    """A rejected key is asked for; after a day without the server what it retained is read."""
    async with _read(hass) as read:
        await read.settle()
        fault = read.town.faults.add("reject_key")
        await read.coordinator.async_refresh()
        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        assert flow["context"]["source"] == SOURCE_REAUTH
        read.town.faults.end(fault.id)
        fault = read.town.faults.add("error", value=13)
        read.town.clock.advance(24 * HOURS)
        await read.coordinator.async_refresh()
        reached = [read.coordinator.last_update_success]
        read.town.faults.end(fault.id)
        await read.settle()
        reached.append(read.coordinator.last_update_success)
        assert reached == [False, True]
        assert read.wrong() == set()
        assert read.issues() == {"history_overflow"}


async def test_server_that_withholds(hass: HomeAssistant) -> None:
    """A server that does not give what it hears is told, after some tries."""
    async with _read(hass) as read:
        await read.settle()
        silenced = [device.dev_eui for device in _victims(read.town).values()]
        read.town.faults.add("broken", devices=silenced)
        await read.later(1)
        assert set() < read.coordinator.withheld <= set(silenced)
        assert read.issues() == {"history_missing"}
