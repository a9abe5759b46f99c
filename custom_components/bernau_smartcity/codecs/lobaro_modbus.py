"""Lobaro Modbus LoRaWAN Bridge and Hybrid Modbus Gateway.

fPort 1 status; 3 and 4 Modbus answers, 5 the rest of one that was too long; 6 and 7
bare numbers; 2 and 11 to 14 registers and bits by older firmware. Most significant
byte first, Unix times. What the registers mean is a layout, by the address of the
device and register of Modbus; entries without an address serve where there is just
one device, and for bare numbers, whose registers are counted from 0. Sources:
Lobaro/docs lorawan-sensors/modbus-lorawan, actility/device-catalog vendors/lobaro.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
import struct
from typing import Final, NamedTuple

from ..model import (
    Codec,
    DecodeError,
    Medium,
    Meter,
    Quantity,
    Reading,
    Remember,
    Setting,
    Told,
    Uplink,
)
from . import _registers
from ._checks import checked
from ._times import is_plausible, unix

_STATUS: Final = struct.Struct(">3sBhH5sB")
"""Version, flags, temperature, supply, time, mode of operation."""
_TIME: Final = 5
_LATEST: Final = 2**32
_CUT_OFF: Final = "message is cut off"


def _time(uplink: Uplink, data: bytes) -> datetime | None:
    """Read a time; none of a clock that was never set."""
    seconds = int.from_bytes(data[:_TIME])
    at = unix(min(seconds, _LATEST))
    return at if is_plausible(at, uplink.received_at) else None


def _clock(at: datetime | None) -> Iterator[Reading]:
    if at:
        yield Reading(Quantity.CLOCK, at.timestamp(), at=at)


def _status(uplink: Uplink) -> Iterator[Reading]:
    if len(uplink.payload) != _STATUS.size:
        msg = f"a status has {_STATUS.size} bytes, not {len(uplink.payload)}"
        raise DecodeError(msg)
    _, _, temperature, supply, time, _ = _STATUS.unpack(uplink.payload)
    at = _time(uplink, time)
    yield from _clock(at)
    yield Reading(Quantity.TEMPERATURE, temperature / 10, at=at)
    yield Reading(Quantity.BATTERY_VOLTAGE, supply / 1000, at=at)


class _Block(NamedTuple):
    """Registers of a device that follow one another."""

    device: int
    first: int
    data: bytes | None
    """None: they could not be read."""


_READS: Final = frozenset({3, 4})
"""Functions of Modbus that read registers; others read single bits, or write."""
_FAILED: Final = 0x80
_LEAST: Final = 6
"""Bytes of an answer: device, function and error or size; first register and count asked for."""


def _answer(answer: bytes) -> Iterator[_Block]:
    if len(answer) < _LEAST:
        raise DecodeError(_CUT_OFF)
    device, function, size = answer[:3]
    data, first = answer[3:-3], int.from_bytes(answer[-3:-1])
    if function & ~_FAILED not in _READS:
        return
    if function & _FAILED:
        yield _Block(device, first, None)
    elif len(data) == size:
        yield _Block(device, first, data)
    else:
        msg = f"an answer of {size} bytes has {len(data)}"
        raise DecodeError(msg)


_PART: Final = "part"
"""Remembered: frame counter and content of the messages of an answer that is not complete."""
_TOGETHER: Final = timedelta(hours=1)


def _answers(uplink: Uplink) -> Iterator[Told]:
    yield from _joined(uplink, uplink.payload)


def _continued(uplink: Uplink) -> Iterator[Told]:
    """Join a message with those before it."""
    counter, _, before = uplink.memory.get(_PART, "").partition(" ")
    if counter != str(uplink.f_cnt - 1):
        msg = "the message that it continues did not come"
        raise DecodeError(msg)
    yield from _joined(uplink, bytes.fromhex(before) + uplink.payload)


def _joined(uplink: Uplink, message: bytes) -> Iterator[Told]:
    """Read all answers, each behind its length; of a single one the rest may come later."""
    blocks: list[_Block] = []
    position = _TIME
    while position < len(message):
        end = position + 1 + message[position]
        if end > len(message) and position == _TIME:
            yield Remember(_PART, f"{uplink.f_cnt} {message.hex()}", _TOGETHER)
            return
        blocks += _answer(message[position + 1 : end])
        position = end
    if _PART in uplink.memory:
        yield Remember(_PART, "")
    yield from _told(uplink, message, position, blocks)


_HEAD: Final = struct.Struct(">BHB")
"""Device, first register, count with a bit for failure."""


def _packs(mask: int, uplink: Uplink) -> Iterator[Told]:
    """Read packs of registers, each behind its head; after a failure they mean nothing."""
    blocks: list[_Block] = []
    position = _TIME
    while position < len(uplink.payload):
        head = uplink.payload[position : position + _HEAD.size].ljust(_HEAD.size, b"\0")
        device, first, count = _HEAD.unpack(head)
        begin = position + _HEAD.size
        position = begin + 2 * (count & mask)
        data = None if count & _FAILED else uplink.payload[begin:position]
        blocks.append(_Block(device, first, data))
    yield from _told(uplink, uplink.payload, position, blocks)


def _bare(uplink: Uplink) -> Iterator[Told]:
    blocks = [_Block(0, 0, uplink.payload[_TIME:])]
    yield from _told(uplink, uplink.payload, len(uplink.payload), blocks)


def _bare_without_time(uplink: Uplink) -> Iterator[Told]:
    yield from _meanings(uplink, None, [_Block(0, 0, uplink.payload)])


def _nothing(uplink: Uplink) -> tuple[Told, ...]:
    """Leave out single bits, and replies to commands."""
    del uplink
    return ()


def _told(uplink: Uplink, message: bytes, end: int, blocks: Iterable[_Block]) -> Iterator[Told]:
    """Tell what registers mean that were read at the time which the message begins with."""
    if end != len(message):
        raise DecodeError(_CUT_OFF)
    yield from _meanings(uplink, _time(uplink, message), blocks)


def _meanings(uplink: Uplink, at: datetime | None, blocks: Iterable[_Block]) -> Iterator[Told]:
    layout = _registers.layout(uplink)
    devices = {device for device, _ in layout.entries}
    readings: list[Reading] = []
    failed: dict[int, bool] = {}
    for block in blocks:
        device = block.device if block.device in devices else 0
        if device in devices:
            failed[device] = failed.get(device, False) or block.data is None
            number = _number(layout, device)
            readings += _readings(layout, block._replace(device=device), at, number)
    yield from _clock(at)
    for device, has_failed in failed.items():
        number = _number(layout, device)
        if number:
            yield Meter(number, layout.media.get(device, Medium.UNKNOWN))
        yield Reading(Quantity.FAULT, has_failed, at=at, meter=number)
    yield from readings


def _number(layout: _registers.Layout, device: int) -> str:
    """Give the number of a meter, or its address; nothing for a meter that is the only one."""
    return layout.numbers.get(device, str(device or ""))


def _readings(
    layout: _registers.Layout, block: _Block, at: datetime | None, meter: str
) -> Iterator[Reading]:
    data = block.data or b""
    for register, entry in layout.within(block.device, block.first, len(data) // 2):
        raw = data[2 * (register - block.first) :][: entry.size]
        if len(raw) < entry.size:
            msg = f"{register} has {entry.size} bytes, but only {len(raw)} were sent"
            raise _registers.LayoutError(msg)
        number = entry.number(raw)
        # Bare numbers have no other way to tell that they could not be read.
        if number is not None and (block.device or raw.strip(b"\xff")):
            yield entry.reading(number, at, meter)


_BY_PORT: Final[Mapping[int, Callable[[Uplink], Iterable[Told]]]] = {
    1: _status,
    2: partial(_packs, 0x3F),
    3: _answers,
    4: _answers,
    5: _continued,
    6: _bare,
    7: _bare_without_time,
    11: _nothing,
    12: _nothing,
    13: partial(_packs, 0x7F),
    14: partial(_packs, 0x7F),
    128: _nothing,
}


def _decode(uplink: Uplink) -> Iterable[Told]:
    if (read := _BY_PORT.get(uplink.f_port)) is None:
        msg = f"fPort {uplink.f_port} is not known"
        raise DecodeError(msg)
    if not uplink.payload:
        raise DecodeError(_CUT_OFF)
    return checked(uplink, read(uplink))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="lobaro_modbus",
        manufacturer="Lobaro",
        model="Modbus LoRaWAN Bridge",
        medium=Medium.UNKNOWN,
        quantities=_registers.QUANTITIES
        | {Quantity.FAULT, Quantity.BATTERY_VOLTAGE, Quantity.CLOCK},
        decode=_decode,
        bridge=True,
        names=(
            *("Lobaro Modbus Bridge", "Lobaro Modbus", "LOB-GW-MODBUS-LW-PWR"),
            *("Hybrid Modbus Gateway", "Lobaro Hybrid Modbus Gateway"),
            *("LOB-GW-DINRAIL-HYB-MODBUS", "Hybrid Industrial Gateway"),
        ),
        settings=(Setting.LAYOUT,),
        layout=_registers.TYPED,
    ),
)
