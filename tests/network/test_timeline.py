"""Servers that are asked by time: what is read when, whichever server it is."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import math
from typing import Final

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.model import (
    Batch,
    Device,
    NetworkError,
    Reason,
    Sent,
    Uplink,
)
from custom_components.bernau_smartcity.network import _timeline
from custom_components.bernau_smartcity.network._http import NotFoundError
from custom_components.bernau_smartcity.network._sent import NO_SESSION, UNSEEN
from custom_components.bernau_smartcity.network._timeline import Timeline, _fitting
from custom_components.bernau_smartcity.network._timeline_cursor import DAY, Cursor, Reach
from custom_components.bernau_smartcity.network._timeline_source import (
    Found,
    Of,
    Registered,
    Scopes,
    understood,
)
from custom_components.bernau_smartcity.network._trail import Newest
from tests.network.homes import Home

NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
EUIS: Final = tuple(f"70b3d57ed00000{n:02x}" for n in range(4))
REACH: Final = Reach(retained=4 * DAY, overlap=timedelta(minutes=2), apart=False)
HOUR: Final = timedelta(hours=1)


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Let nothing depend on how fast the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_timeline, "PATIENCE", math.inf)
        yield


@dataclass
class Server:
    """A server that stores uplinks, and gives a few of them at a time."""

    page: int = 3
    blur: timedelta = timedelta()
    """How much more it gives than it was asked for, at both ends."""
    stored: list[Sent] = field(default_factory=list)
    scope: dict[str, str] = field(default_factory=lambda: dict.fromkeys(EUIS, "a"))
    asked: list[tuple[Of, datetime, datetime | None]] = field(default_factory=list)
    registries: int = 0
    fails: NetworkError | None = None
    gone: set[str] = field(default_factory=set)
    """Devices that were taken away: nothing is told of them."""
    tells: bool = False
    """A device that is gone is not found, if it is asked for by itself."""
    leave: frozenset[str] = frozenset()
    """Who goes as soon as one is asked for by itself."""
    breaks: str = ""
    """The device that cannot be asked for by itself."""
    lists: bool = True
    """The key may read the registry."""

    async def registry(self, scopes: Scopes) -> list[Registered]:
        """Give the devices of scopes."""
        self.registries += 1
        if not self.lists:
            raise NetworkError(Reason.KEY_WITHOUT_RIGHTS)
        return [
            Registered(eui, Device(dev_eui=eui, name=eui, scope=scope))
            for eui, scope in self.scope.items()
            if scope in scopes and eui not in self.gone
        ]

    async def pages(
        self, of: Of, after: datetime, before: datetime | None = None
    ) -> AsyncGenerator[Found]:
        """Give what lies between both times, without either; a page is never empty but alone."""
        self.asked.append((of, after, before))
        if self.fails is not None:
            raise self.fails
        if of.device and of.device == self.breaks:
            raise NetworkError(Reason.SERVER_ERROR)
        if of.device in self.leave:
            self.gone |= self.leave
        if of.device in self.gone and self.tells:
            raise NotFoundError(of.device)
        rows = [
            each
            for each in sorted(self.stored, key=lambda sent: sent.uplink.received_at)
            if after < each.uplink.received_at + self.blur
            and (before is None or each.uplink.received_at - self.blur < before)
            and of.device in {"", each.device.dev_eui}
            and each.device.dev_eui not in self.gone
        ]
        for begin in range(0, max(len(rows), 1), self.page):
            here = rows[begin : begin + self.page]
            until = here[-1].uplink.received_at if here else after
            yield Found(here, 0, until)

    def store(
        self,
        eui: str,
        at: datetime,
        session: str = NO_SESSION,
        scope: str = "",
        f_cnt: int = 0,
    ) -> None:
        """Store an uplink; one without a frame counter, if none is given."""
        uplink = Uplink(
            dev_eui=eui,
            id=f"{eui} {len(self.stored)}",
            received_at=at,
            f_port=1,
            f_cnt=f_cnt,
            payload=b"\1",
        )
        self.stored.append(Sent(Device(dev_eui=eui, name="", scope=scope), uplink, session))


class Connected:
    """What polls such a server."""

    def __init__(self, server: Server, reach: Reach = REACH) -> None:
        """Begin at a fixed time, which a test moves."""
        self.now = NOW
        self.timeline = Timeline(server, reach, lambda: self.now)

    def poll(self, scopes: Iterable[str], cursors: Mapping[str, str]) -> AsyncGenerator[Batch]:
        """Read what is new."""
        return self.timeline.poll(scopes, cursors)


def town(reach: Reach = REACH) -> tuple[Server, Connected, Home]:
    """Give a server, and who polls it."""
    server = Server()
    connection = Connected(server, reach)
    return server, connection, Home(connection)  # type: ignore[arg-type]  # nothing else is asked


async def heard(home: Home, *scopes: str) -> list[str]:
    """Poll, and give the identities of the uplinks that came."""
    return [up.id for batch in await home.poll(scopes or ("a",)) for up in batch.uplinks]


STEPS: Final = st.lists(
    st.tuples(
        st.sampled_from(EUIS),
        st.integers(1, 200),
        st.integers(0, 90),
        st.sampled_from([None, None, 1, 2, 3, 5]),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(
    old=st.lists(st.tuples(st.sampled_from(EUIS), st.integers(0, 3 * 24 * 60)), max_size=12),
    steps=STEPS,
)
async def test_nothing_is_missing(
    old: list[tuple[str, int]], steps: list[tuple[str, int, int, int | None]]
) -> None:
    """Any history, rows that appear late, and polls that are killed anywhere."""
    server, connection, home = town()
    for eui, minutes in old:
        server.store(eui, NOW - timedelta(minutes=minutes, seconds=1))
    for eui, minutes, late, stop_after in steps:
        connection.now += timedelta(minutes=minutes)
        server.store(eui, connection.now - timedelta(seconds=late))
        if stop_after is not None:
            connection.timeline = Timeline(server, REACH, lambda: connection.now)
        await home.poll(["a"], stop_after)
    for _ in range(3):
        await home.poll(["a"])
    assert home.uplinks.keys() == {each.uplink.id for each in server.stored}
    assert await heard(home) == []


@given(
    ages=st.lists(st.tuples(st.integers(0, 8), st.integers(-1500, 1500)), max_size=30),
    blur=st.integers(0, 1000),
)
async def test_nothing_comes_twice(ages: list[tuple[int, int]], blur: int) -> None:
    """Wherever a piece ends, and however roughly a server keeps to what it was asked for."""
    server, _, home = town()
    server.blur = timedelta(milliseconds=blur)
    server.store(EUIS[0], NOW - HOUR)
    for hours, milliseconds in ages:
        server.store(EUIS[0], NOW - DAY - hours * HOUR + timedelta(milliseconds=milliseconds))
    for _ in range(3):
        await home.poll(["a"])
    assert home.uplinks == {each.uplink.id: 1 for each in server.stored}


@given(st.lists(st.integers(0, 40), max_size=30))
def test_piece_that_fits(counts: list[int]) -> None:
    """It is never longer than a day, nor so short that there is no end of them."""
    piece = HOUR
    for pages in counts:
        before, piece = piece, _fitting(piece, pages)
        assert timedelta(minutes=15) <= piece <= DAY
        assert (piece > before) <= (pages <= 4)
        assert (piece < before) <= (pages > 16)


async def test_silent_devices_show_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that sent nothing for a day are asked for one by one, some in each poll."""
    monkeypatch.setattr(_timeline, "SILENT", 2)
    server, _, home = town()
    for eui in EUIS[1:]:
        server.store(eui, NOW - 3 * DAY)
    server.store(EUIS[0], NOW - HOUR)
    await home.poll(["a"], 1)
    assert {home.cursors[eui] for eui in EUIS} == {UNSEEN}
    first = await heard(home)
    assert len(first) == 3
    assert {home.cursors[eui] for eui in EUIS[1:]} == {UNSEEN, NO_SESSION}
    await heard(home)
    assert {home.cursors[eui] for eui in EUIS[1:]} == {NO_SESSION}
    assert len({of.device for of, *_ in server.asked}) == 4


async def test_silent_device_with_a_long_history() -> None:
    """A page of it is enough; the rest comes with what is older."""
    server, _, home = town()
    for number in range(8):
        server.store(EUIS[0], NOW - 3 * DAY + number * HOUR)
    assert len(await heard(home)) == 3
    assert len({*await heard(home)}) == 8


async def test_what_takes_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """New uplinks come with every poll, devices and old pieces one after the other."""
    monkeypatch.setattr(_timeline, "PATIENCE", -1)
    server, connection, home = town()
    await home.poll(["a"])
    for eui in EUIS:
        server.store(eui, NOW - 2 * DAY)
        home.cursors.pop(eui, None)
    polls = 0
    while not set(EUIS) <= home.cursors.keys():
        polls += 1
        connection.now += timedelta(minutes=5)
        server.store(EUIS[0], connection.now)
        assert server.stored[-1].uplink.id in await heard(home)
    assert polls == 4
    for _ in range(3):
        await home.poll(["a"])
    known = Cursor.parse(home.cursors["a"])
    assert known
    assert known.oldest == NOW - DAY
    monkeypatch.setattr(_timeline, "PATIENCE", 60)
    await home.poll(["a"])
    known = Cursor.parse(home.cursors["a"])
    assert known
    assert known.full(connection.now, REACH)


async def test_scopes_that_are_read_together() -> None:
    """One request for all; one that is added is read from the beginning, for itself alone."""
    server, _, home = town()
    server.scope = {EUIS[0]: "a", EUIS[1]: "b", EUIS[2]: "c"}
    for eui in EUIS[:3]:
        server.store(eui, NOW - 2 * HOUR)
    assert await heard(home, "a") == [f"{EUIS[0]} 0"]
    server.asked.clear()
    assert {*await heard(home, "a", "b", "a")} >= {f"{EUIS[1]} 1"}
    assert [of.scopes for of, *_ in server.asked if not of.device] == [("a", "b")]
    assert home.cursors["a"] == home.cursors["b"]
    assert f"{EUIS[2]} 2" not in home.uplinks
    assert await heard(home, "a", "b") == []
    registries = server.registries
    server.store(EUIS[2], NOW)
    assert await heard(home, "a", "b") == []
    assert server.registries == registries


def test_least_of_several_cursors() -> None:
    """What all have read: nothing, if one was never read."""
    cursors = [Cursor.begin(NOW + n * HOUR, REACH) for n in range(3)]
    assert Cursor.least(map(str, cursors)) == Cursor(
        newest=cursors[0].newest, swept=cursors[0].swept, oldest=cursors[2].oldest
    )
    assert Cursor.least([str(cursors[0]), ""]) is None
    assert Cursor.least([]) is None


@pytest.mark.parametrize("apart", [True, False])
async def test_nothing_found(*, apart: bool) -> None:
    """What was asked for by its name was deleted; else it is an error."""
    reach = Reach(retained=4 * DAY, overlap=timedelta(minutes=2), apart=apart)
    server, _, home = town(reach)
    server.fails = NotFoundError("/packets")
    if apart:
        assert await heard(home) == []
    else:
        with pytest.raises(NetworkError):
            await heard(home)


async def test_error_of_one_scope() -> None:
    """The others are read; it is told afterwards."""
    reach = Reach(retained=4 * DAY, overlap=timedelta(minutes=2))
    server, _, home = town(reach)
    server.fails = NetworkError(Reason.TIMEOUT)
    with pytest.raises(NetworkError):
        await heard(home, "a", "b")
    assert [of.scopes for of, *_ in server.asked] == [("a",), ("b",)]


async def test_sweep_finds_what_came_late() -> None:
    """Once a day, where the server is one that stores late."""
    for sweep, found in ((DAY, 1), (None, 0)):
        reach = Reach(retained=4 * DAY, overlap=timedelta(minutes=2), sweep=sweep)
        server, connection, home = town(reach)
        server.store(EUIS[0], NOW)
        await heard(home)
        await heard(home)
        server.store(EUIS[1], NOW - HOUR)
        assert await heard(home) == []
        connection.now += DAY
        assert len({*await heard(home)}) == found


def test_rows_that_cannot_be_understood() -> None:
    """Are counted, and lead on by their time where they have one."""

    def read(row: dict[str, object]) -> Sent | None:
        if row["n"]:
            raise ValueError
        return None

    def received(row: dict[str, object]) -> datetime:
        if row["n"] == 7:
            raise ValueError
        return NOW + HOUR

    assert understood([{"n": 0}, {"n": 7}], NOW, read, received) == Found([], 1, NOW + HOUR)
    assert understood([{"n": 1}], NOW, read, received) == Found([], 1, NOW + HOUR)
    assert understood([{"n": 7}], NOW, read, received) == Found([], 1, NOW)


class Senders:
    """Devices that send, each with its frame counter."""

    def __init__(self, server: Server, connection: Connected) -> None:
        """Begin with counters at zero."""
        self.server, self.connection = server, connection
        self.f_cnt = dict.fromkeys(EUIS, -1)

    def send(self, *euis: str, minutes: int = 10, lost: bool = False) -> None:
        """Let devices send, some minutes later; what is lost on the air is stored nowhere."""
        self.connection.now += timedelta(minutes=minutes)
        for eui in euis:
            self.f_cnt[eui] += 1
            if not lost:
                self.server.store(eui, self.connection.now, f_cnt=self.f_cnt[eui])

    def devices_asked(self) -> list[str]:
        """Give who was asked for by itself since this was asked last."""
        found = [of.device for of, *_ in self.server.asked if of.device]
        self.server.asked.clear()
        return found


async def senders(*first: str) -> tuple[Server, Connected, Home, Senders]:
    """Give a server all of which has been read."""
    server, connection, home = town()
    own = Senders(server, connection)
    own.send(*first)
    for _ in range(3):
        await home.poll(["a"])
    own.devices_asked()
    return server, connection, home, own


ONE, OTHER = EUIS[:2]


@pytest.mark.parametrize("restarted", [True, False])
async def test_device_that_was_gone_and_comes_back_with_its_past(*, restarted: bool) -> None:
    """It is asked for once it sends, from what was known of it on; nobody else is."""
    server, connection, home, own = await senders(*EUIS)
    server.gone.add(ONE)
    for _ in range(5):
        own.send(ONE)
        own.send(OTHER)
        assert ONE not in {each.split()[0] for each in await heard(home)}
    server.gone.clear()
    if restarted:
        connection.timeline = Timeline(server, REACH, lambda: connection.now)
    await home.poll(["a"])
    assert own.devices_asked() == []
    own.send(ONE, OTHER)
    await home.poll(["a"])
    assert home.uplinks.keys() == {each.uplink.id for each in server.stored}
    assert own.devices_asked() == [ONE]
    assert Newest.parse(home.cursors[ONE]) == Newest(NO_SESSION, 6, connection.now)
    assert await heard(home) == []
    own.send(ONE)
    await home.poll(["a"])
    assert own.devices_asked() == []


async def test_uplink_lost_on_the_air() -> None:
    """Is asked for once, and never again; the beginning of a session is a gap, too."""
    server, connection, home, own = await senders(*EUIS)
    own.send(ONE, lost=True)
    own.send(ONE)
    await home.poll(["a"])
    assert own.devices_asked() == [ONE]
    connection.timeline = Timeline(server, REACH, lambda: connection.now)
    await home.poll(["a"])
    own.send(ONE)
    await home.poll(["a"])
    assert own.devices_asked() == []
    own.send(ONE, lost=True)
    own.send(ONE)
    own.send(OTHER)
    own.send(OTHER, lost=True)
    own.send(OTHER)
    await home.poll(["a"])
    assert own.devices_asked() == [ONE]  # what one request tells has no gap but on the air
    own.f_cnt[ONE] = -1
    own.send(ONE)
    await home.poll(["a"])
    assert own.devices_asked() == [ONE]


@pytest.mark.parametrize("tells", [True, False])
async def test_device_that_is_gone_again_when_it_is_asked_for(*, tells: bool) -> None:
    """The gap stays, and is found again."""
    server, _, home, own = await senders(*EUIS)
    server.tells, server.gone = tells, {ONE}
    for _ in range(2):
        own.send(ONE, OTHER)
    await home.poll(["a"])
    server.gone, server.leave = set(), frozenset({ONE})
    own.send(ONE, OTHER)
    before = home.cursors[ONE]
    await home.poll(["a"])
    assert own.devices_asked() == [ONE]
    assert home.cursors[ONE] == before
    await home.poll(["a"])
    assert own.devices_asked() == []
    server.gone, server.leave = set(), frozenset()
    own.send(ONE, OTHER)
    await home.poll(["a"])
    assert home.uplinks.keys() == {each.uplink.id for each in server.stored}


async def test_error_while_a_gap_is_asked_for() -> None:
    """The others are asked for by the next poll, and the gap is found again."""
    server, _, home, own = await senders(*EUIS)
    own.send(ONE, OTHER, lost=True)
    own.send(ONE, OTHER)
    server.breaks = ONE
    with pytest.raises(NetworkError):
        await home.poll(["a"])
    server.breaks = ""
    assert own.devices_asked() == [ONE]
    await home.poll(["a"])
    assert own.devices_asked() == [OTHER]
    own.send(ONE, OTHER)
    await home.poll(["a"])
    assert own.devices_asked() == [ONE]


async def test_gaps_that_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Are filled one after the other, also those of devices that go on sending."""
    monkeypatch.setattr(_timeline, "PATIENCE", -1)
    server, _, home, own = await senders(*EUIS)
    server.gone |= {*EUIS[1:]}
    for _ in range(2):
        own.send(*EUIS)
        await home.poll(["a"])
    server.gone.clear()
    own.send(*EUIS)
    own.devices_asked()
    for _ in EUIS[1:]:
        await home.poll(["a"])
        assert len(own.devices_asked()) == 1
        own.send(*EUIS)
    await home.poll(["a"])
    assert own.devices_asked() == []
    assert home.uplinks.keys() == {each.uplink.id for each in server.stored}


async def test_device_that_was_gone_while_older_uplinks_were_read() -> None:
    """It is read as a whole on its return, even if it sends no more; others are not."""
    server, connection, home = town()
    own = Senders(server, connection)
    connection.now -= 3 * DAY
    for _ in range(6):
        own.send(ONE, OTHER, minutes=12 * 60)
    await home.poll(["a"])
    server.gone.add(ONE)
    for _ in range(3):
        await home.poll(["a"])
    assert home.cursors[ONE] == ""
    server.gone.clear()
    own.devices_asked()
    connection.timeline.know(await server.registry(("a",)))
    await home.poll(["a"])
    assert home.uplinks.keys() == {each.uplink.id for each in server.stored}
    assert own.devices_asked() == [ONE]


async def test_device_that_was_never_there() -> None:
    """Gone at the beginning, it is read as a whole once it sends; so is one that never sent."""
    server, _, home, own = await senders(OTHER)
    assert home.cursors[ONE] == NO_SESSION
    server.gone.add(ONE)
    for _ in range(3):
        own.send(ONE, OTHER)
        await home.poll(["a"])
    server.gone.clear()
    own.send(ONE, OTHER)
    await home.poll(["a"])
    assert own.devices_asked() == [ONE]
    assert home.uplinks.keys() == {each.uplink.id for each in server.stored}


async def test_first_poll_that_broke_off() -> None:
    """A device that was gone just then is asked for, as those are of which nothing was read."""
    server, connection, home = town()
    own = Senders(server, connection)
    connection.now -= DAY
    for _ in range(4):
        own.send(*EUIS, minutes=60)
    await home.poll(["a"], 1)
    server.gone.add(ONE)
    await home.poll(["a"], 6)
    assert Cursor.parse(home.cursors["a"])
    assert home.cursors[ONE] == UNSEEN
    server.gone.clear()
    own.send(*EUIS, minutes=60)
    connection.timeline = Timeline(server, REACH, lambda: connection.now)
    connection.timeline.know(await server.registry(("a",)))
    await home.poll(["a"])
    assert home.uplinks.keys() == {each.uplink.id for each in server.stored}
    assert await heard(home) == []


async def test_key_that_may_not_read_the_registry() -> None:
    """Devices are known by their uplinks alone, and can be asked for by nothing."""
    server, connection, home = town()
    own = Senders(server, connection)
    server.lists = False
    for session, joined in (("x", False), ("x", False), ("y", True)):
        connection.now += HOUR
        server.store(ONE, connection.now, session, "a", f_cnt=2 * own.f_cnt[ONE] + 9)
        (batch,) = [each for each in await home.poll(["a"]) if each.uplinks]
        assert batch.joined is joined
    assert own.devices_asked() == []
    assert home.cursors[ONE].startswith("y|")


LIFE: Final = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(EUIS), st.integers(1, 300)),
        st.tuples(st.just("lose"), st.sampled_from(EUIS), st.integers(1, 300)),
        st.tuples(st.just("gone"), st.sampled_from(EUIS), st.just(0)),
        st.tuples(st.just("back"), st.sampled_from(EUIS), st.just(0)),
        st.tuples(st.just("poll"), st.just(""), st.integers(0, 6)),
        st.tuples(st.just("kill"), st.just(""), st.integers(0, 6)),
        st.tuples(st.just("know"), st.just(""), st.just(0)),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(steps=LIFE, tells=st.booleans(), old=st.integers(0, 3))
async def test_devices_that_come_and_go(
    *, steps: list[tuple[str, str, int]], tells: bool, old: int
) -> None:
    """Whoever goes when and comes back: nothing that the server holds is missing in the end."""
    server, connection, home = town()
    server.tells = tells
    own = Senders(server, connection)
    connection.now -= 2 * DAY
    for _ in range(old):
        own.send(*EUIS, minutes=12 * 60)
    for what, eui, number in steps:
        match what:
            case "send" | "lose":
                own.send(eui, minutes=number, lost=what == "lose")
            case "gone":
                server.gone.add(eui)
            case "back":
                server.gone.discard(eui)
            case "know":
                connection.timeline.know(await server.registry(("a",)))
            case _:
                await home.poll(["a"], number or None)
                if what == "kill":
                    connection.timeline = Timeline(server, REACH, lambda: connection.now)
                    connection.timeline.know(await server.registry(("a",)))
    server.gone.clear()
    connection.timeline.know(await server.registry(("a",)))
    own.send(*EUIS)
    for _ in range(4):
        await home.poll(["a"])
    begin = connection.now - REACH.retained
    retained = {each.uplink.id for each in server.stored if each.uplink.received_at > begin}
    assert retained <= home.uplinks.keys()
    own.devices_asked()
    await home.poll(["a"])
    assert own.devices_asked() == []
