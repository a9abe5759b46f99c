"""The simulated town as a process, and what it truly measured."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
import json
from pathlib import Path
import sys
from typing import Any, Final

from aiohttp import ClientSession

from .process import DemoError, program, tail, wait_until

START_LIMIT: Final = 240.0
NINE_DAYS: Final = 240
"""Events of a meter that sends each hour: enough of its past to tell a leak from a habit, and of
a counter's to know the whole of yesterday."""
QUICKLY: Final = 0.4
"""Seconds between ten of those events and the next, so that nobody waits for minutes."""

type Hours = Mapping[tuple[str, int], Mapping[datetime, float]]
"""What registers showed at full hours, by quantity and channel."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of the newest measurement of a device."""

    quantity: str
    channel: int
    value: float
    at: datetime

    @property
    def key(self) -> str:
        """The part of an entity's unique id that names quantity and channel."""
        return f"{self.quantity}_{self.channel}" if self.channel else self.quantity


@dataclass(frozen=True, slots=True)
class Device:
    """A device of the town and what it truly measured last."""

    dev_eui: str
    name: str
    building: str
    codec: str
    values: tuple[Measured, ...]
    leaks: bool = False
    """Water has run through it for a day that nobody uses."""


def parse(devices: Iterable[Mapping[str, Any]]) -> list[Device]:
    """Read what the simulator's control interface tells of the devices."""
    return [
        Device(
            device["dev_eui"],
            device["name"],
            device["building"],
            device["codec"],
            tuple(
                Measured(
                    value["quantity"],
                    value["channel"],
                    float(value["value"]),
                    datetime.fromisoformat(value["measured_at"]),
                )
                for value in device["values"]
            ),
            device["leaks"],
        )
        for device in devices
    ]


def parse_hours(hours: Iterable[Mapping[str, Any]]) -> Hours:
    """Read what the simulator's control interface tells of full hours."""
    found: dict[tuple[str, int], dict[datetime, float]] = {}
    for hour in hours:
        at = datetime.fromisoformat(hour["at"])
        for value in hour["values"]:
            key = (value["quantity"], value["channel"])
            found.setdefault(key, {})[at] = float(value["value"])
    return found


@dataclass(frozen=True)
class Town:
    """A running simulated town."""

    session: ClientSession
    url: str
    """Address of its network server."""
    control: str
    server: str
    """The kind of its network server."""
    credentials: Mapping[str, str]
    """What is entered where the integration is set up, by field: address, key, …"""

    @property
    def port(self) -> int:
        """Port of the network server."""
        return int(self.url.rpartition(":")[2])

    async def truth(self) -> list[Device]:
        """Give every device with what it truly measured last."""
        async with self.session.get(f"{self.control}/truth") as response:
            response.raise_for_status()
            return parse((await response.json())["devices"])

    async def hours(self, device: Device, begin: datetime, end: datetime) -> Hours:
        """Give what the registers of a device truly showed at each full hour."""
        asked = {"dev_eui": device.dev_eui, "from": begin.isoformat(), "to": end.isoformat()}
        async with self.session.get(f"{self.control}/truth/hours", params=asked) as response:
            response.raise_for_status()
            return parse_hours((await response.json())["hours"])

    async def people(self, begin: datetime, end: datetime) -> dict[str, Any]:
        """Give what people truly did, as the control interface describes it."""
        asked = {"from": begin.isoformat(), "to": end.isoformat()}
        async with self.session.get(f"{self.control}/truth/people", params=asked) as response:
            response.raise_for_status()
            told: dict[str, Any] = await response.json()
            return told

    async def requests(self) -> int:
        """Give how often the network server was asked since the last `begin_anew`."""
        async with self.session.get(f"{self.control}/requests") as response:
            response.raise_for_status()
            return int((await response.json())["total"])

    async def begin_anew(self) -> None:
        """Count requests from zero."""
        await self._post("/requests/reset", {})

    async def now(self) -> datetime:
        """Give the town's time."""
        return datetime.fromisoformat((await self._clock())["now"])

    async def behind(self) -> float:
        """Give how many seconds the town lies behind the present."""
        return float((await self._clock())["behind"])

    async def _clock(self) -> dict[str, Any]:
        async with self.session.get(f"{self.control}/clock") as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer

    async def go_on(self, behind: float) -> None:
        """Let the town come as close to the present, so that what lies between happens."""
        await self._post("/clock", {"behind": behind})

    async def fall_silent(self) -> None:
        """Let no device send anything from now on."""
        await self._post("/faults", {"kind": "silent"})

    async def _post(self, path: str, body: Mapping[str, object]) -> None:
        async with self.session.post(self.control + path, json=body) as response:
            response.raise_for_status()


def _introduction(log: Path) -> dict[str, Any] | str:
    """Read the line in which the simulator tells where it is reached."""
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith("{") and line.endswith("}"):
            found: dict[str, Any] = json.loads(line)
            return found
    return "it has not told its address yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How a town is run."""

    server: str
    """Kind of its network server."""
    port: int = 0
    """Of the network server; 0: a free one."""
    behind: float = 0
    """Seconds that lie still before it."""
    pause: float = 1
    """Seconds for which ChirpStack waits between ten events and the next ten."""
    history: int = 100
    """Events of each device that it keeps."""


@asynccontextmanager
async def running(session: ClientSession, log: Path, stage: Stage) -> AsyncGenerator[Town]:
    """Run the town until the context ends."""
    command = (sys.executable, "-m", "simulator", "--server", stage.server)
    options = {
        "port": stage.port,
        "behind": stage.behind,
        "pause": stage.pause,
        "history": stage.history,
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    async with program((*command, *given), log) as process:

        async def introduction() -> dict[str, Any] | str:
            if process.returncode is not None:
                message = f"The simulated town ended at once.\n{tail(log)}"
                raise DemoError(message)
            return _introduction(log)

        told = await wait_until("the simulated town starts", introduction, START_LIMIT)
        yield Town(session, told["url"], told["control"], stage.server, told["credentials"])
