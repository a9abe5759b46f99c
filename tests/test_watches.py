"""Leak, base load, standstill and unusual day of a meter in Home Assistant, told from its past."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.bernau_smartcity.const import CONF_WATCHES, SCAN_INTERVAL
from custom_components.bernau_smartcity.metering.watch import Rules, Watch
from custom_components.bernau_smartcity.model import Batch, NetworkError, Reason, Uplink

from .fake_network import GAS, FakeNetwork, config_entry, pulses, uplink
from .homes import entity_id, reload, set_up, settled, state_of

WATER = replace(GAS, name="Wasser", tags={**GAS.tags, "medium": "water"})
BEGIN = datetime(2026, 10, 4, 22, tzinfo=UTC)
"""A Monday begins in Berlin."""
HOUR = timedelta(hours=1)
PAST = 24 * 21
"""Hours that have been read when the test begins; winter time begins in them."""

type Flow = Callable[[int], int]
"""Pulses (of ten litres) in an hour."""


def school(hour: int) -> int:
    """Use water by day, on working days more."""
    if not 7 <= hour % 24 < 18:
        return 0
    return 20 if hour // 24 % 7 < 5 else 4


def leaking(hour: int) -> int:
    """Use water as ever, and lose thirty litres an hour."""
    return school(hour) + 3


def nothing(_: int) -> int:
    """Use nothing at all."""
    return 0


@dataclass
class Life:
    """A water meter that sends each hour, as Home Assistant comes to know it."""

    hass: HomeAssistant
    server: FakeNetwork
    freezer: FrozenDateTimeFactory
    hour: int = 0
    register: int = 50_000
    kept_back: list[Uplink] = field(default_factory=list)

    def lived(self, hours: int, flow: Flow) -> list[Uplink]:
        """Give what the meter sends in these hours."""
        sent = []
        for _ in range(hours):
            self.register += flow(self.hour)
            self.hour += 1
            sent.append(uplink(WATER, pulses(self.register), BEGIN + self.hour * HOUR))
        return sent

    async def read(self, uplinks: list[Uplink]) -> None:
        """Let them be read now, whenever they were sent."""
        if uplinks:
            self.server.waiting.append(Batch(device=WATER, uplinks=tuple(uplinks)))
        due = datetime.now(UTC) + SCAN_INTERVAL + timedelta(seconds=1)
        self.freezer.move_to(max(due, BEGIN + self.hour * HOUR + timedelta(minutes=2)))
        async_fire_time_changed(self.hass)
        await settled(self.hass)
        assert not self.server.waiting

    async def go_on(self, hours: int, flow: Flow, step: int = 6) -> None:
        """Let time pass and all be read as it comes, some hours at a time."""
        for _ in range(hours // step):
            await self.read(self.lived(step, flow))


@pytest.fixture
async def life(hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory) -> Life:
    """Give a water meter with three ordinary weeks, just read for the first time."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    server.inventory = [WATER]
    life = Life(hass, server, freezer)
    first = uplink(WATER, pulses(life.register), BEGIN)
    past = [first, *life.lived(PAST, school)]
    freezer.move_to(BEGIN + PAST * HOUR + timedelta(minutes=1))
    server.waiting.append(Batch(device=WATER, uplinks=tuple(past)))
    return life


@pytest.fixture
async def entry(hass: HomeAssistant, life: Life) -> MockConfigEntry:
    """Give the entry that reads the meter, with all watches on."""
    del life
    entry = await set_up(hass)
    registry = er.async_get(hass)
    unusual = entity_id(hass, entry, WATER, "volume_unusual_day")
    registered = registry.async_get(unusual)
    assert registered
    assert registered.disabled
    registry.async_update_entity(unusual, disabled_by=None)
    await reload(hass, entry)
    return entry


def shown(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str]:
    """Give what each watch shows."""
    return {watch: state_of(hass, entry, WATER, f"volume_{watch}").state for watch in Watch}


ALL_WELL = dict.fromkeys(Watch, STATE_OFF)


def told(hass: HomeAssistant, entry: MockConfigEntry, watch: str) -> list[str]:
    """Collect what a watch says from now on, whenever it says another thing than before."""
    entity = entity_id(hass, entry, WATER, f"volume_{watch}")
    known = [STATE_OFF]
    found: list[str] = []

    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None and new.state in {STATE_ON, STATE_OFF} and new.state != known[-1]:
            known.append(new.state)
            found.append(new.state)

    async_track_state_change_event(hass, [entity], note)
    return found


async def test_past_teaches_what_is_usual(
    hass: HomeAssistant, entry: MockConfigEntry, life: Life
) -> None:
    """Three weeks are enough for all but the weekday; ordinary weeks raise nothing."""
    assert shown(hass, entry) == {**ALL_WELL, Watch.UNUSUAL: STATE_UNKNOWN}
    words = [told(hass, entry, watch) for watch in Watch]
    await life.go_on(24 * 9, school)
    assert shown(hass, entry) == ALL_WELL
    assert [each for each in words if STATE_ON in each] == []


@pytest.mark.parametrize("restart", [False, True], ids=["in one go", "with restarts"])
async def test_leak_is_told_once_and_ends(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    life: Life,
    restart: bool,  # noqa: FBT001  # a table
) -> None:
    """After a day without an hour of rest; until there is one."""
    words = told(hass, entry, Watch.LEAK)
    await life.go_on(24, leaking)
    state = state_of(hass, entry, WATER, "volume_leak_suspected")
    assert state.state == STATE_ON
    assert state.attributes["measured"] == pytest.approx(0.03)
    assert state.attributes["since"] == (BEGIN + PAST * HOUR).isoformat()
    assert state.attributes["meter_number"] == "7ELS123"
    for _ in range(3):
        if restart:
            await reload(hass, entry)
            again = state_of(hass, entry, WATER, "volume_leak_suspected")
            assert (again.state, again.attributes["since"]) == (
                STATE_ON,
                state.attributes["since"],
            )
        await life.go_on(24, leaking)
    assert shown(hass, entry)[Watch.BASE] == STATE_ON
    await life.go_on(24, school)
    assert shown(hass, entry)[Watch.LEAK] == STATE_OFF
    assert words == [STATE_ON, STATE_OFF]


async def test_base_load(hass: HomeAssistant, entry: MockConfigEntry, life: Life) -> None:
    """Two nights that took more than all before, until one does not."""
    words = told(hass, entry, Watch.BASE)
    await life.go_on(24, leaking)
    assert words == []
    await life.go_on(30, leaking)
    assert words == [STATE_ON]
    attributes = state_of(hass, entry, WATER, "volume_base_load_high").attributes
    assert (attributes["measured"], attributes["usual"]) == (pytest.approx(0.03), 0)
    await life.go_on(48, school)
    assert words == [STATE_ON, STATE_OFF]


async def test_standstill(hass: HomeAssistant, entry: MockConfigEntry, life: Life) -> None:
    """A whole day without any; the next flow ends it at once."""
    words = told(hass, entry, Watch.STANDSTILL)
    await life.go_on(24, nothing)
    assert words == []
    await life.go_on(24, nothing)
    assert words == [STATE_ON]
    await reload(hass, entry)
    assert shown(hass, entry)[Watch.STANDSTILL] == STATE_ON
    await life.go_on(12, school)
    assert shown(hass, entry)[Watch.STANDSTILL] == STATE_OFF


async def test_unusual_day(hass: HomeAssistant, entry: MockConfigEntry, life: Life) -> None:
    """Compared with the same weekday of four weeks; the next day ends it."""
    await life.go_on(24 * 7, school)
    words = told(hass, entry, Watch.UNUSUAL)
    await life.go_on(30, lambda hour: 3 * school(hour))
    assert words == [STATE_ON]
    attributes = state_of(hass, entry, WATER, "volume_unusual_day").attributes
    assert (attributes["measured"], attributes["usual"]) == (6.6, 2.2)
    await life.go_on(24, school)
    assert words == [STATE_ON, STATE_OFF]


def without(uplinks: list[Uplink], *hours: int) -> list[Uplink]:
    """Leave out some of what was sent."""
    return [each for number, each in enumerate(uplinks) if number not in hours]


async def _gap(life: Life, entry: MockConfigEntry) -> None:
    """Hear nothing for half a day, in which much was consumed."""
    del entry
    await life.read(without(life.lived(24, leaking), *range(2, 14)))
    await life.go_on(6, school)


async def _silent_days(life: Life, entry: MockConfigEntry) -> None:
    """Hear nothing for three days."""
    del entry
    life.lived(72, leaking)
    await life.go_on(6, school)


async def _late(life: Life, entry: MockConfigEntry) -> None:
    """Hear of a leak that was mended days ago only now."""
    del entry
    leak = life.lived(48, leaking)
    await life.go_on(72, school)
    await life.read(leak)


async def _exchange(life: Life, entry: MockConfigEntry) -> None:
    """Read another register from some hour on."""
    del entry
    await life.go_on(12, school)
    life.register = 7
    await life.go_on(48, school)


async def _time_zone(life: Life, entry: MockConfigEntry) -> None:
    """Move the house: its nights become working hours in the past as well."""
    await life.hass.config.async_update(time_zone="America/New_York")
    await settled(life.hass)
    await life.go_on(48, school)
    await reload(life.hass, entry)
    await life.go_on(24, school)


async def _restored(life: Life, entry: MockConfigEntry) -> None:
    """Start without the network server, and read nothing for days."""
    await life.go_on(6, school)
    life.server.error = NetworkError(Reason.TIMEOUT)
    for _ in range(3):
        life.lived(24, nothing)
        await life.read([])
        await reload(life.hass, entry)


async def _repeated(life: Life, entry: MockConfigEntry) -> None:
    """Read the same once more, in another order."""
    del entry
    sent = life.lived(48, school)
    await life.read(sent)
    await life.read([replace(each, id=f"{each.id} again") for each in reversed(sent)])


@pytest.mark.parametrize(
    "happens", [_gap, _silent_days, _late, _exchange, _time_zone, _restored, _repeated]
)
async def test_no_false_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, life: Life, happens: Callable[..., object]
) -> None:
    """Whatever is not a fact about the present raises nothing."""
    words = {watch: told(hass, entry, watch) for watch in Watch}
    await happens(life, entry)  # type: ignore[misc]  # one of the above
    assert [watch for watch, said in words.items() if STATE_ON in said] == []


async def test_late_readings_complete_a_leak(
    hass: HomeAssistant, entry: MockConfigEntry, life: Life
) -> None:
    """As long as hours are missing nobody can know; then it is as if they had come in time."""
    sent = life.lived(36, leaking)
    await life.read([*sent[:4], *sent[16:]])
    assert shown(hass, entry)[Watch.LEAK] != STATE_ON
    await life.read(sent[4:16])
    assert shown(hass, entry)[Watch.LEAK] == STATE_ON


async def test_alarm_outlives_another_time_zone(
    hass: HomeAssistant, entry: MockConfigEntry, life: Life
) -> None:
    """The past is looked at anew with the next reading; until then it holds."""
    words = {watch: told(hass, entry, watch) for watch in (Watch.LEAK, Watch.BASE)}
    await life.go_on(72, leaking)
    assert set(map(tuple, words.values())) == {(STATE_ON,)}
    await hass.config.async_update(time_zone="Europe/London")
    await settled(hass)
    assert [shown(hass, entry)[watch] for watch in words] == [STATE_ON, STATE_ON]
    await life.go_on(24, leaking)
    assert set(map(tuple, words.values())) == {(STATE_ON,)}


async def test_watches_can_be_switched_off(hass: HomeAssistant, life: Life) -> None:
    """By medium; what is off leaves nothing behind."""
    del life
    entry = await set_up(hass, config_entry(watches={"water": ["base_load_high"]}))
    assert state_of(hass, entry, WATER, "volume_base_load_high").state == STATE_OFF
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, WATER, "volume_leak_suspected")
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, CONF_WATCHES: {"water": []}}
    )
    await reload(hass, entry)
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, WATER, "volume_base_load_high")


async def test_watches_are_chosen_in_the_options(hass: HomeAssistant, life: Life) -> None:
    """What is usual is shown; by other hours of night the past is looked at anew."""
    entry = await set_up(hass)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"next_step_id": "watches"}
    )
    schema = result["data_schema"]
    assert schema is not None
    usual = {str(marker.schema): marker.description["suggested_value"] for marker in schema.schema}
    assert tuple(usual["water"]) == tuple(Watch)
    assert tuple(usual["heat"]) == ()
    wanted = {**usual, "water": ["leak_suspected"], "heat": [], "night_begin": 5, "night_end": 4}
    wanted = {
        name: list(each) if isinstance(each, tuple) else each for name, each in wanted.items()
    }
    result = await hass.config_entries.options.async_configure(result["flow_id"], wanted)
    assert result["errors"] == {"night_end": "night_wrong"}
    wanted |= {"night_begin": 1, "leak_hours": 48}
    result = await hass.config_entries.options.async_configure(result["flow_id"], wanted)
    await settled(hass)
    assert state_of(hass, entry, WATER, "volume_leak_suspected").state == STATE_UNKNOWN
    await life.go_on(6, school)
    assert state_of(hass, entry, WATER, "volume_leak_suspected").state == STATE_OFF
    with pytest.raises(AssertionError, match="no entity"):
        entity_id(hass, entry, WATER, "volume_standstill_suspected")
    assert entry.runtime_data.ledger.choices.watching.rules == Rules(night=(1, 4), leak_hours=48)
