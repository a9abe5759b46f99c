"""A network server that does what a test says, and devices to stand behind it."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from aiohttp import ClientSession
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import (
    Batch,
    Connection,
    Device,
    Field,
    NetworkError,
    ServerType,
    Uplink,
)

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
API_KEY = "a-very-secret-key"
GAS = Device(
    dev_eui="24e124136b000001",
    name="Gas",
    scope="app-1",
    profile="profile-1",
    profile_name="EM300-DI",
    tags={
        "building": "Rathaus",
        "medium": "gas",
        "pulse_weight": "0.01",
        "meter_number": "7ELS123",
    },
)
DOOR = Device(
    dev_eui="24e124136b000002",
    name="Haupteingang",
    scope="app-1",
    profile="profile-2",
    profile_name="VS350",
    tags={"building": "Rathaus"},
)
UNKNOWN = Device(
    dev_eui="24e124136b000003",
    name="Rätsel",
    scope="app-1",
    profile="profile-3",
    profile_name="Etwas Selbstgebautes",
)
_numbers = count()


def pulses(value: int, *, temperature: float = 20.0) -> bytes:
    """Give the payload of an EM300-DI: temperature and pulses."""
    return (
        b"\x03\x67"
        + round(temperature * 10).to_bytes(2, "little", signed=True)
        + b"\x05\xc8"
        + value.to_bytes(4, "little")
    )


def people(entries: int, exits: int) -> bytes:
    """Give the payload of a VS350: totals."""
    return b"\x04\xcc" + entries.to_bytes(2, "little") + exits.to_bytes(2, "little")


def uplink(device: Device, payload: bytes, at: datetime = AT, **more: object) -> Uplink:
    """Give a new uplink of the device."""
    number = next(_numbers)
    plain = Uplink(
        dev_eui=device.dev_eui,
        id=str(number),
        received_at=at,
        f_port=85,
        f_cnt=number,
        payload=payload,
        rssi=-101,
        snr=7.5,
        settings=device.tags,
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of Uplink


@dataclass
class FakeNetwork:
    """Everything a test may change, and the `Connection` that shows it."""

    applications: dict[str, str] = field(default_factory=lambda: {"app-1": "Gebäude"})
    inventory: list[Device] = field(default_factory=lambda: [GAS, DOOR])
    waiting: list[Batch] = field(default_factory=list)
    error: NetworkError | None = None
    cursors: Mapping[str, str] = field(default_factory=dict)
    """As they were handed over at the last poll."""
    closed: int = 0
    hangs: asyncio.Event | None = None
    """Set it to let a poll that hangs go on."""

    def send(self, device: Device, payload: bytes, at: datetime = AT, **more: object) -> None:
        """Let an uplink wait for the next poll."""
        item = uplink(device, payload, at, **more)
        self.waiting.append(
            Batch(device=device, uplinks=(item,), cursors={device.dev_eui: item.id})
        )

    def connect(self, _fields: Mapping[str, str], _session: ClientSession) -> Connection:
        """Open a connection."""
        return self

    async def scopes(self) -> Mapping[str, str]:
        """Give the applications."""
        self._fail()
        return self.applications

    async def devices(self, scopes: Iterable[str]) -> list[Device]:
        """Give the devices of the applications."""
        self._fail()
        wanted = set(scopes)
        return [device for device in self.inventory if device.scope in wanted]

    async def poll(
        self,
        scopes: Iterable[str],  # noqa: ARG002  # of the protocol
        cursors: Mapping[str, str],
    ) -> AsyncGenerator[Batch]:
        """Hand over what waits; an error comes after it."""
        self.cursors = dict(cursors)
        while self.waiting:
            yield self.waiting.pop(0)
        if self.hangs is not None:
            await self.hangs.wait()
        self._fail()

    async def close(self) -> None:
        """Count it."""
        self.closed += 1

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

    @property
    def server_type(self) -> ServerType:
        """Give it as a kind of network server."""
        return ServerType(
            key="fake",
            name="FakeStack",
            required=(Field.URL, Field.API_KEY),
            connect=self.connect,
        )


def config_entry(entry_id: str | None = None, **options: object) -> MockConfigEntry:
    """Give an entry that reads the one application of the network server."""
    return MockConfigEntry(
        entry_id=entry_id,
        domain=DOMAIN,
        title="FakeStack fake.example",
        data={"server": "fake", "url": "http://fake.example:8080", "api_key": API_KEY},
        options={"scopes": ["app-1"], "profiles": {}, "devices": {}, **options},
        unique_id="fake:fake.example:8080/all",
    )
