"""The blueprints: they can be imported, and they say what they promise."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)
import yaml

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import Device

from .automations import target
from .fake_network import GAS, FakeNetwork, pulses
from .homes import poll, set_up, settled
from .test_limit_actions import POWER
from .test_state_triggers import DRY, HALL, LEAKING, WATER, present

FOLDER: Final = Path(__file__).parent.parent / "blueprints" / "automation" / DOMAIN
NAMES: Final = sorted(path.name for path in FOLDER.glob("*.yaml"))
MIDNIGHT: Final = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""The first of December, a Tuesday, begins in Berlin."""
HOUR: Final = timedelta(hours=1)
KINDS: Final = ("area", "floor", "label")


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Give an entry in Berlin in the evening of the last day of November."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(MIDNIGHT - 4 * HOUR)
    server.inventory = [GAS, POWER, WATER, HALL]
    for n in range(-48, -3):
        server.send(GAS, pulses(10_000 + 100 * n), MIDNIGHT + n * HOUR)
        server.send(POWER, pulses(50_000 + 1000 * n), MIDNIGHT + n * HOUR)
    server.send(WATER, DRY, MIDNIGHT - 4 * HOUR, f_port=1)
    server.send(HALL, present(10), MIDNIGHT - 4 * HOUR)
    return await set_up(hass)


class Automation:
    """An automation from a blueprint, and the messages that it sends."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Collect the messages."""
        self.hass = hass
        self._told: list[Event[dict[str, Any]]] = async_capture_events(hass, "message")

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Give title and text of each message."""
        return [(event.data["title"], event.data["message"].strip()) for event in self._told]

    async def build(self, name: str, **given: Any) -> None:
        """Build it as a person does who has imported the blueprint."""
        folder = Path(self.hass.config.path("blueprints", "automation", DOMAIN))
        await self.hass.async_add_executor_job(copytree, FOLDER, folder)
        message = {"title": "{{ title }}", "message": "{{ message }}"}
        given = {"notify": [{"event": "message", "event_data": message}], **given}
        blueprint = {"path": f"{DOMAIN}/{name}.yaml", "input": given}
        assert await async_setup_component(
            self.hass, "automation", {"automation": {"alias": "Test", "use_blueprint": blueprint}}
        )
        await self.hass.async_block_till_done()
        assert self.hass.states.async_all("automation")[0].state == "on"


@pytest.fixture
async def automation(hass: HomeAssistant) -> AsyncIterator[Automation]:
    """Give an automation that is to be built, and end it."""
    yield Automation(hass)
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def pass_until(hass: HomeAssistant, freezer: FrozenDateTimeFactory, at: datetime) -> None:
    """Let it become some time."""
    freezer.move_to(at)
    async_fire_time_changed(hass)
    await settled(hass)


@pytest.mark.parametrize("name", NAMES)
def test_can_be_imported(name: str) -> None:
    """From where it says, in both languages, with a message that works as it is."""

    class Loader(yaml.SafeLoader):
        """Knows the inputs of blueprints."""

    Loader.add_constructor("!input", lambda _loader, node: node.value)
    blueprint = yaml.load((FOLDER / name).read_text("utf-8"), Loader)["blueprint"]  # noqa: S506  # a safe one
    url = blueprint["source_url"]
    assert url.endswith(f"/blob/main/blueprints/automation/{DOMAIN}/{name}")
    readme = (FOLDER.parents[2] / "README.md").read_text("utf-8")
    quoted = url.replace(":", "%3A").replace("/", "%2F")
    assert (
        f"https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url={quoted}" in readme
    )
    (default,) = blueprint["input"]["notify"]["default"]
    assert default["action"] == "persistent_notification.create"
    assert blueprint["homeassistant"]["min_version"].startswith("2026.10")


@pytest.mark.parametrize("kind", KINDS)
async def test_limit_exceeded(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    automation: Automation,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """The message names building and figures."""
    where = target(hass, entry, kind, POWER, "energy")
    await automation.build("limit_exceeded", meters=where, periods=["day"])
    await hass.services.async_call(
        DOMAIN,
        "set_limits",
        {**where, "period": "day", "limit": 0.205, "unit": "MWh"},
        blocking=True,
    )
    for n in (-3, -2):
        server.send(POWER, pulses(50_000 + 1000 * n), MIDNIGHT + n * HOUR)
        await poll(hass, freezer, HOUR)
    assert automation.messages == [
        (
            "Grenzwert überschritten: Rathaus",
            (
                "Strom (Zähler 7ELS999) hat seit 30.11.2026 00:00 210,0 kWh verbraucht."
                " Erlaubt sind an einem Tag 205,0 kWh."
            ),
        )
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_leak_at_night(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    automation: Automation,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """At night at once, and at its begin what is left of the day; by day nothing."""
    where = target(hass, entry, kind, WATER, "leak")
    await automation.build("leak_at_night", meters=where, begin="22:00:00")
    server.send(WATER, LEAKING, MIDNIGHT - 3 * HOUR, f_port=1)
    await poll(hass, freezer)
    assert automation.messages == []
    await pass_until(hass, freezer, MIDNIGHT - 2 * HOUR + timedelta(seconds=1))
    server.send(WATER, DRY, MIDNIGHT - 1 * HOUR, f_port=1)
    await poll(hass, freezer)
    server.send(WATER, LEAKING, MIDNIGHT + 1 * HOUR, f_port=1)
    await poll(hass, freezer, 3 * HOUR)
    assert automation.messages == [
        (
            "Leck besteht noch",
            (
                "In den ausgewählten Gebäuden wird seit dem Tag ein Leck vermutet."
                " Bitte vor der Nacht nachsehen."
            ),
        ),
        (
            "Leck vermutet: Schule",
            "Wasser (Zähler 8WAS1): Es wird ein Leck vermutet. Bitte nachsehen, ob Wasser läuft.",
        ),
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_silent_meters(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    automation: Automation,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """Once a week, and only if there are any."""
    where = target(hass, entry, kind, GAS, "volume")
    await automation.build("silent_meters_weekly", meters=where, weekday="tue", at="04:00:00")
    for n in range(-3, 5):
        server.send(POWER, pulses(50_000 + 1000 * n), MIDNIGHT + n * HOUR)
        server.send(HALL, present(10), MIDNIGHT + n * HOUR)
        await pass_until(hass, freezer, MIDNIGHT + n * HOUR + timedelta(minutes=2))
    assert automation.messages == [
        ("1 Zähler verstummt", "- Rathaus: Gas (Zähler 7ELS123), zuletzt 30.11.2026 20:00")
    ]
    await pass_until(hass, freezer, MIDNIGHT + 28 * HOUR + timedelta(minutes=2))
    assert len(automation.messages) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_town_hall_full(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    automation: Automation,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """Each time that it becomes too full."""
    where = target(hass, entry, kind, HALL, "people")
    await automation.build("town_hall_full", counters=where, capacity=40)
    for n, count in enumerate((40, 41, 50, 20), 1):
        server.send(HALL, present(count), MIDNIGHT - 4 * HOUR + n * timedelta(minutes=1))
        await poll(hass, freezer)
    assert automation.messages == [
        ("Rathaus ist voll", "Saal: 41 Personen sind anwesend, vorgesehen sind 40.")
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_monthly_consumption(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    automation: Automation,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """A message for each building, on the first day of the month only."""
    where: dict[str, Any] = {}
    devices: tuple[tuple[Device, str], ...] = ((GAS, "volume"), (POWER, "energy"), (WATER, "leak"))
    for device, suffix in devices:
        for name, value in target(hass, entry, kind, device, suffix).items():
            where[name] = sorted({*where.get(name, ()), value})
    await automation.build("consumption_monthly", meters=where, at="01:30:00")
    for n in range(-3, 2):
        server.send(GAS, pulses(10_000 + 100 * n), MIDNIGHT + n * HOUR)
        server.send(POWER, pulses(50_000 + 1000 * n), MIDNIGHT + n * HOUR)
        await pass_until(hass, freezer, MIDNIGHT + n * HOUR + timedelta(minutes=2))
    await pass_until(hass, freezer, MIDNIGHT + 1.5 * HOUR + timedelta(seconds=1))
    assert sorted(automation.messages) == [
        (
            "Verbrauch 11/2026: Rathaus",
            (
                "- Gas: 48,0 m³; 93,3 % der Zeit ohne Messwerte\n"
                "- Strom: 480,0 kWh; 93,3 % der Zeit ohne Messwerte"
            ),
        ),
        ("Verbrauch 11/2026: Schule", "- Wasser: 0,0 m³; 100,0 % der Zeit ohne Messwerte"),
    ]
    await pass_until(hass, freezer, MIDNIGHT + 25.5 * HOUR + timedelta(seconds=1))
    assert len(automation.messages) == 2


async def test_message_as_it_is(
    hass: HomeAssistant,
    server: FakeNetwork,
    entry: MockConfigEntry,
    automation: Automation,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Whoever changes nothing finds a notification in Home Assistant."""
    assert await async_setup_component(hass, "persistent_notification", {})
    default = [
        {
            "action": "persistent_notification.create",
            "data": {"title": "{{ title }}", "message": "{{ message }}"},
        }
    ]
    where = target(hass, entry, "area", HALL, "people")
    await automation.build("town_hall_full", counters=where, capacity=40, notify=default)
    server.send(HALL, present(60), MIDNIGHT - 3 * HOUR)
    await poll(hass, freezer, HOUR)
    notifications = hass.data["persistent_notification"]
    assert [each["title"] for each in notifications.values()] == ["Rathaus ist voll"]
