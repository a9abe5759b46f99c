"""Axioma Qalcosonic W1, extended message: the register now and fifteen hourly differences."""

from collections.abc import Sequence
import itertools
import struct

F_PORT = 100
HOURS = 15
_MISSING = 0xFFFF
"""Instead of a difference that is not known."""
LEAK = 0x30
"""Status byte while the meter suspects a leak (a temporary error)."""


def encode(*, clock: int, status: int, volume: int, log_clock: int, log: Sequence[int]) -> bytes:
    """Encode litres; `log` holds the register at `log_clock` and at each hour after it."""
    steps = (min((later - earlier) % 2**32, _MISSING) for earlier, later in itertools.pairwise(log))
    return struct.pack(f"<IBIII{len(log) - 1}H", clock, status, volume, log_clock, log[0], *steps)
