"""Bernau bei Berlin: its municipal buildings with their meters, beside its visitor counters."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from . import catalogue, visitors
from .clock import EPOCH
from .curves import curve
from .inventory import Device, Silence, device_salt, serial
from .loads import Leak, Scaled
from .noise import mix, text_salt
from .plans import Plan, start

_DAY = 86_400
_GAS = 10.3
"""kWh in a cubic metre of gas."""
_HEAT_PER_M3 = 29.0
"""kWh that a cubic metre of district heating water gives off."""


class Building(NamedTuple):
    """A building, how it is used, and its full load in kW and m³ per hour; 0: no such meter."""

    name: str
    use: str
    electricity: float
    heat: float
    gas: float
    water: float


BUILDINGS = (
    Building("Rathaus", "office", 46, 140, 0, 0.55),
    Building("Neues Rathaus Bürgermeisterstraße", "office", 62, 165, 0, 0.7),
    Building("Grundschule am Blumenhag", "school", 38, 190, 0, 1.1),
    Building("Georg-Rollenhagen-Grundschule", "school", 33, 175, 0, 0.95),
    Building("Grundschule an der Hasenheide", "school", 36, 0, 180, 1.05),
    Building("Grundschule Schönow", "school", 27, 0, 150, 0.8),
    Building("Tobias-Seiler-Oberschule", "school", 41, 205, 0, 1.2),
    Building("Kita Angergang", "daycare", 11, 48, 0, 0.32),
    Building("Kita Pankeknirpse", "daycare", 12, 0, 52, 0.35),
    Building("Kita Friedenstaler Spatzen", "daycare", 14, 55, 0, 0.4),
    Building("Kita Regenbogen Schönow", "daycare", 10, 0, 44, 0),
    Building("Hort an der Hasenheide", "daycare", 9, 38, 0, 0.25),
    Building("Feuerwehr Bernau", "fire", 18, 70, 0, 0.3),
    Building("Feuerwehr Ladeburg", "fire", 6, 0, 26, 0),
    Building("Feuerwehr Schönow", "fire", 7, 0, 28, 0.1),
    Building("Erich-Wünsch-Halle", "hall", 34, 130, 0, 0.9),
    Building("Sporthalle Hasenheide", "hall", 26, 0, 95, 0.6),
    Building("Stadtbibliothek", "library", 15, 60, 0, 0.15),
    Building("Stadthalle", "culture", 44, 150, 0, 0.8),
    Building("Kulturhof", "culture", 16, 0, 64, 0.3),
    Building("Museum Henkerhaus", "museum", 3, 0, 14, 0),
    Building("Steintor mit Hungerturm", "museum", 2, 0, 0, 0),
    Building("Bauhof", "depot", 24, 85, 0, 0.7),
    Building("Jugendclub Dosto", "club", 9, 34, 0, 0.2),
    Building("Treff 23", "club", 5, 0, 22, 0),
    Building("Parkhaus am Bahnhof", "parking", 22, 0, 0, 0),
)


class SubMeter(NamedTuple):
    """A meter behind a main meter, or of something that is no building."""

    building: str
    name: str
    use: str
    medium: str
    scale: float
    export: float = 0.0
    """Peak in kW of a solar roof behind the meter."""


SUB_METERS = (
    SubMeter("Neues Rathaus Bürgermeisterstraße", "Strom Serverraum", "parking", "electricity", 9),
    SubMeter("Grundschule am Blumenhag", "Strom Küche", "daycare", "electricity", 14),
    SubMeter("Grundschule am Blumenhag", "Strom Solardach", "school", "electricity", 0.4, 58),
    SubMeter("Stadthalle", "Strom Lüftung", "culture", "electricity", 17),
    SubMeter("Parkhaus am Bahnhof", "Strom Ladesäulen", "parking", "electricity", 31),
    SubMeter("Altstadt", "Strom Straßenbeleuchtung", "parking", "lighting", 27),
    SubMeter("Erich-Wünsch-Halle", "Wasser Duschen", "hall", "water", 0.62),
    SubMeter("Bauhof", "Wasser Fahrzeugwäsche", "depot", "water", 0.41),
)


_OUIS: Mapping[str, str] = {
    "elvaco_cmi4110": "94193a",
    "axioma_qalcosonic_w1": "8c83fc",
    "decoded": "70b3d5",
    "klax": "009d6b",
    "milesight_em300_di": "24e124",
    **visitors.OUIS,
}

_LEAKING = "Grundschule am Blumenhag", "Wasser"
_LEAK = Leak(since=EPOCH + 20 * _DAY, per_hour=0.028)
_SILENT = "Kita Angergang", "Strom Haupt"
_SILENCE = Silence(cycle=16 * _DAY, heard=1.6 * _DAY)
_TAGGED_PULSE_METERS = frozenset({"Grundschule an der Hasenheide", "Sporthalle Hasenheide"})
_PULSED_WATER = frozenset({"Feuerwehr Schönow", "Bauhof", "Kulturhof"})
_SERVER_DECODES = frozenset({"Erich-Wünsch-Halle"})
"""A make that only the network server can decode."""
_SELDOM_WATER = frozenset({"Stadtbibliothek", "Jugendclub Dosto", "Feuerwehr Bernau"})


def _device(seed: int, plan: Plan) -> Device:
    place = mix(text_salt(plan.place), text_salt(plan.name)) & 0xFFFFFFFFFF
    dev_eui = f"{_OUIS[plan.codec]}{place:010x}"
    salt = device_salt(seed, dev_eui)
    counter = plan.medium in visitors.MEDIA
    number = {} if counter else {"meter_number": str(serial(salt))}
    return Device(
        dev_eui=dev_eui,
        name=plan.name,
        building=plan.place,
        application=catalogue.VISITORS if counter else catalogue.BUILDINGS,
        profile=plan.profile,
        codec=plan.codec,
        interval=plan.interval,
        loads=plan.loads,
        tags={"building": plan.place, "medium": plan.medium, **number, **plan.tags},
        silence=_SILENCE if (plan.place, plan.name) == _SILENT else None,
        salt=salt,
    )


def _electricity(place: str, name: str, load: Scaled, export: float = 0.0) -> Plan:
    sun = (Scaled(curve("museum", "solar"), export, start(place, "export", 40_000)),)
    return Plan(
        place=place,
        name=name,
        medium="electricity",
        codec="klax",
        profile=catalogue.KLAX,
        interval=900,
        loads=(load, *sun) if export else (load,),
    )


def _heat(place: str, kilowatt: float, use: str, variant: int) -> Plan:
    heat = curve(use, "heat", variant)
    volume = Scaled(heat, kilowatt / _HEAT_PER_M3, start(place, "flow", 30_000))
    return Plan(
        place=place,
        name="Fernwärme",
        medium="heat",
        codec="elvaco_cmi4110",
        profile=catalogue.CMI4110,
        interval=3600,
        loads=(Scaled(heat, kilowatt, start(place, "heat", 900_000)), volume),
    )


def _pulses(place: str, name: str, medium: str, load: Scaled) -> Plan:
    tagged = place in _TAGGED_PULSE_METERS
    model = {"model": "EM300-DI"} if tagged else {}
    return Plan(
        place=place,
        name=name,
        medium=medium,
        codec="milesight_em300_di",
        profile=catalogue.PULSE if tagged else catalogue.EM300_DI,
        interval=1800,
        loads=(load,),
        tags={"pulse_weight": "0.01", **model},
    )


def _water(place: str, name: str, load: Scaled) -> Plan:
    if place in _PULSED_WATER:
        return _pulses(place, name, "water", load)
    decodes = place in _SERVER_DECODES
    return Plan(
        place=place,
        name=name,
        medium="water",
        codec="decoded" if decodes else "axioma_qalcosonic_w1",
        profile=catalogue.ULTRASONIC if decodes else catalogue.QALCOSONIC_W1,
        interval=21_600 if place in _SELDOM_WATER else 3600,
        loads=(load,),
    )


def _meters(building: Building, variant: int) -> Iterator[Plan]:
    """Give the main meters of a building."""
    place, use = building.name, building.use
    begin = start(place, "power", 400_000)
    yield _electricity(
        place,
        "Strom Haupt",
        Scaled(curve(use, "electricity", variant), building.electricity, begin),
    )
    if building.heat:
        yield _heat(place, building.heat, use, variant)
    if building.gas:
        begin = start(place, "gas", 60_000)
        gas = Scaled(curve(use, "gas", variant), building.gas / _GAS, begin)
        yield _pulses(place, "Gas", "gas", gas)
    if building.water:
        leak = _LEAK if (place, "Wasser") == _LEAKING else None
        begin = start(place, "water", 9_000)
        yield _water(
            place,
            "Wasser",
            Scaled(curve(use, "water", variant), building.water, begin, leak=leak),
        )


def _sub_meter(meter: SubMeter) -> Plan:
    begin = start(meter.building, meter.name, 20_000)
    load = Scaled(curve(meter.use, meter.medium), meter.scale, begin)
    if meter.medium == "water":
        return _water(meter.building, meter.name, load)
    return _electricity(meter.building, meter.name, load, meter.export)


def devices(seed: int) -> list[Device]:
    """Give every meter and counter of the town."""
    plans = [
        *(plan for n, building in enumerate(BUILDINGS) for plan in _meters(building, n % 3)),
        *(_sub_meter(meter) for meter in SUB_METERS),
        *visitors.plans(seed),
    ]
    return [_device(seed, plan) for plan in plans]
