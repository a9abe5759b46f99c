"""ChirpStack v4: polled by change, over its gRPC API.

One list request per application tells which devices were heard; one short
event stream per such device gives its retained history. Uplinks without a
reading (MAC commands only) are delivered with an empty payload, so that a lost
uplink can be told by the frame counter.

Cursors are kept under the DevEUI of a device and the id of an application.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
import logging
from time import time
from typing import TYPE_CHECKING, Final, override
from uuid import UUID

from grpc import StatusCode
from grpc.aio import AioRpcError

from ..model import Batch, Connection, Device, Field, NetworkError, Reason, ServerType
from ._address import parse_address
from ._chirpstack_api import Api, Named
from ._chirpstack_cursor import DeviceCursor, ScopeCursor
from ._chirpstack_events import pushed
from ._chirpstack_history import read_history
from ._chirpstack_pace import FULL_SCAN, NANOSECOND, Pace
from ._chirpstack_scan import Row, Scan, scan_all, scan_changes
from ._chirpstack_stream import stream_history
from ._key import clean_key
from ._parallel import in_parallel

if TYPE_CHECKING:
    from aiohttp import ClientSession

_LOGGER: Final = logging.getLogger(__name__)
_PORT: Final = 8080


@dataclass(frozen=True, slots=True)
class _Job:
    """A device to be read, and how far it was read."""

    row: Row
    cursor: DeviceCursor


@dataclass(slots=True)
class _Outcome:
    """What the streams of one poll left open."""

    unsettled: dict[str, int] = field(default_factory=dict)
    """By application, the first `last_seen_at` whose uplink is still to be read."""
    failure: AioRpcError | TimeoutError | None = None
    """Why a stream failed, other than by a refusal."""

    def leave(self, job: _Job) -> None:
        """Note that a device is to be read again."""
        scope, last_seen = job.row.device.scope, job.row.last_seen
        self.unsettled[scope] = min(self.unsettled.get(scope, last_seen), last_seen)


class ChirpStack(Connection):
    """A connection to a ChirpStack server."""

    def __init__(self, api: Api, tenant: str = "", pace: Pace | None = None) -> None:
        """Keep what is needed; nothing is sent before it is asked for."""
        self._api = api
        self._tenant = tenant
        self._pace = pace or Pace()
        self._catalogue = {"": ""}
        self._streamed = False
        self._verifying = asyncio.Lock()
        self._verified_at: float | None = None

    @override
    async def scopes(self) -> Mapping[str, str]:
        """Give the name of each application by its id."""
        found = await self._applications()
        if found:
            return found
        if self._tenant and not await self._api.tenant_exists(self._tenant):
            raise NetworkError(Reason.TENANT_UNKNOWN, "no such tenant")
        raise NetworkError(Reason.NO_APPLICATIONS, "nothing to read yet")

    @override
    async def devices(self, scopes: Iterable[str]) -> list[Device]:
        """Give the inventory; a deleted application has no devices.

        Learns the device catalogue, too: one request per new device profile.
        """
        scans = [await self._scan(scope, None) for scope in dict.fromkeys(scopes)]
        inventory = [row.device for scan in scans if scan for row in scan.rows]
        for profile in {device.profile for device in inventory} - self._catalogue.keys():
            self._catalogue[profile] = await self._api.catalogue(profile)
        return [self._described(device) for device in inventory]

    @override
    async def poll(
        self, scopes: Iterable[str], cursors: Mapping[str, str]
    ) -> AsyncGenerator[Batch]:
        """Read the devices that were heard since, each as soon as it is read.

        The cursors of the applications come last, and not past a device that is
        to be read again, so the poll may be broken off at any point. An idle poll
        gives nothing. The device of a batch has its catalogue identity only
        after a call of `devices`.
        """
        now = int(time())
        before = {scope: ScopeCursor.parse(cursors.get(scope, "")) for scope in scopes}
        due = {scope for scope, cursor in before.items() if _is_due(cursor, now)}
        found = {
            scope: await self._scan(scope, None if scope in due else cursor.newest)
            for scope, cursor in before.items()
        }
        scans = {scope: scan for scope, scan in found.items() if scan}
        ordered = all(scan.ordered for scan in scans.values())
        limit = self._pace.streams if ordered else self._pace.streams_old
        outcome = _Outcome()
        jobs = list(_jobs(scans.values(), cursors))
        async with aclosing(
            in_parallel(lambda job: self._read(job, outcome), jobs, limit)
        ) as batches:
            async for batch in batches:
                yield batch
        if outcome.failure and not self._streamed:
            raise await self._failure(outcome.failure)
        for scope, scan in scans.items():
            full_scan = now if scope in due else before[scope].full_scan
            after = str(ScopeCursor(newest=_reached(scan, scope, outcome), full_scan=full_scan))
            if after != cursors.get(scope):
                yield Batch(cursors={scope: after})

    @override
    async def close(self) -> None:
        """Close the channel."""
        await self._api.close()

    async def _applications(self) -> Mapping[str, str]:
        """Give what the key may see, with the tenant's name where there are several."""
        try:
            tenants = [Named(self._tenant, "")] if self._tenant else await self._api.tenants()
            found = [(tenant, await self._api.applications(tenant.id)) for tenant in tenants]
        except NetworkError as error:
            raise await self._explained(error) from None
        found = [(tenant, applications) for tenant, applications in found if applications]
        return {
            application.id: f"{tenant.name}: {application.name}" if found[1:] else application.name
            for tenant, applications in found
            for application in applications
        }

    async def _explained(self, error: NetworkError) -> NetworkError:
        """Tell a key that is no longer valid from one for another tenant.

        ChirpStack refuses both in the same way.
        """
        if error.reason is not Reason.KEY_WITHOUT_RIGHTS:
            return error
        lives = await self._api.key_lives()
        if lives is False:
            return NetworkError(Reason.KEY_REJECTED, "the server does not know the key")
        if not self._tenant:
            return NetworkError(Reason.TENANT_NEEDED, "the key may not list tenants")
        if lives:
            return NetworkError(Reason.TENANT_UNKNOWN, "not the tenant of the key")
        return error

    async def _scan(self, scope: str, since: int | None) -> Scan | None:
        """List devices heard since, or all; None where the application was deleted."""
        try:
            if since is None:
                return await scan_all(self._api, scope, self._pace)
            return await scan_changes(self._api, scope, since, self._pace)
        except NetworkError as error:
            if error.reason is not Reason.KEY_WITHOUT_RIGHTS:
                raise
            if scope in await self._applications():
                raise
        _LOGGER.debug("Application %s is no longer there", scope)
        return None

    async def _read(self, job: _Job, outcome: _Outcome) -> Batch | None:
        """Read what a device sent, None where its stream fails."""
        row, cursor = job.row, job.cursor
        device = self._described(row.device)
        if not row.last_seen:
            never = replace(cursor, last_seen=0, retries=0)
            return Batch(device=device, cursors={device.dev_eui: str(never)})
        try:
            history = await stream_history(self._api, row, cursor, self._pace)
        except (AioRpcError, TimeoutError) as error:
            await self._leave_out(job, error, outcome)
            return None
        self._streamed = True
        batch, settled = read_history(history, device, row.last_seen, cursor)
        if not settled:
            outcome.leave(job)
        if batch.malformed:
            _LOGGER.debug("%s: %d events left out", device.dev_eui, batch.malformed)
        return batch

    async def _leave_out(
        self, job: _Job, error: AioRpcError | TimeoutError, outcome: _Outcome
    ) -> None:
        """Pass over a device, unless it is the server or the key that failed."""
        code = error.code() if isinstance(error, AioRpcError) else StatusCode.DEADLINE_EXCEEDED
        if code is StatusCode.UNIMPLEMENTED:
            raise await self._failure(error)
        await self._verify()
        if code is not StatusCode.UNAUTHENTICATED:
            outcome.failure = error
        outcome.leave(job)
        _LOGGER.debug("%s could not be read: %s", job.row.device.dev_eui, code.name)

    async def _verify(self) -> None:
        """Make sure that server and key work, by one cheap call every few seconds."""
        loop = asyncio.get_running_loop()
        async with self._verifying:
            at = self._verified_at
            if at is not None and loop.time() - at < self._pace.verified:
                return
            try:
                if self._tenant:
                    await self._api.applications(self._tenant, limit=1)
                else:
                    await self._api.tenants(limit=1)
            except NetworkError as error:
                raise await self._explained(error) from None
            self._verified_at = loop.time()

    async def _failure(self, error: AioRpcError | TimeoutError) -> NetworkError:
        if isinstance(error, AioRpcError):
            return await self._api.error(error)
        return NetworkError(Reason.TIMEOUT, "event streams do not begin")

    def _described(self, device: Device) -> Device:
        """Add what the device catalogue tells, where that is known."""
        return replace(device, catalogue=self._catalogue.get(device.profile, ""))


def _is_due(cursor: ScopeCursor, now: int) -> bool:
    """Tell whether a complete scan is to be made."""
    return cursor.newest is None or not 0 <= now - cursor.full_scan < FULL_SCAN


def _jobs(scans: Iterable[Scan], cursors: Mapping[str, str]) -> Iterator[_Job]:
    """Give the devices that were heard since they were read, and the unsettled ones."""
    for scan in scans:
        for row in scan.rows:
            cursor = DeviceCursor.parse(cursors.get(row.device.dev_eui, ""))
            if row.last_seen != cursor.last_seen or cursor.retries:
                yield _Job(row, cursor)


def _reached(scan: Scan, scope: str, outcome: _Outcome) -> int:
    """Give up to where all is read; the complete scan finds what stays behind for long."""
    unsettled = outcome.unsettled.get(scope, scan.newest)
    return max(unsettled, scan.newest - FULL_SCAN * NANOSECOND)


def _connect(fields: Mapping[str, str], _session: ClientSession) -> ChirpStack:
    """Open nothing yet; raises `NetworkError` where a field cannot be right."""
    address = parse_address(fields[Field.URL], plain_port=_PORT)
    key = clean_key(fields[Field.API_KEY])
    tenant = fields.get(Field.TENANT, "").strip()
    if tenant:
        try:
            tenant = str(UUID(tenant))
        except ValueError:
            raise NetworkError(Reason.TENANT_UNKNOWN, "no UUID") from None
    pace = Pace()
    return ChirpStack(Api(address, key, pace), tenant, pace)


SERVER: Final = ServerType(
    key="chirpstack",
    name="ChirpStack",
    required=(Field.URL, Field.API_KEY),
    optional=(Field.TENANT,),
    connect=_connect,
    pushed=pushed,
)
