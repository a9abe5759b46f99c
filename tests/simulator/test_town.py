"""The town is believable, and the same after every restart."""

from collections import Counter
from datetime import date, timedelta

import pytest

from simulator import days, frames, schedule, visitors, weather
from simulator.build import build
from simulator.clock import EPOCH, Clock, parse
from simulator.inventory import Device
from simulator.town import Town

from .conftest import NOW

_HOUR = 3600


def _one(town: Town, building: str, name: str) -> Device:
    return next(
        device
        for device in town.all_devices.values()
        if (device.building, device.name) == (building, name)
    )


def _between(device: Device, begin: str, hours: int) -> float:
    load, at = device.loads[0], parse(begin)
    return load.total(at + hours * _HOUR) - load.total(at)


def test_inventory(town: Town) -> None:
    """Buildings, media and models enough for a town."""
    devices = town.all_devices.values()
    meters = [device for device in devices if device.tags["medium"] not in visitors.MEDIA]
    assert len({device.building for device in meters}) >= 24
    assert len(meters) >= 60
    assert len(devices) - len(meters) >= 35
    media = Counter(device.tags["medium"] for device in meters)
    assert set(media) == {"electricity", "water", "heat", "gas"}
    assert {device.codec for device in devices} == set(frames.FRAMES)
    assert not any(device.building in device.name for device in devices)
    assert len({(device.building, device.name) for device in devices}) == len(devices)
    assert all(device.dev_eui == device.dev_eui.lower() for device in devices)


@pytest.mark.parametrize("count", [10, 200])
def test_number_of_devices(count: int) -> None:
    """Any number, each with a value."""
    town = build(devices=count, clock=Clock.standing(NOW))
    assert len(town.all_devices) == count
    assert all(town.truth(device) for device in town.all_devices.values())


def _everything(town: Town) -> list[object]:
    return [
        (device, town.last_seen(device), town.history(device, 30), town.truth(device))
        for device in town.all_devices.values()
    ]


def test_restart_changes_nothing() -> None:
    """However the simulator came to its present time."""
    first = build(3, 120, clock=Clock.standing("2026-10-05"))
    _everything(first)
    first.clock.advance(parse(NOW) - parse("2026-10-05"))
    assert _everything(first) == _everything(build(3, 120, clock=Clock.standing(NOW)))


def test_seed_makes_another_town(town: Town) -> None:
    """With the same devices at other times."""
    other = build(2, clock=Clock.standing(NOW))
    assert other.all_devices.keys() == town.all_devices.keys()
    assert all(
        other.last_seen(other.all_devices[dev_eui]) != town.last_seen(device)
        for dev_eui, device in town.all_devices.items()
    )


def test_registers_never_fall(town: Town) -> None:
    """None of any device."""
    for device in town.all_devices.values():
        for load in device.loads:
            totals = [load.total(EPOCH + 1000 * step) for step in range(2000)]
            assert totals == sorted(totals)


def test_uplinks_are_in_order_and_counted(town: Town) -> None:
    """The newest is the last that was sent."""
    for device in town.all_devices.values():
        newest = schedule.latest(device, town.clock.now())
        assert schedule.sent_at(device, newest) <= town.clock.now() * 1000
        assert schedule.sent_at(device, newest + 1) > town.clock.now() * 1000
        times = [schedule.sent_at(device, number) for number in range(newest - 50, newest)]
        assert times == sorted(set(times))
    assert schedule.latest(device, EPOCH - 1) == -1


def test_newly_joined_device_begins_its_count_at_zero(town: Town) -> None:
    """And joins anew some day."""
    device = _one(town, "Rathaus", "Strom Haupt")
    young = build(clock=Clock.standing(EPOCH + 3 * device.interval))
    events = young.history(young.all_devices[device.dev_eui], 100)
    assert [event.what.value for event in events if event.number == 0][:2] == ["join", "up"]
    assert schedule.session(device, 0) == (0, 0)
    joins = [number for number in range(1, 9000) if schedule.session(device, number)[1] == 0]
    assert joins


SCHOOL = "Grundschule am Blumenhag", "Strom Haupt"


@pytest.mark.parametrize(
    ("busy", "quiet"),
    [
        ("2026-11-18T07:00", "2026-11-18T00:00"),  # a Wednesday morning, and its night
        ("2026-11-18T07:00", "2026-11-21T07:00"),  # a Saturday
        ("2026-11-18T07:00", "2026-10-21T07:00"),  # autumn holidays
        ("2026-11-18T07:00", "2026-12-28T07:00"),  # Christmas holidays
    ],
)
def test_school_is_empty_in_free_time(town: Town, busy: str, quiet: str) -> None:
    """Only the base load is left."""
    device = _one(town, *SCHOOL)
    assert _between(device, busy, 5) > 3 * _between(device, quiet, 5) > 0


def test_heat_follows_the_cold(town: Town) -> None:
    """The coldest Monday takes more than the mildest."""
    device = _one(town, "Rathaus", "Fernwärme")
    mondays = [parse("2026-10-05") + 7 * 86_400 * week for week in range(16)]
    by_cold = sorted(
        mondays, key=lambda at: sum(weather.outdoor(at + h * _HOUR) for h in range(24))
    )
    heat = [device.loads[0].total(at + 86_400) - device.loads[0].total(at) for at in by_cold]
    assert heat[0] > 1.5 * heat[-1]


def test_leak_runs_at_night_and_is_reported(town: Town) -> None:
    """In one building, from its day on."""
    device = _one(town, "Grundschule am Blumenhag", "Wasser")
    assert _between(device, "2026-10-15T00:00", 4) < 0.03 < _between(device, "2026-11-15T00:00", 4)
    number = schedule.latest(device, town.clock.now())
    assert frames.frame(device, number, town.faults).payload[4] == 0x30
    other = _one(town, "Rathaus", "Wasser")
    assert frames.frame(other, number, town.faults).payload[4] == 0


def test_one_meter_goes_silent(town: Town) -> None:
    """And its history stays readable."""
    silent = []
    for device in town.all_devices.values():
        seen = town.last_seen(device)
        assert seen is not None
        if town.clock.now() - seen / 1000 > 2 * device.interval:
            silent.append((device.building, device.name))
    assert silent == [("Kita Angergang", "Strom Haupt")]
    device = _one(town, *silent[0])
    history = town.history(device, 100)
    assert len(history) == 100
    assert [e.stored for e in history] == sorted(e.stored for e in history)


def test_market_days(town: Town) -> None:
    """More people than on other mornings."""
    market = _one(town, "Marktplatz", "Bürgermeisterstraße")
    wednesday, tuesday = "2026-11-18T07:00", "2026-11-17T07:00"
    assert _between(market, wednesday, 5) > 1.4 * _between(market, tuesday, 5)


def test_trains_bring_people_in_bursts(town: Town) -> None:
    """And nobody comes in between."""
    load = _one(town, "Bahnhof", "Haupteingang").loads[0]
    hour = parse("2026-11-18T06:00")
    minutes = [load.total(hour + 60 * (m + 1)) - load.total(hour + 60 * m) for m in range(60)]
    assert min(minutes) < 1e-6
    assert max(minutes) > 3 * sum(minutes) / 60


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        ("2026-10-03", True),  # Tag der Deutschen Einheit
        ("2026-10-31", True),  # Reformationstag
        ("2026-11-01", False),
        ("2027-03-26", True),  # Karfreitag
        ("2027-03-28", True),
        ("2027-05-06", True),  # Christi Himmelfahrt
        ("2027-05-17", True),  # Pfingstmontag
        ("2027-05-27", False),  # Corpus Christi is none in Brandenburg
    ],
)
def test_holidays(day: str, *, holiday: bool) -> None:
    """Of Brandenburg."""
    assert days.is_holiday(date.fromisoformat(day)) is holiday


@pytest.mark.parametrize(
    ("year", "day"),
    [(2026, "04-05"), (2027, "03-28"), (2038, "04-25"), (2049, "04-18"), (2076, "04-19")],
)
def test_easter(year: int, day: str) -> None:
    """The usual years and Gauss's exceptions."""
    assert days.easter(year) == date.fromisoformat(f"{year}-{day}")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        # School holidays 2026/27 as the ministry of education of Brandenburg set them.
        ("2026-10-19", "2026-10-30"),
        ("2026-12-23", "2027-01-02"),
        ("2027-02-01", "2027-02-06"),
        ("2027-03-22", "2027-04-03"),
        ("2027-07-01", "2027-08-14"),
    ],
)
def test_school_holidays(first: str, last: str) -> None:
    """First and last day."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    assert days.is_school_break(begin)
    assert days.is_school_break(end)
    assert not days.is_school_break(begin - timedelta(days=1))
    assert not days.is_school_break(end + timedelta(days=3))


def test_hours_are_local() -> None:
    """Two hours ahead in summer, one in winter."""
    assert (days.hour(0).hour, days.hour(0).weekday) == (2, 3)
    winter = int((parse("2026-11-20") - EPOCH) // _HOUR)
    assert days.hour(winter).hour == 1


def test_weather_has_seasons() -> None:
    """Cold winters, warm summers, no sun at night."""
    january = [weather.outdoor(parse("2027-01-01") + _HOUR * hour) for hour in range(744)]
    july = [weather.outdoor(parse("2027-07-01") + _HOUR * hour) for hour in range(744)]
    assert -6 < sum(january) / 744 < 5
    assert 15 < sum(july) / 744 < 24
    assert max(weather.sun(parse("2027-06-20") + _HOUR * hour) for hour in range(24)) > 0.4
    assert weather.sun(parse("2027-06-20T23:00")) == 0
    assert 0 <= min(weather.rain(parse("2027-06-01") + _HOUR * hour) for hour in range(744)) < 0.1


def test_every_device_sends_as_often_as_asked() -> None:
    """However often that is."""
    town = build(1, 20, clock=Clock.standing(NOW), interval=7.5)
    for device in town.all_devices.values():
        if device.silence is None:
            seen = town.last_seen(device)
            assert seen is not None
            assert town.clock.now() - seen / 1000 < 15
            events = town.history(device, 40)
            assert [e.id for e in events] == sorted({e.id for e in events})
