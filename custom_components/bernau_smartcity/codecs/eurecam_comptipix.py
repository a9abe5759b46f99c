"""Eurecam ComptiPix 2D and 3D: cameras that count people on up to 16 lines.

fPort 1; text in JSON: five numbers for each line (`line_counting_1`, …; the lines are
the channels) and the time in UTC. What the five numbers are is chosen on the camera
and nowhere told, so a person must say it: the layout names their quantities in order,
`-` for a number of no use. Source: actility/device-catalog vendors/eurecam.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
import json
import re
from typing import Any, Final

from ..model import (
    Codec,
    DecodeError,
    Layout,
    Medium,
    Missing,
    Quantity,
    Reading,
    Setting,
    Uplink,
    WaitingError,
)
from ._counts import counted, once
from ._times import EARLIEST

_PORT: Final = 1
_LONGEST: Final = 255
_LINE: Final = re.compile(r"line_counting_(1[0-6]|[1-9])")
_NUMBERS: Final = 5
_TIME: Final = "%Y-%m-%d %H:%M:%S"

_TOTALS: Final = frozenset({Quantity.PEOPLE_IN, Quantity.PEOPLE_OUT})
_COUNTS: Final = _TOTALS | {Quantity.PEOPLE_IN_PERIOD, Quantity.PEOPLE_OUT_PERIOD}
_UNUSED: Final = "-"


def layout(text: str) -> tuple[Quantity | None, ...]:
    """Give the quantities of the five numbers, None for one of no use."""
    words = text.replace(",", " ").lower().split()
    used = [word for word in words if word != _UNUSED]
    if len(words) != _NUMBERS or not used or not _COUNTS.issuperset(used):
        known = ", ".join(sorted(_COUNTS))
        msg = f"the layout must name {_NUMBERS} numbers, each one of {known} or {_UNUSED}"
        raise DecodeError(msg)
    if len(set(used)) < len(used):
        msg = "the layout names a quantity twice"
        raise DecodeError(msg)
    return tuple(None if word == _UNUSED else Quantity[word.upper()] for word in words)


def _content(payload: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(payload[: _LONGEST + 1])
    except ValueError:
        content = None
    if not isinstance(content, dict):
        msg = f"{len(payload)} bytes are no text of a ComptiPix"
        raise DecodeError(msg)
    return content


def _lines(content: Mapping[str, Any]) -> dict[int, list[int]]:
    lines = {}
    for name, numbers in content.items():
        if not (line := _LINE.fullmatch(name)):
            continue
        if (
            not isinstance(numbers, list)
            or len(numbers) != _NUMBERS
            or not all(type(number) is int and number >= 0 for number in numbers)
        ):
            msg = f"line {line[1]} does not have {_NUMBERS} numbers"
            raise DecodeError(msg)
        lines[int(line[1])] = numbers
    if not lines:
        msg = "there are no counts of lines"
        raise DecodeError(msg)
    return lines


def _clock(content: Mapping[str, Any]) -> Iterator[Reading]:
    """Give the time of the camera; nothing of one that was never set."""
    try:
        at = datetime.strptime(str(content.get("rtc_utc_time")), _TIME).replace(tzinfo=UTC)
    except ValueError:
        return
    if at >= EARLIEST:
        yield Reading(Quantity.CLOCK, at.timestamp(), at=at)


def _readings(uplink: Uplink) -> Iterator[Reading]:
    if uplink.f_port != _PORT:
        msg = f"fPort {uplink.f_port} is not {_PORT}"
        raise DecodeError(msg)
    content = _content(uplink.payload)
    lines = _lines(content)
    text = uplink.settings.get(Setting.LAYOUT, "")
    if not text.strip():
        raise WaitingError(Missing.LAYOUT)
    quantities = layout(text)
    yield from _clock(content)
    for line, numbers in lines.items():
        for quantity, number in zip(quantities, numbers, strict=True):
            if quantity is not None:
                yield Reading(quantity, number, line)


def _decode(uplink: Uplink) -> Iterable[Reading]:
    return counted(uplink, once(_readings(uplink)))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="eurecam_comptipix",
        manufacturer="Eurecam",
        model="ComptiPix",
        medium=Medium.PEOPLE,
        quantities=_COUNTS | {Quantity.CLOCK},
        decode=_decode,
        names=("ComptiPix 2D", "ComptiPix 3D", "ComptiPix V3"),
        modulus=dict.fromkeys(_TOTALS, 2**32),
        settings=(Setting.SWAP, Setting.LAYOUT),
        layout=Layout("people_in, people_out, -, -, -", layout),
    ),
)
