"""Network servers: one module each, found automatically; `_` modules are helpers."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Final

from ..model import ServerType
from ._json import parsed
from ._sent import batches

__all__ = ["SERVERS", "batches", "parsed"]


def _servers() -> Iterator[ServerType]:
    """Give the `SERVER` of every module of this package."""
    for module in iter_modules(__path__, f"{__name__}."):
        if not module.name.rpartition(".")[2].startswith("_"):
            yield import_module(module.name).SERVER


SERVERS: Final[Mapping[str, ServerType]] = MappingProxyType(
    {server.key: server for server in _servers()}
)
"""Every kind of network server by its key."""
