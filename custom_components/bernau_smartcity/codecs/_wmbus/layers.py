"""Layers of wM-Bus and OMS telegrams: who sends, and what is left when all are read.

Bridges deliver whole telegrams with link header, LoRaWAN meters what follows
it. Sources: OMS specification volume 2, EN 13757-7.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ...model import DecodeError, Missing
from .address import LENGTH, Address
from .checksums import CRC, crc, without_checksums
from .security import OPENERS, Keys, Sealed, open_link

_SESSION: Final = 4
_LINK: Final = 10
"""Length, control and address before the first layer."""
_SENT_UNASKED: Final = frozenset({0x44, 0x46})
"""Controls of a telegram that a meter sends by itself."""

WITHOUT_HEADER, COMPACT, SHORT, LONG = 0x78, 0x79, 0x7A, 0x72
_TRANSPORT: Final[Mapping[int, int]] = {WITHOUT_HEADER: 1, COMPACT: 1, SHORT: 5, LONG: 13}
"""Length of the transport header by its kind."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is left of a telegram when all layers are read and opened."""

    address: Address | None
    """None: only an earlier message can tell it."""
    status: int | None
    """Status of the meter, where a header tells it."""
    records: bytes
    kind: int
    """Of the transport header: one of the constants above."""
    is_proven: bool = False
    """It could be decrypted, which proves the address."""


@dataclass(frozen=True, slots=True)
class _Layers:
    """How far a telegram is read."""

    data: bytes
    keys: Keys
    address: Address | None
    counter: bytes | None = None


def telegram(frame: bytes, keys: Keys) -> tuple[Address, Content]:
    """Read a whole telegram, from its length byte on, with or without checksums.

    The address is that of the meter, where a radio adapter sends for it.
    """
    plain = without_checksums(frame)
    if len(plain) <= _LINK:
        msg = f"{len(plain)} bytes are too few for a wM-Bus telegram"
        raise DecodeError(msg)
    link = Address(plain[2:_LINK])
    content = layers(plain[_LINK:], keys, link)
    return content.address or link, content


def is_telegram(data: bytes) -> bool:
    """Tell whether a link header stands before what a LoRaWAN meter sends."""
    return (
        len(data) > _LINK
        and data[0] == len(data) - 1
        and data[1] in _SENT_UNASKED
        and data[_LINK] in _TRANSPORT.keys() | _BELOW.keys()
    )


def layers(data: bytes, keys: Keys, address: Address | None = None) -> Content:
    """Read what follows a link header, or stands alone in a LoRaWAN message."""
    state = _Layers(data, keys, address)
    while state.data:
        kind = state.data[0]
        if kind in _TRANSPORT:
            return _transport(state, kind)
        if kind not in _BELOW:
            msg = f"no readable telegram: its layer 0x{kind:02X} is not one of the standard"
            raise DecodeError(msg)
        state = _BELOW[kind](state)
    msg = "the telegram has no content"
    raise DecodeError(msg)


def _transport(state: _Layers, kind: int) -> Content:
    size = _TRANSPORT[kind]
    head, rest = state.data[:size], state.data[size:]
    if len(head) < size:
        msg = f"transport header of {len(head)} bytes instead of {size}"
        raise DecodeError(msg)
    if kind in {WITHOUT_HEADER, COMPACT}:
        return Content(state.address, None, rest, kind)
    if kind == LONG:
        address = Address(head[5:7] + head[1:5] + head[7:9])
        state = replace(state, address=address)
    encrypted = bool(head[-1] & _MODE)
    records = _opened(state, head, rest) if encrypted else rest
    return Content(state.address, head[-3], records, kind, encrypted)


_MODE: Final = 0x1F
"""Security mode in the last byte of a transport header."""
_EXTENSIONS: Final[Mapping[int, int]] = {7: 1, 10: 2}
"""Further bytes of the header by its security mode."""


def _opened(state: _Layers, head: bytes, rest: bytes) -> bytes:
    """Decrypt what follows a transport header."""
    mode = head[-1] & _MODE
    if mode not in OPENERS:
        msg = f"security mode {mode} is not supported"
        raise DecodeError(msg)
    if state.address is None:
        raise state.keys.waits(Missing.HEADER, "")
    number, size = state.address.number, _EXTENSIONS.get(mode, 0)
    sealed = Sealed(
        address=state.address.raw,
        wrong_key=state.keys.waits(Missing.RIGHT_KEY, number),
        access=head[-4],
        blocks=head[-2] >> 4,
        head=head[:1] + head[-4:] + rest[:size],
        data=rest[size:],
        counter=state.counter,
    )
    return OPENERS[mode](sealed, state.keys.of(number))


def _link(state: _Layers) -> _Layers:
    """Read an extended link layer: control, access, and perhaps address and session."""
    kind = state.data[0]
    with_address, with_session = kind in {0x8E, 0x8F}, kind in {0x8D, 0x8F}
    size = 3 + with_address * LENGTH + with_session * _SESSION
    head, rest = state.data[:size], state.data[size:]
    if len(head) < size:
        msg = f"link header of {len(head)} bytes instead of {size}"
        raise DecodeError(msg)
    address = Address(head[3 : 3 + LENGTH]) if with_address else state.address
    if with_session:
        rest = _session(state.keys, address, head, rest)
    return replace(state, data=rest, address=address)


def _session(keys: Keys, address: Address | None, head: bytes, rest: bytes) -> bytes:
    """Decrypt and check what follows a link header with a session."""
    session, number = head[-_SESSION:], address.number if address else ""
    if session[-1] >> 5:
        if address is None:
            raise keys.waits(Missing.HEADER, "")
        rest = open_link(address.raw, head[1], session, rest, keys.of(number))
    data = rest[CRC:]
    if crc(data) != int.from_bytes(rest[:CRC], "little"):
        raise keys.waits(Missing.RIGHT_KEY, number)
    return data


_FRAGMENTS, _HAS_COUNTER = 0x4000, 0x0800
_COUNTER: Final = 4
_BEFORE_COUNTER: Final = ((0x2000, 1), (0x0200, 2))
"""Fields of the authentication layer by their flag, with their length."""


def _authentication(state: _Layers) -> _Layers:
    """Read the authentication and fragmentation layer for the counter of the message."""
    size = sum(state.data[1:2])
    head, rest = state.data[2 : 2 + size], state.data[2 + size :]
    flags = int.from_bytes(head[:2], "little")
    if len(head) < size or flags & _FRAGMENTS:
        msg = "telegram is only a fragment"
        raise DecodeError(msg)
    start = 2 + sum(length for flag, length in _BEFORE_COUNTER if flags & flag)
    counter = head[start : start + _COUNTER] if flags & _HAS_COUNTER else b""
    return replace(state, data=rest, counter=counter if len(counter) == _COUNTER else None)


_BELOW: Final[Mapping[int, Callable[[_Layers], _Layers]]] = {
    **dict.fromkeys((0x8C, 0x8D, 0x8E, 0x8F), _link),
    0x90: _authentication,
}
"""Layers between link header and transport header."""
