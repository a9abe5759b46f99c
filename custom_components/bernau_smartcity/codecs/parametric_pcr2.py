"""Parametric (PMX) PCR2: radar counter for people in two directions.

fPort 14 measurement, 190 sent once after power-up, 1 configuration; most
significant byte first. Left to right counts as in, right to left as out. The
device can be set to send one of several forms. Sources: the maker's payload
descriptions V2 to V5, ZennerIoT/element-parsers lib/parametric_pcr2.ex.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._counts import counted, once
from ._parametric import charger, temperature

type _Read = Callable[[bytes], Iterable[Reading]]

_V3: Final = struct.Struct(">3x4HBHh")
_V4: Final = struct.Struct(">3x4HHHh")
"""Counts since the last message, sums since power-up, battery, solar mW, 0.1 °C."""
_V5: Final = struct.Struct(">4x2HBB")
"""Counts since the last message, battery, number of the message."""


def _period(came: int, went: int) -> Iterator[Reading]:
    yield Reading(Quantity.PEOPLE_IN_PERIOD, came)
    yield Reading(Quantity.PEOPLE_OUT_PERIOD, went)


def _total(came: int, went: int) -> Iterator[Reading]:
    yield Reading(Quantity.PEOPLE_IN, came)
    yield Reading(Quantity.PEOPLE_OUT, went)


def _extended_v3(payload: bytes) -> Iterator[Reading]:
    came, went, came_sum, went_sum, percent, solar, tenths = _V3.unpack(payload)
    yield from _total(came_sum, went_sum)
    yield from _period(came, went)
    yield from charger(Quantity.BATTERY, percent, solar)
    yield from temperature(tenths)


def _extended_v4(payload: bytes) -> Iterator[Reading]:
    came, went, came_sum, went_sum, millivolts, solar, tenths = _V4.unpack(payload)
    yield from _total(came_sum, went_sum)
    yield from _period(came, went)
    yield from charger(Quantity.BATTERY_VOLTAGE, millivolts / 1000, solar)
    yield from temperature(tenths)


def _application_v5(payload: bytes) -> Iterator[Reading]:
    came, went, decivolts, _ = _V5.unpack(payload)
    yield from _period(came, went)
    if decivolts:
        yield Reading(Quantity.BATTERY_VOLTAGE, decivolts / 10)


def _elsys(payload: bytes) -> Iterator[Reading]:
    """Read three pairs of a key and two bytes."""
    pairs = list(struct.iter_unpack(">Bh", payload))
    values = dict(pairs)
    if len(values) < len(pairs) or values.keys() != {0x0A, 0x16, 0x01}:
        msg = "keys are not those of a PCR2"
        raise DecodeError(msg)
    yield from _period(values[0x0A] & 0xFFFF, values[0x16] & 0xFFFF)
    yield from temperature(values[0x01])


def _cayenne(payload: bytes) -> Iterator[Reading]:
    """Read the counts; the temperature behind them is described in two ways, so it is left out."""
    if payload[3:5] != b"\x01\x66":
        msg = "channels are not those of a PCR2"
        raise DecodeError(msg)
    yield from _period(payload[2], payload[5])


_FORMS: Final[tuple[tuple[bytes, frozenset[int], _Read], ...]] = (
    (b"\xbe\x01\x03", frozenset({_V3.size}), _extended_v3),
    (b"\xbe\x01\x04", frozenset({_V4.size}), _extended_v4),
    (b"\xbe\x01", frozenset({_V5.size}), _application_v5),
    (b"\x0a", frozenset({9}), _elsys),
    (b"\x00\x66", frozenset(range(6, 20)), _cayenne),
)
"""Forms of a measurement: how they begin, how long they are, how to read them."""

_V5_MARK: Final = 0xA5


def _measurement(payload: bytes) -> Iterable[Reading]:
    for begin, sizes, read in _FORMS:
        if payload.startswith(begin) and len(payload) in sizes:
            if read is _application_v5 and payload[3] != _V5_MARK:
                break
            return read(payload)
    msg = f"{len(payload)} bytes beginning with {payload[:4].hex() or 'nothing'} are no known form"
    raise DecodeError(msg)


_DESCRIPTIONS: Final = frozenset({9, 14, 20, 31, 34, 35})
_SETTINGS: Final = frozenset({6, 7})


def _description(payload: bytes) -> Iterable[Reading]:
    """Read nothing of it, but it is sent after power-up, which clears the sums."""
    if len(payload) not in _DESCRIPTIONS:
        msg = f"{len(payload)} bytes are no description of a device"
        raise DecodeError(msg)
    return (Reading(Quantity.RESTART, 1),)


def _settings(payload: bytes) -> Iterable[Reading]:
    if len(payload) not in _SETTINGS:
        msg = f"{len(payload)} bytes are no settings"
        raise DecodeError(msg)
    return ()


_PORTS: Final[Mapping[int, _Read]] = {14: _measurement, 190: _description, 1: _settings}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    read = _PORTS.get(uplink.f_port)
    if read is None:
        msg = f"fPort {uplink.f_port} is none of 1, 14 and 190"
        raise DecodeError(msg)
    return counted(uplink, once(read(uplink.payload)))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="parametric_pcr2",
        manufacturer="Parametric",
        model="PCR2",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                Quantity.PEOPLE_IN,
                Quantity.PEOPLE_OUT,
                Quantity.PEOPLE_IN_PERIOD,
                Quantity.PEOPLE_OUT_PERIOD,
                Quantity.BATTERY,
                Quantity.BATTERY_VOLTAGE,
                Quantity.SOLAR_POWER,
                Quantity.TEMPERATURE,
                Quantity.RESTART,
            }
        ),
        decode=_decode,
        names=("PMX PCR2", "PCR2-IN", "PCR2-OD", "PCR2-ODS", "PCR2-ODA", "PCR2-ODB", "PCR2-ODBS"),
        catalogue=("parametric/pcr2-id", "parametric/pcr2-od", "parametric/pcr2-ods"),
        modulus={Quantity.PEOPLE_IN: 2**16, Quantity.PEOPLE_OUT: 2**16},
        settings=(Setting.SWAP,),
    ),
)
