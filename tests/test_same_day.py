"""The same day of the town, whichever server delivers it and however: same totals, same hours."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any, Final

import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.metering.hours import consumed, full_hour
from custom_components.bernau_smartcity.model import Batch, Kind
from custom_components.bernau_smartcity.network import SERVERS, batches
from simulator.chirpstack import Options, serve
from simulator.chirpstack.bodies import body as event_body
from simulator.inventory import Device
from simulator.the_things_stack.bodies import application_up
from simulator.town import Town
from simulator.traffic import Event, What
from tests.network.faces import FACES, RETAINED, polled, town_of
from tests.network.homes import QUICK, connect

DAY: Final = 86_400
HOUR: Final = timedelta(hours=1)
DEVICES: Final = 12

type Hours = dict[tuple[str, str], tuple[float, list[float]]]
"""By device and register: the total, and what each hour of the day counted."""


def ledger(path: Path, town: Town) -> Ledger:
    """Make one that knows every model, whatever the server tells."""
    choices = Choices(
        lambda device: CODECS.get(town.all_devices[device.dev_eui].codec),
        lambda device: device.tags,
    )
    return Ledger(Store.open(path), choices)


def hours(found: Ledger, end: float) -> Hours:
    """Give what the day counted."""
    last = full_hour(datetime.fromtimestamp(end, UTC))
    times = [last - HOUR * back for back in range(22, 0, -1)]
    read: Hours = {}
    for dev_eui, state in found.states.items():
        for (quantity, channel), register in state.registers.items():
            if quantity.kind is Kind.REGISTER:
                key = (quantity, channel)
                points = found._store.samples.points(dev_eui, key, None)  # noqa: SLF001  # nothing else gives all hours
                counted = [consumed(points, at, at + HOUR) for at in times]
                read[dev_eui, f"{quantity}_{channel}"] = (register.shown, counted)
    return read


def uplinks(town: Town) -> list[tuple[Device, Event]]:
    """Give all that was heard in two days."""
    since = (town.clock.now() - RETAINED) * 1000
    return sorted(
        (
            (device, event)
            for device in town.all_devices.values()
            for event in town.history(device, 4 * (int(RETAINED / device.interval) + 4))
            if event.what is What.UP and event.stored > since
        ),
        key=lambda each: each[1].stored,
    )


def bodies(server: str, town: Town) -> list[Any]:
    """Give the messages that a server sends by itself."""
    body: Callable[[Device, Event], Any] = (
        (lambda device, event: application_up(device, event, town.faults))
        if server == "the_things_stack"
        else (lambda device, event: event_body(device, event, town.tenant, town.faults))
    )
    return [body(device, event) for device, event in uplinks(town)]


def pushed(server: str, messages: Iterable[Any]) -> list[Batch]:
    """Give the batches of messages."""
    read = SERVERS[server].pushed
    assert read
    sent = [found for message in messages if (found := read(message))]
    return list(batches(sent, {}, {}))


@asynccontextmanager
async def chirpstack(town: Town) -> AsyncIterator[list[Batch]]:
    """Poll the town behind ChirpStack."""
    options = Options(pause=0.01, history=1000)
    async with serve(town, options) as server:
        connection = connect(server.url, server.tenant_id, QUICK, server.api_key)
        try:
            scopes = list(await connection.scopes())
            found = [batch async for batch in connection.poll(scopes, {})]
            since = datetime.fromtimestamp(town.clock.now() - RETAINED, UTC)
            # ChirpStack keeps the last messages of a device, however old they are.
            yield [
                replace(batch, uplinks=tuple(up for up in batch.uplinks if up.received_at > since))
                for batch in found
            ]
        finally:
            await connection.close()


async def deliver(how: str, town: Town) -> list[Batch]:
    """Give all batches of the town, as they come this way."""
    server, _, way = how.partition("+")
    if server == "chirpstack":
        async with chirpstack(town) as found:
            asked = found
    else:
        face = next(face for face in FACES if face.key == server)
        async with polled(face, town) as here:
            asked = await here.settle()
    if not way:
        return asked
    messages = sorted(bodies(server, town), key=repr)
    both = [*asked, *pushed(server, messages), *pushed("push_only", messages[::3])]
    return [*both[::2], *both[1::2]]


EVERY: Final = (
    "chirpstack",
    "the_things_stack",
    "zenner_element",
    "firefly",
    "everynet",
    "chirpstack+push",
    "the_things_stack+push",
)


@pytest.fixture(scope="module")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Hours:
    """Give what the town's day counted by messages that came in their order."""
    town = town_of(DEVICES)
    with closing(ledger(tmp_path_factory.mktemp("standard") / "found.db", town)) as found:
        found.take(pushed("chirpstack", bodies("chirpstack", town)))
        return hours(found, town.clock.now())


@pytest.mark.parametrize("how", EVERY)
async def test_same_totals_and_hours(how: str, standard: Hours, tmp_path: Path) -> None:
    """Nothing is missing, nothing counts twice."""
    town = town_of(DEVICES)
    delivered = await deliver(how, town)
    with closing(ledger(tmp_path / "found.db", town)) as found:
        for some in batched(delivered, 7, strict=False):
            found.take(some)
        counted = hours(found, town.clock.now())
    assert counted.keys() == standard.keys()
    for key, (total, by_hour) in standard.items():
        assert counted[key][0] == pytest.approx(total, rel=1e-12), key
        # The Things Stack tells when it received an uplink, the others when it was sent.
        assert counted[key][1] == pytest.approx(by_hour, rel=1e-3, abs=1e-3), key
    assert sum(sum(by_hour) for _, by_hour in standard.values()) > 0
