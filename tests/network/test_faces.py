"""What every network server with an HTTP interface must stand: polled over loopback."""

from contextlib import suppress
import logging
from typing import Any

import pytest

from custom_components.bernau_smartcity.model import NetworkError, Reason
from custom_components.bernau_smartcity.network._http import Pace
from simulator.clock import EPOCH
from simulator.http import OTHER_JSON
from simulator.traffic import What
from tests.network.faces import FACES, RETAINED, Face, delivered, polled, stored, town_of

DAY = 86_400
every_face = pytest.mark.parametrize("face", FACES, ids=lambda face: face.key)


@every_face
async def test_inventory_and_first_read(face: Face) -> None:
    """All devices with what the town noted of them, and all that the server holds of them."""
    async with polled(face) as here:
        assert len(here.town_scopes) == 2
        devices = {d.dev_eui: d for d in await here.home.connection.devices(here.town_scopes)}
        assert devices.keys() == here.town.all_devices.keys()
        for eui, device in here.town.all_devices.items():
            assert devices[eui].name == device.name
            assert devices[eui].tags.items() >= device.tags.items()
            assert devices[eui].profile or "model" in devices[eui].tags
        batches = await here.settle()
        since = here.town.clock.now() - RETAINED
        assert stored(here.town, since) <= delivered(batches)
        assert set(here.home.uplinks.values()) == {1}
        for batch in batches:
            times = [uplink.received_at for uplink in batch.uplinks]
            assert times == sorted(times)
            assert batch.device is None or batch.device == devices[batch.device.dev_eui]


@every_face
async def test_polls_cost_what_is_new(face: Face) -> None:
    """Nothing new is a request for each application; then only the new comes."""
    async with polled(face) as here:
        await here.settle()
        here.server.requests.reset()
        assert delivered(await here.poll()) == set()
        assert here.server.requests.calls.total() == face.idle
        before = here.town.clock.now()
        here.town.clock.advance(3600)
        new = delivered(await here.poll())
        assert new == stored(here.town, before)
        assert set(here.home.uplinks.values()) == {1}


@every_face
async def test_restart_reads_what_was_missed(face: Face) -> None:
    """A new connection with the kept cursors: nothing is missing."""
    async with polled(face) as here:
        await here.poll()
        before = here.town.clock.now()
        here.town.clock.advance(6 * 3600)
        here.connect()
        assert stored(here.town, before) <= delivered(await here.poll())


@every_face
async def test_broken_off_anywhere(face: Face) -> None:
    """A process killed between two batches reads the rest the next time."""
    async with polled(face, town_of(12)) as here:
        start = here.town.clock.now() - DAY
        seen = set()
        for stop_after in (1, 2, 5, 9, None, None):
            here.connect()
            here.town.clock.advance(900)
            seen |= delivered(await here.poll(stop_after))
        assert stored(here.town, start) <= seen


@every_face
async def test_device_to_be_read_anew(face: Face) -> None:
    """Its cursor was thrown away, because another decoder shall read its history."""
    async with polled(face, town_of(12)) as here:
        await here.home.connection.devices(here.town_scopes)
        await here.settle()
        dev_eui = next(iter(here.town.all_devices))
        expected = stored(here.town, here.town.clock.now() - DAY)
        del here.home.cursors[dev_eui]
        # A new uplink in the same poll must not pass for the device having been read.
        here.town.clock.advance(2 * 3600)
        again = {sent for sent in delivered(await here.poll()) if sent[0] == dev_eui}
        assert {sent for sent in expected if sent[0] == dev_eui} <= again
        assert delivered(await here.poll()) == set()


TROUBLE: list[tuple[str, dict[str, Any], Reason]] = [
    ("refuse", {}, Reason.CONNECTION_REFUSED),
    ("connection_reset", {}, Reason.SERVER_ERROR),
    ("reject_key", {}, Reason.KEY_REJECTED),
    ("error", {"value": 403}, Reason.KEY_WITHOUT_RIGHTS),
    ("error", {"value": 500}, Reason.SERVER_ERROR),
    ("error", {"value": 503}, Reason.SERVER_ERROR),
    ("rate_limit", {}, Reason.RATE_LIMITED),
    ("rate_limit", {"seconds": 900}, Reason.RATE_LIMITED),
    ("no_json", {}, Reason.NOT_THIS_SERVER),
    ("cut_body", {}, Reason.SERVER_ERROR),
    ("hang", {}, Reason.TIMEOUT),
]


def pace_for(kind: str) -> Pace | None:
    """Give how long to wait: not for long where no answer will come."""
    return Pace(answer=0.5) if kind == "hang" else None


@every_face
@pytest.mark.parametrize(("kind", "how", "reason"), TROUBLE)
async def test_server_in_trouble(
    face: Face, kind: str, how: dict[str, Any], reason: Reason
) -> None:
    """It is told of, nothing is lost, and it is read again when it is back."""
    async with polled(face, town_of(12)) as here:
        await here.poll()
        before, cursors = here.town.clock.now(), dict(here.home.cursors)
        here.town.clock.advance(3600)
        here.town.faults.add(kind, **how)
        await here.server.settle()
        here.connect(pace_for(kind))
        with pytest.raises(NetworkError) as caught:
            await here.poll()
        assert caught.value.reason is reason
        assert here.server.api_key not in str(caught.value)
        assert here.home.cursors == cursors
        here.town.faults.end_all()
        await here.server.settle()
        here.connect()
        assert delivered(await here.poll()) >= stored(here.town, before)


@every_face
async def test_not_found(face: Face) -> None:
    """What is asked for by its name was deleted; else another server answers. Nothing is lost."""
    async with polled(face, town_of(3)) as here:
        await here.settle()
        before = here.town.clock.now()
        here.town.clock.advance(3600)
        here.town.faults.add("error", value=404)
        told = None
        try:
            assert delivered(await here.poll()) == set()
        except NetworkError as error:
            told = error.reason
        assert told is face.not_found
        with pytest.raises(NetworkError) as caught:
            await here.scopes()
        assert caught.value.reason is Reason.NOT_THIS_SERVER
        here.town.faults.end_all()
        assert delivered([*await here.poll(), *await here.poll()]) >= stored(here.town, before)


@every_face
@pytest.mark.parametrize("other", range(len(OTHER_JSON)))
async def test_json_of_something_else(face: Face, other: int) -> None:
    """Is no measurement, whatever its types; nothing is lost by it."""
    async with polled(face, town_of(3)) as here:
        await here.settle()
        before = here.town.clock.now()
        here.town.clock.advance(3600)
        here.town.faults.add("other_json", value=other)
        with suppress(NetworkError):
            assert delivered(await here.poll()) == set()
        with pytest.raises(NetworkError) as caught:
            await here.scopes()
        assert caught.value.reason in {Reason.NOT_THIS_SERVER, Reason.NO_APPLICATIONS}
        here.town.faults.end_all()
        assert delivered(await here.poll()) >= stored(here.town, before)


@every_face
async def test_server_restarted(face: Face) -> None:
    """The same connection goes on where it ended."""
    async with polled(face, town_of(5)) as here:
        await here.settle()
        before, port = here.town.clock.now(), here.server.port
        here.town.clock.advance(3600)
        await here.server.stop()
        with pytest.raises(NetworkError):
            await here.poll()
        await here.server.start(port)
        assert delivered(await here.poll()) == stored(here.town, before)


@every_face
async def test_nothing_there_yet(face: Face) -> None:
    """Devices that have never sent; then they do."""
    async with polled(face, town_of(5, EPOCH)) as here:
        assert len(await here.home.connection.devices(here.town_scopes)) == 5
        for _ in range(2):
            batches = await here.poll()
            assert delivered(batches) == set()
            assert not any(batch.malformed or batch.withheld for batch in batches)
        here.town.clock.advance(20 * DAY)
        assert delivered([*await here.poll(), *await here.poll()]) >= stored(
            here.town, here.town.clock.now() - DAY / 2
        )


@every_face
@pytest.mark.parametrize("ahead", [-20, -2, 2, 20], ids=lambda hours: f"{hours} h")
async def test_clocks_that_differ(face: Face, ahead: int) -> None:
    """That of the server may be hours before or behind: everything comes once."""
    async with polled(face, town_of(5), ahead=3600 * ahead) as here:
        await here.settle()
        before = here.town.clock.now()
        for _ in range(3):
            here.town.clock.advance(1200)
            await here.poll()
        new = stored(here.town, before)
        assert len(here.home.uplinks) == len(stored(here.town, before - RETAINED) | new)


@every_face
@pytest.mark.parametrize(("kind", "how", "reason"), TROUBLE)
async def test_set_up_with_a_server_in_trouble(
    face: Face, kind: str, how: dict[str, Any], reason: Reason
) -> None:
    """The form can say why."""
    async with polled(face, town_of(3)) as here:
        here.town.faults.add(kind, **how)
        await here.server.settle()
        here.connect(pace_for(kind))
        with pytest.raises(NetworkError) as caught:
            await here.scopes()
        assert caught.value.reason is reason


@every_face
async def test_key_exchanged(face: Face) -> None:
    """The old one is rejected, with the new one everything goes on."""
    async with polled(face, town_of(5)) as here:
        await here.poll()
        before = here.town.clock.now()
        here.town.clock.advance(3600)
        here.server.api_key = "another-key"
        with pytest.raises(NetworkError) as caught:
            await here.poll()
        assert caught.value.is_auth
        here.connect()
        assert delivered(await here.poll()) >= stored(here.town, before)


@every_face
async def test_application_deleted(face: Face) -> None:
    """The others are read."""
    async with polled(face) as here:
        deleted = next(iter(here.town.all_devices.values())).application
        here.town.faults.add("application_deleted", application=deleted.id)
        left = {e for e, d in here.town.all_devices.items() if d.application.id != deleted.id}
        devices = await here.home.connection.devices(here.town_scopes)
        assert {device.dev_eui for device in devices} == left
        assert {sent[0] for sent in delivered(await here.poll())} == left


@every_face
@pytest.mark.parametrize("kind", ["duplicate", "reorder", "delay", "late_event"])
async def test_odd_traffic(face: Face, kind: str) -> None:
    """Every uplink that the server holds is delivered."""
    async with polled(face, town_of(12)) as here:
        start = here.town.clock.now()
        here.town.faults.add(kind, seconds=900, since=start - DAY)
        seen = delivered(await here.poll())
        for _ in range(3):
            here.town.clock.advance(3600)
            seen |= delivered(await here.poll())
        assert stored(here.town, start - DAY) <= seen


@every_face
async def test_messages_that_cannot_be_understood(face: Face) -> None:
    """They are counted; the others are delivered."""
    async with polled(face, town_of(12)) as here:
        broken = next(iter(here.town.all_devices))
        here.town.faults.add("body", devices=[broken], since=here.town.clock.now() - 40 * DAY)
        batches = await here.poll()
        assert sum(batch.malformed for batch in batches)
        heard = {sent[0] for sent in stored(here.town, here.town.clock.now() - DAY)}
        assert {sent[0] for sent in delivered(batches)} == heard - {broken}


@every_face
async def test_joins_are_told(face: Face) -> None:
    """So that a frame counter that began anew is no loss; where the server tells none, none is."""
    town = town_of(30, "2026-11-22T18:00:00")
    joins = {
        event.stored / 1000: eui
        for eui, device in town.all_devices.items()
        for event in town.history(device, 500)
        if event.what is What.JOIN and event.number > 0
    }
    at = max(joins)
    async with polled(face, town_of(30, at - 1800)) as here:
        assert not any(batch.joined for batch in await here.poll() if batch.uplinks[:1])
        here.town.clock.advance(2 * 3600)
        joined = [batch for batch in await here.poll() if batch.joined]
        told = {batch.device.dev_eui for batch in joined if batch.device}
        assert (joins[at] in told) is face.tells_joins
        assert all(batch.uplinks[0].f_cnt < 10 for batch in joined)


@every_face
async def test_key_is_told_nowhere(face: Face, caplog: pytest.LogCaptureFixture) -> None:
    """It may stand in every address, and errors quote addresses."""
    caplog.set_level(logging.DEBUG)
    async with polled(face, town_of(3)) as here:
        key = here.server.api_key = "secret-key-of-the-town"
        here.connect()
        for kind, how in (
            ("connection_reset", {}),
            ("error", {"value": 500}),
            ("error", {"value": 404}),
            ("no_json", {}),
            ("cut_body", {}),
            ("reject_key", {}),
            ("refuse", {}),
        ):
            here.town.faults.add(kind, **how)
            await here.server.settle()
            for asking in (here.home.connection.scopes, here.poll):
                with suppress(NetworkError):
                    await asking()
                    continue
                with pytest.raises(NetworkError) as caught:
                    await asking()
                assert key not in repr(caught.value) + str(caught.value.__cause__)
            here.town.faults.end_all()
            await here.server.settle()
        assert await here.scopes()
    ours = [record for record in caplog.records if record.name.startswith("custom_components")]
    assert not any(key in record.getMessage() for record in ours)
    others = [record for record in caplog.records if "aiohttp.client" in record.name]
    assert not any(key in record.getMessage() for record in others)
