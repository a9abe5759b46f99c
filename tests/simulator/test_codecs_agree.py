"""The integration's codecs read from the town's frames what the devices meant."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.bernau_smartcity.codecs import CODECS, REGISTRY
from custom_components.bernau_smartcity.decoders import DECODED, DECODERS
from custom_components.bernau_smartcity.mapping import proposals, written
from custom_components.bernau_smartcity.model import (
    Codec,
    Device,
    Kind,
    Medium,
    Uplink,
    readings_of,
)
from simulator import frames, schedule
from simulator.build import build
from simulator.clock import Clock
from simulator.moments import Frame
from simulator.town import Town

from .conftest import NOW


@pytest.fixture(scope="module")
def standing_town() -> Town:
    """Give the named town for all models."""
    return build(clock=Clock.standing(NOW))


_ALWAYS = {Kind.REGISTER, Kind.GAUGE, Kind.PERIOD}
"""Of flags only those are compared that the town is clear about."""
_COUNTED = {Medium.PEOPLE, Medium.TRAFFIC, Medium.PARKING}
_DERIVED = {("milesight_em300_di", "volume")}
"""What follows from the pulses and their weight is none of the codec's."""


def _family(codec: Codec) -> str:
    """Give the module that reads a codec's wire format."""
    decode: Any = codec.decode
    return str(getattr(decode, "func", decode).__module__)


def test_every_family_of_counters_is_in_the_town() -> None:
    """At least one device of each wire format."""
    counters = (codec for codec in CODECS.values() if codec.medium in _COUNTED)
    assert {_family(codec) for codec in counters} <= {
        _family(DECODERS[key]) for key in frames.FRAMES
    }


def test_every_counter_is_recognised(standing_town: Town) -> None:
    """By the name of its device profile."""
    for device in standing_town.all_devices.values():
        if device.tags["medium"] in _COUNTED:
            name = device.profile.name
            listed = Device(dev_eui=device.dev_eui, name="", scope="", profile_name=name)
            assert REGISTRY.find(listed, {}, {}).codec is CODECS[device.codec]


def _approved(key: str, frame: Frame) -> dict[str, str]:
    """Give the settings in which a person approved of what is proposed for the fields."""
    if key != DECODED.key:
        return {}
    found = {p.path: p.assignment for p in proposals([[frame.decoded]]) if p.assignment}
    return {"mapping": written(found)}


@pytest.mark.parametrize("key", sorted(frames.FRAMES))
def test_agree(standing_town: Town, key: str) -> None:
    """Value by value, for every device of the model."""
    for device in standing_town.all_devices.values():
        if device.codec != key:
            continue
        newest = schedule.latest(device, standing_town.clock.now())
        for number in range(newest - 30, newest + 1):
            frame = frames.frame(device, number, standing_town.faults)
            sent = schedule.sent_at(device, number) / 1000
            uplink = Uplink(
                dev_eui=device.dev_eui,
                id=str(number),
                received_at=datetime.fromtimestamp(sent, UTC),
                f_port=frame.f_port,
                f_cnt=number,
                payload=frame.payload,
                decoded=frame.decoded if device.profile.decodes else None,
                settings={**device.tags, **_approved(key, frame)},
            )
            told = {value.quantity for value in frame.values}
            readings = list(readings_of(DECODERS[key].decode(uplink)))
            read = {
                (r.quantity.value, r.channel): r.value
                for r in sorted(readings, key=lambda reading: reading.at or uplink.received_at)
                if r.quantity.kind in _ALWAYS or r.quantity.value in told
            }
            meant = {
                (value.quantity, value.channel): value.value
                for value in frame.values
                if (key, value.quantity) not in _DERIVED
            }
            assert read == pytest.approx(meant)
