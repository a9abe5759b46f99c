"""The network servers behind which the town can be put, by name."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Final, Protocol

from . import chirpstack, http
from .everynet import Everynet
from .firefly import Firefly
from .inventory import Device
from .requests import Requests
from .the_things_stack import TheThingsStack
from .town import Town
from .zenner_element import ZennerElement


class Server(Protocol):
    """A running network server."""

    town: Town
    requests: Requests

    @property
    def url(self) -> str:
        """Where it is found."""

    @property
    def credentials(self) -> dict[str, str]:
        """What is entered where the integration is set up, by field."""

    async def settle(self) -> None:
        """Stop or begin to listen, as the faults demand."""


type Serve = Callable[..., AbstractAsyncContextManager[Server]]
"""Takes a town and the `port`."""

CHIRPSTACK: Final = "chirpstack"

HTTP: Final[Mapping[str, Callable[[Town], http.Api]]] = {
    "the_things_stack": TheThingsStack,
    "zenner_element": ZennerElement,
    "firefly": Firefly,
    "everynet": Everynet,
}
"""Those whose interface is HTTP."""
_WITHOUT_PARSER: Final = frozenset({"everynet"})
_READ_BY_SERVER: Final = "decoded"
"""Devices whose messages only a parser on the server understands."""


def names() -> list[str]:
    """Give the names of all."""
    return [CHIRPSTACK, *HTTP]


def devices_for(name: str, devices: Mapping[str, Device]) -> dict[str, Device]:
    """Give the devices that a town can have behind this server."""
    unreadable = {_READ_BY_SERVER} if name in _WITHOUT_PARSER else set[str]()
    return {eui: device for eui, device in devices.items() if device.codec not in unreadable}


def serving(name: str, options: chirpstack.Options, **how: object) -> Serve:
    """Give what runs a server; options and further arguments are for ChirpStack alone."""
    if name == CHIRPSTACK:
        return partial(chirpstack.serve, options=options, **how)  # type: ignore[arg-type]  # passed on
    return partial(http.serve, api=HTTP[name])
