"""AquaScope AQM: water monitor with a valve.

fPort 1: messages of kind and data, one behind the other; most significant byte
first. Left out: sensor values, whose units are not published. Source:
TheThingsNetwork/lorawan-devices vendor/aquascope/aqm.js.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Uplink
from ._checks import checked
from ._frames import unknown_port

_F_PORT: Final = 1
_STATE: Final = 0x07
_LOG: Final = 0x08
"""Text of unknown length to the end of the message."""
_LENGTHS: Final[Mapping[int, int]] = {
    0x03: 3,  # hardware
    0x04: 3,  # configuration
    0x06: 3,  # sensor
    0x0A: 4,  # firmware
    0x0B: 4,  # alarm
}
_STATES: Final[Mapping[int, tuple[int, tuple[Quantity, int] | None]]] = {
    0x00: (0, (Quantity.VALVE_OPEN, 0)),
    0x01: (4, None),  # water stopped: how long, litres
    0x02: (0, (Quantity.LEAK, 0)),  # check of the pipe passed
    0x03: (4, (Quantity.LEAK, 1)),  # loss of pressure
    **dict.fromkeys(range(0x04, 0x09), (0, None)),  # check broken off, pending
    0x0F: (0, None),  # water flows
    0xFF: (0, (Quantity.VALVE_OPEN, 1)),
}
"""Bytes behind a state, and what it tells."""


def _decode(uplink: Uplink) -> Iterable[Reading]:
    if uplink.f_port != _F_PORT:
        raise unknown_port(uplink.f_port)
    return checked(uplink, _messages(uplink.payload))


def _messages(frame: bytes) -> Iterator[Reading]:
    position = 0
    while position < len(frame) and frame[position] != _LOG:
        kind = frame[position]
        length = _LENGTHS.get(kind)
        if kind == _STATE:
            state = int.from_bytes(frame[position + 1 : position + 2])
            more, told = _STATES.get(state, (None, None))
            length = None if more is None else 1 + more
            if told is not None:
                yield Reading(*told)
        if length is None:
            msg = f"message {frame[position : position + 2].hex().upper()} is not known"
            raise DecodeError(msg)
        position += 1 + length
        if position > len(frame):
            msg = f"message {kind:02X} is cut off"
            raise DecodeError(msg)


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="aquascope_aqm",
        manufacturer="AquaScope",
        model="AQM",
        medium=Medium.WATER,
        quantities=frozenset({Quantity.VALVE_OPEN, Quantity.LEAK}),
        decode=_decode,
        catalogue=("aquascope/aqm",),
    ),
)
