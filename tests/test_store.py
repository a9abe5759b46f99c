"""What is kept is kept together, and survives."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
import sqlite3

import pytest

from custom_components.bernau_smartcity.ledger import database
from custom_components.bernau_smartcity.ledger.state import DeviceState, from_json, to_json, updated
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.ledger.waiting import KEPT, Kept
from custom_components.bernau_smartcity.metering.register import Sample
from custom_components.bernau_smartcity.model import Quantity, Uplink

from .states import AT, DEVICE, KEY, STATE


def uplink(n: int) -> Uplink:
    """Give the nth uplink of the device."""
    return Uplink(
        dev_eui=DEVICE.dev_eui,
        id=f"id-{n}",
        received_at=AT + timedelta(minutes=n),
        f_port=85,
        f_cnt=n,
        payload=bytes([n % 256]),
        encrypted=n % 2 == 0,
        settings={"medium": "water"},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of a store."""
    return tmp_path / ".storage" / "entry.db"


def test_state_survives_its_form_in_storage() -> None:
    """Nothing of a state is lost in storage, whether little or much is known."""
    assert from_json(to_json(STATE)) == STATE
    assert from_json(to_json(DeviceState(device=DEVICE))) == DeviceState(device=DEVICE)


def test_state_is_copied_only_where_it_changes() -> None:
    """The same fields leave it as it is; another one is taken over, and nothing else."""
    assert updated(STATE, values=dict(STATE.values), codec=STATE.codec) is STATE
    after = updated(STATE, codec="other", lost=STATE.lost)
    assert (after.codec, STATE) == ("other", updated(after, codec=STATE.codec))


def test_what_a_transaction_holds_is_kept_together(path: Path) -> None:
    """After an error in between nothing of the transaction is there."""
    store = Store.open(path)
    with store.transaction():
        store.put_state(STATE)
        store.put_cursors({"a": "1"})
    with suppress(ZeroDivisionError), store.transaction():
        store.put_cursors({"a": "2"})
        store.samples.add(DEVICE.dev_eui, KEY, [Sample(AT, 1.0)])
        raise ZeroDivisionError
    store.close()
    kept = (store := Store.open(path)).load()
    assert kept.states == {DEVICE.dev_eui: STATE}
    assert kept.cursors == {"a": "1"}
    assert store.samples.after(DEVICE.dev_eui, KEY, None) == []
    store.close()


def test_what_is_kept_outlives_a_power_failure(
    path: Path, monkeypatch: pytest.MonkeyPatch, synchronous: str
) -> None:
    """A commit waits for the disk, but for those of the other tests."""
    monkeypatch.setattr(database, "SYNCHRONOUS", synchronous)
    opened, _ = database.open_database(path, 1, "")
    assert opened.execute("PRAGMA synchronous").fetchone() == (2,)
    opened.close()


def test_samples_are_a_set(path: Path) -> None:
    """Repetition changes nothing, and at one instant the higher value stays."""
    store = Store.open(path)
    later = Sample(AT + timedelta(hours=1), 2.0)
    store.samples.add(DEVICE.dev_eui, KEY, [later, Sample(AT, 1.0)])
    store.samples.add(DEVICE.dev_eui, KEY, [Sample(AT, 1.5, "7", restarted=True), later])
    store.samples.add(DEVICE.dev_eui, KEY, [Sample(AT, 1.2)])
    expected = [Sample(AT, 1.5, "7", restarted=True), later]
    assert store.samples.after(DEVICE.dev_eui, KEY, None) == expected
    assert store.samples.oldest(DEVICE.dev_eui, KEY) == AT
    store.samples.forget_before(DEVICE.dev_eui, KEY, later.at)
    assert store.samples.after(DEVICE.dev_eui, KEY, None) == [later]
    assert store.samples.oldest(DEVICE.dev_eui, (Quantity.ENERGY, 0)) is None
    store.close()


def test_uplinks_that_wait_do_so_in_order_and_are_bounded(path: Path) -> None:
    """The newest wait, each once, until they are taken."""
    store = Store.open(path)
    for n in (2, 1, 2, *range(3, KEPT + 5)):
        store.waiting.put(DEVICE.dev_eui, Kept(uplink(n)))
    expected = [Kept(uplink(n)) for n in range(5, KEPT + 5)]
    assert store.waiting.take(DEVICE.dev_eui, [DEVICE.dev_eui]) == expected
    assert store.waiting.take(DEVICE.dev_eui, [DEVICE.dev_eui]) == []
    store.close()


def test_forgotten_device_leaves_nothing(path: Path) -> None:
    """All tables forget it."""
    store = Store.open(path)
    store.put_state(STATE)
    store.put_cursors({DEVICE.dev_eui: "1-0", "app": "x"})
    store.samples.add(DEVICE.dev_eui, KEY, [Sample(AT, 1.0)])
    store.waiting.put(DEVICE.dev_eui, Kept(uplink(1)))
    store.recent.put(Kept(uplink(1)))
    store.forget_device(DEVICE.dev_eui)
    assert store.load().states == {}
    assert store.load().cursors == {"app": "x"}
    assert store.samples.after(DEVICE.dev_eui, KEY, None) == []
    assert store.waiting.take(DEVICE.dev_eui, [DEVICE.dev_eui]) == []
    store.close()


@pytest.mark.parametrize(
    "content",
    [
        b"no database " * 100,
        "PRAGMA user_version = 99",
        "PRAGMA user_version = -1",
        "CREATE TABLE device (of_somebody_else)",
    ],
)
def test_file_that_cannot_be_read_is_put_aside(path: Path, content: bytes | str) -> None:
    """A damaged file, or one of another version, does not stop anything."""
    path.parent.mkdir()
    if isinstance(content, str):
        database = sqlite3.connect(path)
        database.execute(content)
        database.close()
    else:
        path.write_bytes(content)
    store = Store.open(path)
    assert store.load().states == {}
    (aside,) = path.parent.glob("entry.damaged-*")
    assert store.aside == aside.name
    store.close()
    store = Store.open(path)
    assert store.aside == ""
    store.close()


def test_place_that_cannot_be_written_is_an_error(path: Path) -> None:
    """Only the caller can tell the user."""
    path.mkdir(parents=True)
    with pytest.raises(sqlite3.OperationalError):
        Store.open(path)


def test_state_that_cannot_be_read_starts_anew(path: Path) -> None:
    """One damaged row does not stop the others, and its device is read again."""
    store = Store.open(path)
    store.put_state(STATE)
    store.put_cursors({"ffff": "1-0", DEVICE.dev_eui: "2-0"})
    store.samples.add("ffff", KEY, [Sample(AT, 1.0)])
    store.close()
    database = sqlite3.connect(path)
    database.execute("INSERT INTO device VALUES ('ffff', '{}')")
    database.execute("INSERT INTO device VALUES ('eeee', 'no json')")
    database.commit()
    database.close()
    store = Store.open(path)
    kept = store.load()
    assert (kept.states, kept.renewed) == ({DEVICE.dev_eui: STATE}, 2)
    assert kept.cursors == {DEVICE.dev_eui: "2-0"}
    assert store.samples.after("ffff", KEY, None) == []
    assert store.load().renewed == 0
    store.close()
