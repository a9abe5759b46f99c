"""Who polls: keeps uplinks and cursors together, as the integration does."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from custom_components.bernau_smartcity.model import Batch, Connection
from custom_components.bernau_smartcity.network._address import parse_address
from custom_components.bernau_smartcity.network._chirpstack_api import Api
from custom_components.bernau_smartcity.network._chirpstack_pace import Pace
from custom_components.bernau_smartcity.network.chirpstack import ChirpStack
from tests.network.scripted import APPLICATION, TENANT, Script, served

QUICK: Final = Pace(silence=30, batch=30, opening=30, verified=0)


@dataclass
class Home:
    """What was kept so far."""

    connection: Connection
    cursors: dict[str, str] = field(default_factory=dict)
    uplinks: Counter[str] = field(default_factory=Counter)
    """How often each uplink was delivered, by its identity."""

    async def poll(
        self, scopes: Iterable[str] = (APPLICATION,), stop_after: int | None = None
    ) -> list[Batch]:
        """Poll and keep each batch; or break off, as a killed process does."""
        kept: list[Batch] = []
        if stop_after == 0:
            return kept
        async with aclosing(self.connection.poll(scopes, dict(self.cursors))) as batches:
            async for batch in batches:
                kept.append(batch)
                self.uplinks.update(uplink.id for uplink in batch.uplinks)
                self.cursors.update(batch.cursors)
                if len(kept) == stop_after:
                    break
        return kept


def connect(
    address: str, tenant: str = TENANT, pace: Pace = QUICK, key: str = "a.b.c"
) -> ChirpStack:
    """Connect with a pace fit for tests."""
    return ChirpStack(Api(parse_address(address, plain_port=0), key, pace), tenant, pace)


@asynccontextmanager
async def home(script: Script, tenant: str = TENANT, pace: Pace = QUICK) -> AsyncIterator[Home]:
    """Serve a script and poll it."""
    async with served(script) as address:
        connection = connect(address, tenant, pace)
        try:
            yield Home(connection)
        finally:
            await connection.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something on the server's side."""
    async with asyncio.timeout(90):
        while not holds():  # noqa: ASYNC110  # gRPC's server offers no event to wait for
            await asyncio.sleep(0.01)
