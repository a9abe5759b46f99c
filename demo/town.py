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

START_LIMIT: Final = 60.0


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
        )
        for device in devices
    ]


@dataclass(frozen=True)
class Town:
    """A running simulated town."""

    session: ClientSession
    url: str
    """Address of its network server."""
    control: str
    api_key: str
    """A key of the tenant, as a town gives it away: it may not list tenants."""
    tenant: str

    @property
    def port(self) -> int:
        """Port of the network server."""
        return int(self.url.rpartition(":")[2])

    async def truth(self) -> list[Device]:
        """Give every device with what it truly measured last."""
        async with self.session.get(f"{self.control}/truth") as response:
            response.raise_for_status()
            return parse((await response.json())["devices"])


def _introduction(log: Path) -> dict[str, Any] | str:
    """Read the line in which the simulator tells where it is reached."""
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith("{") and line.endswith("}"):
            found: dict[str, Any] = json.loads(line)
            return found
    return "it has not told its address yet"


@asynccontextmanager
async def running(
    session: ClientSession, log: Path, *, port: int = 0, behind: float = 0
) -> AsyncGenerator[Town]:
    """Run the town until the context ends; `behind` seconds lie still before it."""
    command = (sys.executable, "-m", "simulator", "--port", f"{port}", "--control-port", "0")
    options = ("--history", "100", "--behind", f"{behind:.0f}")
    async with program((*command, *options), log) as process:

        async def introduction() -> dict[str, Any] | str:
            if process.returncode is not None:
                message = f"The simulated town ended at once.\n{tail(log)}"
                raise DemoError(message)
            return _introduction(log)

        told = await wait_until("the simulated town starts", introduction, START_LIMIT)
        yield Town(session, told["url"], told["control"], told["api_key"], told["tenant_id"])
