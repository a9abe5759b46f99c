"""Messages that say nothing before something else is known wait for it, each for its own."""

from pathlib import Path

import pytest

from custom_components.bernau_smartcity.ledger.bridges import identity_of
from custom_components.bernau_smartcity.ledger.keys import NoKeyError, read_key
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.reader import KEPT_OF_STRANGER
from custom_components.bernau_smartcity.ledger.state import Value
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.model import Missing

from .small_codecs import (
    AT,
    ENCRYPTED,
    EUI,
    KEY,
    MINUTE,
    RADIO,
    VOLUME,
    WRONG,
    batch,
    opened,
    uplink,
)

SEVEN = identity_of("7")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of the store."""
    return tmp_path / "entry.db"


def waiting(ledger: Ledger) -> dict[str, int]:
    """Give how many messages wait, by whom they wait for."""
    return ledger._store.waiting.counts()  # noqa: SLF001  # what is kept is the point


def test_encrypted_messages_wait_for_the_key(path: Path) -> None:
    """No key, the wrong key and the right key are told apart; nothing is lost on the way."""
    ledger = opened(path, ENCRYPTED)
    ledger.take([batch(uplink(0, b"\x05"), uplink(1, b"\x06"))])
    assert (ledger.states[EUI].problem, waiting(ledger)) == (Missing.KEY, {EUI: 2})
    ledger.close()
    ledger = opened(path, ENCRYPTED, keys={EUI: WRONG})
    assert (ledger.states[EUI].problem, waiting(ledger)) == (Missing.RIGHT_KEY, {EUI: 2})
    assert WRONG not in path.read_bytes().decode("latin-1")
    ledger.close()
    ledger = opened(path, ENCRYPTED, keys={EUI: KEY})
    assert (ledger.states[EUI].problem, waiting(ledger)) == ("", {})
    assert ledger.states[EUI].values[VOLUME] == Value(6, AT + MINUTE)
    ledger.close()


def test_key_never_comes_from_the_server(path: Path) -> None:
    """A tag of that name is no key."""
    ledger = opened(path, ENCRYPTED)
    ledger.take([batch(uplink(0, b"\x05", settings={"key": KEY, "key_7": KEY}))])
    assert ledger.states[EUI].problem == Missing.KEY
    ledger.close()


def test_nothing_is_tried_again_without_need(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start with the same settings decodes nothing."""
    ledger = opened(path, ENCRYPTED)
    ledger.take([batch(uplink(0, b"\x05"))])
    ledger.close()
    tried: list[object] = []
    monkeypatch.setattr(
        "custom_components.bernau_smartcity.ledger.reader.decoded", lambda *args: tried.append(args)
    )
    ledger = opened(path, ENCRYPTED)
    assert (tried, waiting(ledger)) == ([], {EUI: 1})
    ledger.close()


def test_problem_is_that_of_the_newest_payload(path: Path) -> None:
    """A late message, or an empty one, says nothing about it."""
    ledger = opened(path, ENCRYPTED, keys={EUI: KEY})
    ledger.take([batch(uplink(5, b"\x05"))])
    ledger.take([batch(uplink(4, b"\x05", encrypted=True))])
    assert ledger.states[EUI].problem == ""
    ledger.take([batch(uplink(6, b"\x05", encrypted=True), uplink(7, b""))])
    ledger.take([batch(uplink(5, b"\x05"))])
    assert ledger.states[EUI].problem == "encrypted"
    ledger.close()


def test_faulty_codec_quotes_no_key(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not even in the text of its error."""
    ledger = opened(path, RADIO, keys={SEVEN: WRONG})
    ledger.take([batch(uplink(0, b"M"))])
    assert ledger.states[EUI].problem == "IndexError"
    assert "Decoder radio_bridge failed on a payload: IndexError" in caplog.text
    assert WRONG not in caplog.text
    ledger.close()


def test_key_of_a_meter_behind_a_bridge(path: Path) -> None:
    """The bridge has no problem, a meter that nobody chose is none; a key is a choice."""
    ledger = opened(path, RADIO)
    ledger.take([batch(uplink(0, b"E\x07\x05"), uplink(1, b"E\x08\x05"))])
    assert set(ledger.states) == {EUI}
    assert ledger.states[EUI].problem == ""
    found = ledger.states[EUI].found
    assert {number: each.missing for number, each in found.items()} == {
        "7": Missing.KEY,
        "8": Missing.KEY,
    }
    assert waiting(ledger) == {SEVEN: 1, identity_of("8"): 1}
    ledger.close()
    ledger = opened(path, RADIO, meters={SEVEN: True})
    assert ledger.states[SEVEN].problem == Missing.KEY
    ledger.close()
    ledger = opened(path, RADIO, keys={SEVEN: WRONG})
    assert ledger.states[SEVEN].problem == Missing.RIGHT_KEY
    assert ledger.states[EUI].found["7"].missing == Missing.RIGHT_KEY
    ledger.close()
    ledger = opened(path, RADIO, keys={SEVEN: KEY})
    assert (ledger.states[SEVEN].problem, ledger.states[SEVEN].values[VOLUME].value) == ("", 5)
    assert ledger.states[EUI].found["7"].missing == ""
    assert waiting(ledger) == {identity_of("8"): 1}
    ledger.close()


def test_strangers_wait_for_a_while_only(path: Path) -> None:
    """What others send does not fill the disk, nor push out what is one's own."""
    ledger = opened(path, RADIO)
    ledger.take([batch(*(uplink(n, bytes([ord("M"), 7, n])) for n in range(100)))])
    ledger.take([batch(*(uplink(n, b"M\x08\x01") for n in range(100, 120)))])
    assert waiting(ledger) == {SEVEN: KEPT_OF_STRANGER, identity_of("8"): 20}
    ledger.forget([EUI])
    assert waiting(ledger) == {}
    ledger.close()


def test_waiting_messages_survive_another_form_of_storage(path: Path) -> None:
    """A file from before there were such messages gets its tables."""
    store = Store.open(path)
    for table in ("waiting", "recent"):
        store._db.execute(f"DROP TABLE {table}")  # noqa: SLF001  # as such a file was
    store.close()
    store = Store.open(path)
    assert store.waiting.counts() == {}
    store.close()


@pytest.mark.parametrize("text", [KEY, f" {KEY.upper()} ", " ".join(KEY), "-".join(KEY)])
def test_key_in_any_spelling(text: str) -> None:
    """As it stands on a delivery note."""
    assert read_key(text) == KEY


@pytest.mark.parametrize("text", ["", KEY[1:], KEY + "0", f"{KEY[:-1]}g", "ü" * 32, "٣" * 32])
def test_no_key(text: str) -> None:
    """The error does not quote it."""
    with pytest.raises(NoKeyError) as error:
        read_key(text)
    assert str(error.value) == ""
