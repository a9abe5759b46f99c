"""The event stream of one device: it has no end, and must not be waited for."""

from typing import Final

from grpc import StatusCode
from grpc.aio import AioRpcError
import pytest

from custom_components.bernau_smartcity.model import Device
from custom_components.bernau_smartcity.network._address import parse_address
from custom_components.bernau_smartcity.network._chirpstack_api import Api
from custom_components.bernau_smartcity.network._chirpstack_cursor import DeviceCursor
from custom_components.bernau_smartcity.network._chirpstack_history import History
from custom_components.bernau_smartcity.network._chirpstack_pace import Pace
from custom_components.bernau_smartcity.network._chirpstack_scan import Row
from custom_components.bernau_smartcity.network._chirpstack_stream import stream_history
from tests.network.homes import until
from tests.network.scripted import NANOSECONDS, Script, item, served, up

EUI: Final = "70b3d5e75e00abcd"
SOON: Final = Pace(silence=2, batch=2, opening=30)
"""As soon as a busy machine allows: within a burst it may be held up for a while, too."""
NEVER: Final = Pace(silence=60, batch=60, opening=30)


async def read(
    script: Script, seen: float, pace: Pace, cursor: DeviceCursor | None = None
) -> History:
    """Read a device that was seen at a second since 1970, and see the stream ended."""
    script.ended.clear()
    row = Row(device=Device(dev_eui=EUI, name="", scope=""), last_seen=int(seen * NANOSECONDS))
    async with served(script) as address:
        api = Api(parse_address(address, plain_port=0), "a.b.c", pace)
        try:
            history = await stream_history(api, row, cursor or DeviceCursor(), pace)
            await until(lambda: script.ended[EUI] > 0)
        finally:
            await api.close()
    return history


async def test_stops_at_the_listed_uplink() -> None:
    """Without any waiting; what comes behind it is for the next time."""
    script = Script(items={EUI: [up(EUI, 100, 1), up(EUI, 200, 2), item(201, "log")]}, ends=False)
    history = await read(script, 200, NEVER)
    assert history.complete
    assert [event.uplink and event.uplink.f_cnt for event in history.events] == [1, 2]


async def test_stops_at_the_listed_uplink_after_a_batch() -> None:
    """Even where the server may be sleeping."""
    script = Script(items={EUI: [up(EUI, 100 * n, n) for n in range(1, 11)]}, ends=False)
    assert len((await read(script, 1000, NEVER)).events) == 10


async def test_stops_when_nothing_more_comes() -> None:
    """The listed uplink is not stored yet."""
    script = Script(items={EUI: [up(EUI, 100, 1)]}, ends=False)
    history = await read(script, 200, Pace(silence=0.2, batch=60, opening=30))
    assert history.complete
    assert len(history.events) == 1


async def test_an_empty_history() -> None:
    """Nothing comes at all."""
    history = await read(Script(ends=False), 200, SOON)
    assert history.complete
    assert not history.events


@pytest.mark.parametrize("count", [11, 21])
async def test_waits_for_the_next_batch(count: int) -> None:
    """After ten events the server sleeps, and a short silence tells nothing."""
    items = [item(n, "log") for n in range(1, count)]
    script = Script(items={EUI: [*items, up(EUI, 99, 1)]}, pause=2.5, ends=False)
    history = await read(script, 99, Pace(silence=2, batch=60, opening=30))
    assert len(history.events) == count


async def test_a_stream_that_ends() -> None:
    """It never should, but then it is read."""
    script = Script(items={EUI: [up(EUI, 100, 1)]})
    history = await read(script, 200, NEVER)
    assert history.complete
    assert len(history.events) == 1


async def test_an_uplink_read_before_ends_nothing() -> None:
    """What stands behind it in the same burst may be new."""
    script = Script(items={EUI: [up(EUI, 100, 1), item(101, "log")]}, ends=False)
    cursor = DeviceCursor(read=(100_012, 0))
    assert len((await read(script, 100, SOON, cursor)).events) == 2


async def test_a_history_that_is_too_long() -> None:
    """What was read counts; at the next try there is more time."""
    items = {EUI: [item(n, "log") for n in range(1, 200)]}
    script = Script(items=items, pause=0.3, ends=False)
    pace = Pace(silence=5, batch=5, opening=30, longest=0.8)
    history = await read(script, 200, pace)
    assert not history.complete
    assert 0 < len(history.events) < 199
    more = await read(script, 200, pace, DeviceCursor(retries=4))
    assert len(more.events) > len(history.events)


async def test_a_stream_that_is_refused() -> None:
    """As for a device that was deleted."""
    script = Script(failures={EUI: (StatusCode.UNAUTHENTICATED, "")})
    with pytest.raises(AioRpcError) as caught:
        await read(script, 200, NEVER)
    assert caught.value.code() is StatusCode.UNAUTHENTICATED


async def test_a_stream_that_does_not_begin() -> None:
    """As behind a proxy that collects answers before it passes them on."""
    with pytest.raises(TimeoutError):
        await read(Script(silent={EUI}), 200, Pace(opening=0.2))
