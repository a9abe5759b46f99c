"""Terabee People Counting L-XL and M, and People Occupancy Counting.

The fPort tells what a message is; most significant byte first. Totals count since
the last reset. Other messages than counts are replies to commands. Sources:
TheThingsNetwork/lorawan-devices vendor/terabee, actility/device-catalog vendors/terabee.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
import struct
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._counts import counted, sighted

type _Read = Callable[[bytes], Iterable[Reading]]

_COUNTS: Final = struct.Struct(">II")
_FAILED: Final = 0x03
"""Flags: the counting has stopped, or is stuck."""
_WARMING_UP: Final = 0x08
"""Flag of the occupancy counter."""

_ZONES: Final = range(1, 9)
_NO_ZONE: Final = 0xFF


def _counts(payload: bytes) -> Iterator[Reading]:
    """Read both totals and the flags, which some messages do not have."""
    if len(payload) not in {_COUNTS.size, _COUNTS.size + 1}:
        msg = f"{len(payload)} bytes are no counts"
        raise DecodeError(msg)
    came, went = _COUNTS.unpack_from(payload)
    yield Reading(Quantity.PEOPLE_IN, came)
    yield Reading(Quantity.PEOPLE_OUT, went)
    for flags in payload[_COUNTS.size :]:
        yield Reading(Quantity.FAULT, bool(flags & _FAILED))


def _zones(payload: bytes) -> Iterator[Reading]:
    """Read flags, all people, and those in eight zones."""
    if len(payload) != 2 + len(_ZONES):
        msg = f"{len(payload)} bytes are no occupancy of zones"
        raise DecodeError(msg)
    yield Reading(Quantity.FAULT, bool(payload[0] & (_FAILED | _WARMING_UP)))
    for zone, people in enumerate(payload[1:]):
        if people != _NO_ZONE:
            yield Reading(Quantity.PEOPLE, people, zone)


_GET: Final = b"\x02"
"""Begin of the reply that tells the counts."""
_ACKNOWLEDGED: Final = b"\xff"
"""Begin of a reply without a value; the command and, if it was refused, FF follow."""
_CHANGES: Final = frozenset({b"\x01", b"\x82"})
"""Commands that clear and set the counts."""


def _about_counts(payload: bytes) -> Iterable[Reading]:
    if payload.startswith(_GET):
        return _counts(payload[1:])
    if payload[1:2] in _CHANGES:
        return _restarted(payload)
    msg = "the reply on counts is not known"
    raise DecodeError(msg)


def _restarted(payload: bytes) -> Iterator[Reading]:
    """Read the reply to a command after which the counts may begin anew."""
    if not payload.startswith(_ACKNOWLEDGED):
        msg = "the reply is no acknowledgement"
        raise DecodeError(msg)
    if payload[2:3] != _ACKNOWLEDGED:
        yield Reading(Quantity.RESTART, 1)


def _reply(payload: bytes) -> Iterable[Reading]:
    """Leave out what the device is and how it is set."""
    del payload
    return ()


_REPLIES: Final[Mapping[int, _Read]] = {
    3: _restarted,  # reboot
    **dict.fromkeys((4, 5, 6, 7, 8, 100, 101, 102), _reply),
}
_L_XL: Final[Mapping[int, _Read]] = {**_REPLIES, 1: _counts, 2: _about_counts}
_M: Final[Mapping[int, _Read]] = {**_REPLIES, 82: _counts, 2: _about_counts}
_POC: Final[Mapping[int, _Read]] = {**_REPLIES, 83: _zones}
"""By fPort."""


def _decode(uplink: Uplink, ports: Mapping[int, _Read]) -> Iterable[Reading]:
    read = ports.get(uplink.f_port)
    if read is None:
        msg = f"fPort {uplink.f_port} is none of this model"
        raise DecodeError(msg)
    return counted(uplink, sighted(read(uplink.payload)))


_FLOW: Final = frozenset({Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT})


def _codec(
    key: str,
    model: str,
    ports: Mapping[int, _Read],
    quantities: frozenset[Quantity],
    *identities: tuple[str, ...],
) -> Codec:
    names, catalogue = identities
    return Codec(
        key=key,
        manufacturer="Terabee",
        model=model,
        medium=Medium.PEOPLE,
        quantities=quantities | {Quantity.FAULT, Quantity.RESTART},
        decode=partial(_decode, ports=ports),
        names=names,
        catalogue=catalogue,
        modulus=dict.fromkeys(quantities & _FLOW, 2**32),
        settings=(Setting.SWAP,) if quantities & _FLOW else (),
    )


CODECS: Final[tuple[Codec, ...]] = (
    _codec(
        "terabee_l_xl",
        "People Counting L-XL",
        _L_XL,
        _FLOW,
        ("Terabee People Flow Counting L-XL", "PC-L-XL"),
        ("terabee/people-flow-counting-l-xl", "terabee/lora-lm-xl"),
    ),
    _codec(
        "terabee_m",
        "People Counting M",
        _M,
        _FLOW,
        ("Terabee People Flow Counting M", "TB-PCM"),
        ("terabee/people-flow-counting-m",),
    ),
    _codec(
        "terabee_poc",
        "People Occupancy Counting",
        _POC,
        frozenset({Quantity.PEOPLE}),
        ("TB-POC",),
        ("terabee/people-occupancy-counting",),
    ),
)
