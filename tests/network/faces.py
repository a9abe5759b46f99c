"""Network servers whose interface is HTTP, each over the same simulated town."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
import sys
from typing import Final

from aiohttp import ClientSession
import pytest

from custom_components.bernau_smartcity.model import Batch, Connection, Reason, Role, Uplink
from custom_components.bernau_smartcity.network import (
    SERVERS,
    everynet,
    firefly,
    the_things_stack,
    zenner_element,
)
from custom_components.bernau_smartcity.network._http import Credentials, Http, Pace
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

SUMMER_ENDED: Final = "2026-10-25T17:22:43.517+00:00"
"""The same moment in every run: a Sunday that had 25 hours."""
RETAINED: Final = 2 * 86_400
"""Seconds for which the servers keep uplinks here."""


@dataclass(frozen=True)
class Face:
    """A server as the simulator shows it, and what polling it may cost."""

    key: str
    connection: Callable[..., Connection]
    """Its class, which takes what tells the time."""
    api: Callable[[Town], Api]
    idle: int
    """Requests of a poll that finds nothing new in two applications."""
    tells_joins: bool = True
    not_found: Reason | None = None
    """What it means that packets are not found; None: what was asked for was deleted."""


FACES: Final = (
    Face(
        "the_things_stack",
        the_things_stack.TheThingsStack,
        partial(TheThingsStack, retention=RETAINED),
        idle=2,
    ),
    Face(
        "zenner_element",
        zenner_element.ZennerElement,
        partial(ZennerElement, retention=RETAINED, hidden=lambda _: False),
        idle=2,
        tells_joins=False,
    ),
    Face(
        "firefly",
        firefly.Firefly,
        partial(Firefly, retention=RETAINED),
        idle=1,
        tells_joins=False,
        not_found=Reason.NOT_THIS_SERVER,
    ),
    Face(
        "everynet",
        everynet.Everynet,
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
    ahead: float = 0.0
    """Seconds by which the server's clock is ahead of that of who polls."""

    @property
    def town(self) -> Town:
        """The town behind the server."""
        return self.server.town

    def connect(self, pace: Pace | None = None) -> None:
        """Begin with a new connection, as after a restart; what was kept stays."""
        self.home.connection = _connect(self.face, self.server, self.session, self.ahead, pace)

    async def scopes(self) -> list[str]:
        """Give all that can be picked on the server."""
        return list(await self.home.connection.scopes())

    async def poll(self, stop_after: int | None = None) -> list[Batch]:
        """Poll everything."""
        return await self.home.poll(self.town_scopes, stop_after)

    async def settle(self) -> list[Batch]:
        """Poll until nothing is left to be read: a busy machine may cut a poll short."""
        before, found = None, list[Batch]()
        while before != self.home.cursors:
            before = dict(self.home.cursors)
            found += await self.poll()
        return found

    town_scopes: tuple[str, ...] = ()


def town_of(devices: int, at: float | str = SUMMER_ENDED) -> Town:
    """Build a town that stands still, with devices of all kinds."""
    town = build(clock=Clock.standing(at))
    every = list(town.all_devices.items())
    town.all_devices = dict(every[:: len(every) // devices])
    return town


def _connect(
    face: Face,
    server: HttpServer,
    session: ClientSession,
    ahead: float = 0.0,
    pace: Pace | None = None,
) -> Connection:
    """Connect as the integration does; but time is the town's, and requests need not wait."""
    kind = SERVERS[face.key]
    module = sys.modules[kind.connect.__module__]
    entered = {Role.ADDRESS: server.url, Role.KEY: server.api_key}
    fields: dict[str, str] = {field: entered[field.role] for field in kind.required}

    def http(session: ClientSession, base: str, credentials: Credentials, **_: object) -> Http:
        return Http(session, base, credentials, pace=pace)

    def now() -> datetime:
        return datetime.fromtimestamp(server.town.clock.now() - ahead, UTC)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "Http", http)
        patch.setattr(module, face.connection.__name__, partial(face.connection, now=now))
        return kind.connect(fields, session)


@asynccontextmanager
async def polled(
    face: Face, town: Town | None = None, *, ahead: float = 0.0
) -> AsyncIterator[Polled]:
    """Serve a town, and poll it."""
    town = town or town_of(12)
    async with serve(town, face.api) as server, ClientSession() as session:
        home = Home(_connect(face, server, session, ahead))
        found = Polled(server, session, home, face, ahead)
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
