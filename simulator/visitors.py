"""Bernau's visitor counters, sensors in rooms, radars and parking spaces."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from . import catalogue
from .curves import visitor_curve
from .inventory import Profile
from .loads import Load, Scaled
from .people.bernau import quarter
from .people.quarter import Crossings, Quarter, gate_number
from .plans import Plan, start

MEDIA = frozenset({"people", "traffic", "parking"})


class Counter(NamedTuple):
    """A visitor counter: where, which model, and the gate at each of its lines."""

    place: str
    name: str
    model: str
    interval: float
    gates: tuple[str, ...]
    """By their names in `people.bernau`."""


COUNTERS = (
    Counter("Bahnhof", "Haupteingang", "vs133", 900, ("train", "train_side")),
    Counter("Bahnhof", "Ausgang Ladestraße", "vs350", 900, ("yard",)),
    Counter("Bahnhof", "Fahrradstation", "pcr2", 900, ("bicycles",)),
    Counter("Bushaltestelle Bahnhof", "Bussteig 1", "vs350", 900, ("bus_1",)),
    Counter("Bushaltestelle Bahnhof", "Bussteig 2", "vs350", 900, ("bus_2",)),
    Counter("Parkhaus am Bahnhof", "Fußgängertür", "vs350", 900, ("garage",)),
    Counter("Parkplatz Waschspüle", "Zugang Altstadt", "pcr2", 900, ("wash_park",)),
    Counter("Parkplatz Mauerstraße", "Zugang Altstadt", "pcr2", 900, ("wall_park",)),
    Counter("Steintor", "Durchgang", "pcr2", 900, ("stone_gate",)),
    Counter("Mühlentor", "Durchgang", "pcr2", 900, ("mill_gate",)),
    Counter("Königstor", "Durchgang", "vs350", 900, ("kings_gate",)),
    Counter("Marktplatz", "Bürgermeisterstraße", "pcr2", 900, ("market",)),
    Counter("Rathaus", "Eingang Bürgerservice", "vs133", 900, ("town_hall",)),
    Counter("Stadtbibliothek", "Eingang", "vs350", 900, ("library",)),
    Counter("Bahnhofsplatz", "Ostseite", "vs360", 900, ("east",)),
    Counter("Bahnhofsplatz", "Aufgang Gleis 1", "l_xl", 900, ("platform",)),
    Counter("Stadthalle", "Saaleingang", "imbuildings", 900, ("hall",)),
    Counter("Treff 23", "Eingang", "hkt", 900, ("club",)),
    Counter("Stadtpark", "Eingang Mühlenstraße", "yosensi", 900, ("park",)),
    Counter("Galerie Bernau", "Eingang", "comptipix", 900, ("gallery", "gallery_yard")),
    Counter("Tourist-Information", "Verkaufsraum", "vs121", 900, ("information",)),
)


class Spot(NamedTuple):
    """A sensor that tells no way in or out: where, which model, what, when, how much."""

    place: str
    name: str
    model: str
    medium: str
    crowd: str
    interval: float
    amounts: tuple[float, ...]
    """Of each register, in the busiest hour."""


SPOTS = (
    Spot("Stadtmauer", "Rundweg", "peoplesense", "people", "strolling", 900, (35,)),
    Spot("Stadtbibliothek", "Lesesaal", "vs321", "people", "reading", 900, (24,)),
    Spot("Rathaus", "Sitzungssaal", "vs370", "people", "errands", 1800, (3,)),
    Spot("Bahnhofsplatz", "Öffentliche Toilette", "vs373", "people", "commuter", 900, (9,)),
    Spot("Neues Rathaus Bürgermeisterstraße", "Raum 1", "ers_eye", "people", "errands", 900, (18,)),
    Spot("Neues Rathaus Bürgermeisterstraße", "Raum 2", "tbms100", "people", "errands", 1800, (9,)),
    Spot("Kulturhof", "Probenraum", "ms10", "people", "strolling", 1800, (14,)),
    Spot("Jugendclub Dosto", "Billardraum", "smart_room", "people", "strolling", 900, (20,)),
    Spot("Stadtbibliothek", "Leseplatz", "strips", "people", "reading", 1800, (6,)),
    Spot("Marktplatz", "Mobilgeräte", "paxcounter", "people", "strolling", 600, (160,)),
    Spot("Parkplatz Waschspüle", "Stellplatz 1", "nps405", "parking", "strolling", 900, (2.2,)),
    Spot("Parkplatz Waschspüle", "Stellplatz 2", "libelium", "parking", "strolling", 900, (1.9,)),
    Spot("Parkplatz Mauerstraße", "Ladeplatz", "tps110", "parking", "strolling", 900, (1.2,)),
    Spot("Bahnhofsplatz", "Kurzzeitparken", "placepod", "parking", "commuter", 900, (5.5,)),
    Spot("Parkplatz Waschspüle", "Einfahrt", "ncc405", "traffic", "strolling", 1800, (45,)),
    Spot(
        *("B2 Weißenseer Straße", "Verkehrsradar", "tcr", "traffic", "commuter", 900),
        (14, 12, 55, 60, 420, 390, 30, 28),
    ),
)

_SMALL_MAKERS = "70b3d5"
"""Of the registry, for makers with few devices."""
_MODELS: tuple[tuple[str, str, Profile, str], ...] = (
    # name in the tables above, decoder, device profile, maker's part of the DevEUI
    ("vs133", "milesight_vs133", catalogue.VS133, "24e124"),
    ("vs350", "milesight_vs350", catalogue.VS350, "24e124"),
    ("vs360", "milesight_vs360", catalogue.VS360, "24e124"),
    ("vs121", "milesight_vs121", catalogue.VS121, "24e124"),
    ("vs321", "milesight_vs321", catalogue.VS321, "24e124"),
    ("vs370", "milesight_vs370", catalogue.VS370, "24e124"),
    ("vs373", "milesight_vs373", catalogue.VS373, "24e124"),
    ("pcr2", "parametric_pcr2", catalogue.PCR2, "647fda"),
    ("tcr", "parametric_tcr", catalogue.TCR, "647fda"),
    ("l_xl", "terabee_l_xl", catalogue.TERABEE, _SMALL_MAKERS),
    ("imbuildings", "imbuildings_people_counter", catalogue.IMBUILDINGS, "0004a3"),
    ("hkt", "hkt_people_counter", catalogue.HKT, _SMALL_MAKERS),
    ("yosensi", "yosensi_people_counter", catalogue.YOSENSI, _SMALL_MAKERS),
    ("comptipix", "eurecam_comptipix", catalogue.COMPTIPIX, _SMALL_MAKERS),
    ("peoplesense", "pipiot_peoplesense", catalogue.PEOPLESENSE, _SMALL_MAKERS),
    ("ers_eye", "elsys_ers_eye", catalogue.ERS_EYE, "a81758"),
    ("tbms100", "browan_tbms100", catalogue.TBMS100, "e8e1e1"),
    ("ms10", "merryiot_ms10", catalogue.MS10, "e8e1e1"),
    ("smart_room", "tektelic_smart_room", catalogue.SMART_ROOM, "647fda"),
    ("strips", "sensative_strips_presence", catalogue.STRIPS, _SMALL_MAKERS),
    ("paxcounter", "esp32_paxcounter", catalogue.PAXCOUNTER, _SMALL_MAKERS),
    ("nps405", "nwave_nps405", catalogue.NPS405, _SMALL_MAKERS),
    ("ncc405", "nwave_ncc405", catalogue.NCC405, _SMALL_MAKERS),
    ("libelium", "libelium_smart_parking", catalogue.LIBELIUM, _SMALL_MAKERS),
    ("tps110", "bosch_tps110", catalogue.TPS110, _SMALL_MAKERS),
    ("placepod", "pni_placepod", catalogue.PLACEPOD, _SMALL_MAKERS),
)
MODELS: Mapping[str, tuple[str, Profile]] = {
    name: (codec, profile) for name, codec, profile, _ in _MODELS
}
OUIS: Mapping[str, str] = {codec: oui for _, codec, _, oui in _MODELS}
_TAGS: Mapping[str, Mapping[str, str]] = {
    "eurecam_comptipix": {"layout": "people_in_period people_out_period - - -"},
}
"""What no payload of a model tells."""


def _counter(counter: Counter, town: Quarter) -> Plan:
    codec, profile = MODELS[counter.model]
    loads: list[Load] = []
    for line, name in enumerate(counter.gates, 1):
        # Who was inside when the counter was mounted had not been counted coming in.
        begin = round(start(counter.place, f"{counter.name} {line}", 40_000))
        number = gate_number(town, name)
        loads += (Crossings(town, number, direction, begin) for direction in (0, 1))
    return Plan(
        place=counter.place,
        name=counter.name,
        medium="people",
        codec=codec,
        profile=profile,
        interval=counter.interval,
        loads=tuple(loads),
        tags=_TAGS.get(codec, {}),
    )


def _spot(spot: Spot, variant: int) -> Plan:
    codec, profile = MODELS[spot.model]
    crowd = visitor_curve(spot.crowd, variant)
    return Plan(
        place=spot.place,
        name=spot.name,
        medium=spot.medium,
        codec=codec,
        profile=profile,
        interval=spot.interval,
        loads=tuple(
            Scaled(crowd, amount, round(start(spot.place, f"{spot.name} {n}", 9_000)))
            for n, amount in enumerate(spot.amounts)
        ),
    )


def plans(seed: int) -> Iterator[Plan]:
    """Give all counters and sensors."""
    town = quarter(seed)
    yield from (_counter(counter, town) for counter in COUNTERS)
    yield from (_spot(spot, n % 4) for n, spot in enumerate(SPOTS))
