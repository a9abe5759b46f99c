"""What a device is at a time, and what its frame says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import schedule
from .faults import Faults, Kind
from .inventory import Device
from .noise import unit
from .payloads import milesight

_WEEK = 7 * 86_400.0
_HALVINGS = 24


@dataclass(frozen=True, slots=True)
class Value:
    """One value as a frame conveys it; the unit is fixed by the quantity."""

    quantity: str
    value: float
    at: float
    channel: int = 0
    register: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What a device sends, and what that says."""

    f_port: int
    payload: bytes
    values: tuple[Value, ...]
    decoded: Mapping[str, Any] = field(default_factory=dict)
    """As the codec on the network server would put it."""
    untold: tuple[Value, ...] = ()
    """Registers that the device has counted in truth, though it only tells periods."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A device at the time of a transmission."""

    device: Device
    at: float
    before: float
    """Time of the previous transmission of a measurement."""
    number: int
    faults: Faults

    def count(self, place: int, per_unit: float, modulus: int, at: float | None = None) -> int:
        """Give what a register shows, in whole counts of which `per_unit` make one unit."""
        when = self.at if at is None else at
        load = self.device.loads[place]

        def raw(moment: float) -> int:
            return int(load.total(moment) * per_unit + 1e-6)

        shown = raw(when)
        for fault in self.faults.of(Kind.ROLLOVER, self.device):
            shown += modulus - raw(fault.since)
        for fault in self.faults.of(Kind.RESET, self.device):
            if when >= fault.since:
                shown = raw(when) - raw(fault.since)
        return shown % modulus

    def passed(self, place: int, limit: int = 65_535) -> int:
        """Give what was counted since the previous transmission."""
        return min(limit, self.counted(place) - self.counted(place, self.before))

    def counted(self, place: int, at: float | None = None) -> int:
        """Give what has truly been counted, without end and fault."""
        return int(self.device.loads[place].total(self.at if at is None else at) + 1e-6)

    def reached(self, place: int, number: int) -> float:
        """Give when a register had counted to a number, a week ago at the earliest."""
        early, late = self.at - _WEEK, self.at
        for _ in range(_HALVINGS):
            middle = (early + late) / 2
            early, late = (
                (early, middle) if self.counted(place, middle) >= number else (middle, late)
            )
        return late

    @property
    def restarted(self) -> bool:
        """Whether a reset lies between the previous transmission and this one."""
        return any(
            self.before < fault.since <= self.at
            for fault in self.faults.of(Kind.RESET, self.device)
        )

    @property
    def battery(self) -> int:
        """Charge in percent."""
        return round(schedule.battery(self.device, int(self.at * 1000)))

    def room(self, salt: int) -> int:
        """Give the temperature of a heated room in 0.1 °C."""
        return 205 + round(20 * unit(self.device.salt, salt, self.number // 4))


def after_restart(moment: Moment, payload: bytes) -> bytes:
    """Let a device of Milesight say that it has restarted, if it has."""
    return milesight.RESTARTED + payload if moment.restarted else payload
