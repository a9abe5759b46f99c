"""Fixtures for all tests."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
import logging
from os import environ
from pathlib import Path

import grpc
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
import pytest
import pytest_asyncio
import pytest_socket
import sqlalchemy

# The harness brings a package of the same name; whichever is imported first is the one.
import custom_components  # noqa: F401  # imported for that effect
from custom_components.bernau_smartcity import config_flow, coordinator
from custom_components.bernau_smartcity.flows import options as options_flow
from custom_components.bernau_smartcity.ledger import database

from .fake_network import AT, FakeNetwork

# Otherwise every statement of the recorder stands in the report of a failure.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

TESTS = Path(__file__).parent

set_hypothesis_home_dir(TESTS.parent / ".cache" / "hypothesis")
# A check that passed passes again; `--hypothesis-profile=search` looks for what nobody found yet.
# Neither says anything of time: how fast examples are made depends on what else the machine does.
settings.register_profile(
    "search",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("same", parent=settings.get_profile("search"), derandomize=True)
settings.load_profile("same")

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
PURE = {
    TESTS / name
    for name in ("codecs", "fuzz", "mapping", "meta", "metering", "network", "visitors")
}
"""Tests of what knows nothing of Home Assistant (tests/meta keeps it so)."""
TOWNS = {TESTS / "faults", TESTS / "test_town.py"}
"""Tests of Home Assistant that make very many calls."""
HARNESS = {
    "configure_event_loop",
    "enable_event_loop_debug",
    "fail_on_log_exception",
    "reset_globals",
    "skip_stop_scripts",
    "verify_cleanup",
}
"""What the harness does for each test because of Home Assistant and its event loop."""


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker its own database on the server that is asked for with `--dburl`."""
    url = sqlalchemy.make_url(config.option.dburl)
    worker = environ.get("PYTEST_XDIST_WORKER")
    if worker and url.get_backend_name() == "postgresql":
        own = url.set(database=f"{url.database}_{worker}")
        config.option.dburl = own.render_as_string(hide_password=False)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Start no event loop for a pure function: that would take longer than most of its tests."""
    assert isinstance(item, pytest.Function)
    if PURE & {*item.path.parents} and not pytest_asyncio.is_async_test(item):
        item.fixturenames[:] = [name for name in item.fixturenames if name not in HARNESS]


@pytest.fixture(scope="session", autouse=True)
def _grpc() -> None:
    """Start gRPC's thread before the harness looks which threads a test leaves behind."""
    grpc.aio.init_grpc_aio()  # type: ignore[attr-defined]  # the stubs lack it


@pytest.fixture(scope="session", autouse=True)
def synchronous() -> Iterator[str]:
    """Let no commit wait for the disk, as power does not fail in a test; give how it would wait."""
    with pytest.MonkeyPatch.context() as patch:
        meant = database.SYNCHRONOUS
        patch.setattr(database, "SYNCHRONOUS", "OFF")
        yield meant


@pytest.fixture(autouse=True)
async def enable_event_loop_debug(request: pytest.FixtureRequest) -> None:
    """Let loops look for calls from other threads where Home Assistant has such, but for towns.

    In this mode, they note for each call where it came from, which takes longer than the call.
    """
    is_town = TOWNS & {request.path, *request.path.parents}
    asyncio.get_running_loop().set_debug("hass" in request.fixturenames and not is_town)


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    """Let tests talk to servers that they start themselves, and to nothing else."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Keep what Home Assistant writes out of the harness's own folder."""
    return str(tmp_path)


@pytest.fixture(autouse=True)
def _this_integration(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find this integration, in the tests that have one.

    Where time can be set, it is that of the messages, whatever the date. The recorder must be
    asked for before anything that starts Home Assistant. It begins before the time of the
    tests: what it finds to be compiled already when it begins, it would not compile in a test.
    """
    if "hass" in request.fixturenames:
        has_recorder = "recorder_mock" in request.fixturenames
        if "freezer" in request.fixturenames:
            early = timedelta(hours=1) if has_recorder else timedelta()
            request.getfixturevalue("freezer").move_to(AT - early)
        if has_recorder:
            request.getfixturevalue("recorder_mock")
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture(autouse=True)
def _texts_complete(request: pytest.FixtureRequest, _this_integration: None) -> Iterator[None]:
    """Fail a test that brings up anything for which a text is missing."""
    if "hass" not in request.fixturenames:
        yield
        return
    from tests import texts  # noqa: PLC0415  # tests without Home Assistant need not load it

    found: list[str] = []
    with texts.watched(found):
        yield
    found.extend(texts.missing_for_entities(request.getfixturevalue("hass")))
    assert not found, "\n".join(sorted(set(found)))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    """Give a network server that does what the test says."""
    fake = FakeNetwork()
    for module in (config_flow, coordinator, options_flow):
        monkeypatch.setattr(module, "SERVERS", {"fake": fake.server_type})
    return fake
