"""A Home Assistant in a process of its own, which tells what it costs.

It is the real core with its registries, config entries and recorder, but no web
pages. The only argument is a JSON object; each line on standard input is a command
that is answered by a line of JSON.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
import json
from pathlib import Path
import resource
import sys
import time
from types import MappingProxyType
from typing import Any

from homeassistant import bootstrap, loader
from homeassistant.auth import auth_manager_from_config
from homeassistant.components.recorder import get_instance
from homeassistant.config_entries import ConfigEntries, ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import async_initialize_recorder, session_scope
from homeassistant.setup import async_setup_component
from sqlalchemy import text

from ._floor import Floor
from ._loop import Held, watched

SAMPLE = 0.25
"""Seconds between two looks at what waits for the recorder, and at who has a value."""


@dataclass
class Cost:
    """What is counted since the last time it was told."""

    hass: HomeAssistant
    writes: int = 0
    queued: int = 0
    began: float = field(default_factory=time.monotonic)
    processor: float = field(default_factory=time.process_time)

    def tell(self, held: Held | None) -> dict[str, Any]:
        """Give it, and begin anew."""
        now, used = time.monotonic(), time.process_time()
        found = {
            "seconds": now - self.began,
            "processor": used - self.processor,
            "writes": self.writes,
            "queued": self.queued,
            "resident": _resident(),
            "entities": len(self.hass.states.async_entity_ids()),
            "sensors": len(self.hass.states.async_entity_ids("sensor")),
            "blocked": held.seconds if held else None,
            "collecting": held.collecting if held else None,
        }
        self.writes = self.queued = 0
        self.began, self.processor = now, used
        if held:
            held.seconds = held.collecting = 0.0
        return found


def _resident() -> int:
    """Give the bytes in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


async def _boot(asked: dict[str, Any]) -> HomeAssistant:
    """Start the core, its recorder, and the entries that are asked for."""
    hass = HomeAssistant(asked["config"])
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, {})
    await loader.async_get_custom_components(hass)
    await bootstrap.async_load_base_functionality(hass)
    hass.auth = await auth_manager_from_config(hass, [], [])
    await hass.config.async_set_time_zone("Europe/Berlin")
    async_initialize_recorder(hass)
    url = f"sqlite:///{hass.config.path('home-assistant.db')}"
    await async_setup_component(hass, "recorder", {"recorder": {"db_url": url}})
    for domain in ("homeassistant", "sensor", "binary_sensor"):
        await async_setup_component(hass, domain, {})
    known = {entry.entry_id for entry in hass.config_entries.async_entries()}
    for each in asked["entries"]:
        if each["entry_id"] not in known:
            entry = ConfigEntry(
                discovery_keys=MappingProxyType({}),
                minor_version=1,
                version=1,
                source="user",
                subentries_data=None,
                unique_id=each["entry_id"],
                **each,
            )
            await hass.config_entries.async_add(entry)
        await async_setup_component(hass, each["domain"], {})
    await hass.async_start()
    return hass


def _with_values(hass: HomeAssistant) -> int:
    """Count the devices of which a sensor shows a number."""
    registry = er.async_get(hass)
    found = set()
    for state in hass.states.async_all("sensor"):
        if state.state.replace(".", "", 1).lstrip("-").isdigit():
            entry = registry.async_get(state.entity_id)
            # The floor has no devices: each of its meters is told by the sensor's name.
            device = entry.device_id if entry else None
            found.add(device or state.attributes.get("meter"))
    return len(found)


async def _commands() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _say(found: object) -> None:
    sys.stdout.write(f"{json.dumps(found)}\n")
    sys.stdout.flush()


def _rows(hass: HomeAssistant) -> int:
    with session_scope(hass=hass, read_only=True) as session:
        return int(session.execute(text("SELECT count(*) FROM states")).scalar_one())


def _listeners(hass: HomeAssistant) -> int:
    return sum(hass.bus.async_listeners().values())


async def _run(asked: dict[str, Any]) -> None:
    async with AsyncExitStack() as stack:
        held = await stack.enter_async_context(watched()) if asked["watched"] else None
        began = time.time()
        hass = await _boot(asked)
        cost = Cost(hass)

        @callback  # else each would be counted in a thread, which costs as much as some states
        def written(_: object) -> None:
            cost.writes += 1

        hass.bus.async_listen(EVENT_STATE_CHANGED, written)
        if asked["floor"]:
            floor = Floor(hass, **asked["floor"])
            await floor.begin()
            stack.callback(floor.end)
        all_in = asyncio.Event()

        async def look() -> None:
            while True:
                cost.queued = max(cost.queued, get_instance(hass).backlog)
                if not all_in.is_set() and _with_values(hass) >= asked["devices"]:
                    all_in.set()
                await asyncio.sleep(SAMPLE)

        looking = asyncio.create_task(look())
        stack.callback(looking.cancel)
        commands = await _commands()
        _say({"started": time.time() - began})
        while (command := (await commands.readline()).decode().strip()) != "stop":
            _say(await _answer(hass, command, all_in) or cost.tell(held))
        await hass.async_stop()


async def _answer(
    hass: HomeAssistant, command: str, all_in: asyncio.Event
) -> dict[str, Any] | None:
    """Do what is asked; None where it is asked what that cost."""
    if command == "values":
        await all_in.wait()
        return {"at": time.time()}
    if command == "rows":
        recorder = get_instance(hass)
        await recorder.async_add_executor_job(recorder.block_till_done)
        return {"rows": await recorder.async_add_executor_job(_rows, hass)}
    if command == "polled":
        return await _polled(hass)
    if command == "poll":
        for entry in hass.config_entries.async_loaded_entries("bernau_smartcity"):
            await entry.runtime_data.async_refresh()
        await hass.async_block_till_done()
        return {"tasks": len(asyncio.all_tasks()), "listeners": _listeners(hass)}
    return None


async def _polled(hass: HomeAssistant) -> dict[str, Any]:
    """Wait until the entry has polled once more, where there is one."""
    polled = asyncio.Event()
    for entry in hass.config_entries.async_loaded_entries("bernau_smartcity"):
        leave = entry.runtime_data.async_add_listener(polled.set)
        await polled.wait()
        leave()
        return {"at": time.time()}
    return {"entries": 0}


if __name__ == "__main__":
    asyncio.run(_run(json.loads(sys.argv[1])))
