"""A simulated town in a process of its own, and a Home Assistant core that reads it."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from typing import Any, cast

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.bernau_smartcity import coordinator
from custom_components.bernau_smartcity.codecs import assign
from custom_components.bernau_smartcity.network import SERVERS

ROOT = Path(__file__).parent.parent
HOME_MADE = {"Stromzähler Lesekopf 15 min": "klax", "Ultraschall Trinkwasser": "decoded"}
"""The decoders of the device profiles whose names say nothing."""
APPROVED = '{"flow":["flow",0,"l/h"],"total_volume_m3":["volume",0,"m³"]}'
"""What the fields mean that the network server decodes of the latter."""


@asynccontextmanager
async def town(*arguments: str) -> AsyncIterator[dict[str, Any]]:
    """Run the simulator with these arguments, and give its addresses and keys."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", *arguments, stdout=PIPE, cwd=ROOT
    )
    output = cast("asyncio.StreamReader", process.stdout)
    try:
        yield json.loads(await output.readline())
    finally:
        process.terminate()
        await process.wait()


@contextmanager
def _folder() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        Path(folder, "custom_components").symlink_to(ROOT / "custom_components")
        yield folder


@asynccontextmanager
async def home_assistant() -> AsyncIterator[HomeAssistant]:
    """Start a core without any integration, in a folder of its own."""
    with _folder() as folder:
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(DATA_CUSTOM_COMPONENTS, None)
            frame.async_setup(hass)
            try:
                yield hass
            finally:
                await hass.async_stop(force=True)


@asynccontextmanager
async def entry_for(
    hass: HomeAssistant, place: Mapping[str, Any]
) -> AsyncIterator[MockConfigEntry]:
    """Configure an entry that reads the whole town."""
    fields = place["credentials"]
    async with aiohttp.ClientSession() as session:
        vars(coordinator)["async_get_clientsession"] = lambda _: session
        connection = SERVERS["chirpstack"].connect(fields, session)
        scopes = await connection.scopes()
        devices = await connection.devices(scopes)
        await connection.close()
        options: dict[str, Any] = {
            "scopes": list(scopes),
            "profiles": {
                d.profile: HOME_MADE[d.profile_name] for d in devices if assign(d, {}, {}) is None
            },
            "profile_settings": {
                d.profile: {"mapping": APPROVED}
                for d in devices
                if HOME_MADE.get(d.profile_name) == "decoded"
            },
            "devices": {},
        }
        entry = MockConfigEntry(
            domain="bernau_smartcity",
            title="Bernau",
            data={"server": "chirpstack", **fields},
            options=options,
        )
        entry.add_to_hass(hass)
        yield entry


async def control(place: Mapping[str, str], path: str) -> Any:
    """Ask the simulator's control interface."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{place['control']}/{path}") as answer,
    ):
        return await answer.json()


async def post(place: Mapping[str, str], path: str, body: Mapping[str, object]) -> None:
    """Change something through the simulator's control interface."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{place['control']}/{path}", json=body) as answer,
    ):
        answer.raise_for_status()
