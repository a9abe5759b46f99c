"""What the registers of a device mean, where a person chose it on the device.

The setting `layout` is a list of entries, one a line or separated by `;`:

    REGISTER = QUANTITY [: TYPE] [: SCALE] [: CHANNEL]

    3002 = flow : float32 : 3600         m³/s become m³/h
    1/0x15B = energy : int32 : 0.01 : 1  register 347 of the device 1, tariff 1
    1/medium = heat                      what the device 1 measures …
    1/number = 12345678                  … and its number; else its address

REGISTER is a number (decimal, or hexadecimal with 0x); what it counts is told by
the codec: Modbus registers, channels, positions in a list. In front of it, with
a slash, stands the address of the device where there may be several. QUANTITY is
one of `QUANTITIES`; SCALE makes its unit of the number that was sent, 1 if it is
left out. TYPE is one of `TYPES` where the device sends bare registers. What
follows a `#` is a comment.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from math import isfinite
import re
import struct
from types import MappingProxyType
from typing import Final, NamedTuple

from ..model import (
    Layout as Form,
    Medium,
    Missing,
    Quantity,
    Reading,
    Setting,
    Uplink,
    WaitingError,
)

QUANTITIES: Final = frozenset(
    {
        Quantity.ENERGY,
        Quantity.ENERGY_EXPORT,
        Quantity.ENERGY_COOLING,
        Quantity.ENERGY_REACTIVE,
        Quantity.ENERGY_REACTIVE_EXPORT,
        Quantity.VOLUME,
        Quantity.VOLUME_REVERSE,
        Quantity.PULSES,
        Quantity.POWER,
        Quantity.POWER_REACTIVE,
        Quantity.POWER_APPARENT,
        Quantity.POWER_FACTOR,
        Quantity.VOLTAGE,
        Quantity.CURRENT,
        Quantity.FREQUENCY,
        Quantity.FLOW,
        Quantity.TEMPERATURE,
        Quantity.FLOW_TEMPERATURE,
        Quantity.RETURN_TEMPERATURE,
        Quantity.TEMPERATURE_DIFFERENCE,
        Quantity.HUMIDITY,
        Quantity.PRESSURE,
        Quantity.DISTANCE,
        Quantity.OPERATING_TIME,
    }
)
"""What a register may hold."""

TYPES: Final[Mapping[str, struct.Struct]] = {
    "uint16": struct.Struct(">H"),
    "int16": struct.Struct(">h"),
    "uint32": struct.Struct(">I"),
    "int32": struct.Struct(">i"),
    "uint64": struct.Struct(">Q"),
    "int64": struct.Struct(">q"),
    "float32": struct.Struct(">f"),
    "float64": struct.Struct(">d"),
}
"""Numbers of one or more registers, the most significant first; with `_swapped`
behind its name the least significant register comes first."""

_SWAPPED: Final = "_swapped"
_MEDIUM, _NUMBER = "medium", "number"
_PLACE: Final = re.compile(
    r"(?:(\d{1,3})\s*/\s*)?(\d{1,5}|0x[0-9a-f]{1,4}|medium|number)", re.ASCII
)
_SCALE: Final = re.compile(r"-?\d{1,12}(?:[.,]\d{1,12})?(?:e[-+]?\d)?", re.ASCII)
_CHANNEL: Final = re.compile(r"\d{1,3}", re.ASCII)
_METER_NUMBER: Final = re.compile(r"[\w.-]{1,32}", re.ASCII)


class LayoutError(WaitingError):
    """The layout cannot be understood; what waits for it is decoded when it was mended."""

    def __init__(self, text: str) -> None:
        """Tell what is wrong with which entry."""
        super().__init__(Missing.LAYOUT)
        self.args = (f"layout: {text}",)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one register, or several that form a number, hold."""

    quantity: Quantity
    type: str = ""
    """Empty where it is left out."""
    scale: Decimal = Decimal(1)
    channel: int = 0

    @property
    def size(self) -> int:
        """How many bytes the number has."""
        return self._struct.size

    def number(self, data: bytes) -> float | None:
        """Read the number that begins the data, None if it is not one."""
        raw = data[: self.size]
        if self.type.endswith(_SWAPPED):
            raw = b"".join(raw[place : place + 2] for place in range(len(raw) - 2, -1, -2))
        (number,) = self._struct.unpack(raw)
        return number if isfinite(number) else None

    def reading(self, number: float, at: datetime | None = None, meter: str = "") -> Reading:
        """Give a number that was sent in the unit of the quantity."""
        value = float(Decimal(number) * self.scale)
        return Reading(self.quantity, value, self.channel, at, meter)

    @property
    def _struct(self) -> struct.Struct:
        return TYPES[self.type.removesuffix(_SWAPPED) or "uint16"]


@dataclass(frozen=True, slots=True)
class Layout:
    """All entries, by address of the device (0 where there is but one) and register."""

    entries: Mapping[tuple[int, int], Entry]
    media: Mapping[int, Medium] = field(default_factory=dict)
    numbers: Mapping[int, str] = field(default_factory=dict)

    def within(self, device: int, first: int, count: int) -> Iterator[tuple[int, Entry]]:
        """Give the entries for so many registers of a device from a first one on."""
        for register in range(first, first + count):
            if (entry := self.entries.get((device, register))) is not None:
                yield register, entry


class Register(NamedTuple):
    """A number that the device read from elsewhere, and that the layout gives a meaning."""

    number: int
    value: float
    at: datetime | None = None


def explained(uplink: Uplink, told: Iterable[Reading | Register]) -> Iterator[Reading]:
    """Give readings, and those that the layout makes of registers.

    Without a layout registers are left out; a message that tells nothing else waits for it.
    """
    found = tuple(told)
    readings = [each for each in found if isinstance(each, Reading)]
    registers = [each for each in found if isinstance(each, Register)]
    yield from readings
    if registers and (not readings or _text(uplink)):
        entries = layout(uplink, typed=False).entries
        for register in registers:
            if (entry := entries.get((0, register.number))) and isfinite(register.value):
                yield entry.reading(register.value, register.at)


def layout(uplink: Uplink, *, typed: bool = True) -> Layout:
    """Give the layout of the device; raises `WaitingError` if there is none that can be read.

    Not `typed`: the device itself tells what kind of number it sends.
    """
    if not (text := _text(uplink)):
        raise WaitingError(Missing.LAYOUT)
    return _parse(text, typed)


def check_typed(text: str) -> Layout:
    """Read a layout of bare registers; raises `LayoutError`, which says what is wrong."""
    return _parse(text, True)  # noqa: FBT003  # the cache tells keywords apart


def check_untyped(text: str) -> Layout:
    """Read a layout of a device that tells types itself; raises `LayoutError`."""
    return _parse(text, False)  # noqa: FBT003  # the cache tells keywords apart


def _text(uplink: Uplink) -> str:
    return uplink.settings.get(Setting.LAYOUT, "").strip()


@lru_cache(maxsize=256)
def _parse(text: str, typed: bool) -> Layout:  # noqa: FBT001  # the cache tells keywords apart
    entries: dict[tuple[int, int], Entry] = {}
    media: dict[int, Medium] = {}
    numbers: dict[int, str] = {}
    seen: set[tuple[int, int | str]] = set()
    for line in re.split(r"[;\n]", text):
        statement = line.partition("#")[0].strip()
        if not statement:
            continue
        place, equals, meaning = (part.strip() for part in statement.partition("="))
        if not equals:
            msg = f"{statement!r} has no ="
            raise LayoutError(msg)
        device, register = _place(place)
        if (device, register) in seen:
            msg = f"{place!r} occurs twice"
            raise LayoutError(msg)
        seen.add((device, register))
        if isinstance(register, int):
            entries[device, register] = _entry(meaning, typed=typed)
        elif register == _MEDIUM:
            media[device] = _medium(meaning)
        else:
            numbers[device] = _meter_number(meaning)
    if not entries:
        msg = "no register has a meaning"
        raise LayoutError(msg)
    return Layout(MappingProxyType(entries), MappingProxyType(media), MappingProxyType(numbers))


def _place(text: str) -> tuple[int, int | str]:
    match = _PLACE.fullmatch(text.lower())
    if match is None:
        msg = f"{text!r} is no register"
        raise LayoutError(msg)
    register = match[2] if match[2] in {_MEDIUM, _NUMBER} else _integer(match[2])
    return int(match[1] or 0), register


def _integer(text: str) -> int:
    """Read a number; int() would take 010 for a mistake."""
    return int(text, 16) if text.startswith("0x") else int(text)


def _entry(text: str, *, typed: bool) -> Entry:
    name, *rest = (part.strip().lower() for part in text.split(":"))
    kind = ""
    if rest and rest[0].removesuffix(_SWAPPED) in TYPES:
        kind, *rest = rest
        if not typed:
            msg = f"{kind!r} is too much: the device tells the type itself"
            raise LayoutError(msg)
    scale, channel, *more = [*rest, "", ""][: max(2, len(rest))]
    if name not in {quantity.value for quantity in QUANTITIES}:
        msg = f"{name!r} is no quantity"
        raise LayoutError(msg)
    if more or not _SCALE.fullmatch(scale or "1") or not _CHANNEL.fullmatch(channel or "0"):
        msg = f"{text!r} is not quantity : type : scale : channel"
        raise LayoutError(msg)
    factor = Decimal((scale or "1").replace(",", "."))
    return Entry(Quantity[name.upper()], kind, factor, int(channel or "0"))


def _medium(text: str) -> Medium:
    try:
        return Medium(text.lower())
    except ValueError:
        msg = f"{text!r} is no medium"
        raise LayoutError(msg) from None


def _meter_number(text: str) -> str:
    if not _METER_NUMBER.fullmatch(text):
        msg = f"{text!r} is no number of a meter"
        raise LayoutError(msg)
    return text


TYPED: Final = Form("3002 = flow : float32 : 3600; 0x15B = energy : int32 : 0.01", check_typed)
UNTYPED: Final = Form("1 = energy : 0.01; 2 = temperature", check_untyped)
"""How the form of a device asks for a layout."""
