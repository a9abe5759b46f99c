"""nke Watteco's batches: many values of several series, packed by their differences.

Bits are read from the lowest of each byte on. Bit 1 of byte 0: one list of times for all
series; bit 2: first values only; bits 4 to 7: number of series. Times are
seconds of the device's own counting; the last one of the batch is that of sending.
Source: nke Watteco, "BR_Uncompress".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
import struct
from typing import Final

from ..model import DecodeError, Reading, Uplink


class Kind(Enum):
    """Types of values: how many bits, and what they are."""

    BOOL = 1, "unsigned"
    U4 = 4, "unsigned"
    I4 = 4, "signed"
    U8 = 8, "unsigned"
    I8 = 8, "signed"
    U16 = 16, "unsigned"
    I16 = 16, "signed"
    U24 = 24, "unsigned"
    I24 = 24, "signed"
    U32 = 32, "unsigned"
    I32 = 32, "signed"
    FLOAT = 32, "float"


@dataclass(frozen=True, slots=True)
class Series:
    """What a tag of a batch stands for."""

    kind: Kind
    read: Callable[[float], Iterable[Reading]]
    """From a value; the times are added."""
    resolution: float = 1
    """Steps in which differences are told."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which series a model sends."""

    tag_bits: int
    series: Mapping[int, Series]
    """By their tags."""


_WORDS: Final = 15
"""Number of a code that a whole value follows; the other numbers are how many bits follow."""

_BY_SIZE: Final = (
    *("00", "01", "11", "101", "1001", "10001", "100001", "1000001", "10000001"),
    *("1000000000", "10000000010", "10000000011", "10000000100", "10000000101"),
    *("10000000110", "10000000111"),
)
_BY_TIME: Final = (
    *("1101111", "11010", "1100", "011", "111", "10", "00", "010", "110110", "110111011"),
    *("110111001", "1101110101", "1101110100", "1101110000", "11011100011", "11011100010"),
)
_SHIFTED: Final = ("1001", "101", "00", "01", "11", *_BY_SIZE[5:])

_CODES: Final[tuple[Mapping[str, int], ...]] = tuple(
    {word: number for number, word in enumerate(words)} for words in (_BY_SIZE, _BY_TIME, _SHIFTED)
)
"""Huffman codes; a table of differences or times is chosen by number."""
_TIMES: Final = 1
"""Table of the times of the first values and of sending."""
_LONGEST: Final = 11

_BOTH_WAYS, _UP, _DOWN = 0, 1, 2
"""How differences are meant."""


@dataclass(slots=True)
class _Bits:
    bits: int
    left: int

    def one(self) -> int:
        """Take a bit."""
        if not self.left:
            msg = "the batch is cut off"
            raise DecodeError(msg)
        self.left -= 1
        bit = self.bits & 1
        self.bits >>= 1
        return bit

    def number(self, count: int) -> int:
        """Take a number: most significant byte first, an incomplete one in front."""
        value = 0
        while count:
            size = count % 8 or 8
            value = value << size | sum(self.one() << place for place in range(size))
            count -= size
        return value

    def code(self, table: int) -> int:
        """Take a Huffman code."""
        word = ""
        codes = _CODES[table] if table < len(_CODES) else {}
        while word not in codes:
            if len(word) == _LONGEST:
                msg = "a code of the batch is not known"
                raise DecodeError(msg)
            word += str(self.one())
        return codes[word]

    def value(self, kind: Kind) -> float:
        """Take a whole value."""
        size, meaning = kind.value
        value = self.number(size)
        if meaning == "float":
            (single,) = struct.unpack(">f", value.to_bytes(4))
            return float(single)
        if meaning == "signed" and value >> size - 1:
            return value - (1 << size)
        return value

    def time(self, before: int, code: int) -> int:
        """Take a time that follows another one."""
        if code == _WORDS:
            return self.number(32)
        return before + self.number(code) + (1 << code) - 1


@dataclass(slots=True)
class _Line:
    """The values of a series so far."""

    series: Series
    samples: list[tuple[int, float]]
    coding: int = 0
    table: int = 0

    def follow(self, bits: _Bits, code: int) -> float:
        """Take a value that follows the last one."""
        last = self.samples[-1][1]
        if code == _WORDS:
            return bits.value(self.series.kind)
        difference = bits.number(code)
        if self.coding == _BOTH_WAYS:
            if code and not difference >> code - 1:
                difference += 1 - (1 << code)
        else:
            difference += (1 << code) - 1
        return last + (-difference if self.coding == _DOWN else difference) * self.series.resolution


@dataclass(slots=True)
class _Batch:
    bits: _Bits
    layout: Layout
    lines: dict[int, _Line] = field(default_factory=dict)
    last: int = 0
    """The latest time so far."""

    def tag(self) -> int:
        """Take the tag of a series."""
        tag = self.bits.number(self.layout.tag_bits)
        if tag not in self.layout.series:
            msg = f"series {tag} is not known"
            raise DecodeError(msg)
        return tag

    def line(self) -> _Line:
        """Take the tag of a series that has a first value."""
        tag = self.tag()
        if tag not in self.lines:
            msg = f"series {tag} has no first value"
            raise DecodeError(msg)
        return self.lines[tag]

    def begin(self, count: int, *, coded: bool) -> None:
        """Take the first value of each series."""
        for _ in range(count):
            tag = self.tag()
            self.last = self.following()
            series = self.layout.series[tag]
            line = _Line(series, [(self.last, self.bits.value(series.kind))])
            if coded:
                line.coding, line.table = self.bits.number(2), self.bits.number(2)
            self.lines[tag] = line

    def following(self) -> int:
        """Take a time outside of the series; the first one, and any after 0, is told whole."""
        if not self.last:
            return self.bits.number(32)
        return self.bits.time(self.last, self.bits.code(_TIMES))

    def common(self, count: int) -> None:
        """Take the list of times, then of each series the values at these."""
        number, table = self.bits.number(8), self.bits.number(2)
        times: list[int] = []
        first = next(iter(self.lines.values())).samples[0][0] if self.lines else 0
        for place in range(number):
            code = self.bits.code(table)
            if place == 0 and code < _WORDS:
                times.append(first)
            else:
                times.append(self.bits.time(times[-1] if times else 0, code))
        for _ in range(count):
            line = self.line()
            repeats_first = True
            for at in times:
                if not self.bits.one():
                    continue
                code = self.bits.code(line.table)
                # The first value comes again, as one that differs by nothing.
                if not code and repeats_first:
                    repeats_first = False
                else:
                    line.samples.append((at, line.follow(self.bits, code)))
        self.last = times[-1] if times else 0

    def separate(self, count: int) -> None:
        """Take of each series the times and values."""
        for _ in range(count):
            line = self.line()
            number = self.bits.number(8)
            table = self.bits.number(2) if number else 0
            for _ in range(number):
                at = self.bits.time(line.samples[-1][0], self.bits.code(table))
                self.last = max(self.last, at)
                line.samples.append((at, line.follow(self.bits, self.bits.code(line.table))))


def decode(uplink: Uplink, layout: Layout) -> Iterator[Reading]:
    """Read all values of a batch, with their times."""
    bits = _Bits(int.from_bytes(uplink.payload, "little"), 8 * len(uplink.payload))
    head = bits.number(8)
    # A number of the batch, and a bit without meaning.
    bits.number(4)
    count = head >> 4
    batch = _Batch(bits, layout)
    packed = not head & 0x04
    batch.begin(count, coded=packed)
    if packed:
        (batch.common if head & 0x02 else batch.separate)(count)
    sent = batch.following()
    for line in batch.lines.values():
        for seconds, value in line.samples:
            at = _moment(uplink.received_at, sent - seconds)
            for reading in line.series.read(value):
                yield Reading(reading.quantity, reading.value, reading.channel, at)


def _moment(received_at: datetime, ago: int) -> datetime:
    if ago < 0:
        msg = "a value of the batch is younger than the batch"
        raise DecodeError(msg)
    return received_at - timedelta(seconds=ago)
