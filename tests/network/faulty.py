"""Servers that are not ChirpStack, and a certificate authority of our own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import ssl
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

type Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_PREFACE_LENGTH: Final = 24
_SETTINGS: Final = 4
_HEADERS: Final = 1


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def http2_status(indexed: int) -> Handler:
    """Make a web server that speaks HTTP/2 and knows one answer: an indexed `:status`."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(_PREFACE_LENGTH)
        writer.write(_frame(_SETTINGS, 0, 0))
        while True:
            head = await reader.readexactly(9)
            await reader.readexactly(int.from_bytes(head[:3]))
            stream = int.from_bytes(head[5:])
            if head[3] == _SETTINGS and not head[4]:
                writer.write(_frame(_SETTINGS, 1, 0))
            if head[3] == _HEADERS:
                writer.write(_frame(_HEADERS, 5, stream, bytes([0x80 | indexed])))

    return handle


async def http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as a web server that knows HTTP/1.1 only."""
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def closing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hang up at once."""
    writer.transport.abort()


async def refusing_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speak TLS, but agree on nothing: the alert "handshake failure"."""
    await reader.read(1)
    writer.write(bytes.fromhex("15030300020228"))
    await writer.drain()
    writer.close()


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Take everything and say nothing."""
    while await reader.read(4096):
        pass


@asynccontextmanager
async def listening(
    handler: Handler, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """Listen on loopback and give the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await handler(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, host, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # a transport is closed in the next turn of the loop


@dataclass(frozen=True)
class Authority:
    """Files of a certificate authority and of a server's certificate made by it."""

    root: Path
    certificate: Path
    key: Path

    def context(self, *protocols: str) -> ssl.SSLContext:
        """Make the context of a server that offers these protocols."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        context.set_alpn_protocols(list(protocols))
        return context


def make_authority(folder: Path, host: str = "127.0.0.1") -> Authority:
    """Make an authority as a town would, and a certificate for an address."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("Stadt", "lora")
    )
    root = _builder(root_name, root_name, root_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    leaf = _builder(root_name, name, key).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False
    )
    files = Authority(folder / "root.pem", folder / "server.pem", folder / "server.key")
    files.root.write_bytes(_pem(root.sign(root_key, hashes.SHA256())))
    files.certificate.write_bytes(_pem(leaf.sign(root_key, hashes.SHA256())))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def _builder(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
