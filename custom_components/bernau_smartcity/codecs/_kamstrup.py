"""Kamstrup's own records: the states of its meters."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..model import Quantity, Reading
from ._mbus import Function, Record, What, times_of
from ._wmbus import health

_NOISE: Final = (0x1B,), (0x1C,)
"""Manufacturer's records: noise in the pipe, now and of the last day."""
_NOISE_MISSING: Final = 0x0FFF
_SEEN: Final = frozenset({Function.INSTANTANEOUS, Function.MAXIMUM})
"""Flags are often all that were set since the last ones: their maximum."""

INFOCODES: Final[Mapping[tuple[int, ...], Mapping[Quantity, int]]] = {
    (0x25,): {
        Quantity.DRY: 0x01,
        Quantity.BACKFLOW: 0x02,
        Quantity.LEAK: 0x04,
        Quantity.BURST: 0x08,
        Quantity.TAMPER: 0x10,
        Quantity.BATTERY_LOW: 0x20,
        Quantity.FROST: 0x40,
        Quantity.OVERHEATED: 0x80,
    },
    (0x20,): {
        Quantity.DRY: 0x01,
        Quantity.BACKFLOW: 0x02,
        Quantity.LEAK: 0x04,
        Quantity.BURST: 0x08,
    },
    (0x22,): {
        Quantity.POWER_LOST: 0x0000_0001,
        Quantity.BATTERY_LOW: 0x0000_0002,
        Quantity.AIR: 0x0100_0100,
        Quantity.BACKFLOW: 0x0200_0200,
        Quantity.EXCESS_FLOW: 0x0800_0800,
        Quantity.LEAK: 0xC00C_3000,
        Quantity.BURST: 0x3000_0000,
        # Sensors, weak signals, lost communication with a flow sensor. The bits that
        # are left are alarms of other devices at the meter's inputs.
        Quantity.FAULT: 0x04F3_04F8,
    },
}
"""Bits of the flags by their manufacturer's record: flowIQ, MULTICAL 21, MULTICAL for heat."""


def state(records: Sequence[Record], status: int | None, meter: str) -> Iterator[Reading]:
    """Give noise and flags; what the header's status tells too counts as of now."""
    times, now = times_of(records), health(records, status)
    for record in records:
        head = record.head
        if head.what is not What.MANUFACTURER or head.function not in _SEEN:
            continue
        at, bits = times.get(head.storage), int.from_bytes(record.raw, "little")
        if head.qualifiers in _NOISE and bits < _NOISE_MISSING:
            yield Reading(Quantity.NOISE_LEVEL, bits, 0, at, meter)
        for quantity, mask in INFOCODES.get(head.qualifiers, {}).items():
            if quantity in now:
                now[quantity] |= bool(bits & mask)
            else:
                yield Reading(quantity, bool(bits & mask), 0, at, meter)
    for quantity, value in now.items():
        yield Reading(quantity, value, 0, None, meter)
