"""The town as the network server sees it: one object for all interfaces."""

from collections.abc import Iterable
from dataclasses import dataclass

from . import frames, schedule, traffic
from .clock import EPOCH, Clock
from .faults import Faults, Kind
from .inventory import Application, Device, Profile
from .moments import Value
from .noise import text_salt, uuid

TENANT_NAME = "Stadt Bernau bei Berlin"
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Truth:
    """What the newest received measurement of a device said."""

    device: Device
    at: float
    values: tuple[Value, ...]


class Town:
    """Devices, their traffic and what may go wrong; every answer is a function of the time."""

    def __init__(
        self, devices: Iterable[Device], *, clock: Clock | None = None, seed: int = 1
    ) -> None:
        """Take the devices over; the applications and profiles are those they use."""
        self.clock = clock or Clock()
        self.faults = Faults(self.clock)
        self.tenant_id = uuid(text_salt("tenant"), seed)
        self.all_devices = {device.dev_eui: device for device in devices}

    @property
    def tenant(self) -> tuple[str, str]:
        """Identity and name of the tenant."""
        return self.tenant_id, TENANT_NAME

    @property
    def applications(self) -> dict[str, Application]:
        """The applications that exist now, by identity."""
        gone = list(self.faults.present(Kind.APPLICATION_DELETED))
        every = {d.application.id: d.application for d in self.all_devices.values()}
        return {
            key: application
            for key, application in every.items()
            if not any(fault.names(application) for fault in gone)
        }

    @property
    def profiles(self) -> dict[str, Profile]:
        """The device profiles, by identity."""
        return {d.profile.id: d.profile for d in self.all_devices.values()}

    def devices(self, application_id: str) -> list[Device]:
        """Give the present devices of an application."""
        return [
            device
            for device in self.all_devices.values()
            if device.application.id == application_id and not self._removed(device)
        ]

    def present(self) -> list[Device]:
        """Give the present devices of all applications."""
        return [device for key in self.applications for device in self.devices(key)]

    def device(self, dev_eui: str) -> Device | None:
        """Give a present device by its EUI in lower case."""
        device = self.all_devices.get(dev_eui)
        if device is None or self._removed(device):
            return None
        return device if device.application.id in self.applications else None

    def _removed(self, device: Device) -> bool:
        return any(fault.concerns(device) for fault in self.faults.present(Kind.REMOVED))

    def last_seen(self, device: Device) -> int | None:
        """Give when the server last received an uplink, in milliseconds since 1970."""
        return traffic.last_seen(device, self.clock.now(), self.faults)

    def history(self, device: Device, length: int) -> list[traffic.Event]:
        """Give the newest stored events, oldest first."""
        for fault in self.faults.present(Kind.HISTORY):
            length = fault.value
        return traffic.history(device, self.clock.now(), self.faults, length)

    def status_at(self, device: Device) -> int | None:
        """Give when the device last reported its status, in milliseconds; None: never."""
        number = schedule.status_number(device, schedule.latest(device, self.clock.now()))
        return None if number is None else schedule.sent_at(device, number)

    def truth(self, device: Device) -> Truth | None:
        """Give what the newest received measurement said; None before the first."""
        number = traffic.newest_measurement(device, self.clock.now(), self.faults)
        if number is None:
            return None
        at = schedule.sent_at(device, number) / 1000
        return Truth(device, at, frames.frame(device, number, self.faults).values)

    def hours(self, device: Device, begin: float, end: float) -> list[Truth]:
        """Give what the registers really showed at each full hour of a time that has passed."""
        first = max(EPOCH, begin + -begin % _HOUR)
        last = min(end, self.clock.now())
        hours = range(int(first), int(last) + 1, _HOUR)
        return [Truth(device, at, frames.shown(device, at, self.faults)) for at in hours]
