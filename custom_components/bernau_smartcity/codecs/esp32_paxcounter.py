"""ESP32-Paxcounter: counts the radio devices around, which is no number of people.

fPort 1 the counts of Wi-Fi and Bluetooth, 2 status, 7 climate, 8 battery. With the
packed encoding numbers begin with the least significant byte, with the plain one
with the most: the setting tells, for no payload does. In the cyclic modes (the
default) the counts begin at zero with each message. Where it is (fPort 4, or behind
the counts) and which beacon it heard (fPort 6) goes nowhere. Source:
cyberman54/ESP32-Paxcounter src/TTN.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Literal

from ..model import Codec, DecodeError, Medium, Quantity, Reading, Setting, Uplink
from ._checks import checked

type _Order = Literal["little", "big"]
type _Read = Callable[[bytes, _Order], Iterable[Reading]]

_PAIR: Final = 4
_WIFI_ALONE: Final = frozenset({2, 15})
"""Lengths without a count of Bluetooth: the count alone, or with a position of 13 bytes."""


def _counts(payload: bytes, order: _Order) -> Iterator[Reading]:
    if len(payload) < _PAIR and len(payload) not in _WIFI_ALONE:
        msg = f"{len(payload)} bytes are no counts"
        raise DecodeError(msg)
    yield Reading(Quantity.DEVICES_WIFI, int.from_bytes(payload[:2], order))
    if len(payload) not in _WIFI_ALONE:
        yield Reading(Quantity.DEVICES_BLUETOOTH, int.from_bytes(payload[2:4], order))


_NO_BATTERY: Final = frozenset({0, 0xFFFF})


def _battery(payload: bytes, order: _Order) -> Iterator[Reading]:
    millivolts = int.from_bytes(payload[:2], order)
    if millivolts not in _NO_BATTERY:
        yield Reading(Quantity.BATTERY_VOLTAGE, millivolts / 1000)


_STATUS: Final = 17
_CHIP: Final = 10
"""Place of the chip's temperature, behind voltage and time since start."""


def _status(payload: bytes, order: _Order) -> Iterator[Reading]:
    if len(payload) < _STATUS:
        msg = f"{len(payload)} bytes are no status"
        raise DecodeError(msg)
    yield from _battery(payload, order)
    if payload[_CHIP]:
        yield Reading(Quantity.TEMPERATURE, payload[_CHIP])


_CLIMATE: Final = 8


def _climate(payload: bytes, order: _Order) -> Iterator[Reading]:
    """Read temperature and humidity: packed in hundredths, plain in whole numbers.

    The packed temperature begins with the most significant byte all the same.
    """
    if len(payload) < _CLIMATE:
        msg = f"{len(payload)} bytes are no climate"
        raise DecodeError(msg)
    scale = 100 if order == "little" else 1
    warmth = int.from_bytes(payload[:2], signed=True)
    yield Reading(Quantity.TEMPERATURE, warmth / scale)
    yield Reading(Quantity.HUMIDITY, int.from_bytes(payload[4:6], order) / scale)


_VOLTAGE: Final = 2


def _voltage(payload: bytes, order: _Order) -> Iterable[Reading]:
    if len(payload) != _VOLTAGE:
        msg = f"{len(payload)} bytes are no voltage"
        raise DecodeError(msg)
    return _battery(payload, order)


def _nothing(payload: bytes, order: _Order) -> Iterable[Reading]:
    del payload, order
    return ()


_PORTS: Final[Mapping[int, _Read]] = {
    1: _counts,
    2: _status,
    7: _climate,
    8: _voltage,
    # Settings, position, button, beacon, time, sensors of the owner.
    **dict.fromkeys((3, 4, 5, 6, 9, 10, 11, 12), _nothing),
}


def _decode(uplink: Uplink) -> Iterable[Reading]:
    read = _PORTS.get(uplink.f_port)
    if read is None:
        msg = f"fPort {uplink.f_port} is none of a Paxcounter"
        raise DecodeError(msg)
    is_big = uplink.settings.get(Setting.BYTE_ORDER, "").strip().lower() == "big"
    return checked(uplink, read(uplink.payload, "big" if is_big else "little"))


CODECS: Final[tuple[Codec, ...]] = (
    Codec(
        key="esp32_paxcounter",
        manufacturer="ESP32-Paxcounter",
        model="Paxcounter",
        medium=Medium.PEOPLE,
        quantities=frozenset(
            {
                *(Quantity.DEVICES_WIFI, Quantity.DEVICES_BLUETOOTH),
                *(Quantity.BATTERY_VOLTAGE, Quantity.TEMPERATURE, Quantity.HUMIDITY),
            }
        ),
        decode=_decode,
        names=("ESP32 Paxcounter", "ESP32-Paxcounter"),
        catalogue=("opensource/esp32-paxcounter",),
        settings=(Setting.BYTE_ORDER,),
    ),
)
