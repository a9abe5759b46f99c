"""Where a network server listens, from what a person typed."""

from dataclasses import dataclass
import re
from typing import Final
from urllib.parse import urlsplit

from ..model import NetworkError, Reason

_HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+(%[a-z0-9._-]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """A host, a port, and whether TLS is spoken there."""

    host: str
    port: int
    tls: bool

    @property
    def target(self) -> str:
        """As gRPC writes it, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """As HTTP writes it, without a path."""
        return f"{'https' if self.tls else 'http'}://{self.target}"


def parse_address(
    text: str, *, plain_port: int, tls_port: int = 443, scheme: str = "http"
) -> Address:
    """Read `http://host:8080`, `https://host` or `host:8080`, which means `scheme`.

    A fragment is left out, so that the address line of a browser can be pasted.
    The texts of the errors never repeat the input: it may hold a password.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"{scheme}://{text}")
        port = parts.port
        host = _ascii_host(parts.hostname or "")
    except ValueError:
        raise NetworkError(Reason.ADDRESS_INVALID, "not an address with host and port") from None
    if parts.scheme not in {"http", "https"}:
        raise NetworkError(Reason.ADDRESS_INVALID, "neither http nor https")
    if parts.username is not None or parts.password is not None:
        raise NetworkError(
            Reason.ADDRESS_INVALID, "a user name or password belongs to another field"
        )
    if parts.path not in {"", "/"} or parts.query:
        raise NetworkError(Reason.ADDRESS_INVALID, "a path is not supported")
    if not _HOST.fullmatch(host) or port == 0:
        raise NetworkError(Reason.ADDRESS_INVALID, "no usable host or port")
    tls = parts.scheme == "https"
    return Address(host, port or (tls_port if tls else plain_port), tls)


def _ascii_host(host: str) -> str:
    """Give an international name as DNS knows it; raises `ValueError`."""
    return host if ":" in host else host.encode("idna").decode()
