"""Nwave: parking sensor NPS405, and counter for cars NCC405."""

import struct

CHANGE, ALIVE = 1, 2
"""fPorts of a change (or a count) and of a sign of life."""
_EXACT, _COARSE, _ENDLESS = 90, 120, 127
"""Codes from which on a duration is told in steps of five minutes, of an hour, not at all."""
_STEP, _HOUR = 5, 60
_FROM = 240
"""Minutes from which on only whole hours are told."""


def code(minutes: int) -> int:
    """Give the code for how long a state has lasted."""
    if minutes < _EXACT:
        return minutes
    if minutes < _FROM:
        return _EXACT + (minutes - _EXACT) // _STEP
    return min(_ENDLESS, _COARSE + (minutes - _FROM) // _HOUR)


def minutes_of(told: int) -> int | None:
    """Give the minutes that a code means at least, None where it tells none."""
    if told < _EXACT:
        return told
    if told < _COARSE:
        return _EXACT + _STEP * (told - _EXACT)
    return None if told == _ENDLESS else _FROM + _HOUR * (told - _COARSE)


def change(*, taken: bool, before: int) -> bytes:
    """Encode a state, and the minutes for which the other one had lasted."""
    return bytes((code(before) << 1 | taken,))


def alive(
    *, taken: bool, millivolts: int, half_degrees: int, for_the_maker: bytes = bytes(3)
) -> bytes:
    """Encode state, battery in steps of 4 mV, and half degrees."""
    head = struct.pack(">BBb", taken, (millivolts - 2500) // 4, half_degrees - 20)
    return head + for_the_maker


def count(vehicles: int) -> bytes:
    """Encode the cars of an NCC405."""
    return struct.pack(">H", vehicles % 65536)
