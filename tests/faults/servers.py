"""The network servers behind which a town has its faults, and how they are read here."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from aiohttp import ClientSession

from custom_components.bernau_smartcity.model import Connection
from custom_components.bernau_smartcity.network._http import Credentials, Http, Pace
from custom_components.bernau_smartcity.network._tts_api import Api
from custom_components.bernau_smartcity.network.everynet import Everynet
from custom_components.bernau_smartcity.network.firefly import Firefly
from custom_components.bernau_smartcity.network.the_things_stack import TheThingsStack
from custom_components.bernau_smartcity.network.zenner_element import ZennerElement
from simulator import chirpstack, everynet, firefly, http, the_things_stack, zenner_element
from simulator.faults import Kind
from simulator.servers import Server
from simulator.town import Town
from tests.network.homes import QUICK, connect

type Now = Callable[[], datetime]

RETAINED: Final = 1_000
"""Events of a device that ChirpStack keeps here: more than a test lasts."""
HASTY: Final = replace(QUICK, request=0.5, opening=0.5, probe=0.1, silence=0.15, batch=0.3)
"""Gives up soon, so that a server which never answers costs little."""
HASTY_HTTP: Final = Pace(answer=0.5, connection=0.5, pause=0.1, default_pause=0.02)

ON_THE_AIR: Final = (
    Kind.DROP,
    Kind.SILENT,
    Kind.DUPLICATE,
    Kind.DELAY,
    Kind.REORDER,
    Kind.LATE_EVENT,
    Kind.BROKEN,
    Kind.CUT,
    Kind.LONG,
    Kind.FOREIGN,
    Kind.ENCRYPTED,
    Kind.RESET,
)
AT_THE_SERVER: Final = (
    Kind.REMOVED,
    Kind.APPLICATION_DELETED,
    Kind.REFUSE,
    Kind.CONNECTION_RESET,
    Kind.HANG,
    Kind.SLOW,
    Kind.REJECT_KEY,
    Kind.ERROR,
)
OVER_HTTP: Final = (Kind.RATE_LIMIT, Kind.CUT_BODY, Kind.NO_JSON)


@dataclass(frozen=True)
class Face:
    """A kind of network server."""

    key: str
    serve: Callable[[Town], AbstractAsyncContextManager[Server]]
    connect: Callable[..., Connection]
    """Takes server, session, what tells the time here, and how many times as long to wait."""
    kinds: tuple[Kind, ...]
    """The faults that it can have."""
    error: int
    """The status with which calls end under `Kind.ERROR`."""
    vague: frozenset[Kind] = frozenset({Kind.REORDER})
    """Faults after which it does not tell when an uplink was sent, but when it came."""


def now_of(server: Server, ahead: timedelta = timedelta()) -> datetime:
    """Give the time of the town, as a clock shows it that may be wrong."""
    return datetime.fromtimestamp(server.town.clock.now(), UTC) + ahead


def _chirpstack(
    server: Server, _session: ClientSession, _now: Now, patience: float = 1.0
) -> Connection:
    fields = server.credentials
    pace = replace(
        HASTY,
        request=HASTY.request * patience,
        opening=HASTY.opening * patience,
        silence=HASTY.silence * patience,
        batch=HASTY.batch * patience,
    )
    return connect(fields["url"], fields["tenant"], pace, fields["api_key"])


def _http(
    server: Server, session: ClientSession, patience: float, credentials: Credentials
) -> Http:
    pace = replace(
        HASTY_HTTP,
        answer=HASTY_HTTP.answer * patience,
        connection=HASTY_HTTP.connection * patience,
    )
    return Http(session, server.url, credentials, pace=pace)


def _the_things_stack(
    server: Server, session: ClientSession, now: Now, patience: float = 1.0
) -> Connection:
    headers = {"Authorization": f"Bearer {server.credentials['cluster_key']}"}
    asked = _http(server, session, patience, Credentials(headers=headers))
    return TheThingsStack(Api(asked, asked), now)


def _by_parameter(
    kind: Callable[[Http, Now], Connection], name: str, field: str
) -> Callable[..., Connection]:
    """Give what connects to a server that takes its key as a parameter of each request."""

    def connection(
        server: Server, session: ClientSession, now: Now, patience: float = 1.0
    ) -> Connection:
        credentials = Credentials(params={name: server.credentials[field]})
        return kind(_http(server, session, patience, credentials), now)

    return connection


FACES: Final[Mapping[str, Face]] = {
    face.key: face
    for face in (
        Face(
            "chirpstack",
            partial(chirpstack.serve, options=chirpstack.Options(history=RETAINED, pause=0.003)),
            _chirpstack,
            (*ON_THE_AIR, Kind.BODY, *AT_THE_SERVER),
            error=13,
        ),
        Face(
            "the_things_stack",
            partial(http.serve, api=the_things_stack.TheThingsStack),
            _the_things_stack,
            (*ON_THE_AIR, *AT_THE_SERVER, *OVER_HTTP, Kind.NOT_STORED),
            error=500,
            vague=frozenset({Kind.REORDER, Kind.DELAY}),
        ),
        Face(
            "zenner_element",
            partial(http.serve, api=zenner_element.ZennerElement),
            _by_parameter(ZennerElement, "auth", "element_key"),
            (*ON_THE_AIR, *AT_THE_SERVER, *OVER_HTTP),
            error=500,
        ),
        Face(
            "firefly",
            partial(http.serve, api=firefly.Firefly),
            _by_parameter(Firefly, "auth", "firefly_key"),
            (*ON_THE_AIR, *AT_THE_SERVER, *OVER_HTTP),
            error=500,
        ),
        Face(
            "everynet",
            partial(http.serve, api=partial(everynet.Everynet, delay=0)),
            _by_parameter(Everynet, "access_token", "everynet_key"),
            (*ON_THE_AIR, *AT_THE_SERVER, *OVER_HTTP),
            error=500,
        ),
    )
}
