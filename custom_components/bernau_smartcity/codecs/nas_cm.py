"""NAS communication modules for water and gas meters (CM30xx).

Firmware before 1.0 sends litres on a layout of each module; later ones share
the frames of `_nas`. Both tell apart by length or first byte. Least significant
byte first. Sources: ZennerIoT/element-parsers lib/nas_cm30*.ex, raunoa/nascv.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from struct import Struct
from types import MappingProxyType
from typing import Final

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from . import _nas
from ._checks import checked
from ._frames import unknown_port, unpack, unpack_begin

type _Read = Callable[[bytes], Iterator[Reading]]

_COUNTER: Final = frozenset({4, 8})
"""Bytes of a message that is the counter alone; eight of the early encoder."""
_EARLY_STATUS: Final = Struct("<IBbx")
"""Litres, voltage, temperature, signal; mode, alerts and calibration may follow."""
_GENERATION_1_STATUS: Final = range(13, 22)
"""Bytes of a status since firmware 1.0; none before had so many."""

_GAS: Final = 0x03
"""What early modules for gas meters send in the lower bits of the first byte."""
_ALERTED: Final = 0x80
_GAS_HEADS: Final[Mapping[tuple[bool, int], Struct]] = MappingProxyType(
    {
        (False, 4): Struct("xBbx"),
        (False, 5): Struct("xBbxx"),
        (False, 6): Struct("xBBbxx"),
        (True, 4): Struct("xBbx"),
        (True, 6): Struct("xxBbxx"),
        (True, 7): Struct("xxBBbxx"),
    }
)
"""[Percent,] voltage and temperature, by whether there are alerts and by length."""
_GAS_TAILS: Final = (Struct("<BIBI"), Struct("<BIIBI"))
"""Gas and litres[, number of the meter], tamper and its count."""
_NUMBERED: Final = 0x08
_GAS_LITRES, _EVENTS = 0x4, 0x1


def _volume(frame: bytes) -> Iterator[Reading]:
    if len(frame) not in _COUNTER:
        msg = f"a counter has 4 or 8 bytes, not {len(frame)}"
        raise DecodeError(msg)
    yield from _nas.litres(int.from_bytes(frame, "little"))


def _water_status(frame: bytes, base: float) -> Iterator[Reading]:
    if len(frame) in _GENERATION_1_STATUS:
        yield from _nas.status(frame)
        return
    counter, level, temperature = unpack_begin(_EARLY_STATUS, frame, "a status")
    yield _nas.voltage(level, base)
    yield Reading(Quantity.TEMPERATURE, temperature)
    yield from _nas.litres(counter)


def _encoder_status(frame: bytes) -> Iterator[Reading]:
    """Read a status; early ones count only since the last, so that is left out."""
    if len(frame) in _GENERATION_1_STATUS:
        yield from _nas.status(frame)
        return
    _, _, temperature = unpack_begin(_EARLY_STATUS, frame, "a status")
    yield Reading(Quantity.TEMPERATURE, temperature)


def _gas_status(frame: bytes) -> Iterator[Reading]:
    if frame[:1] == b"\x01":
        yield from _nas.status(frame)
        return
    head, counted = _gas_split(frame)
    layout = _GAS_HEADS.get((bool(frame[0] & _ALERTED), len(head)))
    if layout is None:
        msg = f"a status has {len(frame)} bytes, which is not known"
        raise DecodeError(msg)
    *percent, level, temperature = unpack(layout, head, "a status")
    for charge in percent:
        yield from _nas.battery(charge)
    yield _nas.voltage(level)
    yield Reading(Quantity.TEMPERATURE, temperature)
    yield from counted


def _gas_split(frame: bytes) -> tuple[bytes, tuple[Reading, ...]]:
    """Find the counters at the end, and give what stands before them."""
    for numbered, layout in enumerate(_GAS_TAILS):
        head = frame[: -layout.size]
        if not head or head[0] & 0x3F != _GAS:
            continue
        gas, counter, *number, tamper, _ = layout.unpack(frame[-layout.size :])
        kinds = gas >> 4, tamper >> 4, bool(gas & _NUMBERED)
        if kinds == (_GAS_LITRES, _EVENTS, bool(numbered)):
            meter = "".join(f"{each}" for each in number)
            volume = Reading(Quantity.VOLUME, counter / 1000, meter=meter)
            return head, (volume, Reading(Quantity.TAMPER, bool(tamper & 0x04)))
    msg = "neither gas nor tamper is told of"
    raise DecodeError(msg)


def _gas_usage(uplink: Uplink) -> Iterator[Reading]:
    if uplink.payload[:1] != bytes((_GAS,)):
        yield from _nas.usage(uplink)
        return
    head, counted = _gas_split(uplink.payload)
    if len(head) > 1:
        msg = f"a usage message does not have {len(uplink.payload)} bytes"
        raise DecodeError(msg)
    yield from counted


def _water_usage(uplink: Uplink) -> Iterator[Reading]:
    if len(uplink.payload) in _COUNTER:
        return _volume(uplink.payload)
    return _nas.usage(uplink)


def _decode(
    uplink: Uplink,
    *,
    volume: int | None = None,
    status: _Read,
    usage: Callable[[Uplink], Iterator[Reading]],
) -> Iterable[Reading]:
    match uplink.f_port:
        case port if port == volume:
            read = _volume(uplink.payload)
        case 24:
            read = status(uplink.payload)
        case 25:
            read = usage(uplink)
        case 99:
            read = _nas.system(uplink, status)
        case 49 | 50 | 60:
            return ()  # configuration; calibration and clock
        case port:
            raise unknown_port(port)
    return checked(uplink, read)


def _codec(
    key: str,
    medium: Medium,
    decode: Callable[[Uplink], Iterable[Reading]],
    *others: str,
    settings: tuple[Setting, ...] = (),
    catalogue: tuple[str, ...] = (),
) -> Codec:
    model = key.removeprefix("nas_").upper()
    return Codec(
        key=key,
        manufacturer="NAS",
        model=model,
        medium=medium,
        quantities=_nas.QUANTITIES,
        decode=decode,
        names=tuple(name for other in others for name in (other, f"NAS {other}")),
        catalogue=catalogue,
        modulus={Quantity.VOLUME: 2**32 / 1000},
        settings=settings,
    )


_WATER_3_6_V: Final = partial(
    _decode, volume=14, status=partial(_water_status, base=2.662), usage=_water_usage
)
_PULSER: Final = partial(_decode, status=_gas_status, usage=_gas_usage)

CODECS: Final[tuple[Codec, ...]] = (
    _codec(
        "nas_cm3010",
        Medium.GAS,
        partial(_decode, volume=16, status=_encoder_status, usage=_nas.usage),
        "ACM CM3010",
        "ACM CM3010 (Elster absolute encoder)",
        "CM3011",
        settings=(Setting.MEDIUM,),
    ),
    _codec(
        "nas_cm3020",
        Medium.WATER,
        partial(_decode, volume=14, status=partial(_water_status, base=2.17), usage=_water_usage),
        "CM3020 (Wehrle Modularis)",
    ),
    _codec(
        "nas_cm3030",
        Medium.WATER,
        _WATER_3_6_V,
        "CM3030 (Cyble)",
        *("CM3021", "CM3022", "CM3040", "CM3070", "CM3080"),
        catalogue=("nas/cm3021", "nas/cm3030", "nas/cm3040", "nas/cm3070"),
    ),
    _codec(
        "nas_cm3060",
        Medium.GAS,
        _PULSER,
        "CM3060 BK-G",
    ),
    _codec(
        "nas_cm3061",
        Medium.GAS,
        _PULSER,
        "CM3061 BK-G",
    ),
)
