"""What every demo begins with: the town in Home Assistant, set up and complete."""

from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Self

from . import check, flow
from .home_assistant import HomeAssistant
from .process import InVainError, say, wait_until
from .town import Device, Town

DECODED: Final = "decoded"
"""Devices that only the network server decodes."""
PATIENCE: Final = 5.0
"""Seconds between two requests to ask the network server."""
VALUES_LIMIT: Final = 480.0
"""Seconds; two polls and a machine that is busy with other things."""


async def set_up(hass: HomeAssistant, town: Town) -> str:
    """Set the integration up through its config flow; give the identity of its entry."""
    say("Setting up Bernau SmartCity through its own dialog …")
    devices = await town.truth()
    decoders = sorted({device.codec for device in devices} - {DECODED})
    known = {"server": town.server, **town.credentials}
    entry_id = await flow.set_up(hass, known, decoders)
    poll = await Poll.of(hass, entry_id)
    for device in devices:
        if device.codec == DECODED:
            await _approve(hass, poll, entry_id, device)
    return entry_id


async def _approve(hass: HomeAssistant, poll: Poll, entry_id: str, device: Device) -> None:
    """Approve the fields of a device as soon as there are any."""

    async def attempt() -> str | None:
        await poll.now()
        if await flow.approve(hass, entry_id, device.dev_eui):
            return None
        return f"the network server gave no fields of {device.name}"

    say(f"Approving the fields that the network server decodes: {device.name} …")
    await wait_until("fields that can be approved", attempt, VALUES_LIMIT)


@dataclass
class Poll:
    """Has the integration ask the network server now instead of within a minute."""

    hass: HomeAssistant
    entity_id: str
    """Tells whether the server is reached, and asks it when updated."""
    asked: float = -PATIENCE

    @classmethod
    async def of(cls, hass: HomeAssistant, entry_id: str) -> Self:
        """Find the entity of the entry."""
        entities = await hass.entities()
        return cls(hass, entities[f"{entry_id}_connection"]["entity_id"])

    async def now(self) -> None:
        """Ask, unless that was done a moment ago."""
        if monotonic() - self.asked < PATIENCE:
            return
        self.asked = monotonic()
        await self.hass.command(
            "call_service",
            domain="homeassistant",
            service="update_entity",
            target={"entity_id": self.entity_id},
        )


async def missing_values(hass: HomeAssistant, town: Town, entry_id: str) -> list[str]:
    """Wait until the values of all devices are in; tell of those that never came.

    A device that was right once is done: the town goes on measuring, so never
    all of them are right at the same moment.
    """
    say("Waiting for the values of all devices …")
    poll = await Poll.of(hass, entry_id)
    done: set[str] = set()
    complaints: dict[str, list[str]] = {}

    async def attempt() -> str | None:
        devices = await town.truth()
        picture = await check.take(hass, entry_id)
        for device in devices:
            if device.dev_eui not in done:
                complaints[device.dev_eui] = check.wrong_values(device, picture)
        done.update(dev_eui for dev_eui, found in complaints.items() if not found)
        left = len(devices) - len(done)
        await poll.now()
        return f"{left} of {len(devices)} devices are not there yet" if left else None

    with suppress(InVainError):
        await wait_until("all values are in", attempt, VALUES_LIMIT)
    return [complaint for found in complaints.values() for complaint in found]


async def reconnected(hass: HomeAssistant, entry_id: str) -> None:
    """Wait until the integration says that it reaches the network server."""
    poll = await Poll.of(hass, entry_id)

    async def attempt() -> str | None:
        if (await hass.states())[poll.entity_id]["state"] == "on":
            return None
        await poll.now()
        return "not yet"

    with suppress(InVainError):
        await wait_until("the network server is reached again", attempt, VALUES_LIMIT)


async def lost(hass: HomeAssistant, entry_id: str) -> int:
    """Give how many uplinks the integration misses, by the frame counters of all devices."""
    path = f"/api/diagnostics/config_entry/{entry_id}"
    devices: list[dict[str, Any]] = (await hass.rest("GET", path))["data"]["devices"]
    return sum(device["lost"] for device in devices)
