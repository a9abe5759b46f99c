"""Codecs of imaginary devices: messages in parts, encrypted ones, and bridges."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.keys import Keys
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.places import Places
from custom_components.bernau_smartcity.ledger.state import Key
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.model import (
    Batch,
    Codec,
    DecodeError,
    Device,
    Medium,
    Meter,
    Missing,
    Quantity,
    Reading,
    Remember,
    Setting,
    Told,
    Uplink,
    WaitingError,
)

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EUI = "0011223344556677"
DEVICE = Device(dev_eui=EUI, name="Keller", scope="app-1", profile="p", tags={"building": "Schule"})
OTHER = replace(DEVICE, dev_eui="0011223344556688", name="Dach")
VOLUME: Key = (Quantity.VOLUME, 0)
KEY = "000102030405060708090a0b0c0d0e0f"
WRONG = "ff" * 16


def _in_parts(uplink: Uplink) -> Iterator[Told]:
    """Decode `H` (the unit of the register), or `P` number, part, of how many, digit."""
    kind, *body = uplink.payload
    if kind == ord("H"):
        yield Remember("unit", "m³")
        return
    if kind != ord("P"):
        message = "neither H nor P"
        raise DecodeError(message)
    number, part, count, digit = body
    before = uplink.memory.get("parts", "").split() if part else [str(number)]
    if before[:1] != [str(number)] or len(before) != 1 + part:
        return
    parts = [*before, str(digit)]
    if part + 1 < count:
        yield Remember("parts", " ".join(parts), DAY)
        return
    if "unit" not in uplink.memory:
        raise WaitingError(Missing.HEADER)
    yield Reading(Quantity.VOLUME, float("".join(parts[1:])))
    yield Remember("parts", "")


IN_PARTS = Codec(
    key="in_parts",
    manufacturer="Nobody",
    model="Parts",
    medium=Medium.WATER,
    quantities=frozenset({Quantity.VOLUME}),
    decode=_in_parts,
)


def _opened(uplink: Uplink, key: str | None, meter: Meter | None = None) -> float:
    """Give the value if the key is that with which it was encrypted."""
    if key is None:
        raise WaitingError(Missing.KEY, known=meter)
    if key != KEY:
        raise WaitingError(Missing.RIGHT_KEY, known=meter)
    return uplink.payload[-1]


def _sealed(uplink: Uplink) -> Iterator[Told]:
    """Decode messages in parts that are encrypted as a whole, headers too."""
    told = tuple(_in_parts(uplink))
    if uplink.payload[0] == ord("H") or any(isinstance(each, Reading) for each in told):
        _opened(uplink, uplink.settings.get("key"))
    yield from told


SEALED = replace(IN_PARTS, key="sealed", model="Sealed", decode=_sealed, settings=(Setting.KEY,))


def _encrypted(uplink: Uplink) -> Iterator[Told]:
    yield Reading(Quantity.VOLUME, _opened(uplink, uplink.settings.get("key")))


ENCRYPTED = Codec(
    key="encrypted_meter",
    manufacturer="Nobody",
    model="Secret",
    medium=Medium.WATER,
    quantities=frozenset({Quantity.VOLUME}),
    decode=_encrypted,
    settings=(Setting.KEY,),
)


def _bridge(uplink: Uplink) -> Iterator[Told]:
    """Decode its own battery, or the telegram of a meter: plain `M`, encrypted `E`."""
    kind, number, value = chr(uplink.payload[0]), str(uplink.payload[1]), uplink.payload[-1]
    if kind == "B":
        yield Reading(Quantity.BATTERY, value)
        return
    meter = Meter(number, Medium.GAS if number == "9" else Medium.WATER, "QDS")
    if kind == "E":
        _opened(uplink, uplink.settings.get(f"key_{number}"), meter)
    yield meter
    yield Reading(Quantity.VOLUME, value, meter=number)
    yield Reading(Quantity.LEAK, 0, meter=number)


RADIO = Codec(
    key="radio_bridge",
    manufacturer="Nobody",
    model="Radio",
    medium=Medium.UNKNOWN,
    quantities=frozenset({Quantity.VOLUME, Quantity.LEAK, Quantity.BATTERY}),
    decode=_bridge,
    bridge=True,
    settings=(Setting.KEY,),
)
WIRED = replace(RADIO, key="wired_bridge", model="Wired", wired=True)


def uplink(n: int, payload: bytes, device: Device = DEVICE, **more: object) -> Uplink:
    """Give the uplink of the nth minute."""
    plain = Uplink(
        dev_eui=device.dev_eui,
        id=str(n),
        received_at=AT + n * MINUTE,
        f_port=1,
        f_cnt=n,
        payload=payload,
        settings=device.tags,
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of Uplink


def batch(*uplinks: Uplink, device: Device = DEVICE) -> Batch:
    """Give the uplinks as one batch."""
    return Batch(device=device, uplinks=uplinks, cursors={device.dev_eui: "1"})


def opened(
    path: Path,
    codec: Codec | None,
    settings: Mapping[Any, str] | None = None,
    *,
    keys: Mapping[str, str] | None = None,
    meters: Mapping[str, bool] | None = None,
    places: Places | None = None,
) -> Ledger:
    """Open a ledger whose user chose this."""
    given = Choices(
        lambda _: codec,
        lambda _: settings or {},
        places or Places(),
        keys=Keys(keys),
        meters=meters or {},
    )
    return Ledger(Store.open(path), given)
