"""The shared words: what is measured, by which device, in which message, at which time."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

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

    # That of Enum is written in Python, and quantities are keys everywhere.
    __hash__ = str.__hash__

    ENERGY = "energy", Kind.REGISTER, "kWh"
    ENERGY_EXPORT = "energy_export", Kind.REGISTER, "kWh"
    ENERGY_COOLING = "energy_cooling", Kind.REGISTER, "kWh"
    VOLUME = "volume", Kind.REGISTER, "m³"
    VOLUME_REVERSE = "volume_reverse", Kind.REGISTER, "m³"
    PULSES = "pulses", Kind.REGISTER
    PEOPLE_IN = "people_in", Kind.REGISTER
    PEOPLE_OUT = "people_out", Kind.REGISTER
    ENERGY_REACTIVE = "energy_reactive", Kind.REGISTER, "kvarh"
    ENERGY_REACTIVE_EXPORT = "energy_reactive_export", Kind.REGISTER, "kvarh"
    CHARGE = "charge", Kind.REGISTER, "Ah"
    """What current clamps count: no energy, for they do not know the voltage."""
    HEAT_COST = "heat_cost", Kind.REGISTER
    """Units of a heat cost allocator."""
    CHILDREN_IN = "children_in", Kind.REGISTER
    CHILDREN_OUT = "children_out", Kind.REGISTER
    """Of which children: they are counted among the people too."""
    PASSAGES = "passages", Kind.REGISTER
    """People in both directions, where the counter cannot tell which."""
    PEOPLE_FLOW = "people_flow", Kind.REGISTER
    """People from one edge of a counter's view to another; the channel is ten
    times the number of the one edge plus that of the other, from 1."""
    MOVEMENTS = "movements", Kind.REGISTER
    """What a motion sensor saw: no number of people."""
    VEHICLES = "vehicles", Kind.REGISTER
    VEHICLES_IN = "vehicles_in", Kind.REGISTER
    VEHICLES_OUT = "vehicles_out", Kind.REGISTER

    PEOPLE_IN_PERIOD = "people_in_period", Kind.PERIOD
    PEOPLE_OUT_PERIOD = "people_out_period", Kind.PERIOD
    CHILDREN_IN_PERIOD = "children_in_period", Kind.PERIOD
    CHILDREN_OUT_PERIOD = "children_out_period", Kind.PERIOD
    PASSAGES_PERIOD = "passages_period", Kind.PERIOD
    PEOPLE_FLOW_PERIOD = "people_flow_period", Kind.PERIOD
    MOVEMENTS_PERIOD = "movements_period", Kind.PERIOD
    VEHICLES_IN_PERIOD = "vehicles_in_period", Kind.PERIOD
    VEHICLES_OUT_PERIOD = "vehicles_out_period", Kind.PERIOD
    PULSES_PERIOD = "pulses_period", Kind.PERIOD

    PEOPLE = "people", Kind.GAUGE
    PEOPLE_MAX = "people_max", Kind.GAUGE
    DEVICES_WIFI = "devices_wifi", Kind.GAUGE
    DEVICES_BLUETOOTH = "devices_bluetooth", Kind.GAUGE
    """Radio devices in range: no number of people."""
    DWELL_TIME = "dwell_time", Kind.GAUGE, "s"
    DWELL_TIME_MAX = "dwell_time_max", Kind.GAUGE, "s"
    OCCUPIED_TIME = "occupied_time", Kind.GAUGE, "s"
    PARKED_TIME = "parked_time", Kind.GAUGE, "s"
    """How long the vehicle stood that has just left."""
    VACANT_TIME = "vacant_time", Kind.GAUGE, "s"
    """How long the space was free that has just been taken."""
    SPEED = "speed", Kind.GAUGE, "km/h"
    SPEED_IN = "speed_in", Kind.GAUGE, "km/h"
    SPEED_OUT = "speed_out", Kind.GAUGE, "km/h"
    POWER = "power", Kind.GAUGE, "W"
    POWER_REACTIVE = "power_reactive", Kind.GAUGE, "var"
    POWER_APPARENT = "power_apparent", Kind.GAUGE, "VA"
    POWER_FACTOR = "power_factor", Kind.GAUGE
    VOLTAGE = "voltage", Kind.GAUGE, "V"
    CURRENT = "current", Kind.GAUGE, "A"
    """The channel of an electrical quantity is the phase, 0 the sum or the only one."""
    FREQUENCY = "frequency", Kind.GAUGE, "Hz"
    PRESSURE = "pressure", Kind.GAUGE, "bar"
    ILLUMINANCE = "illuminance", Kind.GAUGE, "lx"
    DISTANCE = "distance", Kind.GAUGE, "m"
    VALVE_OPENING = "valve_opening", Kind.GAUGE, "%"
    NOISE_LEVEL = "noise_level", Kind.GAUGE
    """Of the water in the pipe, on the scale of the maker (acoustic leak detection)."""
    OPERATING_TIME = "operating_time", Kind.GAUGE, "h"
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
    OCCUPIED = "occupied", Kind.FLAG
    MOTION = "motion", Kind.FLAG
    BRIGHT = "bright", Kind.FLAG
    CONTACT = "contact", Kind.FLAG
    """A contact input is closed."""
    VALVE_OPEN = "valve_open", Kind.FLAG
    EXCESS_FLOW = "excess_flow", Kind.FLAG
    STANDSTILL = "standstill", Kind.FLAG
    """The meter has not counted for longer than was set in it."""
    AIR = "air", Kind.FLAG
    OVERHEATED = "overheated", Kind.FLAG
    OVERLOAD = "overload", Kind.FLAG
    POWER_LOST = "power_lost", Kind.FLAG

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
    TRAFFIC = "traffic"
    PARKING = "parking"
    UNKNOWN = "unknown"


class Reading(NamedTuple):
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


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter behind a bridge, told before its readings."""

    number: str
    """Letters and digits, as on its plate; two bridges that hear it name it alike."""
    medium: Medium
    manufacturer: str = ""
    """Name, or the three letters of its identification."""


@dataclass(frozen=True, slots=True)
class Remember:
    """What the codec will need when later messages of the device come.

    Bounded by who keeps it: 16 KiB of text by device, the oldest go first.
    """

    name: str
    text: str
    """Empty: it can be forgotten."""
    lifetime: timedelta | None = None
    """From the receipt of the message on; None: for ever."""


type Told = Reading | Meter | Remember
"""What a codec gives of a message."""


def readings_of(told: Iterable[Told]) -> Iterator[Reading]:
    """Give the readings among all that a codec gives."""
    return (each for each in told if isinstance(each, Reading))


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
    counted: bool = True
    """It has a frame counter; else it is only what the server made of a message."""
    encrypted: bool = False
    """The payload is cipher text whose key the network server does not hold."""
    decoded: Mapping[str, Any] | None = None
    """What the server's own codec made of the payload."""
    rssi: float | None = None
    snr: float | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """Known of the device outside of its payload: server tags, user's choices."""
    memory: Mapping[str, str] = field(default_factory=dict)
    """What `Remember` asked for when earlier messages of the device were decoded.

    After a message that comes late, those that looked at it are decoded again.
    """


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


@dataclass(frozen=True, slots=True)
class Sent:
    """An uplink, by which device, in which session."""

    device: Device
    """As far as the message tells."""
    uplink: Uplink
    session: str = ""
    """The device joined anew where it differs from that of the uplink before."""


class DecodeError(Exception):
    """The payload is not one of this codec's; the text says why."""


class Missing(StrEnum):
    """What a message waits for."""

    KEY = "key_needed"
    """The meter's own key, that of the network is not enough."""
    RIGHT_KEY = "key_wrong"
    """Another key: with the present one the message is not what it must be."""
    HEADER = "header_needed"
    """An earlier kind of message of the device, which it sends now and then."""
    LAYOUT = "layout_needed"
    """What the registers mean is a choice made on the device, that a person must repeat."""
    UNIT = "unit_needed"
    """In which unit the register counts."""
    MAPPING = "mapping_needed"
    """What the fields mean that the network server's own codec gives."""


class WaitingError(DecodeError):
    """The payload is one of this codec's, but says nothing before something else is known.

    It is kept, and decoded when settings or memory of the device have changed.
    """

    def __init__(self, missing: Missing, meter: str = "", known: Meter | None = None) -> None:
        """Tell what is missing, and for which meter behind a bridge.

        What the message says of that meter in clear helps a person to choose.
        """
        super().__init__(f"{missing}: {meter}" if meter else str(missing))
        self.missing = missing
        self.meter = known.number if known else meter
        self.known = known


class Setting(StrEnum):
    """What a codec or a total needs to know that no payload tells."""

    MEDIUM = "medium"
    """A `Medium`."""
    PULSE_WEIGHT = "pulse_weight"
    """kWh or m³ for one pulse."""
    INTERVAL = "interval"
    """Minutes between stored values."""
    KEY = "key"
    """The meter's AES-128 key, 32 hex digits; a secret. Behind a bridge that of a
    meter is `key_` and its number."""
    UNIT = "unit"
    """Unit of the register, where the device does not tell it: one of `Unit`."""
    BYTE_ORDER = "byte_order"
    """`little` or `big`, where the device can be set to either."""
    SWAP = "swap"
    """`yes`: the counter hangs the other way round, in is out."""
    LAYOUT = "layout"
    """What the registers of the device mean; the codec tells its form."""
    CALORIFIC_VALUE = "calorific_value"
    """kWh in one m³ of gas, perhaps with the dates from which on; see `metering.gas`."""
    STATE_NUMBER = "state_number"
    """Standard m³ for one m³ that the gas meter counts, with dates like the above."""
    MAPPING = "mapping"
    """What the fields mean that the network server's own codec gives; see `mapping`."""
    LIMIT = "limit"
    """The most that its totals can count in an hour, in the unit of its medium."""
    MODULUS = "modulus"
    """Where its registers begin at zero again, in the unit of its medium."""


class Unit(StrEnum):
    """Units in which a register may count."""

    LITRE = "l"
    CUBIC_METRE = "m³"
    WATT_HOUR = "Wh"
    KILOWATT_HOUR = "kWh"
    MEGAWATT_HOUR = "MWh"


@dataclass(frozen=True, slots=True)
class Layout:
    """The form in which a codec wants `Setting.LAYOUT`."""

    example: str
    check: Callable[[str], object]
    """Raises `DecodeError` for a text that is none, and says why."""


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
    decode: Callable[[Uplink], Iterable[Told]]
    """Raises `DecodeError`; a frame counts whole or not at all."""
    bridge: bool = False
    """The readings that name a meter are not of the device, but of a meter behind it."""
    wired: bool = False
    """A bridge with all its meters at its own cable. Otherwise it hears anybody's by radio,
    and a person chooses those that are read."""
    names: tuple[str, ...] = ()
    """Further exact names of the model in tags and device profiles."""
    catalogue: tuple[str, ...] = ()
    """Identities of the model in device catalogues."""
    modulus: Mapping[Quantity, float] = field(default_factory=dict)
    """Where a register begins at zero again, in the quantity's unit."""
    settings: tuple[Setting, ...] = ()
    layout: Layout | None = None
    """Needed by those that ask for `Setting.LAYOUT`."""


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
    RATE_LIMITED = "rate_limited"
    """The server wants to be asked less often, or later."""
    STORAGE_DISABLED = "storage_disabled"
    """The server retains no uplinks until somebody switches that on."""


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


class Role(Enum):
    """What a field is for, whichever server asks for it."""

    ADDRESS = auto()
    KEY = auto()
    """A secret."""
    TENANT = auto()
    TOPIC = auto()
    """Of MQTT, with wildcards."""


class Field(StrEnum):
    """What a server needs to be reached; one translated form field each.

    Fields of the same role differ by where a person finds what belongs there.
    """

    role: Role

    def __new__(cls, value: str, role: Role) -> Self:
        """Attach the role to the name."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.role = role
        return member

    URL = "url", Role.ADDRESS
    API_KEY = "api_key", Role.KEY
    TENANT = "tenant", Role.TENANT
    CLUSTER = "cluster", Role.ADDRESS
    CLUSTER_KEY = "cluster_key", Role.KEY
    ELEMENT_URL = "element_url", Role.ADDRESS
    ELEMENT_KEY = "element_key", Role.KEY
    FIREFLY_URL = "firefly_url", Role.ADDRESS
    FIREFLY_KEY = "firefly_key", Role.KEY
    EVERYNET_URL = "everynet_url", Role.ADDRESS
    EVERYNET_KEY = "everynet_key", Role.KEY
    TOPIC = "topic", Role.TOPIC


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerType:
    """A kind of network server, and how to reach one."""

    key: str
    """Kept in configuration: never rename it."""
    name: str
    required: tuple[Field, ...]
    """Among them one address and one key, where it can be asked."""
    optional: tuple[Field, ...] = ()
    addresses: tuple[str, ...] = ()
    """Where this kind of server is found, to be chosen from; others can be typed.

    Where nothing is asked, the topics that its messages usually have.
    """
    connect: Callable[[Mapping[str, str], ClientSession], Connection]
    """From field values; opens lazily and never blocks."""
    pushed: Callable[[Mapping[str, Any]], Sent | None] | None = None
    """Reads a message that the server sends by itself: None for what is no uplink.

    Raises `ValueError` for one that cannot be understood. The same uplink gives
    the same `Uplink.id` and `received_at` as when it is polled.
    """
    polled: bool = True
    """It can be asked; else it only sends by itself."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Give all fields in order of the form."""
        return (*self.required, *self.optional)

    def field(self, role: Role) -> Field | None:
        """Give the field of a role."""
        return next((field for field in self.fields if field.role is role), None)

    def value(self, role: Role, values: Mapping[str, str]) -> str:
        """Give what was entered in the field of a role; empty where there is none."""
        field = self.field(role)
        return "" if field is None else values.get(field, "")
