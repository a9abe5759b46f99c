"""Elvaco CMi41xx: LoRaWAN modules in heat meters of other makers.

Payload: one byte of message format, then bare M-Bus records; some formats are
JSON text instead. Any fPort. Sources: Elvaco CMi4110 User's Manual, the
format list in actility/device-catalog (vendors/elvaco/drivers/cmi41xx).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from fractions import Fraction
import json
import re
import struct
from types import MappingProxyType
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._mbus import Record, What, clock, meter_number, parse, readings

_QUANTITIES: Final = frozenset(
    {
        Quantity.ENERGY,
        Quantity.ENERGY_COOLING,
        Quantity.VOLUME,
        Quantity.POWER,
        Quantity.FLOW,
        Quantity.FLOW_TEMPERATURE,
        Quantity.RETURN_TEMPERATURE,
        Quantity.FAULT,
        Quantity.CLOCK,
    }
)

_NO_METER: Final = b"\x0e\x00"
"""The whole message of a module that cannot read its meter."""

_DAILY: Final = frozenset({0x03, 0x08, 0x12, 0x18, 0x21, 0x27, 0x47, 0x4A})
"""Formats whose storage number 1 is the register at the last midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """What differs between the modules."""

    records: frozenset[int]
    """Message formats made of M-Bus records."""
    text: int
    """Message format made of JSON."""
    faults: int = 0xFFFF_FFFF
    """Error flags that mean a fault."""
    battery_low: int = 0
    """Error flags that mean an empty battery; 0: the module has none."""


_CMI4110: Final = _Module(
    records=frozenset({0x00, 0x01, 0x03, 0x04, 0x3F, 0x40, 0x41, 0x46, 0x47, 0x48, 0x49, 0x4A}),
    text=0x02,
    # Bits 12 to 15 have no meaning over LoRaWAN; bit 4 is the supply voltage.
    faults=0x0FEF,
    battery_low=0x0010,
)
_CMI4111: Final = _Module(
    records=frozenset({0x05, 0x06, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D}), text=0x07
)
_CMI4130: Final = _Module(records=frozenset({0x0F, 0x10, 0x12, 0x13, 0x14}), text=0x11)
_CMI4140: Final = _Module(
    records=frozenset(
        {0x15, 0x16, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x3B, 0x3C, 0x4D, 0x4E, 0x4F}
    ),
    text=0x17,
)
_CMI4160: Final = _Module(records=frozenset({0x1E, 0x1F, 0x21, 0x22, 0x23, 0x3D, 0x3E}), text=0x20)
_CMI4170: Final = _Module(
    records=frozenset({0x24, 0x25, 0x27, 0x28, 0x29, 0x2C, 0x2D, 0x50}), text=0x26
)


_BY_FORMAT: Final[Mapping[int, _Module]] = {
    form: module
    for module in (_CMI4110, _CMI4111, _CMI4130, _CMI4140, _CMI4160, _CMI4170)
    for form in (*module.records, module.text)
}
"""The formats are numbered through all modules, so that one device profile can serve them all."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    payload = uplink.payload
    if not payload:
        msg = "payload is empty"
        raise DecodeError(msg)
    if payload == _NO_METER:
        return checked(uplink, (Reading(Quantity.FAULT, 1),))
    form = payload[0]
    module = _BY_FORMAT.get(form)
    if module is None:
        msg = f"message format 0x{form:02X} is not known"
        raise DecodeError(msg)
    if form == module.text:
        return checked(uplink, _text(payload[1:]))
    return checked(uplink, _telegram(module, form, parse(payload[1:])))


def _telegram(module: _Module, form: int, records: Sequence[Record]) -> Iterator[Reading]:
    now, meter = clock(records), meter_number(records) or _number_in_info(records)
    times: Mapping[int, datetime] = (
        {1: datetime.combine(now, time(), now.tzinfo)} if now and form in _DAILY else {}
    )
    for reading in readings(records, Medium.HEAT, times, meter):
        if reading.quantity in _QUANTITIES:
            yield reading
    for record in records:
        what = record.head.what
        if what is What.ERROR_FLAGS:
            yield from _states(module, record.raw, now, meter)
        elif what is What.MANUFACTURER and _is_info(record):
            yield from _states(module, record.raw[:_INFO_FLAGS], now, meter)
        elif what is What.MANUFACTURER:
            yield from _compressed(record, now, meter)


def _states(module: _Module, flags: bytes, now: datetime | None, meter: str) -> Iterator[Reading]:
    """Read error flags."""
    bits = int.from_bytes(flags, "little")
    yield Reading(Quantity.FAULT, bool(bits & module.faults), 0, now, meter)
    if module.battery_low:
        yield Reading(Quantity.BATTERY_LOW, bool(bits & module.battery_low), 0, now, meter)


_COMPRESSED: Final = 0x20
"""Manufacturer's record of four values; a second code holds two exponents."""
_INFO: Final = (0x21,)
_INFO_SIZES: Final = range(8, 10)
"""Manufacturer's record that describes the meter: error flags, number, maker, kind."""
_INFO_FLAGS: Final = 1
_INFO_NUMBER: Final = slice(1, 5)
_WORD_MISSING: Final = 0xFFFF
_SHORT_MISSING: Final = -0x8000


def _compressed(record: Record, at: datetime | None, meter: str) -> Iterator[Reading]:
    """Read temperatures, flow and power: eight bytes behind 07 FF A0 xx."""
    match record.head.qualifiers:
        case (code, exponents) if code == _COMPRESSED and len(record.raw) == struct.calcsize(
            "<hhHH"
        ):
            ahead, back, flow, power = struct.unpack("<hhHH", record.raw)
        case _:
            return
    per_power = Fraction(10) ** ((exponents >> 4) - 3)
    per_flow = Fraction(10) ** ((exponents & 0x07) - 6)
    for quantity, raw, factor, missing in (
        (Quantity.FLOW_TEMPERATURE, ahead, Fraction(1, 100), _SHORT_MISSING),
        (Quantity.RETURN_TEMPERATURE, back, Fraction(1, 100), _SHORT_MISSING),
        (Quantity.FLOW, flow, per_flow, _WORD_MISSING),
        (Quantity.POWER, power, per_power, _WORD_MISSING),
    ):
        if raw != missing:
            yield Reading(quantity, float(raw * factor), 0, at, meter)


def _number_in_info(records: Sequence[Record]) -> str:
    """Give the meter number of a module that sends none of the standard records."""
    for record in records:
        if record.head.what is What.MANUFACTURER and record.head.qualifiers == _INFO:
            digits = record.raw[_INFO_NUMBER][::-1].hex()
            return digits if digits.isdecimal() else ""
    return ""


def _is_info(record: Record) -> bool:
    """Tell whether a record describes the meter, from its error flags on."""
    return record.head.qualifiers == _INFO and len(record.raw) in _INFO_SIZES


_UNITS: Final[Mapping[str, Fraction]] = {
    f"{prefix}{unit}": Fraction(10) ** power * size
    for unit, size in (
        ("wh", Fraction(1, 1000)),
        ("j", Fraction(1, 3_600_000)),
        ("cal", Fraction(41868, 36_000_000_000)),
    )
    for prefix, power in (("", 0), ("k", 3), ("m", 6), ("g", 9))
}
"""kWh for one of the unit; no milli is in use, so that case does not matter."""

_NUMBER: Final = re.compile(r"-?\d{1,12}(\.\d{1,9})?", re.ASCII)
_METER: Final = re.compile(r"\d{1,12}", re.ASCII)


def _text(payload: bytes) -> Iterator[Reading]:
    """Read `{"E":"894137","U":"kWh","ID":"70969798"}`; `{}` when the meter cannot be read."""
    try:
        content = json.loads(payload)
    except ValueError as error:
        msg = "message is not JSON"
        raise DecodeError(msg) from error
    if not isinstance(content, dict):
        msg = "message is not a JSON object"
        raise DecodeError(msg)
    if not content:
        yield Reading(Quantity.FAULT, 1)
        return
    energy, meter = str(content.get("E", "")), str(content.get("ID", ""))
    unit = _UNITS.get(str(content.get("U", "")).casefold())
    if unit is None or not _NUMBER.fullmatch(energy):
        msg = "message tells no energy in a known unit"
        raise DecodeError(msg)
    known = meter if _METER.fullmatch(meter) else ""
    yield Reading(Quantity.ENERGY, float(Fraction(energy) * unit), meter=known)


def _codec(model: str, modulus: Mapping[Quantity, float] = MappingProxyType({})) -> Codec:
    return Codec(
        key=f"elvaco_{model.lower()}",
        manufacturer="Elvaco",
        model=model,
        medium=Medium.HEAT,
        quantities=_QUANTITIES | {Quantity.BATTERY_LOW},
        decode=_decode,
        catalogue=(f"elvaco/{model.lower()}",),
        modulus=modulus,
    )


CODECS: Final[tuple[Codec, ...]] = (
    # Eight decimal digits of kWh and 10 l, as the UH50 shows with its usual settings.
    _codec("CMi4110", modulus={Quantity.ENERGY: 1e8, Quantity.VOLUME: 1e6}),
    *map(_codec, ("CMi4111", "CMi4130", "CMi4140", "CMi4160", "CMi4170")),
)
