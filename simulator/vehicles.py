"""What sensors at parking spaces and roads send.

The register of a space counts how often it was taken or left: an odd number is taken.
"""

from collections.abc import Callable, Mapping

from . import weather
from .moments import Frame, Moment, Value
from .noise import unit
from .payloads import (
    bosch_tps110,
    libelium_smart_parking,
    nwave,
    parametric_tcr,
    pni_placepod,
)

_SPEEDS = (6, 19, 41, 62)
"""Mean speed in km/h of each class: on foot, by bike, by car in and out of town."""


def _is_taken(moment: Moment) -> bool:
    return moment.counted(0) % 2 == 1


def _has_changed(moment: Moment) -> bool:
    return moment.passed(0) > 0


def _outdoor(moment: Moment, salt: int) -> float:
    return weather.outdoor(moment.at) + unit(moment.device.salt, salt, moment.number)


def _bosch(moment: Moment) -> Frame:
    at, taken, celsius = moment.at, _is_taken(moment), round(_outdoor(moment, 51))
    port = bosch_tps110.CHANGE if _has_changed(moment) else bosch_tps110.ALIVE
    payload = bosch_tps110.encode(taken=taken, celsius=celsius)
    return Frame(
        port, payload, (Value("occupied", float(taken), at), Value("temperature", celsius, at))
    )


def _libelium(moment: Moment) -> Frame:
    at, taken, celsius = moment.at, _is_taken(moment), round(_outdoor(moment, 52))
    changed = _has_changed(moment)
    payload = libelium_smart_parking.encode(
        taken=taken,
        kind=libelium_smart_parking.INFO if changed else libelium_smart_parking.ALIVE,
        number=moment.number,
        celsius=celsius,
    )
    values = (Value("occupied", float(taken), at), Value("temperature", celsius, at))
    return Frame(libelium_smart_parking.F_PORT, payload, values)


def _pni(moment: Moment) -> Frame:
    at, taken, tenths = moment.at, _is_taken(moment), round(10 * _outdoor(moment, 53))
    vehicles = (moment.count(0, 1, 256) + 1) // 2 % 128
    centivolts = 320 + moment.battery // 3
    payload = pni_placepod.encode(
        centivolts=centivolts, temperature=tenths, taken=taken, vehicles=vehicles
    )
    values = (
        Value("vehicles", vehicles, at, register=True),
        Value("occupied", float(taken), at),
        Value("temperature", tenths / 10, at),
        Value("battery_voltage", centivolts / 100, at),
    )
    return Frame(pni_placepod.F_PORT, payload, values)


def _nps405(moment: Moment) -> Frame:
    """Tell a change with the time before it, or else that all is well."""
    at, taken = moment.at, _is_taken(moment)
    state = Value("occupied", float(taken), at)
    if not _has_changed(moment):
        steps, halves = (3100 + 4 * moment.battery) // 4, round(2 * _outdoor(moment, 54))
        payload = nwave.alive(taken=taken, millivolts=4 * steps, half_degrees=halves)
        voltage = Value("battery_voltage", 4 * steps / 1000, at)
        return Frame(nwave.ALIVE, payload, (state, voltage, Value("temperature", halves / 2, at)))
    changes = moment.counted(0)
    lasted = moment.reached(0, changes) - moment.reached(0, changes - 1)
    minutes = int(lasted / 60)
    told = nwave.minutes_of(nwave.code(minutes))
    name = "vacant_time" if taken else "parked_time"
    before = () if told is None else (Value(name, 60 * told, at),)
    return Frame(nwave.CHANGE, nwave.change(taken=taken, before=minutes), (state, *before))


def _ncc405(moment: Moment) -> Frame:
    vehicles = moment.count(0, 1, 2**16)
    values = (Value("vehicles", vehicles, moment.at, register=True),)
    return Frame(nwave.CHANGE, nwave.count(vehicles), values)


def _tcr(moment: Moment) -> Frame:
    """Tell only what passed since the last message."""
    at, salt = moment.at, moment.device.salt
    battery, solar = 6400 + 8 * moment.battery, round(4800 * weather.sun(at))
    tenths = round(10 * _outdoor(moment, 55))
    values = [
        Value("battery_voltage", battery / 1000, at),
        Value("solar_power", solar / 1000, at),
        Value("temperature", tenths / 10, at),
    ]
    untold = []
    passed: list[parametric_tcr.Passed] = []
    for place in range(2 * parametric_tcr.CLASSES):
        channel, count = place // 2 + 1, moment.passed(place)
        mean = round(_SPEEDS[place // 2] * (0.9 + 0.2 * unit(salt, 56 + place, moment.number)))
        way = ("in", "out")[place % 2]
        values.append(Value(f"vehicles_{way}_period", count, at, channel))
        if count:
            values.append(Value(f"speed_{way}", mean, at, channel))
        truth = moment.counted(place)
        untold.append(Value(f"vehicles_{way}", truth, at, channel, register=True))
        passed.append((count, mean if count else 0))
    payload = parametric_tcr.encode(
        battery=battery,
        solar=solar,
        temperature=tenths,
        classes=list(zip(passed[::2], passed[1::2], strict=True)),
    )
    return Frame(parametric_tcr.F_PORT, payload, tuple(values), untold=tuple(untold))


FRAMES: Mapping[str, Callable[[Moment], Frame]] = {
    "bosch_tps110": _bosch,
    "libelium_smart_parking": _libelium,
    "nwave_nps405": _nps405,
    "nwave_ncc405": _ncc405,
    "parametric_tcr": _tcr,
    "pni_placepod": _pni,
}
