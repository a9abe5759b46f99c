"""What the retained events of a device add to what was read before."""
# ruff: noqa: E501  # a table is read by its columns

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import pytest

from custom_components.bernau_smartcity.model import Device, Uplink
from custom_components.bernau_smartcity.network._chirpstack_cursor import DeviceCursor
from custom_components.bernau_smartcity.network._chirpstack_events import Event
from custom_components.bernau_smartcity.network._chirpstack_history import (
    History,
    is_listed,
    read_history,
)

EUI: Final = "70b3d5e75e00abcd"
DEVICE: Final = Device(dev_eui=EUI, name="Keller", scope="app")
SECOND: Final = 1_000_000_000


def up(second: float, f_cnt: int, *, heard: bool = True) -> Event:
    """Make an uplink that was heard at a second and stored half a second later."""
    uplink = Uplink(
        dev_eui=EUI,
        id=str(second),
        received_at=datetime.fromtimestamp(second, UTC),
        f_port=1,
        f_cnt=f_cnt,
        payload=b"\x01",
    )
    heard_at = int(second * SECOND) if heard else None
    return Event(id=(int(second * 1000) + 500, 0), uplink=uplink, heard_at=heard_at)


def log(second: float) -> Event:
    """Make an event that is no uplink."""
    return Event(id=(int(second * 1000) + 500, 0))


def join(second: float) -> Event:
    """Make a join, or a counter reset told by the server."""
    return Event(id=(int(second * 1000) + 500, 0), joined=True)


BAD: Final = Event(id=(150_500, 0), malformed=True)
NO_ID: Final = Event(id=None, malformed=True)


def cursor(second: float, f_cnt: int | None, last_seen: int = 1, retries: int = 0) -> DeviceCursor:
    """Make the cursor of a device that was read up to a second."""
    read = (int(second * 1000) + 500, 0)
    return DeviceCursor(read=read, last_seen=last_seen * SECOND, f_cnt=f_cnt, retries=retries)


@dataclass(frozen=True)
class Case:
    """Events, what was read before, and what is to come out."""

    name: str
    events: tuple[Event, ...]
    before: DeviceCursor
    after: DeviceCursor
    seen: float = 300
    counts: tuple[int, ...] = ()
    joined: bool = False
    overflowed: bool = False
    withheld: bool = False
    malformed: int = 0
    complete: bool = True


NEW: Final = DeviceCursor()
CASES: Final = (
    Case("first read", (up(100, 1), up(200, 2), up(300, 3)), NEW, cursor(300, 3, 300), counts=(1, 2, 3)),
    Case("only what is new", (up(100, 1), up(200, 2), up(300, 3)), cursor(200, 2), cursor(300, 3, 300), counts=(3,)),
    Case("nothing retained at all", (), NEW, DeviceCursor(last_seen=300 * SECOND, retries=1)),
    Case("events without an uplink", (log(250), log(301)), cursor(200, 2), cursor(301, 2, 300, 1)),
    Case("listed, not stored yet", (up(200, 2),), cursor(200, 2), cursor(200, 2, 300, 1)),
    Case("still not stored", (up(200, 2),), cursor(200, 2, 300, 1), cursor(200, 2, 300, 2)),
    Case("never stored", (up(200, 2),), cursor(200, 2, 300, 5), cursor(200, 2, 300), withheld=True),
    Case("stored at last", (up(200, 2), up(300, 3)), cursor(200, 2, 300, 4), cursor(300, 3, 300), counts=(3,)),
    Case("another one not stored", (up(200, 2),), cursor(200, 2, 290, 4), cursor(200, 2, 300, 1)),
    Case("heard a little before it was listed", (up(296, 3),), cursor(200, 2), cursor(296, 3, 300), counts=(3,)),
    Case("heard long before", (up(294, 3),), cursor(200, 2), cursor(294, 3, 300, 1), counts=(3,)),
    Case("one more came meanwhile", (up(301, 3), up(390, 4)), cursor(200, 2), cursor(390, 4, 300), counts=(3, 4)),
    Case("a clock far ahead proves nothing", (up(1000, 3),), cursor(200, 2), cursor(1000, 3, 300, 1), counts=(3,)),
    Case("before 4.6 its arrival tells", (up(300, 3, heard=False),), cursor(200, 2), cursor(300, 3, 300), counts=(3,)),
    Case("before 4.6, older", (up(290, 3, heard=False),), cursor(200, 2), cursor(290, 3, 300, 1), counts=(3,)),
    Case("not read to the end", (up(300, 3),), cursor(200, 2), cursor(300, 3, 300, 1), counts=(3,), complete=False),
    Case("not read to what is new", (up(100, 1),), cursor(200, 2), cursor(200, 2, 300, 1), complete=False),
    Case("joined", (join(250), up(300, 0)), cursor(200, 9), cursor(300, 0, 300), counts=(0,), joined=True),
    Case("joined before", (join(150), up(200, 2), up(300, 3)), cursor(200, 2), cursor(300, 3, 300), counts=(3,)),
    Case("counter fell since", (up(200, 2), up(300, 0)), cursor(200, 2), cursor(300, 0, 300), counts=(0,), joined=True),
    Case("counter fell far", (up(200, 99), up(300, 5)), NEW, cursor(300, 5, 300), counts=(99, 5), joined=True),
    Case("overtaken", (up(200, 2), up(290, 4), up(300, 3)), cursor(200, 2), cursor(300, 3, 300), counts=(4, 3)),
    Case("lost on the air", (up(200, 2), up(300, 9)), cursor(200, 2), cursor(300, 9, 300), counts=(9,)),
    Case("overflowed", (up(290, 8), up(300, 9)), cursor(200, 2), cursor(300, 9, 300), counts=(8, 9), overflowed=True),
    Case("overflowed after a log", (log(280), up(300, 9)), cursor(200, 2), cursor(300, 9, 300), counts=(9,), overflowed=True),
    Case("none missing though none is left", (up(290, 3), up(300, 4)), cursor(200, 2), cursor(300, 4, 300), counts=(3, 4)),
    Case("overflowed and began anew", (up(290, 0), up(300, 1)), cursor(200, 7), cursor(300, 1, 300), counts=(0, 1), joined=True, overflowed=True),
    Case("overflow hidden by a join", (join(280), up(300, 7)), cursor(200, 2), cursor(300, 7, 300), counts=(7,), joined=True),
    Case("overflow without an uplink", (log(290), log(300)), cursor(200, 2), cursor(300, 2, 300, 1)),
    Case("no counter to compare with", (up(300, 9),), cursor(200, None), cursor(300, 9, 300), counts=(9,)),
    Case("malformed", (up(100, 1), BAD, up(300, 3)), cursor(100, 1), cursor(300, 3, 300), counts=(3,), malformed=1),
    Case("malformed, read before", (BAD, up(200, 2), up(300, 3)), cursor(200, 2), cursor(300, 3, 300), counts=(3,)),
    Case("the listed one is malformed", (up(200, 2), replace(BAD, id=(300_500, 0))), cursor(200, 2), cursor(300, 2, 300), malformed=1),
    Case("malformed without an id", (NO_ID, up(200, 2), up(300, 3)), cursor(200, 2), cursor(300, 3, 300), counts=(3,), malformed=1),
    Case("the server's memory began anew", (up(290, 8), up(300, 9)), cursor(900, 7), cursor(300, 9, 300), counts=(8, 9)),
    Case("began anew, some lost", (up(300, 9),), cursor(900, 7), cursor(300, 9, 300), counts=(9,), overflowed=True),
    Case("only the older part came", (up(100, 1), up(101, 2)), cursor(200, 99), cursor(200, 99, 300, 1)),
    Case("began anew, nothing there", (), cursor(900, 7), cursor(900, 7, 300, 1)),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_read_history(case: Case) -> None:
    """The batch, its cursor, and whether it is settled."""
    history = History(events=case.events, complete=case.complete)
    batch, settled = read_history(history, DEVICE, int(case.seen * SECOND), case.before)
    assert batch.device is DEVICE
    assert tuple(uplink.f_cnt for uplink in batch.uplinks) == case.counts
    assert batch.joined is case.joined
    assert batch.overflowed is case.overflowed
    assert batch.withheld is case.withheld
    assert batch.malformed == case.malformed
    assert set(batch.cursors) == {EUI}
    assert DeviceCursor.parse(batch.cursors[EUI]) == case.after
    assert settled is (case.after.retries == 0)


def test_the_place_within_a_millisecond_counts() -> None:
    """Ids are compared as two numbers."""
    first, second = up(300, 3), replace(up(300, 4), id=(300_500, 10))
    before = DeviceCursor(read=(300_500, 9), f_cnt=3)
    history = History(events=(first, second), complete=True)
    batch, _ = read_history(history, DEVICE, 300 * SECOND, before)
    assert [uplink.f_cnt for uplink in batch.uplinks] == [4]


@pytest.mark.parametrize(
    ("event", "seen", "expected"),
    [
        (up(300, 3), 300.2, True),
        (up(300, 3), 302, True),
        (up(300, 3), 302.1, False),
        (up(300, 3), 295, True),
        (up(300, 3), 294.9, False),
        (up(300, 3, heard=False), 300, False),
        (up(200, 2), 200.2, False),
        (log(300), 300, False),
        (NO_ID, 300, False),
    ],
)
def test_is_listed(event: Event, seen: float, expected: bool) -> None:  # noqa: FBT001  # a table
    """Only a new uplink, heard within a moment."""
    assert is_listed(event, int(seen * SECOND), cursor(200, 2)) is expected
