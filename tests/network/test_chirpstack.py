"""Applications, devices and polls, against a server whose every answer is written down."""

import asyncio
from dataclasses import replace
import logging
from typing import Final

from chirpstack_api.api.device_pb2 import DeviceStatus
from grpc import StatusCode
import pytest

from custom_components.bernau_smartcity.model import Batch, Device, NetworkError, Reason
from custom_components.bernau_smartcity.network import chirpstack
from custom_components.bernau_smartcity.network._chirpstack_cursor import DeviceCursor, ScopeCursor
from tests.network.homes import QUICK, Home, home, until
from tests.network.scripted import APPLICATION, NANOSECONDS, TENANT, Script, item, row, up

OTHER: Final = "00000000-0000-4000-8000-000000000002"
EUI_A, EUI_B, EUI_C = ("70b3d5e75e00000a", "70b3d5e75e00000b", "70b3d5e75e00000c")
EMPTY: Final = (StatusCode.UNAUTHENTICATED, "")
LIST: Final = "DeviceService.List"
STREAM: Final = "InternalService.StreamDeviceEvents"
CHECK: Final = "ApplicationService.List"


def two_devices(**more: object) -> Script:
    """Make a server with two devices and an uplink of each."""
    return Script(
        rows=[row(EUI_A, 100), row(EUI_B, 200)],
        items={EUI_A: [up(EUI_A, 100, 1)], EUI_B: [up(EUI_B, 200, 1)]},
        **more,  # type: ignore[arg-type]  # fields of a script
    )


def devices_of(batches: list[Batch]) -> list[str]:
    """Give which devices were read."""
    return sorted(batch.device.dev_eui for batch in batches if batch.device)


async def test_applications_of_a_tenant() -> None:
    """By id, more than a page of them."""
    names = {f"{n:08d}-0000-4000-8000-000000000000": f"Haus {n}" for n in range(5)}
    script = Script(applications={TENANT: names})
    async with home(script, pace=replace(QUICK, page=2)) as town:
        assert await town.connection.scopes() == names
    assert script.calls == {CHECK: 3}


async def test_applications_of_all_tenants() -> None:
    """With the tenant's name only where it is needed."""
    script = Script(tenants={TENANT: "Stadt", OTHER: "Werke"})
    async with home(script, tenant="") as town:
        assert await town.connection.scopes() == {APPLICATION: "Wasser"}
        script.applications = {TENANT: {APPLICATION: "Wasser"}, OTHER: {OTHER: "Wasser"}}
        assert await town.connection.scopes() == {
            APPLICATION: "Stadt: Wasser",
            OTHER: "Werke: Wasser",
        }


async def test_inventory() -> None:
    """Every device with everything that is known of it."""
    script = Script(
        rows=[
            row(
                EUI_A.upper(),
                100,
                "Keller",
                device_profile_id="p1",
                device_profile_name="W1",
                tags={"medium": "water"},
                device_status=DeviceStatus(battery_level=88.5),
            ),
            row(EUI_B, None, "Dach", device_status=DeviceStatus(battery_level=-1)),
            row(EUI_C, None, "Netz", device_status=DeviceStatus(external_power_source=True)),
            row("no EUI", 100, "Rest"),
        ],
        catalogue={"p1": "c1"},
    )
    async with home(script) as town:
        found = await town.connection.devices([APPLICATION, APPLICATION])
    assert sorted(found, key=lambda device: device.dev_eui) == [
        Device(
            dev_eui=EUI_A,
            name="Keller",
            scope=APPLICATION,
            profile="p1",
            profile_name="W1",
            catalogue="Model c1",
            tags={"medium": "water"},
            battery=88.5,
        ),
        Device(dev_eui=EUI_B, name="Dach", scope=APPLICATION),
        Device(dev_eui=EUI_C, name="Netz", scope=APPLICATION),
    ]


@pytest.mark.parametrize("count", [4, 5, 6])
@pytest.mark.parametrize("ordered", [True, False])
async def test_inventory_in_pages(count: int, *, ordered: bool) -> None:
    """Until a page is short, which may be an empty one."""
    euis = [f"70b3d5e75e{n:06x}" for n in range(count)]
    rows = [row(eui, 100, f"{-n}") for n, eui in enumerate(euis)]
    script = Script(rows=rows, ordered=ordered)
    async with home(script, pace=replace(QUICK, page=3)) as town:
        found = await town.connection.devices([APPLICATION])
    assert sorted(device.dev_eui for device in found) == euis
    assert script.calls[LIST] == count // 3 + 1


@pytest.mark.parametrize("code", [StatusCode.UNIMPLEMENTED, StatusCode.UNAUTHENTICATED])
@pytest.mark.parametrize("unreadable", ["p1", "c1"])
async def test_a_profile_that_cannot_be_read(code: StatusCode, unreadable: str) -> None:
    """Leaves the catalogue out; each profile is asked for once."""
    rows = [row(EUI_A, 1, device_profile_id="p1"), row(EUI_B, 1, device_profile_id="p2")]
    script = Script(
        rows=rows, catalogue={"p1": "c1", "p2": "c2"}, failures={unreadable: (code, "")}
    )
    async with home(script) as town:
        for _ in range(2):
            found = await town.connection.devices([APPLICATION])
            assert {device.dev_eui: device.catalogue for device in found} == {
                EUI_A: "",
                EUI_B: "Model c2",
            }
        assert script.calls["DeviceProfileService.Get"] == 2
        batches = await town.poll()
    assert {b.device.dev_eui: b.device.catalogue for b in batches if b.device} == {
        EUI_A: "",
        EUI_B: "Model c2",
    }


async def test_first_poll_and_idle_poll() -> None:
    """A stream for each device, then one request and nothing else."""
    script = two_devices()
    async with home(script) as town:
        assert devices_of(await town.poll()) == [EUI_A, EUI_B]
        assert town.uplinks.total() == 2
        assert script.calls == {LIST: 1, STREAM: 2}
        script.calls.clear()
        assert await town.poll() == []
        assert script.calls == {LIST: 1}
    assert set(town.cursors) == {APPLICATION, EUI_A, EUI_B}


async def test_the_cursor_of_the_application_comes_last() -> None:
    """When everything before it is kept."""
    async with home(two_devices()) as town:
        batches = await town.poll()
    assert [batch.device is None for batch in batches] == [False, False, True]


async def test_nothing_there_yet() -> None:
    """An application without devices has nothing to read, and is no error."""
    async with home(Script()) as town:
        assert await town.connection.devices([APPLICATION]) == []
        for _ in range(2):
            batches = await town.poll()
            assert not any(batch.device or batch.uplinks or batch.malformed for batch in batches)


async def test_a_device_never_heard() -> None:
    """Is told of, but has nothing to read."""
    script = Script(rows=[row(EUI_A, None, "neu")])
    async with home(script) as town:
        first, _ = await town.poll()
        assert first.device == Device(dev_eui=EUI_A, name="neu", scope=APPLICATION)
        assert first.uplinks == ()
        assert devices_of(await town.poll()) == []
        assert script.calls[STREAM] == 0
        script.rows = [row(EUI_A, 300, "neu")]
        script.items = {EUI_A: [up(EUI_A, 300, 0)]}
        await town.poll()
    assert town.uplinks.total() == 1


async def test_a_device_created_anew_with_the_same_eui() -> None:
    """It was heard before, and now it never was."""
    script = two_devices()
    async with home(script) as town:
        await town.poll()
        script.rows[0] = row(EUI_A, None)
        assert devices_of(await town.poll()) == [EUI_A]
        assert devices_of(await town.poll()) == []
    assert script.calls[STREAM] == 2


async def test_uplinks_without_a_reading() -> None:
    """Are delivered with an empty payload, for the frame counter's sake."""
    mac_only = up(EUI_A, 100, 4, fPort=0, data="AwQ=")
    script = Script(rows=[row(EUI_A, 200)], items={EUI_A: [mac_only, up(EUI_A, 200, 5)]})
    async with home(script) as town:
        batch, _ = await town.poll()
    assert [(u.f_cnt, u.f_port, u.payload) for u in batch.uplinks] == [(4, 0, b""), (5, 1, b"\x01")]


async def test_a_malformed_body_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is counted and told of, once."""
    caplog.set_level(logging.DEBUG, "custom_components.bernau_smartcity.network.chirpstack")
    items = [up(EUI_A, 90, 1), item(95, "up", "{no JSON"), up(EUI_A, 100, 3)]
    script = Script(rows=[row(EUI_A, 100)], items={EUI_A: items})
    async with home(script) as town:
        batch, _ = await town.poll()
        assert [uplink.f_cnt for uplink in batch.uplinks] == [1, 3]
        assert batch.malformed == 1
        script.rows = [row(EUI_A, 200)]
        items.append(up(EUI_A, 200, 4))
        batch, _ = await town.poll()
        assert [uplink.f_cnt for uplink in batch.uplinks] == [4]
        assert batch.malformed == 0
    told = [record for record in caplog.records if EUI_A in record.getMessage()]
    assert len(told) == 1


@pytest.mark.parametrize("failure", [EMPTY, (StatusCode.INTERNAL, "Redis is down")])
async def test_one_device_that_fails(failure: tuple[StatusCode, str]) -> None:
    """Server and key are fine, so the others are read and this one comes again."""
    script = two_devices(failures={EUI_A: failure})
    async with home(script) as town:
        assert devices_of(await town.poll()) == [EUI_B]
        assert script.calls[CHECK] == 1
        assert ScopeCursor.parse(town.cursors[APPLICATION]).newest == 100 * NANOSECONDS
        del script.failures[EUI_A]
        assert devices_of(await town.poll()) == [EUI_A]
        assert devices_of(await town.poll()) == []
    assert town.uplinks.total() == 2


async def test_many_devices_that_fail() -> None:
    """Cost one check, not one each."""
    euis = [f"70b3d5e75e{n:06x}" for n in range(30)]
    script = Script(rows=[row(eui, 100) for eui in euis], failures=dict.fromkeys(euis, EMPTY))
    async with home(script, pace=replace(QUICK, verified=60)) as town:
        assert devices_of(await town.poll()) == []
    assert script.calls == {LIST: 1, STREAM: 30, CHECK: 1}


async def test_streams_that_never_get_through() -> None:
    """Lists work, streams do not: a proxy, which is told instead of waiting for ever."""
    script = two_devices(failures={STREAM: (StatusCode.INTERNAL, "")})
    async with home(script) as town:
        with pytest.raises(NetworkError) as caught:
            await town.poll()
        assert caught.value.reason is Reason.SERVER_ERROR
        assert not town.cursors
        script.failures.clear()
        await town.poll()
        assert town.uplinks.total() == 2
        script.rows[0] = row(EUI_A, 300)
        script.failures[STREAM] = (StatusCode.INTERNAL, "")
        assert devices_of(await town.poll()) == []


async def test_streams_that_never_begin() -> None:
    """The same with a proxy that collects answers before it passes them on."""
    script = two_devices(silent={STREAM})
    async with home(script, pace=replace(QUICK, opening=0.2)) as town:
        with pytest.raises(NetworkError) as caught:
            await town.poll()
    assert caught.value.reason is Reason.TIMEOUT


@pytest.mark.parametrize("tenant", [TENANT, ""])
@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        ({"": EMPTY}, Reason.KEY_REJECTED),
        ({STREAM: (StatusCode.UNIMPLEMENTED, "")}, Reason.SERVER_TOO_OLD),
        ({STREAM: EMPTY, "check": (StatusCode.INTERNAL, "")}, Reason.SERVER_ERROR),
        ({LIST: (StatusCode.INTERNAL, "")}, Reason.SERVER_ERROR),
    ],
)
async def test_a_server_that_cannot_be_used(
    failures: dict[str, tuple[StatusCode, str]], reason: Reason, tenant: str
) -> None:
    """The poll fails as a whole, and nothing is kept."""
    names = {
        "": (STREAM, CHECK, "TenantService.List", "DeviceProfileTemplateService.List"),
        "check": (CHECK, "TenantService.List"),
    }
    written = {n: how for key, how in failures.items() for n in names.get(key, (key,))}
    async with home(two_devices(failures=written), tenant=tenant) as town:
        with pytest.raises(NetworkError) as caught:
            await town.poll()
    assert caught.value.reason is reason
    assert not town.cursors


async def test_a_deleted_application() -> None:
    """The others go on; it has no devices any more."""
    script = two_devices(failures={OTHER: EMPTY})
    async with home(script) as town:
        assert devices_of(await town.poll([OTHER, APPLICATION])) == [EUI_A, EUI_B]
        assert OTHER not in town.cursors
        found = await town.connection.devices([OTHER, APPLICATION])
    assert {device.scope for device in found} == {APPLICATION}


async def test_an_application_that_is_not_found() -> None:
    """What an administrator's key is told of a deleted one."""
    script = two_devices(failures={OTHER: (StatusCode.NOT_FOUND, "Object does not exist")})
    async with home(script, tenant="") as town:
        assert devices_of(await town.poll([OTHER])) == []
        assert await town.connection.devices([OTHER]) == []


async def test_an_application_that_may_not_be_read() -> None:
    """It is there, so its devices must not be taken for deleted."""
    script = two_devices(failures={APPLICATION: EMPTY})
    async with home(script) as town:
        with pytest.raises(NetworkError) as caught:
            await town.connection.devices([APPLICATION])
        assert caught.value.reason is Reason.KEY_WITHOUT_RIGHTS
        script.failures |= {CHECK: EMPTY, "DeviceProfileTemplateService.List": EMPTY}
        with pytest.raises(NetworkError) as caught:
            await town.poll()
        assert caught.value.reason is Reason.KEY_REJECTED


async def test_no_application_left() -> None:
    """Nothing to read is no error of a poll."""
    script = Script(applications={}, failures={APPLICATION: EMPTY})
    async with home(script) as town:
        assert await town.poll() == []
        assert await town.poll([]) == []


async def test_an_uplink_listed_before_it_is_stored() -> None:
    """It is looked for again, without a change in the list, until it is there."""
    script = two_devices()
    async with home(script) as town:
        await town.poll()
        script.rows[0] = row(EUI_A, 5000)
        for retries in (1, 2):
            assert devices_of(await town.poll()) == [EUI_A]
            assert DeviceCursor.parse(town.cursors[EUI_A]).retries == retries
        script.items[EUI_A].append(up(EUI_A, 5000, 2))
        await town.poll()
        assert town.uplinks.total() == 3
        assert devices_of(await town.poll()) == []


async def test_an_uplink_that_is_never_stored() -> None:
    """The search ends, as without any history on the server."""
    script = Script(rows=[row(EUI_A, 100)])
    async with home(script) as town:
        for _ in range(6):
            assert devices_of(await town.poll()) == [EUI_A]
        assert devices_of(await town.poll()) == []
        script.rows = [row(EUI_A, 200)]
        assert devices_of(await town.poll()) == [EUI_A]
    assert script.calls[STREAM] == 7


def listed(count: int, newest: float) -> list[tuple[str, float]]:
    """Name devices and when they were seen, ten minutes apart; names in no useful order."""
    return [(f"70b3d5e75e{n * 7919 % 1000:06x}", newest - 600 * n) for n in range(count)]


def town_of(seen: list[tuple[str, float]], *, ordered: bool) -> Script:
    """Make a server with an uplink of each device."""
    return Script(
        rows=[row(eui, second, f"Zähler {eui[::-1]}") for eui, second in seen],
        items={eui: [up(eui, second, 1)] for eui, second in seen},
        ordered=ordered,
    )


PAGES: Final = replace(QUICK, page=10, first_page=5)


@pytest.mark.parametrize(
    ("changed", "ordered", "requests"),
    [
        (0, True, 1),
        (3, True, 1),
        (4, True, 2),
        (5, True, 2),
        (20, True, 3),
        (0, False, 4),
        (3, False, 4),
    ],
)
async def test_scan_for_changes(changed: int, requests: int, *, ordered: bool) -> None:
    """Only as many pages as there are changes; all of them where the server knows no order."""
    seen = listed(32, 100_000)
    script = town_of(seen, ordered=ordered)
    async with home(script, pace=PAGES) as town:
        await town.poll()
        script.calls.clear()
        for eui, _ in seen[32 - changed :]:
            place = next(n for n, one in enumerate(script.rows) if one.dev_eui == eui)
            second = 200_000 + 600 * place
            script.rows[place] = row(eui, second, script.rows[place].name)
            script.items[eui].append(up(eui, second, 2))
        await town.poll()
    assert script.calls[LIST] == requests
    assert script.calls[STREAM] == changed
    assert town.uplinks.total() == 32 + changed
    assert set(town.uplinks.values()) == {1}


async def test_a_change_that_was_committed_late() -> None:
    """Another server of the cluster was slower: two minutes are read again."""
    script = two_devices()
    async with home(script) as town:
        await town.poll()
        script.rows.append(row(EUI_C, 81))
        script.items[EUI_C] = [up(EUI_C, 81, 1)]
        assert devices_of(await town.poll()) == [EUI_C]


@pytest.mark.parametrize("first", [None, 100_000])
async def test_devices_that_were_never_heard_prove_no_order(first: float | None) -> None:
    """A server that sorts by name may begin with them."""
    euis = [f"70b3d5e75e{n:06x}" for n in range(12)]
    rows = [row(eui, None) for eui in euis]
    rows[0] = row(euis[0], first)
    script = Script(rows=rows, ordered=False)
    script.items = {euis[0]: [up(euis[0], 100_000, 1)]} if first else {}
    async with home(script, pace=PAGES) as town:
        await town.poll()
        script.rows[11] = row(euis[11], 200_000)
        script.items[euis[11]] = [up(euis[11], 200_000, 1)]
        await town.poll()
    assert f"{euis[11]}-200000-1" in town.uplinks


async def test_a_complete_scan_every_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds what no scan for changes can: a device moved here, heard long ago."""
    now = 1_790_000_000.0
    monkeypatch.setattr(chirpstack, "time", lambda: now)
    seen = listed(8, 100_000)
    script = town_of(seen, ordered=True)
    async with home(script, pace=PAGES) as town:
        await town.poll()
        script.rows.append(row(EUI_A, 50_000))
        script.items[EUI_A] = [up(EUI_A, 50_000, 1)]
        now += 3599
        assert devices_of(await town.poll()) == []
        now += 1
        assert devices_of(await town.poll()) == [EUI_A]
        script.rows.append(row(EUI_B, None))
        now += 3600
        assert devices_of(await town.poll()) == [EUI_B]
        now -= 86_400
        script.rows.append(row(EUI_C, None))
        assert devices_of(await town.poll()) == [EUI_C]


async def test_a_device_that_fails_for_long_does_not_hold_all_up() -> None:
    """The scan for changes goes back an hour; the complete scan finds it."""
    seen = listed(30, 100_000)
    script = town_of(seen, ordered=True)
    failing = seen[-1][0]
    script.failures[failing] = (StatusCode.INTERNAL, "")
    async with home(script, pace=PAGES) as town:
        await town.poll()
        assert ScopeCursor.parse(town.cursors[APPLICATION]).newest == 96_400 * NANOSECONDS
        del town.cursors[APPLICATION]
        script.failures.clear()
        assert devices_of(await town.poll()) == [failing]


@pytest.mark.parametrize(("ordered", "most"), [(True, 6), (False, 2)])
async def test_streams_at_a_time(most: int, *, ordered: bool) -> None:
    """Fewer where the server may be old."""
    seen = listed(20, 100_000)
    script = town_of(seen, ordered=ordered)
    script.items, script.ends = {}, False
    pace = replace(QUICK, streams=6, streams_old=2)
    open_at_once = 0
    async with home(script, pace=pace) as town:
        polling = asyncio.create_task(town.poll())
        await until(lambda: script.calls[STREAM] >= most)
        for _ in range(20):
            await asyncio.sleep(0.01)
            open_now = script.calls[STREAM] - script.ended.total()
            open_at_once = max(open_at_once, open_now)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        await until(lambda: script.ended.total() == script.calls[STREAM])
    assert open_at_once == most


async def test_breaking_off_ends_every_stream() -> None:
    """Nothing is left behind on the server."""
    seen = listed(20, 100_000)
    script = town_of(seen, ordered=True)
    script.ends = False
    for eui, _ in seen[1:]:
        script.items[eui] = []
    async with home(script, pace=QUICK) as town:
        assert len(await town.poll(stop_after=1)) == 1
        await until(lambda: script.ended.total() == script.calls[STREAM])


async def test_a_server_that_comes_back() -> None:
    """The same connection goes on where it ended."""
    script = two_devices()
    async with home(script) as town:
        await town.poll()
        script.failures = dict.fromkeys((LIST, STREAM, CHECK), (StatusCode.UNAVAILABLE, "gone"))
        with pytest.raises(NetworkError) as caught:
            await town.poll()
        assert caught.value.reason is Reason.SERVER_ERROR
        script.failures.clear()
        script.rows[0] = row(EUI_A, 300)
        script.items[EUI_A].append(up(EUI_A, 300, 2))
        await town.poll()
        assert town.uplinks.total() == 3


async def test_two_connections_to_one_server() -> None:
    """Two entries, or two Home Assistants, do not disturb each other."""
    script = two_devices()
    async with home(script) as first, home(two_devices()) as second:
        await asyncio.gather(first.poll(), second.poll())
        third = Home(first.connection)
        await asyncio.gather(first.poll(), third.poll())
    assert first.uplinks == second.uplinks == third.uplinks
