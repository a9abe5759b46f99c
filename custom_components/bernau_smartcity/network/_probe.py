"""Why gRPC does not work at an address: name, port, TLS, or another server."""

import asyncio
from collections.abc import Iterator
import contextlib
from pathlib import Path
import re
import socket
import ssl
from typing import Final

from ..model import NetworkError, Reason
from ._address import Address

_CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", re.ASCII
)
_SETTINGS: Final = b"\x04"
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + _SETTINGS + bytes(5)
"""What an HTTP/2 client says first: its magic words and an empty SETTINGS frame."""
_FRAME_HEAD: Final = 9


def trusted_certificates() -> str:
    """Read the certificates that this system trusts, as PEM. Blocks.

    gRPC would use a list of its own, in which the authority of a town that
    signs its certificates itself can never be.
    """
    found = dict.fromkeys(
        certificate
        for file in _certificate_files()
        for certificate in _CERTIFICATE.findall(_text(file))
    )
    if not found:
        raise NetworkError(Reason.CERTIFICATE, "this system trusts no certificate authority")
    return "\n".join(found)


def _certificate_files() -> Iterator[Path]:
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        yield Path(paths.cafile)
    if paths.capath:
        yield from sorted(Path(paths.capath).iterdir())


def _text(file: Path) -> str:
    with contextlib.suppress(OSError):
        return file.read_text("ascii", errors="ignore")
    return ""


async def probe(address: Address, wait: float) -> Reason | None:
    """Tell what stands in the way at an address, None where HTTP/2 answers."""
    attempt = _probe_tls(address) if address.tls else _probe_plain(address, wait / 2)
    try:
        async with asyncio.timeout(wait):
            return await attempt
    except TimeoutError:
        return Reason.TIMEOUT
    except socket.gaierror:
        return Reason.NAME_UNKNOWN
    except ExceptionGroup as group:  # one OSError for each address of the name
        refused = group.subgroup(ConnectionRefusedError)
        return Reason.CONNECTION_REFUSED if refused else Reason.TIMEOUT


async def _probe_plain(address: Address, patience: float) -> Reason | None:
    reader, writer = await asyncio.open_connection(address.host, address.port, all_errors=True)
    if await _speaks_http2(reader, writer, patience):
        return None
    try:
        _, writer = await asyncio.open_connection(
            address.host, address.port, ssl=_trusting_context(), all_errors=True
        )
    except OSError:
        return Reason.NOT_THIS_SERVER
    writer.transport.abort()
    return Reason.TLS_NEEDED


async def _probe_tls(address: Address) -> Reason | None:
    context = await asyncio.to_thread(_checking_context)
    try:
        reader, writer = await asyncio.open_connection(
            address.host, address.port, ssl=context, all_errors=True
        )
    except ssl.SSLCertVerificationError:
        return Reason.CERTIFICATE
    except socket.gaierror:
        raise
    except OSError as error:
        # An alert is TLS; anything else that is no handshake is another protocol.
        spoken = "ALERT" in (getattr(error, "reason", None) or "")
        return Reason.SERVER_ERROR if spoken else Reason.TLS_NOT_OFFERED
    if writer.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
        writer.transport.abort()
        return Reason.NOT_THIS_SERVER
    # Over TLS the agreement on "h2" is proof enough; a silent server is a time-out.
    spoken = await _speaks_http2(reader, writer, None)
    return None if spoken else Reason.NOT_THIS_SERVER


async def _speaks_http2(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float | None
) -> bool:
    """Say hello in HTTP/2 and hear whether settings come back."""
    try:
        writer.write(_PREFACE)
        async with asyncio.timeout(patience):
            head = await reader.readexactly(_FRAME_HEAD)
    except OSError, asyncio.IncompleteReadError:
        return False
    finally:
        writer.transport.abort()
    return head[3:4] == _SETTINGS


def _checking_context() -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=trusted_certificates())
    # As lenient as gRPC's own check, or the probe would blame a good certificate.
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    context.set_alpn_protocols(["h2"])
    return context


def _trusting_context() -> ssl.SSLContext:
    """Build a context that only tells whether TLS is spoken; nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
