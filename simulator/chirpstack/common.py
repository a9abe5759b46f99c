"""What ChirpStack's services have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
import grpc

from ..clock import EPOCH
from .access import Context, Role

LIVING = (Role.ADMIN, Role.TENANT, Role.OTHER_TENANT)
"""The keys that the server knows."""
MEMBERS = (Role.ADMIN, Role.TENANT)
"""The keys that may see the town's tenant."""


@dataclass(slots=True, kw_only=True)
class Options:
    """How the network server is set up."""

    history: int = 10
    """Events kept per device (`monitoring.per_device_event_log_max_history`)."""
    event_ttl: float = 31 * 86_400
    """Seconds after its last event at which the history of a device is dropped."""
    pause: float = 1.0
    """Seconds that the server sleeps between two reads of an event stream."""
    old: bool = False
    """A server of version 4.10: no order, no tags in lists, no catalogue."""


def stamp(milliseconds: float) -> Timestamp:
    """Write milliseconds since 1970 as protobuf's timestamp."""
    whole = int(milliseconds)
    return Timestamp(seconds=whole // 1000, nanos=whole % 1000 * 1_000_000)


CREATED = stamp((EPOCH - 30 * 86_400) * 1000)
"""When everything in the town was entered."""


def page[T](items: Sequence[T], request: Any) -> Sequence[T]:
    """Give the asked part of a list; a limit of 0 asks for the count alone."""
    return items[request.offset : request.offset + request.limit]


async def since_newer(context: Context, options: Options) -> None:
    """End a call that an old server does not know."""
    if options.old:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "")
