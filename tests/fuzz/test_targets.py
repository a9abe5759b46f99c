"""What the search begins with holds, and no work grows faster than the message."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from math import nan
import tracemalloc

import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.model import (
    Codec,
    DecodeError,
    Medium,
    Quantity,
    Reading,
    Told,
    Uplink,
)
from tests.codecs import invariants
from tests.codecs.vectors import uplink

from .targets import STEPS, STEPS_PER_BYTE, TARGETS, limit
from .work import TooMuchWorkError, Work

NAMES = sorted(TARGETS)
HEAD = 2
TIMES = 16
"""How many times over a message is tried."""
PEAK, PEAK_PER_BYTE = 64 * 1024, 2 * 1024
"""Memory that an input may take."""


@pytest.fixture
def work() -> Iterator[Work]:
    """Count."""
    with Work() as counting:
        yield counting


def test_every_codec_is_searched() -> None:
    """Also one that was added yesterday."""
    assert set(CODECS) < set(TARGETS)
    assert all(target.seeds for target in TARGETS.values())


@pytest.mark.parametrize("name", NAMES)
def test_search_begins_with_what_holds(name: str, work: Work) -> None:
    """Each vector as it is, and many times over: the work follows the length."""
    for seed in TARGETS[name].seeds:
        for times in (1, TIMES):
            data = seed[:HEAD] + seed[HEAD:] * times
            work.of(partial(TARGETS[name].run, data), limit(data))


@pytest.mark.parametrize("name", NAMES)
def test_memory_follows_the_length(name: str) -> None:
    """What a message takes while it is decoded, many times its length."""
    target = TARGETS[name]
    longest = max(target.seeds, key=len)
    data = longest[:HEAD] + longest[HEAD:] * TIMES
    target.run(data)
    tracemalloc.start()
    target.run(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= PEAK + PEAK_PER_BYTE * len(data)


@pytest.mark.parametrize("name", NAMES)
def test_input_is_shown_as_a_vector(name: str) -> None:
    """So that what was found can be kept."""
    target = TARGETS[name]
    vector = target.vector(target.seeds[0])
    payload = bytes.fromhex(vector.get("payload", vector.get("bytes")))
    assert target.seeds[0].endswith(payload)


def test_what_is_done_once_is_not_the_work_of_a_message(work: Work) -> None:
    """The first message of all may fill what later ones only look up."""
    known: list[int] = []

    def run() -> None:
        while len(known) < STEPS:
            known.append(0)

    assert work.of(run, STEPS) < STEPS_PER_BYTE


def endless(message: Uplink) -> Iterator[Told]:
    """Never come to an end."""
    while message.payload:
        pass
    yield Reading(Quantity.VOLUME, 1.0)


def cubic(message: Uplink) -> tuple[Told, ...]:
    """Look at each byte for each pair of bytes."""
    count = sum(1 for _ in message.payload for _ in message.payload for _ in message.payload)
    return (Reading(Quantity.VOLUME, float(count)),)


def wrong(message: Uplink) -> tuple[Told, ...]:
    """Look where nothing is."""
    return (Reading(Quantity.VOLUME, float(message.payload[1000])),)


def speechless(message: Uplink) -> tuple[Told, ...]:
    """Refuse a message without a reason."""
    raise DecodeError(message.payload[1000:].decode())


def telling(*readings: Reading) -> Callable[[Uplink], tuple[Told, ...]]:
    """Tell the same of each message."""
    return lambda _: readings


NAIVE = datetime(2026, 11, 23)  # noqa: DTZ001  # that is what must be noticed


@pytest.mark.parametrize(
    ("decode", "error"),
    [
        (endless, TooMuchWorkError),
        (cubic, TooMuchWorkError),
        (wrong, IndexError),
        (speechless, AssertionError),
        (telling(Reading(Quantity.VOLUME, nan)), AssertionError),
        (telling(Reading(Quantity.VOLUME, 1)), AssertionError),
        (telling(Reading(Quantity.ENERGY, 1.0)), AssertionError),
        (telling(Reading(Quantity.LEAK, 2.0)), AssertionError),
        (telling(Reading(Quantity.VOLUME, 1.0, at=NAIVE)), AssertionError),
        (telling(*[Reading(Quantity.VOLUME, 1.0)] * 5000), AssertionError),
    ],
)
def test_what_does_not_hold_is_noticed(
    decode: Callable[[Uplink], Iterable[Told]], error: type[Exception], work: Work
) -> None:
    """Each of the promises that are searched for an exception."""
    codec = Codec(
        key="broken",
        manufacturer="Maker",
        model="Broken",
        medium=Medium.WATER,
        quantities=frozenset({Quantity.VOLUME, Quantity.LEAK}),
        decode=decode,
    )
    payload = bytes(64)
    with pytest.raises(error):
        work.of(lambda: invariants.decode(codec, uplink(payload, 1)), limit(payload))
