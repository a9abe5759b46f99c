"""What sensors in rooms send: who is there, what moves, which radio devices are in range."""

from collections.abc import Callable, Mapping

from . import weather
from .moments import Frame, Moment, Value, after_restart
from .noise import unit
from .payloads import (
    browan_tbms100,
    elsys,
    esp32_paxcounter,
    merryiot_ms10,
    milesight_vs3,
    milesight_vs121,
    milesight_vs321,
    milesight_vs373,
    sensative_strips_presence,
    tektelic_smart_room,
)

_PER_PERSON = 4.0
"""Movements (passages, …) in an hour for each person who is there."""
_REGIONS = 4
_EDGES = range(1, 5)
_DESKS = 6


def _people(moment: Moment) -> int:
    return min(60, round(moment.device.loads[0].rate(moment.at) / _PER_PERSON))


def _is_there(moment: Moment) -> bool:
    return moment.passed(0) > 0


def _bright(moment: Moment) -> bool:
    return _is_there(moment) or weather.daylight(moment.at) > 0


def _minutes_still(moment: Moment) -> int:
    """Give how long ago the newest movement was."""
    return int((moment.at - moment.reached(0, moment.counted(0))) / 60)


def _humidity(moment: Moment) -> int:
    """Give it in half percent."""
    return 80 + round(20 * unit(moment.device.salt, 31, moment.number // 8))


def _browan(moment: Moment) -> Frame:
    at, celsius, there = moment.at, round(moment.room(32) / 10), _is_there(moment)
    movements, decivolts = moment.count(0, 1, 2**24), 31 + moment.battery // 20
    payload = browan_tbms100.encode(
        moved=there,
        capacity=moment.battery * 15 // 100,
        decivolts=decivolts,
        celsius=celsius,
        minutes=_minutes_still(moment),
        movements=movements,
    )
    values = (
        *_presence(moment),
        Value("movements", movements, at, register=True),
        Value("temperature", celsius, at),
        Value("battery_voltage", decivolts / 10, at),
    )
    return Frame(browan_tbms100.F_PORT, payload, values)


def _presence(moment: Moment) -> tuple[Value, Value]:
    there = float(_is_there(moment))
    return Value("occupied", there, moment.at), Value("motion", there, moment.at)


def _merryiot(moment: Moment) -> Frame:
    at, celsius, there = moment.at, round(moment.room(33) / 10), _is_there(moment)
    movements, decivolts = moment.count(0, 1, 2**24), 26 + moment.battery // 20
    humidity = _humidity(moment) // 2
    payload = merryiot_ms10.encode(
        state=int(there),
        decivolts=decivolts,
        celsius=celsius,
        humidity=humidity,
        minutes=_minutes_still(moment),
        movements=movements,
    )
    values = (
        *_presence(moment),
        Value("movements", movements, at, register=True),
        Value("temperature", celsius, at),
        Value("humidity", humidity, at),
        Value("battery_voltage", decivolts / 10, at),
    )
    return Frame(merryiot_ms10.F_PORT, payload, values)


def _elsys(moment: Moment) -> Frame:
    at, movements = moment.at, moment.passed(0, 255)
    temperature, humidity = moment.room(34), _humidity(moment) // 2
    light = 320 if _is_there(moment) else round(200 * max(0.0, weather.daylight(at)))
    battery = 3300 + 3 * moment.battery
    payload = elsys.encode(
        temperature=temperature,
        humidity=humidity,
        light=light,
        movements=movements,
        occupancy=elsys.TAKEN if movements > 1 else min(movements, elsys.PENDING),
        battery=battery,
    )
    values = (
        Value("movements_period", movements, at),
        Value("occupied", float(movements > 0), at),
        Value("temperature", temperature / 10, at),
        Value("humidity", humidity, at),
        Value("illuminance", light, at),
        Value("battery_voltage", battery / 1000, at),
    )
    return Frame(elsys.F_PORT, payload, values, untold=_movements(moment))


def _movements(moment: Moment) -> tuple[Value, ...]:
    return (Value("movements", moment.counted(0), moment.at, register=True),)


def _paxcounter(moment: Moment) -> Frame:
    """Hear about every second phone by Wi-Fi, and what else has Bluetooth."""
    at, people = moment.at, _people(moment)
    wifi = round(people * (0.5 + 0.2 * unit(moment.device.salt, 35, moment.number)))
    bluetooth = round(people * (0.8 + 0.4 * unit(moment.device.salt, 36, moment.number)))
    payload = esp32_paxcounter.encode(wifi=wifi, bluetooth=bluetooth)
    values = (Value("devices_wifi", wifi, at), Value("devices_bluetooth", bluetooth, at))
    return Frame(esp32_paxcounter.F_PORT, payload, values)


def _vs121(moment: Moment) -> Frame:
    """Tell no totals, so that they must be summed up; people cross between two edges only."""
    at, people = moment.at, _people(moment)
    period = moment.passed(0), moment.passed(1)
    most = people + round(3 * unit(moment.device.salt, 37, moment.number))
    regions = [people // _REGIONS + (people % _REGIONS > place) for place in range(_REGIONS)]
    crossed = {(1, 2): 0, (2, 1): 1}
    ways = [(one, other) for one in _EDGES for other in _EDGES]
    flows = {way: period[crossed[way]] if way in crossed else 0 for way in ways}
    payload = milesight_vs121.encode(
        people=people,
        regions=regions,
        period=period,
        most=most,
        flows=[[flows[one, other] for other in _EDGES] for one in _EDGES],
    )
    values = (
        Value("people", people, at),
        Value("people_max", most, at),
        *(Value("occupied", float(n > 0), at, r) for r, n in enumerate(regions, 1)),
        Value("people_in_period", period[0], at),
        Value("people_out_period", period[1], at),
        *(Value("people_flow_period", flows[way], at, 10 * way[0] + way[1]) for way in ways),
    )
    true = {way: moment.counted(crossed[way]) if way in crossed else 0 for way in ways}
    untold = (
        Value("people_in", true[1, 2], at, register=True),
        Value("people_out", true[2, 1], at, register=True),
        *(Value("people_flow", true[w], at, 10 * w[0] + w[1], register=True) for w in ways),
    )
    return Frame(milesight_vs121.F_PORT, after_restart(moment, payload), values, untold=untold)


def _vs370(moment: Moment) -> Frame:
    at, there, bright = moment.at, _is_there(moment), _bright(moment)
    payload = milesight_vs3.encode(taken=there, bright=bright, battery=moment.battery)
    values = (
        Value("occupied", float(there), at),
        Value("bright", float(bright), at),
        Value("battery", moment.battery, at),
    )
    return Frame(milesight_vs3.F_PORT, after_restart(moment, payload), values)


def _vs321(moment: Moment) -> Frame:
    at, people, bright = moment.at, _people(moment), _bright(moment)
    desks = [people > place for place in range(_DESKS)]
    temperature, humidity = moment.room(38), _humidity(moment)
    payload = milesight_vs321.encode(
        battery=moment.battery,
        temperature=temperature,
        humidity=humidity,
        people=people,
        desks=desks,
        bright=bright,
    )
    values = (
        Value("people", people, at),
        *(Value("occupied", float(taken), at, desk) for desk, taken in enumerate(desks, 1)),
        Value("bright", float(bright), at),
        Value("temperature", temperature / 10, at),
        Value("humidity", humidity / 2, at),
        Value("battery", moment.battery, at),
    )
    return Frame(milesight_vs321.F_PORT, after_restart(moment, payload), values)


def _vs373(moment: Moment) -> Frame:
    at, there = moment.at, _is_there(moment)
    seconds = round(moment.at - moment.before) if there else 0
    regions = [there, False, False, False]
    payload = milesight_vs373.encode(taken=there, seconds=seconds, today=seconds, regions=regions)
    values = (
        Value("occupied", float(there), at),
        Value("occupied_time", seconds, at),
        *(Value("occupied", float(inside), at, r) for r, inside in enumerate(regions, 1)),
    )
    return Frame(milesight_vs373.F_PORT, after_restart(moment, payload), values)


def _sensative(moment: Moment) -> Frame:
    at, there, temperature = moment.at, _is_there(moment), moment.room(39)
    movements = moment.count(0, 1, 2**16)
    payload = (
        sensative_strips_presence.NOTHING_STORED
        + sensative_strips_presence.battery(moment.battery)
        + sensative_strips_presence.presence(
            temperature=temperature, movements=movements, taken=there
        )
    )
    values = (
        Value("movements", movements, at, register=True),
        Value("occupied", float(there), at),
        Value("temperature", temperature / 10, at),
        Value("battery", moment.battery, at),
    )
    return Frame(sensative_strips_presence.F_PORT, payload, values)


def _tektelic(moment: Moment) -> Frame:
    at, movements, temperature = moment.at, moment.passed(0), moment.room(40)
    humidity, centivolts = _humidity(moment), 300 + moment.battery // 2
    payload = (
        tektelic_smart_room.climate(
            temperature=temperature, humidity=humidity, centivolts=centivolts
        )
        + tektelic_smart_room.motion(moves=movements > 0)
        + tektelic_smart_room.movements(movements)
    )
    values = (
        *_presence(moment),
        Value("movements_period", movements, at),
        Value("temperature", temperature / 10, at),
        Value("humidity", humidity / 2, at),
        Value("battery_voltage", centivolts / 100, at),
    )
    return Frame(tektelic_smart_room.F_PORT, payload, values, untold=_movements(moment))


FRAMES: Mapping[str, Callable[[Moment], Frame]] = {
    "browan_tbms100": _browan,
    "merryiot_ms10": _merryiot,
    "elsys_ers_eye": _elsys,
    "esp32_paxcounter": _paxcounter,
    "milesight_vs121": _vs121,
    "milesight_vs370": _vs370,
    "milesight_vs321": _vs321,
    "milesight_vs373": _vs373,
    "sensative_strips_presence": _sensative,
    "tektelic_smart_room": _tektelic,
}
