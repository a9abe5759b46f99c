"""From loads to frames: what a device shows, rounds and sends at a time."""

from collections.abc import Callable, Mapping

from . import passages, rooms, schedule, vehicles, weather
from .faults import Faults
from .inventory import Device
from .moments import Frame, Moment, Value, after_restart
from .noise import unit
from .payloads import axioma_qalcosonic_w1, elvaco_cmi4110, klax, milesight, ultrasonic

_HOUR = 3600


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
    return Frame(milesight.F_PORT, after_restart(moment, payload), tuple(values), decoded)


FRAMES: Mapping[str, Callable[[Moment], Frame]] = {
    "elvaco_cmi4110": _elvaco,
    "axioma_qalcosonic_w1": _axioma,
    "decoded": _ultrasonic,
    "klax": _klax,
    "milesight_em300_di": _em300_di,
    **passages.FRAMES,
    **rooms.FRAMES,
    **vehicles.FRAMES,
}


def frame(device: Device, number: int, faults: Faults) -> Frame:
    """Give the frame of one transmission as the device sends it."""
    at = schedule.sent_at(device, number) / 1000
    previous = number - 1
    while schedule.is_mac_only(device, previous):
        previous -= 1
    before = schedule.sent_at(device, previous) / 1000
    return FRAMES[device.codec](Moment(device, at, before, number, faults))


def shown(device: Device, at: float, faults: Faults) -> tuple[Value, ...]:
    """Give what the registers really show at a time, rounded as the device rounds."""
    frame = FRAMES[device.codec](Moment(device, at, at - device.interval, 0, faults))
    return tuple(value for value in (*frame.values, *frame.untold) if value.register)
