"""The vectors of the codecs: payloads, where they come from, and what they say.

One JSON file per codec module, named like it, with a list of objects:
`name`, `source`, `f_port`, `payload` (hex) and either `readings` or `error`;
`codec` where the module has more than one; `received_at` and `settings` where
they matter; `memory` (texts by name) where earlier messages matter; `meters` (what is
told of meters behind a bridge) and `remember` (texts by name) where there are
such; `note` where a published expectation is not followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
import json
from pathlib import Path
from typing import Any, override

from custom_components.bernau_smartcity import codecs
from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.model import (
    Codec,
    Medium,
    Meter,
    Quantity,
    Reading,
    Uplink,
)

FOLDER = Path(__file__).parent / "vectors"
RECEIVED_AT = datetime.fromisoformat("2026-11-23T12:00:00Z")


@dataclass(frozen=True)
class Vector:
    """One payload of one device model."""

    module: str
    content: Mapping[str, Any]

    @override
    def __str__(self) -> str:
        """Name the vector in test reports."""
        return f"{self.codec.key}: {self.content['name']}"

    @property
    def codec(self) -> Codec:
        """The codec that it is for."""
        return CODECS[self.content.get("codec", self.module)]

    @property
    def uplink(self) -> Uplink:
        """The message that brings it."""
        received_at = self.content.get("received_at")
        return uplink(
            bytes.fromhex(self.content["payload"]),
            self.content["f_port"],
            datetime.fromisoformat(received_at) if received_at else RECEIVED_AT,
            self.content.get("settings", {}),
            self.content.get("memory", {}),
        )

    @property
    def readings(self) -> tuple[Reading, ...] | None:
        """What it says, None if it must be refused."""
        if "readings" not in self.content:
            return None
        return tuple(_reading(row) for row in self.content["readings"])

    @property
    def meters(self) -> tuple[Meter, ...]:
        """The meters behind a bridge that it tells of."""
        rows = self.content.get("meters", ())
        return tuple(
            Meter(row["number"], Medium(row["medium"]), row.get("manufacturer", "")) for row in rows
        )


def uplink(
    payload: bytes,
    f_port: int,
    received_at: datetime = RECEIVED_AT,
    settings: Mapping[str, str] | None = None,
    memory: Mapping[str, str] | None = None,
) -> Uplink:
    """Give a message."""
    return Uplink(
        dev_eui="0123456789abcdef",
        id="1",
        received_at=received_at,
        f_port=f_port,
        f_cnt=1,
        payload=payload,
        settings=settings or {},
        memory=memory or {},
    )


def module_of(codec: Codec) -> str:
    """Give the name of the module in which a codec stands."""
    return next(
        name for name, module in MODULES.items() if any(one is codec for one in module.CODECS)
    )


def _reading(row: Mapping[str, Any]) -> Reading:
    at = row.get("at")
    return Reading(
        Quantity[row["quantity"].upper()],
        row["value"],
        row.get("channel", 0),
        datetime.fromisoformat(at) if at else None,
        row.get("meter", ""),
    )


def load() -> list[Vector]:
    """Give all vectors."""
    return [
        Vector(path.stem, content)
        for path in sorted(FOLDER.glob("*.json"))
        for content in json.loads(path.read_text(encoding="utf-8"))
    ]


MODULES = {
    path.stem: import_module(f"{codecs.__name__}.{path.stem}")
    for path in sorted(Path(codecs.__file__).parent.glob("[!_]*.py"))
}
"""All modules of codecs by their name."""

VECTORS = load()
