"""A real Home Assistant: prepared, started, onboarded, and reached over its own API."""

from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any, Final

from aiohttp import ClientError, ClientSession, WSMsgType

from .process import ROOT, DemoError, program, tail, wait_until

NAME: Final = "Stadt Bernau"
USERNAME: Final = "bernau"
START_LIMIT: Final = 360.0

# `default_config` would load much that a town does not need and that asks the internet.
CONFIGURATION: Final = """\
homeassistant:
  name: Bernau bei Berlin
  latitude: 52.6797
  longitude: 13.5871
  elevation: 68
  unit_system: metric
  currency: EUR
  country: DE
  language: de
  time_zone: Europe/Berlin
energy:
history:
logbook:
my:
recorder:
  commit_interval: 1
sun:
logger:
  default: warning
  logs:
    custom_components.bernau_smartcity: debug
    # Helpers for cameras and speech, loaded always, missing on most machines, used by nothing here.
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
"""

# The other steps would fetch weather, radio and speech services from the internet.
ONBOARDED: Final = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["core_config", "analytics", "integration"]},
}

# German for everyone who opens the demo, whatever their browser prefers.
LANGUAGE: Final = {
    "language": "de",
    "number_format": "language",
    "time_format": "language",
    "date_format": "language",
    "time_zone": "server",
    "first_weekday": "language",
}


@dataclass(frozen=True)
class HomeAssistant:
    """A running Home Assistant and a user who is logged in to it."""

    session: ClientSession
    url: str
    token: str
    """An access token of the user."""
    process: Process

    async def rest(self, method: str, path: str, body: object = None) -> Any:
        """Call the REST API and give the JSON that it answers."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.request(
            method, self.url + path, json=body, headers=headers
        ) as response:
            if not response.ok:
                text = (await response.text())[:500]
                message = f"Home Assistant refused {method} {path}: {response.status} {text}"
                raise DemoError(message)
            return await response.json()

    async def command(self, kind: str, /, **values: object) -> Any:
        """Send a WebSocket command and give its result.

        Each has a connection of its own: Home Assistant ends one on which nobody answers its pings,
        and a proof may take longer than that.
        """
        async with self.session.ws_connect(self.url + "/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self.token})
            if (answer := await socket.receive_json())["type"] != "auth_ok":
                message = f"Home Assistant refused the login: {answer}"
                raise DemoError(message)
            await socket.send_json({"id": 1, "type": kind, **values})
            told = await socket.receive()
        if told.type is not WSMsgType.TEXT:
            text = f"Home Assistant broke the connection off at {kind}."
            raise DemoError(text)
        answer = told.json()
        if not answer["success"]:
            text = f"Home Assistant refused {kind}: {answer['error']['message']}"
            raise DemoError(text)
        return answer["result"]

    async def missing(self) -> str | None:
        """Say in which state Home Assistant is, unless all is set up."""
        config: dict[str, str] = await self.command("get_config")
        return None if config["state"] == "RUNNING" else config["state"]

    async def entities(self) -> Mapping[str, Mapping[str, Any]]:
        """Give the entity registry by unique id."""
        listed: list[dict[str, Any]] = await self.command("config/entity_registry/list")
        return {entry["unique_id"]: entry for entry in listed}

    async def states(self) -> Mapping[str, Mapping[str, Any]]:
        """Give all states by entity id."""
        listed: list[dict[str, Any]] = await self.command("get_states")
        return {state["entity_id"]: state for state in listed}


@dataclass
class Installation:
    """A Home Assistant on disk: can be started again and again."""

    folder: Path
    """Holds its configuration, and its log beside it."""
    port: int
    password: str
    token: str = ""
    """Access token of the user, as soon as there is one."""

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        """The configuration folder."""
        return self.folder / "config"

    @property
    def log(self) -> Path:
        """Everything that it said, over all starts."""
        return self.folder / "home-assistant.log"

    def prepare(self) -> None:
        """Write the configuration of a fresh Home Assistant that has our integration."""
        storage = self.config / ".storage"
        storage.mkdir(parents=True)
        (self.config / "configuration.yaml").write_text(CONFIGURATION, encoding="utf-8")
        (storage / "onboarding").write_text(json.dumps(ONBOARDED), encoding="utf-8")
        (self.config / "custom_components").symlink_to(ROOT / "custom_components")

    def process(self) -> AbstractAsyncContextManager[Process]:
        """Start it without waiting for anything; it is stopped when the context ends."""
        command = (Path(sys.executable).with_name("hass"), "-c", self.config)
        options = ("--skip-pip", "--log-no-color")
        # The environment variable, because a port in YAML would ask for a confirmation.
        env = {"SETUP_PORT": str(self.port), "HA_DISABLE_LOG_FILE": "1"}
        return program((*command, *options), self.log, env)

    @asynccontextmanager
    async def running(self, session: ClientSession) -> AsyncGenerator[HomeAssistant]:
        """Run it until the context ends; the first start creates the user."""
        async with self.process() as process:

            async def answers() -> str | None:
                if process.returncode is not None:
                    message = f"Home Assistant ended at once.\n{tail(self.log)}"
                    raise DemoError(message)
                try:
                    async with session.get(f"{self.url}/api/onboarding"):
                        return None
                except ClientError:
                    return "it does not answer yet"

            await wait_until("Home Assistant starts", answers, START_LIMIT)
            self.token = self.token or await self._onboard(session, process)
            hass = HomeAssistant(session, self.url, self.token, process)
            await wait_until("Home Assistant sets itself up", hass.missing, START_LIMIT)
            yield hass

    async def _onboard(self, session: ClientSession, process: Process) -> str:
        """Create the user and give an access token."""
        client = f"{self.url}/"
        user = {
            "client_id": client,
            "name": NAME,
            "username": USERNAME,
            "password": self.password,
            "language": "de",
        }
        async with session.post(f"{self.url}/api/onboarding/users", json=user) as response:
            response.raise_for_status()
            code = (await response.json())["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": client}
        async with session.post(f"{self.url}/auth/token", data=grant) as response:
            response.raise_for_status()
            token: str = (await response.json())["access_token"]
        hass = HomeAssistant(session, self.url, token, process)
        await hass.command("frontend/set_user_data", key="language", value=LANGUAGE)
        # As the onboarding pages do it; else the overview greets those who knew the old one.
        version = {"onboarded_version": (await hass.command("get_config"))["version"]}
        await hass.command("frontend/set_system_data", key="core", value=version)
        # A town has no kitchen and no bedroom; its buildings come with the devices.
        for area in await hass.command("config/area_registry/list"):
            await hass.command("config/area_registry/delete", area_id=area["area_id"])
        return token
