"""What can go wrong in the town: on the air, in a device, at the network server.

A fault holds from `since` until `until` of the town's time. Ending one keeps what it
did in the past, so the past never changes behind a reader's back. The exceptions are
`rollover`, which moves a register up for all time so that it passes its end at `since`,
and the faults of the server, which hold while they are there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
import math
from typing import Any

from .clock import Clock, iso, parse
from .inventory import Application, Device
from .noise import text_salt, unit


class Kind(StrEnum):
    """The kinds of fault."""

    DROP = "drop"
    """Uplinks are lost on the air (`probability`)."""
    SILENT = "silent"
    """The device sends nothing."""
    DUPLICATE = "duplicate"
    """Each uplink is stored twice with the same identity."""
    DELAY = "delay"
    """Uplinks reach the server `seconds` late."""
    REORDER = "reorder"
    """Every second uplink reaches the server after the next one."""
    LATE_EVENT = "late_event"
    """last_seen_at moves at once, the event is stored `seconds` later."""
    BROKEN = "broken"
    """last_seen_at moves, events are never stored (a broken application integration)."""
    CUT = "cut"
    """Payloads end in the middle."""
    LONG = "long"
    """Payloads have bytes behind their end."""
    FOREIGN = "foreign"
    """Payloads of another device model."""
    ENCRYPTED = "encrypted"
    """Payloads are cipher text of an external join server."""
    BODY = "body"
    """Event bodies are not JSON."""

    RESET = "reset"
    """Registers begin again at zero at `since`; the device says that it restarted."""
    ROLLOVER = "rollover"
    """Registers pass their end at `since`."""

    REMOVED = "removed"
    """The device is deleted on the server."""
    APPLICATION_DELETED = "application_deleted"
    """The application is deleted on the server."""

    HISTORY = "history"
    """The server keeps `value` events per device; 0 switches the history off."""
    REFUSE = "refuse"
    """Connections are refused."""
    CONNECTION_RESET = "connection_reset"
    """Every call is answered by closing the connection."""
    HANG = "hang"
    """Calls are never answered."""
    SLOW = "slow"
    """Calls wait `seconds` before they are answered."""
    REJECT_KEY = "reject_key"
    """Every key is rejected, as after it was deleted."""
    ERROR = "error"
    """Calls end with the status `value`, of gRPC or of HTTP."""
    RATE_LIMIT = "rate_limit"
    """HTTP calls are refused for coming too often; `seconds` are told, if not 0."""
    CUT_BODY = "cut_body"
    """Answers over HTTP end in the middle."""
    NO_JSON = "no_json"
    """Answers over HTTP are a page for people."""
    OTHER_JSON = "other_json"
    """Answers over HTTP are JSON, but of something else: `value` tells of what."""
    NOT_STORED = "not_stored"
    """Nobody has switched the storage of uplinks on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what, whom, when, how much."""

    id: str
    kind: Kind
    devices: frozenset[str] = frozenset()
    """DevEUIs; with neither devices nor application it holds for all."""
    application: str = ""
    """Identity or name."""
    methods: frozenset[str] = frozenset()
    """Names such as `DeviceService/List` (server faults); empty: all."""
    since: float = 0.0
    until: float = math.inf
    probability: float = 1.0
    seconds: float = 0.0
    value: int = 0

    def holds(self, at: float) -> bool:
        """Tell whether the fault is there at a time."""
        return self.since <= at < self.until

    def concerns(self, device: Device) -> bool:
        """Tell whether the fault is about this device."""
        if not self.devices and not self.application:
            return True
        return device.dev_eui in self.devices or self.names(device.application)

    def names(self, application: Application) -> bool:
        """Tell whether the fault is about this application as a whole."""
        return self.application in {application.id, application.name}

    def strikes(self, device: Device, number: int, at: float) -> bool:
        """Tell whether it hits this uplink of the device."""
        return (
            self.holds(at)
            and self.concerns(device)
            and (
                self.probability >= 1
                or unit(device.salt, text_salt(self.id), number) < self.probability
            )
        )

    def as_json(self) -> dict[str, Any]:
        """Describe the fault for the control interface."""
        return {
            "id": self.id,
            "kind": self.kind,
            "devices": sorted(self.devices),
            "application": self.application,
            "methods": sorted(self.methods),
            "since": iso(self.since),
            "until": None if self.until == math.inf else iso(self.until),
            "probability": self.probability,
            "seconds": self.seconds,
            "value": self.value,
        }


def _moment(value: object, default: float) -> float:
    if value is None:
        return default
    return parse(value) if isinstance(value, str) else float(str(value))


def _names(value: object) -> frozenset[str]:
    if not isinstance(value, list | tuple | set | frozenset):
        msg = f"Expected a list, not {value!r}"
        raise TypeError(msg)
    return frozenset(str(item).lower() for item in value)


class Faults:
    """The faults of a town, past and present."""

    def __init__(self, clock: Clock) -> None:
        """Begin without any."""
        self._clock = clock
        self._faults: dict[str, Fault] = {}
        self._count = 0
        self._kinds: frozenset[Kind] = frozenset()

    def __iter__(self) -> Iterator[Fault]:
        """Give all, oldest first."""
        return iter(self._faults.values())

    def add(self, kind: str, **how: Any) -> Fault:
        """Let something go wrong, from now on unless `since` says otherwise.

        Takes the fields of `Fault`; times as ISO 8601 text or seconds since 1970.
        """
        self._count += 1
        methods = how.pop("methods", ())
        fault = Fault(
            id=f"f{self._count}",
            kind=Kind(kind),
            devices=_names(how.pop("devices", ())),
            methods=frozenset(str(name) for name in methods),
            since=_moment(how.pop("since", None), self._clock.now()),
            until=_moment(how.pop("until", None), math.inf),
            **how,
        )
        self._keep({**self._faults, fault.id: fault})
        return fault

    def end(self, fault_id: str) -> None:
        """End one fault now; raises KeyError when there is none of this name."""
        fault = self._faults[fault_id]
        now = self._clock.now()
        if fault.until > now:
            self._keep({**self._faults, fault_id: replace(fault, until=now)})

    def end_all(self) -> None:
        """End every fault now."""
        for fault_id in self._faults:
            self.end(fault_id)

    def forget(self) -> None:
        """Undo every fault, with what it did in the past."""
        self._keep({})

    def _keep(self, faults: Mapping[str, Fault]) -> None:
        self._faults = dict(faults)
        self._kinds = frozenset(fault.kind for fault in faults.values())

    def any(self, kinds: Iterable[Kind]) -> bool:
        """Tell whether any fault of these kinds was ever added."""
        return not self._kinds.isdisjoint(kinds)

    def striking(self, kind: Kind, device: Device, number: int, at: float) -> Fault | None:
        """Give the fault of a kind that hits this uplink."""
        if kind not in self._kinds:
            return None
        for fault in self._faults.values():
            if fault.kind is kind and fault.strikes(device, number, at):
                return fault
        return None

    def of(self, kind: Kind, device: Device) -> Iterator[Fault]:
        """Give all faults of a kind about a device, past ones too."""
        if kind in self._kinds:
            for fault in self._faults.values():
                if fault.kind is kind and fault.concerns(device):
                    yield fault

    def present(self, kind: Kind) -> Iterator[Fault]:
        """Give the faults of a kind that hold now."""
        if kind in self._kinds:
            now = self._clock.now()
            for fault in self._faults.values():
                if fault.kind is kind and fault.holds(now):
                    yield fault

    def method(self, kind: Kind, name: str) -> Fault | None:
        """Give the present server fault of a kind that hits a method."""
        for fault in self.present(kind):
            if not fault.methods or name in fault.methods:
                return fault
        return None
