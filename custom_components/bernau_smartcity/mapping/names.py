"""Names under which public codecs give what they read: one row for each meaning.

A name is written without case and without what stands between its words; `#` is
a number in it, which becomes the channel. Names of the first table say by
themselves that the number only ever rises; those of the second may also be
counts of a period, and those of the third are what they are at the moment.
Collected from the codecs of makers and the device repositories of network servers.
"""

from collections.abc import Iterable, Mapping
import re
from typing import Final, NamedTuple

from ..model import Medium, Quantity

_TOTALS: Final[Mapping[Quantity, str]] = {
    Quantity.ENERGY: """
        totalenergy energytotal accumulatedenergy energyaccumulated energycounter energyindex
        energyreading meterenergy heatmeterenergy totalheatenergy importactiveenergy
        activeenergyimport activeenergyimportt# activeenergyimportl#t# activeenergytotal
        totalactiveenergy consumedactiveenergyindex activeenergyindex electricitytotal
        electricitydeliveredtoclientt# electricitydeliveredtoclient tariff#energy
        energytariff# importenergy energyimport totalimport cumulativeenergy heattotal
        """,
    Quantity.ENERGY_EXPORT: """
        exportactiveenergy activeenergyexport activeenergyexportt# activeenergyexportl#t#
        electricitydeliveredbyclientt# electricitydeliveredbyclient exportenergy energyexport
        totalexport producedactiveenergyindex
        """,
    Quantity.ENERGY_COOLING: "totalcoolingenergy coolingenergytotal coolingtotal",
    Quantity.ENERGY_REACTIVE: """
        importreactiveenergy reactiveenergyimport reactiveenergyimportt# totalreactiveenergy
        """,
    Quantity.ENERGY_REACTIVE_EXPORT: "exportreactiveenergy reactiveenergyexport",
    Quantity.VOLUME: """
        totalvolume volumetotal metervolume totalwater watertotal totalwaterconsumption
        accumulatedvolume cumulativevolume totalconsumption totalflow flowtotal
        watermeterreading gastotal totalgas volumecounter volumeindex
        """,
    Quantity.VOLUME_REVERSE: """
        reversevolume totalreversevolume volumereverse backflowvolume reverseflowvolume
        """,
    Quantity.PULSES: """
        totalpulse totalpulses pulsetotal pulsestotal totalpulse# totalcounter totalcount
        """,
    Quantity.PEOPLE_IN: """
        totalin totalcounterin peopletotalin line#totalin totalpeoplein ltrsum
        totalcountera abscounta sumlefttoright absolutefw lineintotal
        """,
    Quantity.PEOPLE_OUT: """
        totalout totalcounterout peopletotalout line#totalout totalpeopleout rtlsum
        totalcounterb abscountb sumrighttoleft absolutebw lineouttotal
        """,
    Quantity.VEHICLES: "vehicletotal totalvehicles",
    Quantity.HEAT_COST: "hcaunits heatcostunits currenthca",
}

_PERHAPS_TOTALS: Final[Mapping[Quantity, str]] = {
    Quantity.ENERGY: "energy heatenergy energy# e heat activeenergy currentindex",
    Quantity.ENERGY_COOLING: "coolingenergy",
    Quantity.VOLUME: """
        volume currentvolume lastvolume latestvolume logvolume readvolume water gas liters litres
        waterflowvalue zs stzs volume# watervolume gasvolume heatvolume usagecounter
        """,
    Quantity.PULSES: """
        pulse pulses pulse# countera counterb counter# counter pulsech# index# channela
        channelb count count# pulsecounter pulsecounter# pulsecount pulsecount# gpiocounter#
        gpioinput#counter countervalue channels#index
        """,
    Quantity.PEOPLE_IN: "countin peoplein",
    Quantity.PEOPLE_OUT: "countout peopleout",
    Quantity.VEHICLES: "vehiclecount",
    Quantity.MOVEMENTS: "motioncount movements",
}

_COUNTS: Final[Mapping[Quantity, str]] = {
    Quantity.PEOPLE_IN_PERIOD: """
        periodin periodcounterin periodiccounterin line#periodin ltr lefttoright
        """,
    Quantity.PEOPLE_OUT_PERIOD: """
        periodout periodcounterout periodiccounterout line#periodout rtl righttoleft
        """,
    Quantity.VEHICLES_IN_PERIOD: "ltrcounter",
    Quantity.VEHICLES_OUT_PERIOD: "rtlcounter",
}

_MOMENTS: Final[Mapping[Quantity, str]] = {
    Quantity.POWER: """
        power activepower totalpower currentpower poweractive activepowertotal instantpower
        heatpower activepowerl#
        """,
    Quantity.POWER_REACTIVE: "reactivepower",
    Quantity.POWER_FACTOR: "powerfactor cosphi",
    Quantity.VOLTAGE: "voltage voltagel# ul# voltagephase#",
    Quantity.CURRENT: "currentl# il# currentphase#",
    Quantity.FREQUENCY: "frequency gridfrequency",
    Quantity.FLOW: "flow flowrate volumeflow currentflow waterflow volumeflowrate",
    Quantity.FLOW_TEMPERATURE: """
        flowtemperature forwardtemperature supplytemperature inlettemperature flowtemp
        forwardtemp supplytemp
        """,
    Quantity.RETURN_TEMPERATURE: """
        returntemperature returntemp outlettemperature backtemperature
        """,
    Quantity.TEMPERATURE_DIFFERENCE: "temperaturedifference difftemperature tempdiff",
    Quantity.TEMPERATURE: """
        temperature temp ambienttemperature watertemperature metertemperature temperatureboard
        boardtemperature internaltemperature
        """,
    Quantity.HUMIDITY: "humidity hum relativehumidity",
    Quantity.PRESSURE: "pressure waterpressure",
    Quantity.BATTERY: """
        battery batteryperc batterylevel batterypercent batterypercentage bat sbxbatt
        """,
    Quantity.BATTERY_VOLTAGE: "batteryvoltage batv vbat batteryv voltagebattery",
    Quantity.PEOPLE: """
        peoplecount peoplecountall peoplecounterall peopletotalcounts region#count region#
        zoneglobal occupants
        """,
    Quantity.PEOPLE_MAX: "peoplecountmax",
    Quantity.DWELL_TIME: "dwelltimeavg region#avgdwell",
    Quantity.DWELL_TIME_MAX: "dwelltimemax region#maxdwell",
    Quantity.SPEED_IN: "ltrspeed",
    Quantity.SPEED_OUT: "rtlspeed",
    Quantity.DEVICES_WIFI: "wifi",
    Quantity.DEVICES_BLUETOOTH: "ble bluetooth",
    Quantity.ILLUMINANCE: "illuminance lux light",
    Quantity.LEAK: "leak leakage leakalarm leakdetected waterleak",
    Quantity.BURST: "burst burstalarm pipeburst",
    Quantity.BACKFLOW: "backflow reverseflow backflowalarm",
    Quantity.DRY: "dry emptypipe dryalarm",
    Quantity.FROST: "frost freeze freezing frostalarm",
    Quantity.TAMPER: "tamper tampered fraud magneticfraud tamperalarm manipulation",
    Quantity.BATTERY_LOW: "batterylow lowbattery lowbatt",
    Quantity.OCCUPIED: "occupied occupancy parkingstatus",
    Quantity.MOTION: "motion",
}

PERIOD_WORDS: Final = {
    *("delta", "deltas", "diff", "increment", "increments", "interval", "period", "periodic"),
    *("lasthour", "hourly", "daily", "monthly", "yesterday", "avg", "mean", "average"),
}
"""Words of names that count for a while only, or are no register at all."""
TOTAL_WORDS: Final = {
    *("total", "totals", "cumulative", "cumulated", "accumulated", "zählerstand", "zaehlerstand"),
}
"""Words that say that a number only rises."""
STORED: Final = {
    *("history", "historic", "historical", "log", "logs", "archive", "archived", "archieved"),
    *("stored", "previous", "first"),
}
"""Words of paths to values from earlier times, of which nobody knows which."""
ASIDE: Final = {
    *("timestamp", "time", "date", "datetime", "serial", "id", "version", "port", "fcnt", "rssi"),
    *("limit", "fallback", "threshold", "offset", "min", "max", "minimum", "maximum"),
    *("snr", "status", "error", "errors", "code", "checksum", "crc", "length", "type", "unix"),
}
"""Words of names that tell about the message or the device."""
GENERIC: Final = {"value", "data", "val", "reading", "current", "last", "total", "count", "now"}
"""Last words that say nothing without those before."""

MEDIA: Final[Mapping[str, Medium]] = {
    "water": Medium.WATER,
    "wasser": Medium.WATER,
    "heat": Medium.HEAT,
    "wärme": Medium.HEAT,
    "thermal": Medium.HEAT,
    "gas": Medium.GAS,
    "cooling": Medium.COOLING,
    "electricity": Medium.ELECTRICITY,
    "active": Medium.ELECTRICITY,
    "strom": Medium.ELECTRICITY,
}
"""Words that tell the medium."""


class Meaning(NamedTuple):
    """What a name stands for."""

    quantity: Quantity
    channel: int = 0
    rises: bool = False
    """The name itself says that it only rises."""
    medium: Medium = Medium.UNKNOWN
    is_obis: bool = False
    by_unit: bool = False
    """Only its unit tells it."""


def _rows(table: Mapping[Quantity, str], *, rises: bool) -> Iterable[tuple[str, Meaning]]:
    for quantity, names in table.items():
        for name in names.split():
            yield name, Meaning(quantity, rises=rises)


SPELLINGS: Final[Mapping[str, Meaning]] = dict(
    [
        *_rows(_TOTALS, rises=True),
        *_rows(_PERHAPS_TOTALS, rises=False),
        *_rows(_COUNTS, rises=False),
        *_rows(_MOMENTS, rises=False),
    ]
)

_LETTERS: Final = {"countera": 1, "counterb": 2, "channela": 1, "channelb": 2}


def meaning_of(words: Iterable[str]) -> Meaning | None:
    """Give what a name stands for, None for one that nobody knows."""
    name = "".join(words)
    known = SPELLINGS.get(name)
    if known is not None:
        return known._replace(channel=_LETTERS.get(name, 0))
    numbers = re.findall(r"\d+", name)
    known = SPELLINGS.get(re.sub(r"\d+", "#", name))
    return known._replace(channel=int(numbers[-1][:3])) if known and numbers else None


_OBIS: Final = re.compile(
    r"(?:id_?)?(?:obis_?)?"
    r"(?:(?P<a>\d{1,2})[-_](?P<b>\d{1,3})[:_])?"
    r"(?P<c>\d{1,2})[._](?P<d>\d{1,2})[._](?P<e>\d{1,2})(?:[*_]\d{1,3})?",
    re.IGNORECASE | re.ASCII,
)
_ELECTRIC: Final[Mapping[tuple[int, int], Meaning]] = {
    (1, 8): Meaning(Quantity.ENERGY, rises=True),
    (2, 8): Meaning(Quantity.ENERGY_EXPORT, rises=True),
    (3, 8): Meaning(Quantity.ENERGY_REACTIVE, rises=True),
    (4, 8): Meaning(Quantity.ENERGY_REACTIVE_EXPORT, rises=True),
    (1, 7): Meaning(Quantity.POWER),
    (16, 7): Meaning(Quantity.POWER),
    (13, 7): Meaning(Quantity.POWER_FACTOR),
    (14, 7): Meaning(Quantity.FREQUENCY),
    **{(c, 7): Meaning(Quantity.POWER, phase) for phase, c in enumerate((21, 41, 61), 1)},
    **{(c, 7): Meaning(Quantity.CURRENT, phase) for phase, c in enumerate((31, 51, 71), 1)},
    **{(c, 7): Meaning(Quantity.VOLTAGE, phase) for phase, c in enumerate((32, 52, 72), 1)},
}
"""By the groups C and D of the number (IEC 62056-61)."""
_OTHER_MEDIA: Final[Mapping[tuple[int, int], Meaning]] = {
    (5, 1): Meaning(Quantity.ENERGY_COOLING, rises=True, medium=Medium.COOLING),
    (6, 1): Meaning(Quantity.ENERGY, rises=True, medium=Medium.HEAT),
    (6, 2): Meaning(Quantity.VOLUME, rises=True, medium=Medium.HEAT),
    (7, 3): Meaning(Quantity.VOLUME, rises=True, medium=Medium.GAS),
    (8, 1): Meaning(Quantity.VOLUME, rises=True, medium=Medium.WATER),
    (9, 1): Meaning(Quantity.VOLUME, rises=True, medium=Medium.WATER),
}
"""By the groups A and C."""


_NOW: Final = {0, 1, 8}
"""Values of the group D that stand for the present reading."""


def obis_meaning(name: str) -> Meaning | None:
    """Give what an OBIS number stands for; its last group but one is the tariff."""
    match = _OBIS.fullmatch(name)
    if match is None:
        return None
    medium, c, d, e = int(match["a"] or 1), int(match["c"]), int(match["d"]), int(match["e"])
    known = _ELECTRIC.get((c, d)) if medium == 1 else _OTHER_MEDIA.get((medium, c))
    if known is None or (medium != 1 and d not in _NOW):
        return None
    channel = e if known.rises else known.channel
    of = Medium.ELECTRICITY if medium == 1 else known.medium
    return known._replace(channel=channel, medium=of, is_obis=True)
