"""What is known of a device, and its form in storage."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from ..metering.gas import Conversion, Converted
from ..metering.hours import Period, Stretch
from ..metering.limits import Span
from ..metering.plausibility import Own
from ..metering.pulses import Weighed, Weights
from ..metering.register import Decision, Kind as DecisionKind, Point, Sample, Total
from ..metering.silence import Heard as DayHeard, Rhythm
from ..metering.watch import Finding, Watch
from ..model import Device, Kind, Medium, Quantity, Reading
from .memory import Memory, from_json as memory_from_json, to_json as memory_to_json

QUANTITIES: Final = {str(quantity): quantity for quantity in Quantity}
"""By their names."""

TOTAL_OF: Final = {
    quantity: QUANTITIES[quantity.removesuffix("_period")]
    for quantity in Quantity
    if quantity.kind is Kind.PERIOD
}
"""Of which total a count since the previous message is a part."""

type Key = tuple[Quantity, int]
"""A quantity and its channel."""
RESTART: Final[Key] = (Quantity.RESTART, 0)
"""Under which the restarts of a device are kept."""


class Source(NamedTuple):
    """What a total follows."""

    register: Key
    weights: Weights = ()
    """Where it is one of pulses."""
    gas: Conversion = ()
    """Where it is the energy of a volume of gas."""


def suffix_of(key: Key) -> str:
    """Give the part of an identity that names a quantity and its channel: never change it."""
    quantity, channel = key
    return f"{quantity}_{channel}" if channel else str(quantity)


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest uplink of a device."""

    at: datetime
    f_cnt: int
    rssi: float | None = None
    snr: float | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """A register of a device and its total."""

    total: Total
    floor: float = 0.0
    """The highest total ever shown: a late sample never makes it fall."""
    since: datetime | None = None
    """Samples from before are no longer kept, nor taken."""
    gaps: tuple[Stretch, ...] = ()
    """Long stretches without a sample."""
    own: Own = (None, None)
    """Limits by which it was judged, as far as a person has set them."""

    @property
    def is_sum(self) -> bool:
        """Whether the device tells no total: it is what we summed up."""
        return self.total.last.period

    @property
    def shown(self) -> float:
        """The total as everybody sees it."""
        return max(self.total.value, self.floor)


@dataclass(frozen=True, slots=True)
class Energy:
    """The energy of a volume of gas."""

    conversion: Conversion
    shown: float
    """The highest total ever shown: another factor never makes it fall."""


@dataclass(frozen=True, slots=True)
class Value:
    """The present value of a quantity and when it was measured."""

    value: float
    at: datetime
    display: float | None = None
    """What the meter itself shows, where that is another number."""
    excess: float = 0.0
    """How far a total stands too high, until what is counted has caught up with it."""
    is_sum: bool = False
    """A total that the device does not tell: what a lost message counted is missing."""


class Limited(NamedTuple):
    """A total beside one of its limits."""

    limit: float
    start: datetime
    """When the period began."""
    consumption: float
    """What was surely consumed in it."""
    exceeded: bool
    previous: float = 0.0
    """What was surely consumed in the period before."""
    opening: Point | None = None
    """From where on the consumption counts; None as long as nothing was read in the period."""


class Seen(NamedTuple):
    """Up to where the past of a total was looked at."""

    days_by: str
    """How days were told from each other."""
    day: int
    """When, by local time."""
    last: int | None = None
    """The newest day that was kept."""
    end: float | None = None
    """The total at its end."""
    least: float | None = None
    """What is not worth a word in an hour of this meter."""
    hour: datetime | None = None
    """The end of the newest hour."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What the limits and watches of a place tell."""

    counted: Mapping[tuple[Key, Span], Limited] = field(default_factory=dict)
    """Of all that people ask about, by an endless limit where there is none."""
    limits: Mapping[tuple[Key, Span], Limited] = field(default_factory=dict)
    findings: Mapping[tuple[Key, Watch], Finding] = field(default_factory=dict)
    seen: Mapping[Key, Seen] = field(default_factory=dict)
    alarms: Mapping[tuple[Key, str], datetime] = field(default_factory=dict)
    """Since when each alarm holds, by total and name."""


UNWATCHED: Final = Watched()


class Found(NamedTuple):
    """A meter that a bridge has heard."""

    at: datetime
    medium: Medium
    maker: str = ""
    missing: str = ""
    """What its newest message waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """Everything that is known of one device, or of one meter behind a bridge."""

    device: Device
    codec: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Tags of the device, its profile and its application."""
    meter: str = ""
    heard: Heard | None = None
    lost: int = 0
    """Uplinks that never arrived, by the frame counter."""
    rhythm: Rhythm = ()
    """How it was heard in the last days."""
    problem: str = ""
    """Why the newest payload gave no readings."""
    judged: datetime | None = None
    """When that payload was received."""
    tried: str = ""
    """Fingerprint of the settings with which waiting messages were decoded last."""
    memory: Memory = field(default_factory=dict)
    recalls: bool = False
    """Whether what its messages mean depends on earlier ones."""
    found: Mapping[str, Found] = field(default_factory=dict)
    """Of a bridge: the meters that it heard, by their numbers."""
    via: Mapping[str, datetime] = field(default_factory=dict)
    """Of a meter: when it was heard last through each bridge."""
    medium: Medium | None = None
    """Of a meter behind a bridge."""
    maker: str = ""
    latest: Mapping[Key, Reading] = field(default_factory=dict)
    """Newest reading of what is no register."""
    registers: Mapping[Key, Register] = field(default_factory=dict)
    weights: Mapping[int, Weights] = field(default_factory=dict)
    """By channel of the pulses."""
    energies: Mapping[Key, Energy] = field(default_factory=dict)
    """By total of volume."""
    decoding: Mapping[str, str] | None = None
    """Settings with which its payloads are decoded; None before the first."""
    decisions: tuple[tuple[Key, Decision], ...] = ()
    values: Mapping[Key, Value] = field(default_factory=dict)
    """What entities show; follows from the rest."""
    totals: Mapping[Key, Source] = field(default_factory=dict)
    """Every total of the device; follows from the rest."""
    consumed: Mapping[tuple[Key, Period], float] = field(default_factory=dict)
    """By total and period; follows from the samples."""
    spread: timedelta = timedelta()
    """How much of this month lies in gaps of its totals; follows from the samples."""
    watched: Watched = UNWATCHED
    """What limits and watches tell; follows from the samples and the alarms that hold."""

    @property
    def bridge(self) -> str:
        """Give through which device a meter is heard, always the same of several."""
        return min(self.via, default="")

    @property
    def tags(self) -> dict[str, str]:
        """Give what the network server says of the device; its own tags win."""
        return {**self.settings, **self.device.tags}

    @property
    def building(self) -> str:
        """Give where the device is, if the network server knows."""
        return self.tags.get("building", "")


def updated(state: DeviceState, **fields: Any) -> DeviceState:
    """Give a state with other fields; itself where none differs, as most do not."""
    same = all(getattr(state, name) == value for name, value in fields.items())
    return state if same else replace(state, **fields)


def to_json(state: DeviceState) -> dict[str, Any]:
    """Give the state as JSON values."""
    heard = state.heard
    return {
        "device": asdict(state.device),
        "codec": state.codec,
        "settings": dict(state.settings),
        "meter": state.meter,
        "heard": heard and [_seconds(heard.at), heard.f_cnt, heard.rssi, heard.snr],
        "lost": state.lost,
        "problem": state.problem,
        "latest": [
            [r.quantity, r.channel, r.value, _seconds(r.at), r.meter]
            for r in state.latest.values()
            if r.at is not None
        ],
        "registers": [
            [
                *(*key, _total_json(r.total), r.floor, r.since and _seconds(r.since)),
                *([[*map(_seconds, gap)] for gap in r.gaps], r.own),
            ]
            for key, r in state.registers.items()
        ],
        "weights": [[ch, *map(_fields, weights)] for ch, weights in state.weights.items()],
        "energies": [
            [
                *key,
                e.shown,
                *([_seconds(s.since), s.factor, s.volume, s.energy] for s in e.conversion),
            ]
            for key, e in state.energies.items()
        ],
        "decoding": None if state.decoding is None else dict(state.decoding),
        "decisions": [
            [*key, d.kind, _seconds(d.at), d.before, d.after] for key, d in state.decisions
        ],
        **_recalled_json(state),
        **_bridged_json(state),
    }


def from_json(data: Mapping[str, Any]) -> DeviceState:
    """Build the state from JSON values; raises ValueError, KeyError or TypeError."""
    heard = data["heard"]
    return DeviceState(
        device=Device(**data["device"]),
        codec=data["codec"],
        settings=data["settings"],
        meter=data["meter"],
        heard=heard and Heard(_time(heard[0]), *heard[1:]),
        lost=data["lost"],
        problem=data["problem"],
        latest={
            (QUANTITIES[quantity], channel): Reading(
                QUANTITIES[quantity], value, channel, _time(at), meter
            )
            for quantity, channel, value, at, meter in data["latest"]
        },
        registers={
            (QUANTITIES[quantity], channel): Register(
                _total(total),
                floor,
                since and _time(since),
                tuple((_time(begin), _time(end)) for begin, end in gaps),
                (per_hour, modulus),
            )
            for quantity, channel, total, floor, since, gaps, (per_hour, modulus) in data[
                "registers"
            ]
        },
        weights={
            channel: tuple(Weighed(*fields) for fields in weights)
            for channel, *weights in data["weights"]
        },
        energies={
            (QUANTITIES[quantity], channel): Energy(
                tuple(Converted(_time(since), *fields) for since, *fields in conversion), shown
            )
            for quantity, channel, shown, *conversion in data["energies"]
        },
        decoding=data["decoding"],
        decisions=tuple(
            (
                (QUANTITIES[quantity], channel),
                Decision(DecisionKind(kind), _time(at), before, after),
            )
            for quantity, channel, kind, at, before, after in data["decisions"]
        ),
        **_recalled(data),
        **_bridged(data),
    )


def _recalled_json(state: DeviceState) -> dict[str, Any]:
    """Give what connects the messages of a device; nothing for most of them."""
    judged = state.judged and _seconds(state.judged)
    given = {"judged": judged, "tried": state.tried, "recalls": state.recalls}
    memory = memory_to_json(state.memory)
    rhythm = [list(day) for day in state.rhythm]
    told = {**given, "memory": memory, "rhythm": rhythm}
    return {name: value for name, value in told.items() if value}


def _recalled(data: Mapping[str, Any]) -> dict[str, Any]:
    judged = data.get("judged")
    return {
        "judged": judged and _time(judged),
        "tried": data.get("tried", ""),
        "recalls": data.get("recalls", False),
        "memory": memory_from_json(data.get("memory", {})),
        "rhythm": tuple(DayHeard(*day) for day in data.get("rhythm", ())),
    }


def _bridged_json(state: DeviceState) -> dict[str, Any]:
    """Give what a bridge and its meters know of each other; nothing for most devices."""
    given = {
        "found": {number: [_seconds(f.at), *f[1:]] for number, f in state.found.items()},
        "via": {dev_eui: _seconds(at) for dev_eui, at in state.via.items()},
        "medium": state.medium,
        "maker": state.maker,
    }
    return {name: value for name, value in given.items() if value}


def _bridged(data: Mapping[str, Any]) -> dict[str, Any]:
    medium = data.get("medium")
    return {
        "found": {
            number: Found(_time(at), Medium(of), maker, missing)
            for number, (at, of, maker, missing) in data.get("found", {}).items()
        },
        "via": {dev_eui: _time(at) for dev_eui, at in data.get("via", {}).items()},
        "medium": medium and Medium(medium),
        "maker": data.get("maker", ""),
    }


def _fields(weighed: Weighed) -> list[float]:
    return [weighed.weight, weighed.pulses, weighed.value]


def _seconds(at: datetime) -> float:
    return at.timestamp()


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _total_json(total: Total) -> list[Any]:
    suspect = total.suspect
    return [total.value, _sample_json(total.last), suspect and _sample_json(suspect)]


def _total(data: list[Any]) -> Total:
    value, last, suspect = data
    return Total(value, _sample(last), suspect and _sample(suspect))


def _sample_json(sample: Sample) -> list[Any]:
    told = [_seconds(sample.at), sample.value, sample.meter, sample.restarted]
    return [*told, sample.period, sample.f_cnt] if sample.period else told


def _sample(data: list[Any]) -> Sample:
    return Sample(_time(data[0]), *data[1:])
