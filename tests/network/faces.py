"""Network servers whose interface is HTTP, each over the same simulated town."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
import time
from typing import Final

from aiohttp import ClientSession

from custom_components.bernau_smartcity.model import Batch, Connection, Reason, Role, Uplink
from custom_components.bernau_smartcity.network import SERVERS
from simulator.air import transmission
from simulator.build import build
from simulator.clock import Clock
from simulator.everynet import Everynet
from simulator.firefly import Firefly
from simulator.http import Api, HttpServer, serve
from simulator.the_things_stack import TheThingsStack
from simulator.town import Town
from simulator.traffic import What
from simulator.zenner_element import ZennerElement
from tests.network.homes import Home

type Sent = tuple[str, int, bytes]
"""DevEUI, frame counter, payload."""

HALF_A_DAY: Final = 43_200
RETAINED: Final = 2 * 86_400
"""Seconds for which the servers keep uplinks here."""


@dataclass(frozen=True)
class Face:
    """A server as the simulator shows it, and what polling it may cost."""

    key: str
    api: Callable[[Town], Api]
    idle: int
    """Requests of a poll that finds nothing new in two applications."""
    tells_joins: bool = True
    not_found: Reason | None = None
    """What it means that packets are not found; None: what was asked for was deleted."""


FACES: Final = (
    Face("the_things_stack", partial(TheThingsStack, retention=RETAINED), idle=2),
    Face(
        "zenner_element",
        partial(ZennerElement, retention=RETAINED, hidden=lambda _: False),
        idle=2,
        tells_joins=False,
    ),
    Face(
        "firefly",
        partial(Firefly, retention=RETAINED),
        idle=1,
        tells_joins=False,
        not_found=Reason.NOT_THIS_SERVER,
    ),
    Face(
        "everynet",
        partial(Everynet, retention=RETAINED, delay=0),
        idle=1,
        not_found=Reason.NOT_THIS_SERVER,
    ),
)


@dataclass
class Polled:
    """A server, and who polls it."""

    server: HttpServer
    session: ClientSession
    home: Home
    face: Face

    @property
    def town(self) -> Town:
        """The town behind the server."""
        return self.server.town

    def connect(self) -> None:
        """Begin with a new connection, as after a restart; what was kept stays."""
        self.home.connection = _connect(self.face, self.server, self.session)

    async def scopes(self) -> list[str]:
        """Give all that can be picked on the server."""
        return list(await self.home.connection.scopes())

    async def poll(self, stop_after: int | None = None) -> list[Batch]:
        """Poll everything."""
        return await self.home.poll(self.town_scopes, stop_after)

    async def settle(self) -> None:
        """Poll until nothing is left to be read."""
        before = None
        while before != self.home.cursors:
            before = dict(self.home.cursors)
            await self.poll()

    town_scopes: tuple[str, ...] = ()


def town_of(devices: int, at: float | None = None) -> Town:
    """Build a town that stands still, half a day ago, with devices of all kinds."""
    town = build(clock=Clock.standing(at or time.time() - HALF_A_DAY))
    every = list(town.all_devices.items())
    town.all_devices = dict(every[:: len(every) // devices])
    return town


def _connect(face: Face, server: HttpServer, session: ClientSession) -> Connection:
    kind = SERVERS[face.key]
    entered = {Role.ADDRESS: server.url, Role.KEY: server.api_key}
    fields: dict[str, str] = {field: entered[field.role] for field in kind.required}
    return kind.connect(fields, session)


@asynccontextmanager
async def polled(face: Face, town: Town | None = None) -> AsyncIterator[Polled]:
    """Serve a town, and poll it."""
    town = town or town_of(12)
    async with serve(town, face.api) as server, ClientSession() as session:
        found = Polled(server, session, Home(_connect(face, server, session)), face)
        found.town_scopes = tuple(await found.scopes())
        yield found
        await found.home.connection.close()


def stored(town: Town, since: float) -> set[Sent]:
    """Give what the server has stored since a time of the town."""
    found = set()
    for eui, device in town.all_devices.items():
        length = 4 * (int((town.clock.now() - since) / device.interval) + 4)
        for event in town.history(device, length):
            if event.what is What.UP and event.stored > since * 1000:
                sent = transmission(device, event, town.faults)
                found.add((eui, sent.f_cnt, sent.payload))
    return found


def delivered(batches: list[Batch]) -> set[Sent]:
    """Give the same of what was delivered."""
    return {_sent(uplink) for batch in batches for uplink in batch.uplinks}


def _sent(uplink: Uplink) -> Sent:
    return uplink.dev_eui, uplink.f_cnt, uplink.payload
