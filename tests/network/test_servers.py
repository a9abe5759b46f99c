"""The kinds of network server."""

from typing import TYPE_CHECKING, cast

import pytest

from custom_components.bernau_smartcity.model import Field, NetworkError, Reason
from custom_components.bernau_smartcity.network import SERVERS

if TYPE_CHECKING:
    from aiohttp import ClientSession

GOOD: dict[str, str] = {Field.URL: "http://127.0.0.1:8080", Field.API_KEY: "a.b.c"}
NO_SESSION = cast("ClientSession", None)


def test_servers_are_found_by_key() -> None:
    """A module is enough to add one."""
    assert "chirpstack" in SERVERS
    assert all(key == server.key for key, server in SERVERS.items())


def test_fields_of_chirpstack() -> None:
    """A tenant is only needed with a key of that tenant."""
    server = SERVERS["chirpstack"]
    assert server.required == (Field.URL, Field.API_KEY)
    assert server.optional == (Field.TENANT,)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({Field.URL: "http://host/path"}, Reason.ADDRESS_INVALID),
        ({Field.API_KEY: ""}, Reason.KEY_REJECTED),
        ({Field.API_KEY: "schlüssel-secret"}, Reason.KEY_REJECTED),
        ({Field.API_KEY: "two\nlines-secret"}, Reason.KEY_REJECTED),
        ({Field.TENANT: "Stadt secret"}, Reason.TENANT_UNKNOWN),
    ],
)
def test_fields_that_cannot_be_right(changes: dict[str, str], reason: Reason) -> None:
    """Told without asking the server, and without repeating them."""
    with pytest.raises(NetworkError) as caught:
        SERVERS["chirpstack"].connect({**GOOD, **changes}, NO_SESSION)
    assert caught.value.reason is reason
    assert "secret" not in str(caught.value)


async def test_connecting_does_nothing_yet() -> None:
    """Nobody listens at this address; a connection never used closes, too."""
    connection = SERVERS["chirpstack"].connect({**GOOD, Field.TENANT: " "}, NO_SESSION)
    await connection.close()
    await connection.close()
