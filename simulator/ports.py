"""A port that stays one's own while nobody listens at it."""

from collections.abc import Iterator
from contextlib import contextmanager
import socket


@contextmanager
def held(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Keep a port from all others; port 0 takes a free one.

    Who connects is refused, until a server of one's own listens there. When it stops and
    begins again, nobody has taken its port meanwhile.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((host.strip("[]"), port))
        yield place.getsockname()[1]
