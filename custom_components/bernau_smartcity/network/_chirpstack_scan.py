"""Which devices of a ChirpStack application there are, and which were heard since."""

from dataclasses import dataclass
from itertools import pairwise
import re
from typing import Any, Final

from chirpstack_api.api.device_pb2 import DeviceListItem

from ..model import Device
from ._chirpstack_api import BY_EUI, NEWEST_FIRST, Api
from ._chirpstack_pace import NANOSECOND, OVERLAP, Pace

_DEV_EUI: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A device as it was listed."""

    device: Device
    last_seen: int
    """Nanoseconds since 1970, 0 for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The devices that were listed, each once."""

    rows: tuple[Row, ...]
    newest: int
    """The last of all `last_seen_at`."""
    ordered: bool
    """The server keeps to the order it is asked for (since 4.12)."""


async def scan_all(api: Api, application: str, pace: Pace) -> Scan:
    """List every device: ceil(devices / page) requests, one more for a full last page."""
    rows: list[Row] = []
    while True:
        page = await api.devices(application, BY_EUI, pace.page, len(rows))
        rows += [_row(item, application) for item in page]
        if len(page) < pace.page:
            ordered = all(a.device.dev_eui <= b.device.dev_eui for a, b in pairwise(rows))
            return _scan(rows, ordered=ordered)


async def scan_changes(api: Api, application: str, since: int, pace: Pace) -> Scan:
    """List the devices heard since: one request where these are few.

    A server that does not order by `last_seen_at` shows it by rows out of
    order; then every device is listed. So it is where devices never seen end a
    page, which proves no order: a server that sorts by name may begin with them.
    """
    rows: list[Row] = []
    limit = pace.first_page
    while True:
        page = await api.devices(application, NEWEST_FIRST, limit, len(rows))
        rows += [_row(item, application) for item in page]
        ordered = all(a.last_seen >= b.last_seen for a, b in pairwise(rows))
        if len(page) < limit:
            return _scan(rows, ordered=ordered)
        first, last = rows[0].last_seen, rows[-1].last_seen
        if ordered and first > last > 0 and last <= since - OVERLAP:
            return _scan(rows, ordered=True)
        limit = pace.page


def _scan(rows: list[Row], *, ordered: bool) -> Scan:
    """Leave out what is no device, and what moved between pages and was listed twice."""
    unique: dict[str, Row] = {}
    for row in rows:
        if _DEV_EUI.fullmatch(row.device.dev_eui):
            unique.setdefault(row.device.dev_eui, row)
    newest = max((row.last_seen for row in unique.values()), default=0)
    return Scan(rows=tuple(unique.values()), newest=newest, ordered=ordered)


def _row(item: DeviceListItem, application: str) -> Row:
    status = item.device_status
    known = item.HasField("device_status") and status.battery_level >= 0
    device = Device(
        dev_eui=item.dev_eui.lower(),
        name=item.name,
        scope=application,
        profile=item.device_profile_id,
        profile_name=item.device_profile_name,
        tags=dict(item.tags),
        battery=status.battery_level if known and not status.external_power_source else None,
    )
    seen: Any = item.last_seen_at
    return Row(device=device, last_seen=seen.seconds * NANOSECOND + seen.nanos)
