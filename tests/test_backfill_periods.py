"""What counters told between messages, as the diagrams show it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
import struct

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
import pytest

from custom_components.bernau_smartcity.model import Device

from .fake_network import AT, DOOR, FakeNetwork
from .homes import entity_id, set_up, state_of
from .recorder_time import HOUR, Arrival, Days

MINUTE = timedelta(minutes=1)
COUNTER = replace(DOOR, name="Eingang", profile_name="", tags={"model": "milesight_vs350"})
"""A counter whose totals can be switched off."""


@pytest.fixture
async def days(
    recorder_mock: Recorder,  # noqa: ARG001  # the recorder must be there
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
) -> Days:
    """Give the time, beginning at ten past ten with an entry that knows no reading."""
    freezer.move_to(AT + 10 * MINUTE)
    server.inventory = [COUNTER]
    result = Days(hass, freezer, server)
    await result.recorded()
    result.entry = await set_up(hass)
    return result


def told(hours: float, counted: int, total: int | None = None, late: float = 1 / 60) -> Arrival:
    """Give what the counter told some hours after ten: entries, and perhaps their total."""
    at = AT + hours * HOUR
    payload = struct.pack("<2sHH", b"\x05\xcc", counted, 0)
    if total is not None:
        payload += struct.pack("<2sHH", b"\x04\xcc", total, 0)
    return Arrival(COUNTER, payload, at, at + late * HOUR)


async def hours(days: Days, device: Device = COUNTER) -> list[float]:
    """Give the bars of the entries."""
    assert days.entry
    bars = await days.bars(entity_id(days.hass, days.entry, device, "people_in"))
    assert list(bars) == [AT + n * HOUR for n in range(len(bars))]
    return list(bars.values())


@pytest.mark.parametrize(
    "arrivals",
    [
        pytest.param([told(0.75 + n / 2, 10) for n in range(9)], id="in time"),
        pytest.param(
            [
                told(0.75 + n / 2, 10, late=4.3 - n / 2 if n in {2, 3, 5} else 1 / 60)
                for n in range(9)
            ],
            id="some of them late",
        ),
        pytest.param(
            [told(0.75 + n / 2, 10) for n in range(9)]
            + [told(0.75 + n / 2, 10, late=0.6) for n in range(8)],
            id="each of them twice",
        ),
    ],
)
async def test_counts_lie_in_their_hours(days: Days, arrivals: Iterable[Arrival]) -> None:
    """A count belongs to the time between its message and the one before."""
    days.expect(arrivals)
    await days.until(AT + 6 * HOUR)
    assert await hours(days) == pytest.approx([5, 20, 20, 20, 15, 0])
    assert days.entry
    assert state_of(days.hass, days.entry, COUNTER, "people_in").state == "90"


async def test_total_that_is_switched_on_makes_no_spike(days: Days) -> None:
    """The sensor rises to what the counter shows; the hours tell what was counted.

    Only how many came between the last count and the first total nobody knows.
    """
    days.expect(told(0.75 + n / 2, 10) for n in range(4))
    days.expect(told(0.75 + n / 2, 10, 40_000 + 10 * n) for n in range(4, 9))
    await days.until(AT + 6 * HOUR)
    assert await hours(days) == pytest.approx([5, 20, 10, 20, 15, 0])
    assert days.entry
    assert state_of(days.hass, days.entry, COUNTER, "people_in").state == "40080"
