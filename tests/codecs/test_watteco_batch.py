"""Batches of nke Watteco, packed here as the device does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
import struct

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.codecs import _watteco, _watteco_batch
from custom_components.bernau_smartcity.codecs._watteco_batch import Kind, Layout, Series
from custom_components.bernau_smartcity.model import DecodeError, Quantity, Reading

from .vectors import RECEIVED_AT, uplink

BY_SIZE, BY_TIME = 0, 1
BOTH_WAYS, UP, DOWN = 0, 1, 2
WHOLE = 15


def reads(channel: int) -> Series:
    """Give a series whose channel tells its tag."""

    def read(value: float) -> Iterator[Reading]:
        yield Reading(Quantity.POWER, value, channel)

    return Series((Kind.U32, Kind.I16, Kind.FLOAT)[channel], read)


LAYOUT = Layout(3, {tag: reads(tag) for tag in range(3)})

type Samples = list[tuple[int, int]]
"""Times and values."""


@dataclass
class Packed:
    """Bits in the order in which they are read."""

    bits: list[int] = field(default_factory=list)

    def number(self, value: int, count: int) -> None:
        """Add a number: most significant byte first, each from its lowest bit on."""
        while count:
            size = count % 8 or 8
            count -= size
            part = value >> count & ((1 << size) - 1)
            self.bits += [part >> place & 1 for place in range(size)]

    def code(self, table: int, number: int) -> None:
        """Add a Huffman code."""
        words = {known: word for word, known in _watteco_batch._CODES[table].items()}  # noqa: SLF001 - the published table, read the other way round
        self.bits += [int(bit) for bit in words[number]]

    def time(self, table: int, before: int, at: int, *, first: bool = False) -> None:
        """Add a time behind another one, as shortly as it goes."""
        ahead = at - before
        if first:
            self.number(at, 32)
        elif ahead == 0:
            self.code(table, 0)
        elif ahead < 2**15 - 1:
            size = (ahead + 1).bit_length() - 1
            self.code(table, size)
            self.number(ahead + 1 - (1 << size), size)
        else:
            self.code(table, WHOLE)
            self.number(at, 32)

    def value(self, tag: int, value: int) -> None:
        """Add a whole value."""
        whole = int.from_bytes(struct.pack(">f", value)) if tag == 2 else value
        self.number(whole & 0xFFFF_FFFF, 16 if tag == 1 else 32)

    def follow(self, tag: int, coding: int, table: int, difference: int, value: int) -> None:
        """Add a value behind another one."""
        size = (abs(difference) + (coding != BOTH_WAYS)).bit_length() - (coding != BOTH_WAYS)
        fits = size < WHOLE and (coding == BOTH_WAYS or (difference >= 0) == (coding == UP))
        if not fits or (coding != BOTH_WAYS and not difference):
            self.code(table, 0 if not difference else WHOLE)
            if difference:
                self.value(tag, value)
            return
        self.code(table, size)
        if coding == BOTH_WAYS:
            packed = difference if difference >= 0 else difference + (1 << size) - 1
            self.number(packed, size)
        else:
            self.number(abs(difference) + 1 - (1 << size), size)

    def bytes(self) -> bytes:
        """Give the message."""
        bits = self.bits + [0] * (-len(self.bits) % 8)
        return bytes(
            sum(bit << place for place, bit in enumerate(bits[begin : begin + 8]))
            for begin in range(0, len(bits), 8)
        )


def pack(series: dict[int, Samples], *, coding: int, table: int, common: bool) -> bytes:
    """Pack a batch that is sent a minute after its last value."""
    packed = Packed()
    packed.number(len(series) << 4 | common << 1, 8)
    packed.number(0, 4)
    last = 0
    for place, (tag, samples) in enumerate(series.items()):
        at, value = samples[0]
        packed.number(tag, 3)
        packed.time(BY_TIME, last, at, first=place == 0)
        packed.value(tag, value)
        packed.number(coding, 2)
        packed.number(table, 2)
        last = at
    last = (pack_common if common else pack_separate)(packed, series, coding, table)
    packed.time(BY_TIME, last, last + 60)
    return packed.bytes()


def pack_separate(packed: Packed, series: dict[int, Samples], coding: int, table: int) -> int:
    """Add of each series its times and values."""
    for tag, samples in series.items():
        packed.number(tag, 3)
        packed.number(len(samples) - 1, 8)
        if len(samples) > 1:
            packed.number(table, 2)
        for (before, old), (at, value) in pairwise(samples):
            packed.time(table, before, at)
            packed.follow(tag, coding, table, value - old, value)
    return max(at for samples in series.values() for at, _ in samples)


def pack_common(packed: Packed, series: dict[int, Samples], coding: int, table: int) -> int:
    """Add a list of times, and what each series has at these."""
    times = sorted({at for samples in series.values() for at, _ in samples})
    packed.number(len(times), 8)
    packed.number(table, 2)
    packed.code(table, 0)
    for before, at in pairwise(times):
        packed.time(table, before, at)
    for tag, samples in series.items():
        packed.number(tag, 3)
        known = dict(samples)
        last: int | None = None
        for at in times:
            packed.number(at in known, 1)
            if at not in known:
                continue
            if last is None:
                packed.code(table, 0)
            else:
                packed.follow(tag, coding, table, known[at] - last, known[at])
            last = known[at]
    return times[-1]


@st.composite
def batches(draw: st.DrawFn) -> dict[int, Samples]:
    """Give series whose first values are of the same time, as those of a device that starts."""
    tags = draw(st.permutations(range(3)))[: draw(st.integers(1, 3))]
    begin = draw(st.integers(1, 2**31))
    series = {}
    for tag in tags:
        ahead = sorted(draw(st.sets(st.integers(1, 100_000), max_size=4)))
        low = 0 if tag == 0 else -30_000
        values = draw(
            st.lists(st.integers(low, 30_000), min_size=len(ahead) + 1, max_size=len(ahead) + 1)
        )
        series[tag] = list(zip([begin, *(begin + step for step in ahead)], values, strict=True))
    return series


@given(
    series=batches(),
    coding=st.sampled_from([BOTH_WAYS, UP, DOWN]),
    table=st.integers(0, 2),
    common=st.booleans(),
)
def test_any_batch(series: dict[int, Samples], coding: int, table: int, *, common: bool) -> None:
    """What was packed comes out, each value at its time."""
    payload = pack(series, coding=coding, table=table, common=common)
    sent = max(at for samples in series.values() for at, _ in samples) + 60
    expected = [
        Reading(Quantity.POWER, value, tag, RECEIVED_AT - timedelta(seconds=sent - at))
        for tag, samples in series.items()
        for at, value in samples
    ]
    assert list(_watteco.decode(uplink(payload, 125), {}, LAYOUT)) == expected


def test_first_values_alone() -> None:
    """A batch may hold nothing but the first value of each series."""
    packed = Packed()
    packed.number(1 << 4 | 0x04, 8)
    packed.number(0, 4)
    packed.number(1, 3)
    packed.number(1000, 32)
    packed.number(-5 & 0xFFFF, 16)
    packed.time(BY_TIME, 1000, 1010)
    (reading,) = _watteco.decode(uplink(packed.bytes(), 125), {}, LAYOUT)
    assert reading == Reading(Quantity.POWER, -5, 1, RECEIVED_AT - timedelta(seconds=10))


def refused(packed: Packed) -> str:
    """Give why a batch is refused."""
    with pytest.raises(DecodeError) as caught:
        list(_watteco.decode(uplink(packed.bytes(), 125), {}, LAYOUT))
    return str(caught.value)


def head(*, tag: int = 0, table: int = 0, at: int = 1000) -> Packed:
    """Give the beginning of a batch of one series."""
    packed = Packed()
    packed.number(1 << 4, 8)
    packed.number(0, 4)
    packed.number(tag, 3)
    packed.number(at, 32)
    packed.value(0, 7)
    packed.number(BOTH_WAYS, 2)
    packed.number(table, 2)
    return packed


def test_unknown_series() -> None:
    """A tag that the model does not have makes the rest unreadable."""
    assert refused(head(tag=5)) == "series 5 is not known"


def test_series_without_first_value() -> None:
    """Differences need something to begin with."""
    packed = head()
    packed.number(2, 3)
    packed.number(0, 8)
    assert refused(packed) == "series 2 has no first value"


def test_unknown_code() -> None:
    """There are but three tables of codes."""
    packed = head()
    packed.number(0, 3)
    packed.number(1, 8)
    packed.number(3, 2)
    packed.number(0, 32)
    assert refused(packed) == "a code of the batch is not known"


def test_value_younger_than_its_batch() -> None:
    """A batch cannot tell what comes."""
    packed = head(at=5000)
    packed.number(0, 3)
    packed.number(0, 8)
    packed.code(BY_TIME, WHOLE)
    packed.number(4000, 32)
    assert refused(packed) == "a value of the batch is younger than the batch"


def test_endpoint_is_the_channel() -> None:
    """An input of a pulse sensor is told by the endpoint."""
    attributes = {(0x000F, 0x0402): _watteco.unsigned(Quantity.PULSES, first=1)}
    third = uplink(bytes.fromhex("510a000f04022300000007"), 125)
    assert list(_watteco.decode(third, attributes)) == [Reading(Quantity.PULSES, 7, 3)]
