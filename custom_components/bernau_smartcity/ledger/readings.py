"""What the uplinks and readings of a batch change in the state of their device."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ..metering.register import Sample
from ..metering.silence import heard_again
from ..model import Kind, Quantity, Reading, Uplink
from .state import RESTART, TOTAL_OF, DeviceState, Heard, Key


def heard(state: DeviceState, uplink: Uplink, *, joined: bool) -> DeviceState:
    """Count the uplinks that never came; one heard before changes nothing."""
    before = state.heard
    if not uplink.counted or (before is not None and uplink.received_at <= before.at):
        return state
    lost, rhythm = 0, state.rhythm
    if before is not None:
        lost = 0 if joined else max(0, uplink.f_cnt - before.f_cnt - 1)
        rhythm = heard_again(rhythm, before.at, uplink.received_at, lost)
    return replace(
        state,
        heard=Heard(uplink.received_at, uplink.f_cnt, uplink.rssi, uplink.snr),
        lost=state.lost + lost,
        rhythm=rhythm,
        settings=dict(uplink.settings),
    )


def newest(state: DeviceState, readings: Iterable[Reading]) -> DeviceState:
    """Take over what is newer than what is known; an older value never returns."""
    latest = dict(state.latest)
    meter = state.meter
    for reading in readings:
        key = (reading.quantity, reading.channel)
        meter = reading.meter or meter
        if reading.quantity.kind in {Kind.REGISTER, Kind.MOMENT} or reading.at is None:
            continue
        known = latest.get(key)
        if known is None or known.at is None or reading.at >= known.at:
            latest[key] = reading
    return replace(state, latest=latest, meter=meter)


def samples_of(
    readings: Sequence[Reading], messages: Mapping[datetime, int]
) -> dict[Key, list[Sample]]:
    """Sort by register what it showed, and what is to be summed up where it shows nothing.

    Beside the registers stand the restarts of the device. What a message counted
    since the one before it goes with its frame counter; what the device had
    stored has its own time.
    """
    restarts = {r.at for r in readings if r.quantity is Quantity.RESTART}
    told = {(r.quantity, r.channel, r.at) for r in readings}
    samples: dict[Key, list[Sample]] = {}
    for reading in readings:
        at, period = reading.at, reading.quantity in TOTAL_OF
        key = (TOTAL_OF.get(reading.quantity, reading.quantity), reading.channel)
        if at is None or (key[0].kind is not Kind.REGISTER and key != RESTART):
            continue
        if not (period and (*key, at) in told):
            f_cnt = messages.get(at, -1) if period else -1
            sample = Sample(at, reading.value, reading.meter, at in restarts, period, f_cnt)
            samples.setdefault(key, []).append(sample)
    return samples
