"""What the uplinks and readings of a batch change in the state of their device."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .metering.register import Sample
from .model import Kind, Quantity, Reading, Uplink
from .state import DeviceState, Heard, Key


def heard(state: DeviceState, uplink: Uplink, *, joined: bool) -> DeviceState:
    """Count the uplinks that never came; one heard before changes nothing."""
    before = state.heard
    if before is not None and uplink.received_at <= before.at:
        return state
    lost = 0
    if before is not None and not joined:
        lost = max(0, uplink.f_cnt - before.f_cnt - 1)
    return replace(
        state,
        heard=Heard(uplink.received_at, uplink.f_cnt, uplink.rssi, uplink.snr),
        lost=state.lost + lost,
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


def samples_of(readings: Sequence[Reading]) -> dict[Key, list[Sample]]:
    """Sort the registers' readings by register."""
    restarts = {r.at for r in readings if r.quantity is Quantity.RESTART}
    samples: dict[Key, list[Sample]] = {}
    for reading in readings:
        if reading.quantity.kind is Kind.REGISTER and reading.at is not None:
            samples.setdefault((reading.quantity, reading.channel), []).append(
                Sample(reading.at, reading.value, reading.meter, reading.at in restarts)
            )
    return samples
