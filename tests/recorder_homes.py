"""Home Assistants that end and begin again on the same disk and database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    RecorderInstanceContextManager,
)

from .fake_network import config_entry
from .homes import settled

ENTRY_ID = "the_one_entry"


@asynccontextmanager
async def home(
    recorder: RecorderInstanceContextManager, folder: Path, database: str = ""
) -> AsyncGenerator[HomeAssistant]:
    """Run a Home Assistant with a recorder, which ends as Home Assistant ends."""
    config = {"db_url": database, "commit_interval": 0} if database else None
    async with async_test_home_assistant(config_dir=str(folder)) as hass:
        hass.data.pop(DATA_CUSTOM_COMPONENTS, None)
        frame.async_setup(hass)
        await hass.config.async_set_time_zone("Europe/Berlin")
        async with recorder(hass, config):
            await async_setup_component(hass, "sensor", {})
            try:
                yield hass
            finally:
                await settled(hass)
                await hass.async_stop(force=True)


async def install(hass: HomeAssistant) -> MockConfigEntry:
    """Set up the entry that is there in each of the Home Assistants, and read what is new."""
    entry = config_entry(ENTRY_ID)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    return entry


async def asked(
    hass: HomeAssistant, connect: ClientSessionGenerator, question: dict[str, Any]
) -> Any:
    """Ask Home Assistant as its own pages do, and give the answer."""
    user = await hass.auth.async_create_user("Somebody", group_ids=[GROUP_ID_ADMIN])
    token = await hass.auth.async_create_refresh_token(user, "https://example.com/app")
    await async_setup_component(hass, "websocket_api", {})
    client = await connect(hass.http.app)
    async with client.ws_connect("/api/websocket") as socket:
        await socket.receive_json()
        access = hass.auth.async_create_access_token(token)
        await socket.send_json({"type": "auth", "access_token": access})
        await socket.receive_json()
        await socket.send_json({"id": 1, **question})
        answer = await socket.receive_json()
    assert answer["success"], answer
    return answer["result"]
