"""What is searched: each codec, the parsers that several share, and all else that is read.

An input of a codec is the fPort, the number of a situation (what is known of the
device and remembered) and the payload. The first inputs are the vectors.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from custom_components.bernau_smartcity.codecs import CODECS, _mbus, _registers
from custom_components.bernau_smartcity.model import (
    Codec,
    DecodeError,
    Medium,
    Setting,
    WaitingError,
)
from tests.codecs import invariants
from tests.codecs.vectors import RECEIVED_AT, VECTORS, Vector, uplink
from tests.fuzz import bodies

_HEAD = 2
"""Bytes in front of a payload."""
STEPS, STEPS_PER_BYTE = 10_000, 250
"""How much work an input may make: lines, rounds and calls."""


@dataclass(frozen=True)
class Target:
    """One thing that takes any bytes."""

    name: str
    seeds: tuple[bytes, ...]
    run: Callable[[bytes], object]
    """Raises when something does not hold."""
    vector: Callable[[bytes], Mapping[str, Any]]
    """Gives an input as it is written into a file of vectors."""


def limit(data: bytes) -> int:
    """Give how many steps an input may take."""
    return STEPS + STEPS_PER_BYTE * len(data)


@dataclass(frozen=True)
class _Situations:
    """A codec and what its vectors know of devices."""

    codec: Codec
    known: tuple[Mapping[str, Any], ...]

    def run(self, data: bytes) -> None:
        """Decode a payload in a situation."""
        if len(data) >= _HEAD:
            known = self._known(data)
            invariants.decode(
                self.codec,
                uplink(
                    data[_HEAD:],
                    data[0],
                    RECEIVED_AT,
                    known.get("settings", {}),
                    known.get("memory", {}),
                ),
            )

    def vector(self, data: bytes) -> Mapping[str, Any]:
        """Give an input as a vector."""
        return {
            "codec": self.codec.key,
            "f_port": data[0],
            "payload": data[_HEAD:].hex(),
            **self._known(data),
        }

    def _known(self, data: bytes) -> Mapping[str, Any]:
        return self.known[data[1] % len(self.known)]


def _known(vector: Vector) -> Mapping[str, Any]:
    return {name: vector.content[name] for name in ("settings", "memory") if name in vector.content}


def _codec(codec: Codec) -> Target:
    vectors = [vector for vector in VECTORS if vector.codec is codec]
    known: list[Mapping[str, Any]] = [{}]
    known += [each for vector in vectors if (each := _known(vector)) and each not in known]
    seeds = tuple(
        bytes((vector.uplink.f_port, known.index(_known(vector)) % 256)) + vector.uplink.payload
        for vector in vectors
    )
    situations = _Situations(codec, tuple(known))
    return Target(codec.key, seeds, situations.run, situations.vector)


def _records(data: bytes) -> int:
    """Parse M-Bus records and make readings of them."""
    try:
        records = _mbus.parse(data)
        return len(tuple(_mbus.readings(records, Medium.HEAT)))
    except DecodeError:
        return 0


def _telegrams() -> Iterator[bytes]:
    """Give what is M-Bus in the vectors, behind a byte or none."""
    for vector in VECTORS:
        for data in (vector.uplink.payload, vector.uplink.payload[1:]):
            if _records(data):
                yield data


def _layout(data: bytes) -> None:
    text = data.decode(errors="replace")
    try:
        found = _registers.layout(uplink(b"", 1, settings={Setting.LAYOUT: text}))
    except WaitingError:
        return
    assert found.entries


def _layouts() -> Iterator[bytes]:
    for vector in VECTORS:
        if text := vector.content.get("settings", {}).get(Setting.LAYOUT):
            yield text.encode()


def _plain(name: str, seeds: Iterable[bytes], run: Callable[[bytes], object]) -> Target:
    return Target(name, tuple(dict.fromkeys(seeds)), run, partial(_hex, name))


def _hex(name: str, data: bytes) -> Mapping[str, Any]:
    return {"parser": name, "bytes": data.hex()}


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        *map(_codec, CODECS.values()),
        _plain("mbus_records", _telegrams(), _records),
        _plain("register_layout", _layouts(), _layout),
        *(_plain(name, *how) for name, how in bodies.TARGETS.items()),
    )
}
"""By name: the key of a codec, or what is parsed."""
