"""A file that is damaged is put aside, and all is read again from the network server."""

from collections.abc import Callable
from pathlib import Path
import sqlite3

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.coordinator import storage_path

from .fake_network import AT, GAS, FakeNetwork, pulses
from .homes import poll, set_up, settled, state_of


def told(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str] | None:
    """Give what the repair issue says, None if there is none."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"storage_renewed_{entry.entry_id}")
    return None if issue is None else issue.translation_placeholders


def _overwritten(path: Path) -> None:
    path.write_bytes(b"zeros " * 5_000)


def _of_another_version(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 7")
    database.close()


def _page_lost(path: Path) -> None:
    """Lose the page that holds the states; the head of the file stays as it is."""
    with sqlite3.connect(path) as database:
        (page,) = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'device'"
        ).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


@pytest.mark.parametrize("damage", [_overwritten, _of_another_version, _page_lost])
async def test_damaged_file(
    hass: HomeAssistant,
    server: FakeNetwork,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
) -> None:
    """The cursors are gone with it, so the server gives all that it retains."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    assert told(hass, entry) is None
    await hass.config_entries.async_unload(entry.entry_id)
    path = storage_path(hass, entry)
    damage(path)
    server.send(GAS, pulses(1_000))
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    assert server.cursors == {}
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
    (aside,) = path.parent.glob("*.damaged-*")
    assert told(hass, entry) == {"server": entry.title, "file": aside.name}
    assert "read again from the network server" in caplog.text

    await hass.config_entries.async_remove(entry.entry_id)
    assert told(hass, entry) is None
    assert not aside.exists()


async def test_state_that_cannot_be_read(hass: HomeAssistant, server: FakeNetwork) -> None:
    """Its device alone is read again."""
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    with sqlite3.connect(storage_path(hass, entry)) as database:
        database.execute("UPDATE device SET state = '{}' WHERE dev_eui = ?", (GAS.dev_eui,))
    database.close()
    server.send(GAS, pulses(1_000))
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    assert GAS.dev_eui not in server.cursors
    assert state_of(hass, entry, GAS, "volume").state == "10.0"
    assert told(hass, entry) == {"server": entry.title, "file": "-"}


async def test_damage_while_it_is_in_use(
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The entry begins anew by itself."""
    freezer.move_to(AT)
    server.send(GAS, pulses(1_000))
    entry = await set_up(hass)
    _overwritten(storage_path(hass, entry))
    server.send(GAS, pulses(1_100), AT)
    await poll(hass, freezer)
    server.send(GAS, pulses(1_200), AT)
    await settled(hass)
    await poll(hass, freezer)
    assert state_of(hass, entry, GAS, "volume").state == "12.0"
    assert "is damaged, and is put aside" in caplog.text
    assert list(storage_path(hass, entry).parent.glob("*.damaged-*"))
