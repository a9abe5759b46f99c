"""Pulse inputs of any media, and gas in kWh beside m³ by the factor of its day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
import struct
import tempfile

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.bernau_smartcity.const import CONF_DEFAULTS
from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.places import Display, Exchange, Places
from custom_components.bernau_smartcity.ledger.state import DeviceState, Key
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.metering.hours import HOUR
from custom_components.bernau_smartcity.metering.register import Point
from custom_components.bernau_smartcity.model import (
    Batch,
    Codec,
    Device,
    Medium,
    Quantity,
    Reading,
    Setting,
    Uplink,
)

from .fake_network import AT, GAS, FakeNetwork, config_entry, pulses
from .homes import entity_id, set_up, settled, state_of
from .recorder_time import Arrival, Days

ADAPTER = Device(dev_eui="00000000000000aa", name="Adapter", scope="app")
OTHER = replace(ADAPTER, dev_eui="00000000000000bb")
ENERGY: Key = (Quantity.ENERGY, 1)
VOLUME: Key = (Quantity.VOLUME, 1)
GASEOUS = {
    "medium_1": "gas",
    "pulse_weight_1": "1",
    "calorific_value": "10 | 2026-11-24 12",
    "state_number": "1",
}
MIDNIGHT = 14
"""Hours from the beginning to the 24th of November."""


def _decode(uplink: Uplink) -> Iterator[Reading]:
    for channel, value in enumerate(struct.unpack(">II", uplink.payload), 1):
        yield Reading(Quantity.PULSES, value, channel)


CODEC = Codec(
    key="two_inputs",
    manufacturer="Nobody",
    model="Two inputs",
    medium=Medium.UNKNOWN,
    quantities=frozenset({Quantity.PULSES}),
    decode=_decode,
    settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of the store."""
    return tmp_path / "entry.db"


def opened(path: Path, given: Mapping[str, str], places: Places | None = None) -> Ledger:
    """Open a ledger whose user chose these settings for all devices."""
    return Ledger(Store.open(path), Choices(lambda _: CODEC, lambda _: given, places or Places()))


def read(ledger: Ledger, *rows: tuple[float, int], device: Device = ADAPTER) -> DeviceState:
    """Take what the first input counted, by hours after the beginning; the second counts half."""
    uplinks = (
        Uplink(
            dev_eui=device.dev_eui,
            id=f"{hours}",
            received_at=AT + hours * HOUR,
            f_port=1,
            f_cnt=round(hours * 4),
            payload=struct.pack(">II", value, value // 2),
        )
        for hours, value in rows
    )
    ledger.take([Batch(device=device, uplinks=tuple(uplinks))])
    return ledger.states[ADAPTER.dev_eui]


def number(ledger: Ledger, key: Key = ENERGY) -> float:
    """Give a total as it is shown."""
    return ledger.states[ADAPTER.dev_eui].values[key].value


def points(ledger: Ledger, key: Key = ENERGY) -> list[Point]:
    """Give the points of a total."""
    return ledger.run(lambda joining, states: joining.points(ADAPTER.dev_eui, key, states, None))


def test_two_inputs_are_two_totals(path: Path) -> None:
    """Each of its own medium and weight; a plain setting holds for all."""
    ledger = opened(path, {"medium": "water", "pulse_weight": "0.01", "medium_2": "electricity"})
    state = read(ledger, (0, 200))
    assert {key: value.value for key, value in state.values.items()} == {
        (Quantity.PULSES, 1): 200,
        (Quantity.PULSES, 2): 100,
        (Quantity.VOLUME, 1): 2,
        (Quantity.ENERGY, 2): 1,
    }
    assert (ledger.medium(state, 1), ledger.medium(state, 2)) == (Medium.WATER, Medium.ELECTRICITY)
    ledger.close()


def test_another_weight_of_one_input_holds_from_now_on(path: Path) -> None:
    """The other input, and what was counted before, stay as they are."""
    ledger = opened(path, {"medium": "water", "pulse_weight": "1"})
    read(ledger, (0, 200))
    ledger.close()
    ledger = opened(path, {"medium": "water", "pulse_weight": "1", "pulse_weight_1": "0.1"})
    read(ledger, (1, 210))
    assert (number(ledger, VOLUME), number(ledger, (Quantity.VOLUME, 2))) == (201, 105)
    ledger.close()
    ledger = opened(path, {"medium": "water", "pulse_weight_1": "0.1"})
    assert (Quantity.VOLUME, 2) not in ledger.states[ADAPTER.dev_eui].values
    ledger.close()


def test_gas_is_counted_in_kwh_too(path: Path) -> None:
    """What lies across the date of a new factor is divided there, as if it flowed evenly."""
    ledger = opened(path, GASEOUS)
    read(ledger, (0, 100), (MIDNIGHT - 1, 110), (MIDNIGHT + 3, 118))
    assert points(ledger) == [
        Point(AT, 1_000),
        Point(AT + (MIDNIGHT - 1) * HOUR, 1_100),
        Point(AT + MIDNIGHT * HOUR, 1_120),
        Point(AT + (MIDNIGHT + 3) * HOUR, 1_192),
    ]
    assert number(ledger) == 1_192
    assert (Quantity.ENERGY, 2) not in ledger.states[ADAPTER.dev_eui].values
    before = ledger.states
    ledger.close()
    ledger = opened(path, GASEOUS)
    assert ledger.states == before
    ledger.close()


@pytest.mark.parametrize(
    "other",
    [
        {"calorific_value": ""},
        {"state_number": ""},
        {"calorific_value": "11,2 kWh"},
        {"medium_1": "water"},
    ],
)
def test_nothing_is_guessed_of_gas(path: Path, other: dict[str, str]) -> None:
    """Without both numbers, or for another medium, there is no energy."""
    ledger = opened(path, GASEOUS | other)
    assert ENERGY not in read(ledger, (0, 100)).values
    ledger.close()


def test_another_factor_rewrites_hours_and_never_falls(path: Path) -> None:
    """A total that should be lower stands for no moment longer than it must."""
    ledger = opened(path, GASEOUS)
    read(ledger, (0, 100), (10, 110), (20, 120))
    shown = number(ledger)
    ledger.settle(ledger.due((), never_written=False))
    ledger.close()

    ledger = opened(path, GASEOUS | {"calorific_value": "10 | 2026-11-24 11"})
    (due,) = ledger.due((), never_written=True)
    assert (due.key, due.since) == (ENERGY, AT + MIDNIGHT * HOUR)
    assert number(ledger) == shown
    consumed = points(ledger)[-1].total - points(ledger)[0].total
    assert consumed == pytest.approx(14 * 10 + 6 * 11)
    read(ledger, (21, 121))
    assert number(ledger) == pytest.approx(shown + 11)
    ledger.close()

    ledger = opened(path, GASEOUS | {"calorific_value": "12"})
    assert number(ledger) == pytest.approx(shown + 11 + 14 * 2 + 7)
    assert points(ledger)[-1].total == pytest.approx(number(ledger))
    ledger.close()


def test_number_on_the_display_changes_no_energy(path: Path) -> None:
    """The volume is what the meter shows; the energy is that of what was consumed."""
    ledger = opened(path, GASEOUS)
    read(ledger, (0, 100), (2, 110))
    before = points(ledger)
    ledger.close()
    display = Display(ADAPTER.dev_eui, "volume_1", AT + HOUR, 4_711)
    ledger = opened(path, GASEOUS, Places((), [display]))
    assert number(ledger, VOLUME) == 4_716
    assert points(ledger) == before
    assert number(ledger) == before[-1].total
    ledger.close()


def test_energy_of_a_place_follows_its_volume(path: Path) -> None:
    """Also what was read from the displays at an exchange counts in kWh."""
    readings = {"volume_1": (None, None)}
    exchange = Exchange(ADAPTER.dev_eui, OTHER.dev_eui, AT + 16 * HOUR, readings)
    ledger = opened(path, GASEOUS, Places([exchange]))
    assert points_of_nothing(ledger) == []
    read(ledger, (0, 100), (12, 112))
    assert points(ledger)[-1] == Point(AT + 16 * HOUR, 1_120)
    read(ledger, (15, 7), (17, 9), (18, 10), device=OTHER)
    volumes, energies = points(ledger, VOLUME), points(ledger)
    assert [each.total for each in volumes] == [100, 112, 112, 113, 114]
    assert energies[-1].total == pytest.approx(1_000 + 12 * 10 + 2 * 12)
    assert number(ledger) == energies[-1].total
    ledger.close()


def points_of_nothing(ledger: Ledger) -> list[Point]:
    """Give the energy of a place of which nothing was read yet."""
    joining = ledger._joining  # noqa: SLF001  # as it is asked by checks
    return joining.joined(ADAPTER.dev_eui, ENERGY, {}).points


def test_energy_of_a_place_whose_old_meter_had_none(path: Path) -> None:
    """The factors of the new device hold for what was before."""
    exchange = Exchange(ADAPTER.dev_eui, OTHER.dev_eui, AT + 2 * HOUR)
    weights = {"medium": "gas", "pulse_weight": "1"}

    def given(device: Device) -> dict[str, str]:
        return weights | (GASEOUS if device == OTHER else {})

    ledger = Ledger(Store.open(path), Choices(lambda _: CODEC, given, Places([exchange])))
    read(ledger, (0, 100), (1, 110))
    read(ledger, (3, 5), (4, 6), device=OTHER)
    energies = points(ledger)
    assert energies[-1].total - energies[0].total == pytest.approx(11 * 10)
    ledger.close()


@given(
    increases=st.lists(st.integers(0, 9), min_size=1, max_size=20),
    data=st.data(),
)
def test_any_delivery_ends_in_the_same_energy(increases: list[int], data: st.DataObject) -> None:
    """The total depends on the set of uplinks alone."""
    total, rows = 100, []
    for n, more in enumerate(increases):
        total += more
        rows.append((n * 2, total))
    mixed = data.draw(st.permutations(rows * 2))
    cut = data.draw(st.integers(0, len(mixed)))
    pieces, whole = _taken([mixed[:cut], mixed[cut:]]), _taken([rows])
    assert [p.at for p in pieces] == [p.at for p in whole]
    assert [p.total - pieces[0].total for p in pieces] == pytest.approx(
        [p.total - whole[0].total for p in whole]
    )


def _taken(batches: Iterable[list[tuple[int, int]]]) -> list[Point]:
    with tempfile.TemporaryDirectory() as folder:
        ledger = opened(Path(folder) / "entry.db", GASEOUS)
        for rows in batches:
            read(ledger, *rows)
        found = points(ledger)
        assert number(ledger) == found[-1].total
        ledger.close()
    return found


@pytest.mark.usefixtures("recorder_mock")
async def test_energy_dashboard_takes_it_as_gas(
    hass: HomeAssistant, server: FakeNetwork, hass_ws_client: WebSocketGenerator
) -> None:
    """In kWh, with a name of its own; a default holds for all meters."""
    assert await async_setup_component(hass, "energy", {})
    server.send(GAS, pulses(1_000))
    defaults = {"calorific_value": "11", "state_number": "0.95"}
    entry = await set_up(hass, config_entry(defaults=defaults))
    await async_wait_recording_done(hass)
    energy = state_of(hass, entry, GAS, "energy")
    assert float(energy.state) == pytest.approx(10 * 11 * 0.95)
    assert energy.attributes["unit_of_measurement"] == "kWh"
    client = await hass_ws_client(hass)
    gas = {"type": "gas", "stat_energy_from": energy.entity_id}
    await client.send_json_auto_id({"type": "energy/save_prefs", "energy_sources": [gas]})
    assert (await client.receive_json())["success"]
    await client.send_json_auto_id({"type": "energy/validate"})
    assert (await client.receive_json())["result"]["energy_sources"] == [[]]


async def test_hours_have_the_factor_of_their_time(
    recorder_mock: Recorder,  # noqa: ARG001  # the recorder must be there
    hass: HomeAssistant,
    server: FakeNetwork,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Also after it was corrected: the bars are written anew, and none is absurd."""
    await hass.config.async_set_time_zone("UTC")
    start = datetime.fromisoformat("2026-11-23T20:00:00+00:00")
    freezer.move_to(start)
    days = Days(hass, freezer, server)
    await days.recorded()

    def arrival(hour: int) -> Arrival:
        at = start + hour * HOUR + timedelta(minutes=30)
        return Arrival(GAS, pulses(1_000 + 100 * hour), at, at + timedelta(minutes=2))

    server.send(GAS, pulses(900), start - timedelta(minutes=30))
    defaults = {"calorific_value": "10 | 2026-11-24 12", "state_number": "1"}
    days.entry = await set_up(hass, config_entry(defaults=defaults))
    sensor = entity_id(hass, days.entry, GAS, "energy")
    days.expect(arrival(hour) for hour in range(12))
    await days.until(start + 7 * HOUR)
    bars = await days.bars(sensor)
    assert [bars[start + n * HOUR] for n in range(6)] == pytest.approx([10] * 4 + [12] * 2)

    corrected = {**defaults, "calorific_value": "10 | 2026-11-24 11"}
    hass.config_entries.async_update_entry(
        days.entry, options={**days.entry.options, CONF_DEFAULTS: corrected}
    )
    await hass.config_entries.async_reload(days.entry.entry_id)
    await settled(hass)
    await days.until(start + 10 * HOUR)
    bars = await days.bars(sensor)
    assert [bars[start + n * HOUR] for n in range(9)] == pytest.approx([10] * 4 + [11] * 5)
    assert min(bars.values()) >= 0
