"""gRPC channels that trust what this system trusts, and their errors as `NetworkError`."""

import asyncio
import re
from typing import Final

import grpc
from grpc import StatusCode
from grpc.aio import AioRpcError, Channel

from ..model import NetworkError, Reason
from ._address import Address
from ._probe import probe, trusted_certificates

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.use_local_subchannel_pool", 1),  # entries must not share a failing connection
    ("grpc.enable_http_proxy", 0),  # a network server is near, as for Home Assistant's own client
    ("grpc.max_reconnect_backoff_ms", 3_000),  # a call fails at once until the next attempt
)

_HTTP_STATUS: Final = re.compile(r"http2 header with status: (\d{3})")
_HTTP_SERVER_ERROR: Final = 500
_TOO_MANY_REQUESTS: Final = 429
"""ChirpStack itself limits nothing, but a proxy may."""
_NO_GRPC: Final = "No status received"
"""gRPC's words for an answer that is a web page."""

_REASONS: Final = {
    StatusCode.PERMISSION_DENIED: Reason.KEY_WITHOUT_RIGHTS,
    StatusCode.UNIMPLEMENTED: Reason.SERVER_TOO_OLD,
    StatusCode.DEADLINE_EXCEEDED: Reason.TIMEOUT,
}
_PROBED: Final = {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED}
"""What a missing or wrong server gives, too."""


async def open_channel(address: Address) -> Channel:
    """Open a channel; nothing is sent before its first call."""
    if not address.tls:
        return grpc.aio.insecure_channel(address.target, _OPTIONS)
    roots = await asyncio.to_thread(trusted_certificates)
    credentials = grpc.ssl_channel_credentials(roots.encode())
    return grpc.aio.secure_channel(address.target, credentials, _OPTIONS)


async def network_error(
    error: AioRpcError, address: Address, *, secret: str, wait: float
) -> NetworkError:
    """Tell why a call failed, without the secret; may probe the address for `wait` seconds."""
    code, text = error.code(), error.details() or ""
    detail = f"{code.name}: {text}".replace(secret, "…")
    return NetworkError(await _reason(code, text, address, wait), detail)


async def _reason(code: StatusCode, text: str, address: Address, wait: float) -> Reason:
    if answer := _HTTP_STATUS.search(text):
        status = int(answer[1])
        other = Reason.SERVER_ERROR if status >= _HTTP_SERVER_ERROR else Reason.NOT_THIS_SERVER
        return Reason.RATE_LIMITED if status == _TOO_MANY_REQUESTS else other
    if code is StatusCode.UNAUTHENTICATED:
        # ChirpStack words why it cannot read a key and leaves the refusal of a readable one empty.
        return Reason.KEY_REJECTED if text else Reason.KEY_WITHOUT_RIGHTS
    if text == _NO_GRPC:
        return Reason.NOT_THIS_SERVER
    found = await probe(address, wait) if code in _PROBED else None
    return found or _REASONS.get(code, Reason.SERVER_ERROR)
