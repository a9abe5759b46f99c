"""The shared words: what is measured, by which device, in which message, at which time."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from aiohttp import ClientSession


class Kind(Enum):
    """How the values of a quantity relate to each other."""

    REGISTER = auto()
    """Cumulative counter: a lost uplink loses nothing."""
    PERIOD = auto()
    """Count since the previous uplink: a lost uplink is a known gap."""
    GAUGE = auto()
    """Present value, never to be summed."""
    FLAG = auto()
    """Yes (1) or no (0)."""
    MOMENT = auto()
    """Something about the message itself; never shown as a value."""


class Quantity(StrEnum):
    """What is measured, with the one unit in which every codec gives it."""

    kind: Kind
    unit: str

    def __new__(cls, value: str, kind: Kind, unit: str = "") -> Self:
        """Attach kind and unit to the name."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.kind = kind
        member.unit = unit
        return member

    ENERGY = "energy", Kind.REGISTER, "kWh"
    ENERGY_EXPORT = "energy_export", Kind.REGISTER, "kWh"
    ENERGY_COOLING = "energy_cooling", Kind.REGISTER, "kWh"
    VOLUME = "volume", Kind.REGISTER, "m³"
    VOLUME_REVERSE = "volume_reverse", Kind.REGISTER, "m³"
    PULSES = "pulses", Kind.REGISTER
    PEOPLE_IN = "people_in", Kind.REGISTER
    PEOPLE_OUT = "people_out", Kind.REGISTER

    PEOPLE_IN_PERIOD = "people_in_period", Kind.PERIOD
    PEOPLE_OUT_PERIOD = "people_out_period", Kind.PERIOD

    PEOPLE = "people", Kind.GAUGE
    DWELL_TIME = "dwell_time", Kind.GAUGE, "s"
    DWELL_TIME_MAX = "dwell_time_max", Kind.GAUGE, "s"
    POWER = "power", Kind.GAUGE, "W"
    FLOW = "flow", Kind.GAUGE, "m³/h"
    TEMPERATURE = "temperature", Kind.GAUGE, "°C"
    FLOW_TEMPERATURE = "flow_temperature", Kind.GAUGE, "°C"
    RETURN_TEMPERATURE = "return_temperature", Kind.GAUGE, "°C"
    TEMPERATURE_DIFFERENCE = "temperature_difference", Kind.GAUGE, "K"
    HUMIDITY = "humidity", Kind.GAUGE, "%"
    BATTERY = "battery", Kind.GAUGE, "%"
    BATTERY_VOLTAGE = "battery_voltage", Kind.GAUGE, "V"
    SOLAR_POWER = "solar_power", Kind.GAUGE, "W"

    LEAK = "leak", Kind.FLAG
    BURST = "burst", Kind.FLAG
    BACKFLOW = "backflow", Kind.FLAG
    DRY = "dry", Kind.FLAG
    FROST = "frost", Kind.FLAG
    TAMPER = "tamper", Kind.FLAG
    BATTERY_LOW = "battery_low", Kind.FLAG
    OBSTRUCTED = "obstructed", Kind.FLAG
    FAULT = "fault", Kind.FLAG

    CLOCK = "clock", Kind.MOMENT, "s"
    """The meter's own clock when it sent, as seconds since 1970."""
    RESTART = "restart", Kind.MOMENT
    """The device restarted: a lower register that follows has begun anew."""


class Medium(StrEnum):
    """What runs through the meter; decides what a volume or an energy means."""

    ELECTRICITY = "electricity"
    WATER = "water"
    HEAT = "heat"
    COOLING = "cooling"
    GAS = "gas"
    PEOPLE = "people"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one quantity.

    `at` is when it was measured, None when that is the time of receipt. In a
    frame that carries a `Quantity.CLOCK`, every `at` is by the meter's clock.
    """

    quantity: Quantity
    value: float
    channel: int = 0
    """Tariff, line, region or input; 0 where the device has only one."""
    at: datetime | None = None
    meter: str = ""
    """Number of the meter, where the payload tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """One message of a device as the network server delivered it."""

    dev_eui: str
    """16 lower-case hex digits."""
    id: str
    """Identity of the message on its server: the same message, the same id."""
    received_at: datetime
    f_port: int
    f_cnt: int
    payload: bytes
    encrypted: bool = False
    """The payload is cipher text whose key the network server does not hold."""
    decoded: Mapping[str, Any] | None = None
    """What the server's own codec made of the payload."""
    rssi: float | None = None
    snr: float | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """Known of the device outside of its payload: server tags, user's choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A LoRaWAN end device in the inventory of a network server."""

    dev_eui: str
    """16 lower-case hex digits."""
    name: str
    scope: str
    """What the user picks on the server: an application, a folder."""
    profile: str = ""
    """Identity of the device profile, shared by devices of one model."""
    profile_name: str = ""
    catalogue: str = ""
    """Identity or name of the model in the server's device catalogue."""
    tags: Mapping[str, str] = field(default_factory=dict)
    battery: float | None = None
    """Percent, from the LoRaWAN device status."""


class DecodeError(Exception):
    """The payload is not one of this codec's; the text says why."""


class Setting(StrEnum):
    """What a codec or a total needs to know that no payload tells."""

    MEDIUM = "medium"
    """A `Medium`."""
    PULSE_WEIGHT = "pulse_weight"
    """kWh or m³ for one pulse."""
    INTERVAL = "interval"
    """Minutes between stored values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """How the uplinks of one device model become readings."""

    key: str
    """Kept in configuration: never rename it."""
    manufacturer: str
    model: str
    medium: Medium
    quantities: frozenset[Quantity]
    """Everything that `decode` may give."""
    decode: Callable[[Uplink], Iterable[Reading]]
    """Raises `DecodeError`; a frame counts whole or not at all."""
    names: tuple[str, ...] = ()
    """Further exact names of the model in tags and device profiles."""
    catalogue: tuple[str, ...] = ()
    """Identities of the model in device catalogues."""
    modulus: Mapping[Quantity, float] = field(default_factory=dict)
    """Where a register begins at zero again, in the quantity's unit."""
    settings: tuple[Setting, ...] = ()


class Reason(StrEnum):
    """Why a network server could not be used; each has a text with the next step."""

    ADDRESS_INVALID = "address_invalid"
    NAME_UNKNOWN = "name_unknown"
    CONNECTION_REFUSED = "connection_refused"
    TIMEOUT = "timeout"
    TLS_NEEDED = "tls_needed"
    TLS_NOT_OFFERED = "tls_not_offered"
    CERTIFICATE = "certificate"
    NOT_THIS_SERVER = "not_this_server"
    SERVER_TOO_OLD = "server_too_old"
    SERVER_ERROR = "server_error"
    KEY_REJECTED = "key_rejected"
    KEY_WITHOUT_RIGHTS = "key_without_rights"
    TENANT_NEEDED = "tenant_needed"
    TENANT_UNKNOWN = "tenant_unknown"
    NO_APPLICATIONS = "no_applications"


class NetworkError(Exception):
    """A network server could not be used. Holds no secret in its text."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        """Keep the reason for a translated text; the detail is for the log."""
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason

    @property
    def is_auth(self) -> bool:
        """Whether a new key would help."""
        return self.reason in {Reason.KEY_REJECTED, Reason.KEY_WITHOUT_RIGHTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """New uplinks of one device and the cursors to keep together with them."""

    device: Device | None = None
    """As the server describes it now; None: the cursors are those of a scope."""
    uplinks: tuple[Uplink, ...] = ()
    """Oldest first; may repeat what was read before."""
    cursors: Mapping[str, str] = field(default_factory=dict)
    joined: bool = False
    """The device joined anew, so its frame counter began at zero."""
    overflowed: bool = False
    """The server no longer held everything since the last read."""
    withheld: bool = False
    """The server heard the device, but does not give what it sent."""
    malformed: int = 0
    """Messages that could not be understood and were left out."""


class Connection(Protocol):
    """An open connection to a network server."""

    async def scopes(self) -> Mapping[str, str]:
        """Give the name of each application (folder, …) by its identity."""

    async def devices(self, scopes: Iterable[str]) -> list[Device]:
        """Give the complete inventory of the scopes, or raise `NetworkError`."""

    def poll(self, scopes: Iterable[str], cursors: Mapping[str, str]) -> AsyncGenerator[Batch]:
        """Read what is new since the cursors, device by device.

        The caller keeps the cursors of a batch together with its uplinks and
        hands all that it holds back at the next poll. A device that cannot be
        read is left out and comes again; raises `NetworkError` when the server
        cannot be used at all.
        """

    async def close(self) -> None:
        """Free what the connection holds."""


class Field(StrEnum):
    """What a server needs to be reached; one translated form field each."""

    URL = "url"
    API_KEY = "api_key"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerType:
    """A kind of network server, and how to reach one."""

    key: str
    """Kept in configuration: never rename it."""
    name: str
    required: tuple[Field, ...]
    optional: tuple[Field, ...] = ()
    connect: Callable[[Mapping[str, str], ClientSession], Connection]
    """From field values; opens lazily and never blocks."""
