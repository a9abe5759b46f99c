"""nke Watteco's frames: reports of attributes, as in the ZigBee Cluster Library, and batches.

fPort 125, most significant byte first. Byte 0 tells the endpoint (which input or
phase), byte 1 the command; then cluster, attribute, type and data, and behind an
alarm its causes. A batch (bit 0 of byte 0 is 0) is read by `_watteco_batch`.
Source: nke Watteco, support.nke-watteco.com.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
import struct
from types import MappingProxyType
from typing import Any, Final

from ..model import DecodeError, Quantity, Reading, Uplink
from . import _watteco_batch

type Read = Callable[[int, bytes], Iterable[Reading]]
"""From the endpoint, counted from 0, and the data of an attribute."""
type Attributes = Mapping[tuple[int, int], Read]
"""By cluster and attribute."""

_HEAD: Final = struct.Struct(">BBHH")
_READ_RESPONSE, _REPORT, _ALARM = 0x01, 0x0A, 0x8A
_CONFIGURED: Final = frozenset({0x07, 0x09, 0x50})
"""Responses to commands."""

_LENGTHS: Final[Mapping[int, int]] = {
    **dict.fromkeys((0x08, 0x10, 0x18, 0x20, 0x28, 0x30), 1),
    **dict.fromkeys((0x09, 0x19, 0x21, 0x29, 0x31), 2),
    **dict.fromkeys((0x0A, 0x1A, 0x22, 0x2A), 3),
    **dict.fromkeys((0x0B, 0x1B, 0x23, 0x2B, 0x39), 4),
}
"""Bytes of data by type."""
_COUNTED: Final[Mapping[int, int]] = {0x41: 1, 0x42: 1, 0x43: 2, 0x4C: 2}
"""Types whose data begins with its length, and of how many bytes that is."""

_CAUSES: Final = frozenset({1, 2})
"""Whether the causes of a report are told shortly or at length; they say nothing new."""

_ABOUT_ITSELF: Final = frozenset({0x0000, 0x8004})
"""Clusters of firmware, names and radio."""

_SOURCES: Final = 5
_DISPOSABLE, _RECHARGEABLE = 2, 1


def _sources(endpoint: int, data: bytes) -> Iterator[Reading]:
    """Read the voltages (mV) of the sources that the second byte lists."""
    del endpoint
    present = [place for place in range(_SOURCES) if data[1] >> place & 1] if data[1:] else []
    if len(data) < 2 + 2 * len(present):
        msg = "the voltages are cut off"
        raise DecodeError(msg)
    voltages = dict(zip(present, struct.unpack_from(f">{len(present)}H", data, 2), strict=True))
    for battery in (_DISPOSABLE, _RECHARGEABLE):
        if battery in voltages:
            yield Reading(Quantity.BATTERY_VOLTAGE, voltages[battery] / 1000)
            return


def nothing(endpoint: int, data: bytes) -> tuple[Reading, ...]:
    """Leave out what is not measured."""
    del endpoint, data
    return ()


COMMON: Final[Attributes] = MappingProxyType(
    {
        (0x0050, 0x0004): nothing,  # clusters of the endpoints
        (0x0050, 0x0006): _sources,
        # Inputs and outputs of models that do not use them.
        (0x0006, 0x0000): nothing,
        (0x000F, 0x0055): nothing,
        (0x000F, 0x0402): nothing,
        (0x8005, 0x0000): nothing,
        # How an input counts: polarity, edges, debouncing, polling.
        **{(0x000F, attribute): nothing for attribute in (0x54, 0x400, 0x401, 0x403, 0x404)},
    }
)
"""Attributes of all models."""


def fields(layout: struct.Struct, data: bytes) -> tuple[Any, ...]:
    """Take the fields of an attribute."""
    if len(data) != layout.size:
        msg = f"the attribute has {len(data)} bytes instead of {layout.size}"
        raise DecodeError(msg)
    return layout.unpack(data)


def unsigned(quantity: Quantity, *, first: int, divisor: int = 1) -> Read:
    """Read a whole number; the channel is the endpoint, counted from `first`."""

    def read(endpoint: int, data: bytes) -> Iterator[Reading]:
        yield Reading(quantity, int.from_bytes(data) / divisor, first + endpoint)

    return read


def decode(
    uplink: Uplink, attributes: Attributes, batch: _watteco_batch.Layout | None = None
) -> Iterator[Reading]:
    """Read a report or a batch."""
    payload = uplink.payload
    if payload and not payload[0] & 1:
        if batch is None:
            msg = "the model sends no batches"
            raise DecodeError(msg)
        yield from _watteco_batch.decode(uplink, batch)
        return
    if len(payload) > 1 and payload[1] in _CONFIGURED:
        return
    if len(payload) < _HEAD.size:
        msg = f"{len(payload)} bytes are too few"
        raise DecodeError(msg)
    control, command, cluster, attribute = _HEAD.unpack_from(payload)
    if command not in {_REPORT, _ALARM, _READ_RESPONSE}:
        msg = f"command {command:02X} is not known"
        raise DecodeError(msg)
    endpoint = control >> 5 | (control & 0x06) << 2
    begin = _HEAD.size
    if command == _READ_RESPONSE:
        if payload[begin : begin + 1] != b"\x00":
            # The attribute does not exist or cannot be read.
            return
        begin += 1
    if cluster in _ABOUT_ITSELF:
        return
    read = attributes.get((cluster, attribute)) or COMMON.get((cluster, attribute))
    if read is None:
        msg = f"attribute {attribute:04X} of cluster {cluster:04X} is not known"
        raise DecodeError(msg)
    yield from read(endpoint, _data(payload[begin:]))


def _data(rest: bytes) -> bytes:
    """Give the data behind its type, and see that only causes follow."""
    kind = rest[0] if rest else 0
    if kind in _LENGTHS:
        begin, length = 1, _LENGTHS[kind]
    elif kind in _COUNTED:
        begin = 1 + _COUNTED[kind]
        length = int.from_bytes(rest[1:begin])
    else:
        msg = f"type {kind:02X} of an attribute is not known"
        raise DecodeError(msg)
    data, causes = rest[begin : begin + length], rest[begin + length :]
    if len(data) < length or len(rest) < begin:
        msg = f"the attribute has {len(data)} bytes instead of {length}"
        raise DecodeError(msg)
    if causes and causes[0] >> 4 & 3 not in _CAUSES:
        msg = f"{len(causes)} bytes more than the attribute has"
        raise DecodeError(msg)
    return data
