"""Every way in which a server cannot be used is told by its reason."""

from collections.abc import Callable
from pathlib import Path
import socket
import ssl
from typing import Any, Final

import grpc
from grpc import StatusCode
from grpc.aio import AioRpcError, Metadata
import pytest

from custom_components.bernau_smartcity.model import NetworkError, Reason
from custom_components.bernau_smartcity.network._address import Address, parse_address
from custom_components.bernau_smartcity.network._chirpstack_api import Api
from custom_components.bernau_smartcity.network._chirpstack_pace import Pace
from custom_components.bernau_smartcity.network._grpc import network_error
from custom_components.bernau_smartcity.network._probe import probe, trusted_certificates
from custom_components.bernau_smartcity.network.chirpstack import ChirpStack
from simulator.ports import held
from tests.network.faulty import (
    Authority,
    Handler,
    closing,
    http1,
    http2_status,
    listening,
    make_authority,
    refusing_tls,
    silent,
)
from tests.network.scripted import APPLICATION, TENANT, Script, served

KEY: Final = "eyJ0eXAi.secret.sig"
PACE: Final = Pace(request=60, probe=60)
HASTY: Final = Pace(request=0.3, probe=0.6)
NOT_FOUND_404, OK_200, FAILED_500 = http2_status(13), http2_status(8), http2_status(14)


@pytest.fixture(name="authority")
def _authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Give an authority that this system trusts, and no other."""
    made = make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.root))
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    return made


async def reason_of(url: str, pace: Pace = PACE, tenant: str = TENANT) -> Reason:
    """Ask for the applications, which must fail, and tell why."""
    connection = ChirpStack(Api(parse_address(url, plain_port=8080), KEY, pace), tenant, pace)
    try:
        with pytest.raises(NetworkError) as caught:
            await connection.scopes()
    finally:
        await connection.close()
    assert "secret" not in str(caught.value)
    return caught.value.reason


PLAIN: Final[tuple[tuple[str, Handler, Reason], ...]] = (
    ("HTTP/1.1", http1, Reason.NOT_THIS_SERVER),
    ("hangs up", closing, Reason.NOT_THIS_SERVER),
    ("HTTP/2, 404", NOT_FOUND_404, Reason.NOT_THIS_SERVER),
    ("HTTP/2, 200", OK_200, Reason.NOT_THIS_SERVER),
    ("HTTP/2, 500", FAILED_500, Reason.SERVER_ERROR),
)


@pytest.mark.parametrize(("handler", "reason"), [p[1:] for p in PLAIN], ids=[p[0] for p in PLAIN])
async def test_another_server(handler: Handler, reason: Reason) -> None:
    """Something answers, but not ChirpStack."""
    async with listening(handler) as port:
        assert await reason_of(f"http://127.0.0.1:{port}") is reason


async def test_a_server_that_says_nothing() -> None:
    """Neither over HTTP nor over TLS."""
    async with listening(silent) as port:
        assert await reason_of(f"http://127.0.0.1:{port}", HASTY) is Reason.TIMEOUT
        assert await reason_of(f"https://127.0.0.1:{port}", HASTY) is Reason.TIMEOUT


async def test_nobody_listens() -> None:
    """At a port that nobody else can take either."""
    with held() as port:
        assert await reason_of(f"http://127.0.0.1:{port}") is Reason.CONNECTION_REFUSED
        assert await reason_of(f"https://127.0.0.1:{port}") is Reason.CONNECTION_REFUSED


async def test_an_answer_that_takes_too_long() -> None:
    """The server is there, but busy."""
    script = Script(silent={"ApplicationService.List"})
    async with served(script) as address:
        assert await reason_of(address, HASTY) is Reason.TIMEOUT


async def test_tls_with_an_own_authority(authority: Authority) -> None:
    """A town's own authority in the system's store is enough."""
    async with listening(NOT_FOUND_404, authority.context("h2")) as port:
        assert await reason_of(f"https://127.0.0.1:{port}") is Reason.NOT_THIS_SERVER
        assert await probe(Address("127.0.0.1", port, tls=True), PACE.probe) is None


async def test_tls_needed(authority: Authority) -> None:
    """`http` was given where TLS is spoken."""
    async with listening(NOT_FOUND_404, authority.context("h2")) as port:
        assert await reason_of(f"http://127.0.0.1:{port}") is Reason.TLS_NEEDED


@pytest.mark.parametrize("handler", [http1, closing], ids=["HTTP/1.1", "hangs up"])
async def test_tls_not_offered(handler: Handler) -> None:
    """`https` was given where no TLS is spoken."""
    async with listening(handler) as port:
        assert await reason_of(f"https://127.0.0.1:{port}") is Reason.TLS_NOT_OFFERED


async def test_tls_not_offered_by_chirpstack() -> None:
    """Its own port 8080 never speaks TLS."""
    async with served(Script()) as address:
        assert await reason_of(f"https://{address}") is Reason.TLS_NOT_OFFERED


@pytest.mark.usefixtures("authority")
async def test_certificate_of_nobody_we_know(tmp_path: Path) -> None:
    """Signed by an authority that the system does not have."""
    (tmp_path / "other").mkdir()
    other = make_authority(tmp_path / "other")
    async with listening(NOT_FOUND_404, other.context("h2")) as port:
        assert await reason_of(f"https://127.0.0.1:{port}") is Reason.CERTIFICATE


async def test_certificate_for_another_name(authority: Authority, tmp_path: Path) -> None:
    """Signed by the right authority, for another address."""
    (tmp_path / "other").mkdir()
    other = make_authority(tmp_path / "other", "192.0.2.7")
    authority.root.write_bytes(other.root.read_bytes())
    async with listening(NOT_FOUND_404, other.context("h2")) as port:
        assert await reason_of(f"https://127.0.0.1:{port}") is Reason.CERTIFICATE


async def test_a_system_that_trusts_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told as what it is; gRPC's own list is not fallen back to."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    assert await reason_of("https://127.0.0.1:1") is Reason.CERTIFICATE


async def test_web_server_behind_tls(authority: Authority) -> None:
    """It does not agree on HTTP/2, or does not speak it."""
    async with listening(http1, authority.context("http/1.1")) as port:
        assert await reason_of(f"https://127.0.0.1:{port}") is Reason.NOT_THIS_SERVER
    async with listening(http1, authority.context("h2")) as port:
        assert await reason_of(f"https://127.0.0.1:{port}") is Reason.NOT_THIS_SERVER


@pytest.mark.usefixtures("authority")
async def test_tls_that_cannot_be_agreed_on() -> None:
    """It is TLS, so `http` would not help."""
    async with listening(refusing_tls) as port:
        assert await reason_of(f"https://127.0.0.1:{port}") is Reason.SERVER_ERROR


async def test_certificates_come_from_file_and_folder(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, whatever else lies beside them."""
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "again.pem").write_bytes(b"# Gr\xc3\xbc\xc3\x9fe\n" + authority.root.read_bytes())
    (folder / "other.pem").write_bytes(authority.certificate.read_bytes())
    (folder / "gone.0").symlink_to(folder / "gone.pem")
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    pem = trusted_certificates()
    assert pem.count("BEGIN CERTIFICATE") == 2
    assert authority.root.read_text().strip() in pem
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setattr(ssl, "get_default_verify_paths", _only_folder(folder))
    assert trusted_certificates() == pem


def _only_folder(folder: Path) -> Callable[[], Any]:
    paths = ssl.DefaultVerifyPaths("", str(folder), "", "", "", "")
    return lambda: paths


@pytest.mark.parametrize("tls", [False, True])
async def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch, *, tls: bool) -> None:
    """No server of names is asked here."""

    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert await probe(Address("nowhere.invalid", 8080, tls), PACE.probe) is Reason.NAME_UNKNOWN


async def test_an_address_without_a_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer at all, as far as a person can tell."""

    async def unreachable(*_: Any, **__: Any) -> None:
        text = "create_connection failed"
        raise ExceptionGroup(text, [OSError(113, "No route to host")])

    monkeypatch.setattr("asyncio.open_connection", unreachable)
    assert await probe(Address("192.0.2.7", 8080, tls=False), PACE.probe) is Reason.TIMEOUT


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (StatusCode.UNAUTHENTICATED, "InvalidSignature", Reason.KEY_REJECTED),
        (StatusCode.UNAUTHENTICATED, "", Reason.KEY_WITHOUT_RIGHTS),
        (StatusCode.PERMISSION_DENIED, "", Reason.KEY_WITHOUT_RIGHTS),
        (StatusCode.UNIMPLEMENTED, "", Reason.SERVER_TOO_OLD),
        (StatusCode.INTERNAL, "database is down", Reason.SERVER_ERROR),
        (StatusCode.RESOURCE_EXHAUSTED, None, Reason.SERVER_ERROR),
        (StatusCode.UNAVAILABLE, "Socket closed", Reason.SERVER_ERROR),
        (StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", Reason.TIMEOUT),
        (StatusCode.UNKNOWN, f"no {KEY} here", Reason.SERVER_ERROR),
        (
            StatusCode.UNIMPLEMENTED,
            "Received http2 header with status: 404",
            Reason.NOT_THIS_SERVER,
        ),
        (
            StatusCode.UNAUTHENTICATED,
            "Received http2 header with status: 401",
            Reason.NOT_THIS_SERVER,
        ),
        (StatusCode.UNAVAILABLE, "Received http2 header with status: 502", Reason.SERVER_ERROR),
        (StatusCode.UNAVAILABLE, "Received http2 header with status: 429", Reason.RATE_LIMITED),
    ],
)
async def test_codes(code: StatusCode, text: str | None, reason: Reason) -> None:
    """What the code of a call means where a server answers."""
    error = AioRpcError(code, Metadata(), Metadata(), text, None)
    async with served(Script()) as address:
        host, port = address.split(":")
        place = Address(host, int(port), tls=False)
        found = await network_error(error, place, secret=KEY, wait=PACE.probe)
    assert found.reason is reason
    assert code.name in str(found)
    assert "secret" not in str(found)


EMPTY: Final = (StatusCode.UNAUTHENTICATED, "")
TEMPLATES: Final = "DeviceProfileTemplateService.List"


UNKNOWN: Final = (StatusCode.UNIMPLEMENTED, "")
BROKEN: Final = (StatusCode.INTERNAL, "")
SIGNED_BADLY: Final = (StatusCode.UNAUTHENTICATED, "InvalidSignature")
TENANTS: Final = "TenantService.List"
APPLICATIONS: Final = "ApplicationService.List"


@pytest.mark.parametrize(
    ("failures", "tenant", "reason"),
    [
        ({TENANTS: EMPTY}, "", Reason.TENANT_NEEDED),
        ({TENANTS: EMPTY, TEMPLATES: EMPTY}, "", Reason.KEY_REJECTED),
        ({TENANTS: EMPTY, TEMPLATES: UNKNOWN}, "", Reason.TENANT_NEEDED),
        ({TENANTS: EMPTY, TEMPLATES: BROKEN}, "", Reason.SERVER_ERROR),
        ({TENANTS: SIGNED_BADLY}, "", Reason.KEY_REJECTED),
        ({APPLICATIONS: EMPTY}, TENANT, Reason.TENANT_UNKNOWN),
        ({APPLICATIONS: EMPTY, TEMPLATES: EMPTY}, TENANT, Reason.KEY_REJECTED),
        ({APPLICATIONS: EMPTY, TEMPLATES: UNKNOWN}, TENANT, Reason.KEY_WITHOUT_RIGHTS),
        ({APPLICATIONS: UNKNOWN}, TENANT, Reason.SERVER_TOO_OLD),
        ({APPLICATIONS: BROKEN}, TENANT, Reason.SERVER_ERROR),
        ({}, APPLICATION, Reason.TENANT_UNKNOWN),
    ],
)
async def test_keys_and_tenants(
    failures: dict[str, tuple[grpc.StatusCode, str]], tenant: str, reason: Reason
) -> None:
    """ChirpStack refuses all of these alike; further calls tell them apart."""
    async with served(Script(failures=failures)) as address:
        assert await reason_of(address, tenant=tenant) is reason


@pytest.mark.parametrize("tenant", ["", TENANT])
async def test_no_applications(tenant: str) -> None:
    """The key is good, but there is nothing to read."""
    async with served(Script(applications={})) as address:
        assert await reason_of(address, tenant=tenant) is Reason.NO_APPLICATIONS


async def test_chirpstack_3() -> None:
    """Its applications had numbers, which do not arrive as UUIDs."""
    async with served(Script(applications={TENANT: {"": "Wasser"}})) as address:
        assert await reason_of(address) is Reason.SERVER_TOO_OLD
