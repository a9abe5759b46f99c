"""The integration's codecs read from the town's frames what the devices meant."""

from datetime import UTC, datetime

import pytest

from custom_components.bernau_smartcity.decoders import DECODED, DECODERS
from custom_components.bernau_smartcity.mapping import proposals, written
from custom_components.bernau_smartcity.model import Kind, Uplink, readings_of
from simulator import frames, schedule
from simulator.build import build
from simulator.clock import Clock
from simulator.town import Town

from .conftest import NOW


@pytest.fixture(scope="module")
def standing_town() -> Town:
    """Give the named town for all models."""
    return build(clock=Clock.standing(NOW))


_COMPARED = {Kind.REGISTER, Kind.GAUGE, Kind.PERIOD}
_DERIVED = {("milesight_em300_di", "volume")}
"""What follows from the pulses and their weight is none of the codec's."""
_INCLUDED = {("parametric_pcr2", "people_in_period"), ("parametric_pcr2", "people_out_period")}
"""What is part of a total in the same message is left out."""


def _approved(key: str, frame: frames.Frame) -> dict[str, str]:
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
            readings = list(readings_of(DECODERS[key].decode(uplink)))
            read = {
                (r.quantity.value, r.channel): r.value
                for r in sorted(readings, key=lambda reading: reading.at or uplink.received_at)
                if r.quantity.kind in _COMPARED
            }
            meant = {
                (value.quantity, value.channel): value.value
                for value in frame.values
                if (key, value.quantity) not in _DERIVED | _INCLUDED
            }
            assert read == pytest.approx(meant)
