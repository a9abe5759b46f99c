"""From loads to frames: what a device shows, rounds and sends at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import schedule, weather
from .faults import Faults, Kind
from .inventory import Device
from .noise import unit
from .payloads import (
    axioma_qalcosonic_w1,
    elvaco_cmi4110,
    klax,
    milesight,
    parametric_pcr2,
    ultrasonic,
)

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Value:
    """One value as a frame conveys it; the unit is fixed by the quantity."""

    quantity: str
    value: float
    at: float
    channel: int = 0
    register: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What a device sends, and what that says."""

    f_port: int
    payload: bytes
    values: tuple[Value, ...]
    decoded: Mapping[str, Any] = field(default_factory=dict)
    """As the codec on the network server would put it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A device at the time of a transmission."""

    device: Device
    at: float
    before: float
    """Time of the previous transmission."""
    number: int
    faults: Faults

    def count(self, place: int, per_unit: float, modulus: int, at: float | None = None) -> int:
        """Give what a register shows, in whole counts of which `per_unit` make one unit."""
        when = self.at if at is None else at
        load = self.device.loads[place]

        def raw(moment: float) -> int:
            return int(load.total(moment) * per_unit + 1e-6)

        shown = raw(when)
        for fault in self.faults.of(Kind.ROLLOVER, self.device):
            shown += modulus - raw(fault.since)
        for fault in self.faults.of(Kind.RESET, self.device):
            if when >= fault.since:
                shown = raw(when) - raw(fault.since)
        return shown % modulus

    def passed(self, place: int, limit: int = 65_535) -> int:
        """Give the people counted since the previous transmission."""
        load = self.device.loads[place]
        return min(limit, int(load.total(self.at) + 1e-6) - int(load.total(self.before) + 1e-6))

    @property
    def restarted(self) -> bool:
        """Whether a reset lies between the previous transmission and this one."""
        return any(
            self.before < fault.since <= self.at
            for fault in self.faults.of(Kind.RESET, self.device)
        )

    @property
    def battery(self) -> int:
        """Charge in percent."""
        return round(schedule.battery(self.device, int(self.at * 1000)))


def _elvaco(moment: Moment) -> Frame:
    device, at = moment.device, moment.at
    energy = moment.count(0, 1, 10**8)
    volume = moment.count(1, 100, 10**8)
    power = round(device.loads[0].rate(at) * 10)
    flow = round(device.loads[1].rate(at) * 1000)
    cold = max(0.0, 18 - weather.outdoor(at))
    supply = round((62 + 1.4 * cold + 2 * unit(device.salt, 21, moment.number)) * 10)
    back = round((38 + 0.3 * cold + 2 * unit(device.salt, 22, moment.number)) * 10)
    payload = elvaco_cmi4110.encode(
        energy=energy,
        volume=volume,
        power=power,
        flow=flow,
        flow_temperature=supply,
        return_temperature=back,
        serial=device.serial,
        clock=at,
    )
    return Frame(
        elvaco_cmi4110.F_PORT,
        payload,
        (
            Value("energy", energy, at, register=True),
            Value("volume", volume / 100, at, register=True),
            Value("power", power * 100, at),
            Value("flow", flow / 1000, at),
            Value("flow_temperature", supply / 10, at),
            Value("return_temperature", back / 10, at),
        ),
    )


def _axioma(moment: Moment) -> Frame:
    at = moment.at
    clock = int(at)
    begin = clock - clock % _HOUR - axioma_qalcosonic_w1.HOURS * _HOUR
    hours = [begin + _HOUR * hour for hour in range(axioma_qalcosonic_w1.HOURS + 1)]
    log = [moment.count(0, 1000, 2**32, hour) for hour in hours]
    volume = moment.count(0, 1000, 2**32, clock)
    leak = moment.device.loads[0].leaks(at)
    payload = axioma_qalcosonic_w1.encode(
        clock=clock,
        status=axioma_qalcosonic_w1.LEAK if leak else 0,
        volume=volume,
        log_clock=begin,
        log=log,
    )
    return Frame(
        axioma_qalcosonic_w1.F_PORT,
        payload,
        (Value("volume", volume / 1000, clock, register=True),),
    )


def _ultrasonic(moment: Moment) -> Frame:
    at = moment.at
    litres = moment.count(0, 1000, 2**32)
    flow = round(moment.device.loads[0].rate(at) * 1000)
    payload = ultrasonic.encode(litres=litres, litres_per_hour=flow, battery=moment.battery)
    return Frame(
        ultrasonic.F_PORT,
        payload,
        (
            Value("volume", litres / 1000, at, register=True),
            Value("flow", flow / 1000, at),
            Value("battery", moment.battery, at),
        ),
        {
            "total_volume_m3": f"{litres / 1000:.3f}",
            "flow": {"value": float(flow), "unit": "l/h"},
            "battery_percent": float(moment.battery),
            "frame_type": "regular",
        },
    )


def _klax(moment: Moment) -> Frame:
    device, at = moment.device, moment.at
    battery = 10 * round(moment.battery / 10)
    times = [at - step * device.interval for step in range(4)]
    registers = [
        [moment.count(place, 1000, 2**31, when) for when in times]
        for place in range(len(device.loads))
    ]
    payload = klax.encode(
        battery=battery,
        index=moment.number,
        server_id=klax.server_id("EMH", device.serial),
        registers=registers,
    )
    names = ("energy", "energy_export")
    values = [
        Value(name, row[0] / 1000, at, register=True)
        for name, row in zip(names, registers, strict=False)
    ]
    return Frame(klax.F_PORT, payload, (*values, Value("battery", battery, at)))


def _em300_di(moment: Moment) -> Frame:
    device, at = moment.device, moment.at
    weight = float(device.tags["pulse_weight"])
    pulses = moment.count(0, 1 / weight, 2**32)
    cellar = 12 + 0.25 * weather.outdoor(at) + unit(device.salt, 23, moment.number)
    temperature = round(cellar * 10)
    humidity = round(2 * (58 + 6 * unit(device.salt, 24, moment.number // 8)))
    battery = moment.battery if moment.number % 24 == 0 else None
    payload = milesight.em300_di(
        battery=battery, temperature=temperature, humidity=humidity, pulses=pulses
    )
    values = [
        Value("pulses", pulses, at, register=True),
        Value("volume", pulses * weight, at, register=True),
        Value("temperature", temperature / 10, at),
        Value("humidity", humidity / 2, at),
    ]
    decoded = {"temperature": temperature / 10, "humidity": humidity / 2, "pulse": float(pulses)}
    if battery is not None:
        values.append(Value("battery", battery, at))
        decoded["battery"] = float(battery)
    return Frame(milesight.F_PORT, _after_restart(moment, payload), tuple(values), decoded)


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
    return Frame(milesight.F_PORT, _after_restart(moment, payload), values)


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
    return Frame(milesight.F_PORT, _after_restart(moment, payload), tuple(values), decoded)


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
        *_people(total, period, at, 0),
        Value("battery_voltage", battery / 1000, at),
        Value("solar_power", solar / 1000, at),
        Value("temperature", temperature / 10, at),
    )
    return Frame(parametric_pcr2.F_PORT, payload, values)


def _people(
    total: tuple[int, int], period: tuple[int, int], at: float, channel: int
) -> Sequence[Value]:
    return (
        Value("people_in", total[0], at, channel, register=True),
        Value("people_out", total[1], at, channel, register=True),
        Value("people_in_period", period[0], at, channel),
        Value("people_out_period", period[1], at, channel),
    )


def _after_restart(moment: Moment, payload: bytes) -> bytes:
    return milesight.RESTARTED + payload if moment.restarted else payload


FRAMES: Mapping[str, Callable[[Moment], Frame]] = {
    "elvaco_cmi4110": _elvaco,
    "axioma_qalcosonic_w1": _axioma,
    "decoded": _ultrasonic,
    "klax": _klax,
    "milesight_em300_di": _em300_di,
    "milesight_vs350": _vs350,
    "milesight_vs133": _vs133,
    "parametric_pcr2": _pcr2,
}


def frame(device: Device, number: int, faults: Faults) -> Frame:
    """Give the frame of one transmission as the device sends it."""
    at = schedule.sent_at(device, number) / 1000
    before = schedule.sent_at(device, number - 1) / 1000
    return FRAMES[device.codec](Moment(device, at, before, number, faults))


def shown(device: Device, at: float, faults: Faults) -> tuple[Value, ...]:
    """Give what the registers really show at a time, rounded as the device rounds."""
    values = FRAMES[device.codec](Moment(device, at, at - device.interval, 0, faults)).values
    return tuple(value for value in values if value.register)
