"""IMST iO881A wireless M-Bus range extender: passes on the telegrams of many meters.

fPort 4: telegrams, each behind the time when it was heard. 3: status. Plus 64:
the same in segments, behind a byte with their number and a bit for the last.
Telegrams with their signal strength (fPort 11) are not documented openly.
Sources: IMST "Wireless M-Bus Range Extender" user manual,
TheThingsNetwork/lorawan-devices (vendor/imst/range-extender.js).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Told, Uplink
from ._bridged import GIVEN, assembled, of_meter
from ._checks import checked
from ._times import unix

_SEGMENTED: Final = 0x40
"""Bit of the fPort."""
_STATUS_PORT, _TELEGRAM_PORT = 3, 4
_NUMBER, _LAST = 0x7F, 0x80
_TIME: Final = 4
_STATUS: Final = 28
"""Times, firmware and counters; from firmware 1.1 on the supply in mV stands behind."""
_SUPPLY: Final = 2


def _decode(uplink: Uplink) -> Iterable[Told]:
    return checked(uplink, _told(uplink))


def _told(uplink: Uplink) -> Iterator[Told]:
    port, data = uplink.f_port & ~_SEGMENTED, uplink.payload
    if port not in {_STATUS_PORT, _TELEGRAM_PORT}:
        msg = f"fPort {uplink.f_port} is not one that brings telegrams or a status"
        raise DecodeError(msg)
    if uplink.f_port & _SEGMENTED:
        head = data[0] if data else 0
        is_first, is_last = not head & _NUMBER, bool(head & _LAST)
        data, kept = assembled(uplink, data[1:], str(port), is_first=is_first, is_last=is_last)
        yield from kept
        if not is_last:
            return
    yield from _status(data) if port == _STATUS_PORT else _telegrams(data, uplink)


def _status(data: bytes) -> Iterator[Told]:
    if len(data) not in {_STATUS, _STATUS + _SUPPLY}:
        msg = f"a status has {_STATUS} or {_STATUS + _SUPPLY} bytes, not {len(data)}"
        raise DecodeError(msg)
    if supply := data[_STATUS:]:
        yield Reading(Quantity.BATTERY_VOLTAGE, int.from_bytes(supply, "little") / 1000)


def _telegrams(data: bytes, uplink: Uplink) -> Iterator[Told]:
    """Give all that can be read: of one meter the key may be missing, or it is a neighbour's."""
    failed, is_told = DecodeError("message without a telegram"), False
    for seconds, frame in _frames(data):
        try:
            told = [*of_meter(frame, uplink, unix(seconds))]
        except DecodeError as error:
            failed = error
        else:
            is_told = True
            yield from told
    if not is_told:
        raise failed


def _frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the telegrams with the time when each was heard."""
    while len(data) > _TIME:
        size = _TIME + 1 + data[_TIME]
        yield int.from_bytes(data[:_TIME], "little"), data[_TIME:size]
        data = data[size:]


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="imst_io881a",
        manufacturer="IMST",
        model="iO881A",
        medium=Medium.UNKNOWN,
        quantities=GIVEN - {Quantity.CLOCK} | {Quantity.BATTERY_VOLTAGE},
        decode=_decode,
        bridge=True,
        names=("IMST Wireless M-Bus Range Extender", "WMB-RE-LoRa"),
        catalogue=("imst/range-extender",),
        settings=(Setting.KEY,),
    ),
)
