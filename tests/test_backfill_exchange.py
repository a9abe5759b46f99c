"""Exchange of a meter and the number on its display, as the Energy dashboard shows them."""

from dataclasses import replace
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
import pytest

from custom_components.bernau_smartcity.ledger.places import Display, Exchange, Places
from custom_components.bernau_smartcity.model import Device

from .fake_network import AT, GAS, FakeNetwork, pulses
from .homes import entity_id, set_up, settled, state_of
from .recorder_time import HOUR, Arrival, Days

MINUTE = timedelta(minutes=1)
NEW = replace(GAS, dev_eui="24e124136b00000e", name="Neues Gas")


@pytest.fixture
async def days(
    recorder_mock: Recorder,  # noqa: ARG001  # the recorder must be there
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
) -> Days:
    """Give the time, beginning at ten past ten with an entry that knows no reading."""
    freezer.move_to(AT + 10 * MINUTE)
    server.inventory = [GAS, NEW]
    result = Days(hass, freezer, server)
    await result.recorded()
    result.entry = await set_up(hass)
    return result


def gas(device: Device, hours: float, value: int) -> Arrival:
    """Give what a gas meter showed some hours after ten."""
    at = AT + hours * HOUR
    return Arrival(device, pulses(value), at, at + MINUTE)


async def note(days: Days, places: Places) -> None:
    """Keep what was noted, as the options do."""
    assert days.entry
    days.hass.config_entries.async_update_entry(
        days.entry, options={**days.entry.options, **places.to_options()}
    )
    await days.hass.config_entries.async_reload(days.entry.entry_id)
    await settled(days.hass)


async def volumes(days: Days) -> list[float]:
    """Give the bars of the gas meter's volume."""
    assert days.entry
    return list((await days.bars(entity_id(days.hass, days.entry, GAS, "volume"))).values())


async def test_statistics_go_on_with_the_new_meter(days: Days) -> None:
    """No spike and no gap, also when it is noted hours later; undone, all is as before."""
    days.expect(gas(GAS, n, round(1_200 * n)) for n in (0.5, 1, 2))
    days.expect(gas(NEW, n, round(70_000 + 600 * n)) for n in (2.5, 3, 4, 5, 6, 7, 8))
    await days.until(AT + 5 * HOUR)
    before = await volumes(days)
    assert before == pytest.approx([6, 12, 0, 0, 0])

    exchange = Exchange(GAS.dev_eui, NEW.dev_eui, AT + 2 * HOUR)
    await note(days, Places([exchange]))
    await days.until(AT + 7 * HOUR)
    assert await volumes(days) == pytest.approx([6, 12, 3, 6, 6, 6, 0])

    await note(days, Places())
    await days.until(AT + 8 * HOUR)
    assert (await volumes(days))[:8] == pytest.approx([6, 12, 0, 0, 0, 0, 0, 0])


async def test_number_on_the_display_is_no_consumption(days: Days) -> None:
    """The sensor jumps to the number, the bars do not, within minutes and for ever."""
    days.expect(gas(GAS, n, round(1_200 * n)) for n in (0.5, 1, 2, 3, 4, 5, 6))
    await days.until(AT + 3 * HOUR + 10 * MINUTE)
    display = Display(GAS.dev_eui, "volume", AT + 2 * HOUR, 4_711)
    await note(days, Places([], [display]))
    assert days.entry
    assert float(state_of(days.hass, days.entry, GAS, "volume").state) == pytest.approx(4_723)
    await days.until(AT + 3 * HOUR + 30 * MINUTE)
    sensor = entity_id(days.hass, days.entry, GAS, "volume")
    short = [row["sum"] or 0 for row in (await days.rows(sensor, "5minute")).values()]
    assert max(short) <= 48
    await days.until(AT + 6 * HOUR)
    assert await volumes(days) == pytest.approx([6, 12, 12, 12, 12, 0])
    await note(days, Places())
    await days.until(AT + 7 * HOUR)
    assert (await volumes(days))[:6] == pytest.approx([6, 12, 12, 12, 12, 12])


async def test_number_on_the_display_puts_a_total_right_that_was_too_high(days: Days) -> None:
    """A person may lower what a late reading has shown to be wrong; the bars stay as they are."""
    days.expect(gas(GAS, n, value) for n, value in ((0.75, 0), (4.75, 1_400_000), (6.75, 5_200)))
    at = AT + 4.5 * HOUR
    days.expect([Arrival(GAS, pulses(1_000), at, at + 36 * MINUTE)])
    await days.until(AT + 7 * HOUR)
    before = await volumes(days)
    assert days.entry
    shown = state_of(days.hass, days.entry, GAS, "volume")
    assert (shown.state, shown.attributes["too_high_by"]) == ("14000.0", 13_948)

    await note(days, Places([], [Display(GAS.dev_eui, "volume", AT + 6.75 * HOUR, 60)]))
    shown = state_of(days.hass, days.entry, GAS, "volume")
    assert float(shown.state) == pytest.approx(60)
    assert "too_high_by" not in shown.attributes
    days.expect(gas(GAS, n, round(5_200 + 1_200 * (n - 6.75))) for n in (8.5, 9.5, 10.5))
    await days.until(AT + 10 * HOUR)
    bars = await volumes(days)
    assert bars[:6] == before[:6]
    assert min(bars) >= -1e-9
    assert sum(bars) == pytest.approx(52 + 33)
