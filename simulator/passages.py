"""What counters at entrances and passages send."""

from collections.abc import Callable, Mapping, Sequence

from . import weather
from .moments import Frame, Moment, Value, after_restart
from .noise import unit
from .payloads import (
    eurecam_comptipix,
    hkt_people_counter,
    imbuildings,
    milesight,
    milesight_vs360,
    parametric_pcr2,
    pipiot_peoplesense,
    terabee,
    yosensi_people_counter,
)

type Pair = tuple[int, int]
"""In and out."""


def _people(
    total: tuple[int, int], period: tuple[int, int], at: float, channel: int
) -> Sequence[Value]:
    return (
        Value("people_in", total[0], at, channel, register=True),
        Value("people_out", total[1], at, channel, register=True),
        Value("people_in_period", period[0], at, channel),
        Value("people_out_period", period[1], at, channel),
    )


def _directions(total: Pair, at: float) -> tuple[Value, ...]:
    return (
        Value("people_in", total[0], at, register=True),
        Value("people_out", total[1], at, register=True),
    )


def _totals(moment: Moment, modulus: int, line: int = 0) -> Pair:
    return moment.count(2 * line, 1, modulus), moment.count(2 * line + 1, 1, modulus)


def _periods(moment: Moment, line: int = 0) -> Pair:
    return moment.passed(2 * line), moment.passed(2 * line + 1)


def _vs350(moment: Moment) -> Frame:
    device, at = moment.device, moment.at
    total = moment.count(0, 1, 2**16), moment.count(1, 1, 2**16)
    period = moment.passed(0), moment.passed(1)
    temperature = round((weather.outdoor(at) + unit(device.salt, 25, moment.number)) * 10)
    clock = int(at)
    payload = milesight.vs350(
        battery=moment.battery,
        temperature=temperature,
        total=total,
        period=period,
        clock=clock,
    )
    values = (
        *_people(total, period, clock, 0),
        Value("temperature", temperature / 10, clock),
        Value("battery", moment.battery, clock),
    )
    return Frame(milesight.F_PORT, after_restart(moment, payload), values)


def _vs133(moment: Moment) -> Frame:
    device, at = moment.device, moment.at
    places = range(0, len(device.loads), 2)
    totals = [(moment.count(p, 1, 2**32), moment.count(p + 1, 1, 2**32)) for p in places]
    periods = [(moment.passed(p), moment.passed(p + 1)) for p in places]
    inside = [min(255, round(device.loads[p].rate(at) / 12)) for p in places]
    regions = [*inside, 0, 0, 0][:4]
    payload = milesight.vs133(totals=totals, periods=periods, regions=regions)
    values: list[Value] = []
    decoded: dict[str, float] = {}
    for line, (total, period) in enumerate(zip(totals, periods, strict=True), 1):
        values += _people(total, period, at, line)
        for what, (came, went) in (("total", total), ("period", period)):
            decoded[f"line_{line}_{what}_in"] = float(came)
            decoded[f"line_{line}_{what}_out"] = float(went)
    for region, people in enumerate(regions, 1):
        values.append(Value("people", people, at, region))
        decoded[f"region_{region}_count"] = float(people)
    return Frame(milesight.F_PORT, after_restart(moment, payload), tuple(values), decoded)


def _pcr2(moment: Moment) -> Frame:
    device, at = moment.device, moment.at
    total = moment.count(0, 1, 2**16), moment.count(1, 1, 2**16)
    period = moment.passed(0), moment.passed(1)
    battery = 6400 + 8 * moment.battery
    solar = round(3300 * weather.sun(at))
    temperature = round((weather.outdoor(at) + 4 * unit(device.salt, 26, moment.number)) * 10)
    payload = parametric_pcr2.encode(
        period=period, total=total, battery=battery, solar=solar, temperature=temperature
    )
    values = (
        *_directions(total, at),  # the period is a part of them, and of no use
        Value("battery_voltage", battery / 1000, at),
        Value("solar_power", solar / 1000, at),
        Value("temperature", temperature / 10, at),
    )
    return Frame(parametric_pcr2.F_PORT, payload, values)


def _vs360(moment: Moment) -> Frame:
    at, node = moment.at, max(1, moment.battery - 3)
    total, period = _totals(moment, 2**16), _periods(moment)
    payload = milesight_vs360.encode(
        battery=moment.battery, node_battery=node, total=total, period=period
    )
    values = (
        *_people(total, period, at, 0),
        Value("battery", moment.battery, at),
        Value("battery", node, at, 1),
    )
    return Frame(milesight_vs360.F_PORT, after_restart(moment, payload), values)


def _terabee(moment: Moment) -> Frame:
    total = _totals(moment, 2**32)
    payload = terabee.encode(total=total)
    return Frame(terabee.F_PORT, payload, _directions(total, moment.at))


def _imbuildings(moment: Moment) -> Frame:
    at, centivolts = moment.at, 240 + moment.battery // 2
    total, period = _totals(moment, 2**16), _periods(moment)
    payload = imbuildings.encode(
        identity=moment.device.dev_eui,
        centivolts=centivolts,
        period=period,
        total=total,
        number=moment.number,
    )
    voltage = Value("battery_voltage", centivolts / 100, at)
    return Frame(imbuildings.F_PORT, payload, (*_directions(total, at), voltage))


def _hkt(moment: Moment) -> Frame:
    at, total = moment.at, _totals(moment, 2**32)
    payload = hkt_people_counter.encode(
        total=total, period=_periods(moment), battery=moment.battery
    )
    values = (*_directions(total, at), Value("battery", moment.battery, at))
    return Frame(hkt_people_counter.F_PORT, payload, values)


def _yosensi(moment: Moment) -> Frame:
    total = _totals(moment, 2**32)
    payload = yosensi_people_counter.encode(
        number=moment.number, age=0, period=_periods(moment), total=total
    )
    return Frame(yosensi_people_counter.F_PORT, payload, _directions(total, moment.at))


def _eurecam(moment: Moment) -> Frame:
    """Tell on each line in and out since the last message, as the layout of the device says."""
    clock = int(moment.at)
    periods = [_periods(moment, line) for line in range(len(moment.device.loads) // 2)]
    payload = eurecam_comptipix.encode(
        lines=[(came, went, 0, 0, 0) for came, went in periods], clock=clock
    )
    values: list[Value] = []
    untold: list[Value] = []
    for line, (came, went) in enumerate(periods, 1):
        for place, (name, count) in enumerate((("people_in", came), ("people_out", went))):
            values.append(Value(f"{name}_period", count, clock, line))
            truth = moment.counted(2 * line - 2 + place)
            untold.append(Value(name, truth, clock, line, register=True))
    return Frame(eurecam_comptipix.F_PORT, payload, tuple(values), untold=tuple(untold))


def _pipiot(moment: Moment) -> Frame:
    at, passages = moment.at, moment.passed(0)
    centivolts = 5 * (110 + moment.battery // 4)
    celsius = round(weather.outdoor(at))
    share, rest = divmod(passages, pipiot_peoplesense.PARTS)
    parts = [share + (place < rest) for place in range(pipiot_peoplesense.PARTS)]
    payload = pipiot_peoplesense.encode(centivolts=centivolts, parts=parts, celsius=celsius)
    values = (
        Value("passages_period", passages, at),
        Value("battery_voltage", centivolts / 100, at),
        Value("temperature", celsius, at),
    )
    untold = (Value("passages", moment.counted(0), at, register=True),)
    return Frame(pipiot_peoplesense.F_PORT, payload, values, untold=untold)


FRAMES: Mapping[str, Callable[[Moment], Frame]] = {
    "milesight_vs350": _vs350,
    "milesight_vs133": _vs133,
    "milesight_vs360": _vs360,
    "parametric_pcr2": _pcr2,
    "terabee_l_xl": _terabee,
    "imbuildings_people_counter": _imbuildings,
    "hkt_people_counter": _hkt,
    "yosensi_people_counter": _yosensi,
    "eurecam_comptipix": _eurecam,
    "pipiot_peoplesense": _pipiot,
}
