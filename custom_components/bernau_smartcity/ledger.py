"""Uplinks in, states out: decoded, placed in time, totalled and kept in one step."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import logging
from typing import Final

from .metering.placement import place
from .metering.plausibility import Limits, limits_of
from .metering.pulses import QUANTITY_OF_MEDIUM, Weighed, pulse_weight, weigh
from .metering.register import Decision, Sample, Total, fold
from .model import (
    Batch,
    Codec,
    DecodeError,
    Device,
    Kind,
    Medium,
    Quantity,
    Reading,
    Setting,
    Uplink,
)
from .state import DeviceState, Heard, Key, Register, Value
from .store import Store

_LOGGER: Final = logging.getLogger(__package__)

SAMPLES_KEPT: Final = timedelta(days=40)
"""Longer than any network server retains uplinks, so late ones find their place."""
PRUNE_STEP: Final = timedelta(days=1)
DECISIONS_KEPT: Final = 20

ENCRYPTED: Final = "encrypted"
"""The `problem` of a device whose payload only somebody else can decrypt."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user has decided about devices."""

    codec: Callable[[Device], Codec | None]
    settings: Callable[[str], Mapping[str, str]]
    """By DevEUI; wins over the server's tags."""


class Ledger:
    """The states of all devices of an entry, as durably kept.

    Everything blocks: call it in an executor, one call at a time.
    """

    def __init__(self, store: Store, choices: Choices) -> None:
        """Read what was kept, and apply what the user has changed since."""
        self._store = store
        self._choices = choices
        kept = store.load()
        self.cursors: dict[str, str] = kept.cursors
        self.states: dict[str, DeviceState] = {}
        with store.transaction():
            for state in kept.states.values():
                self.states[state.device.dev_eui] = self._chosen_anew(state)

    def take(self, batches: Iterable[Batch]) -> dict[str, DeviceState]:
        """Keep batches and their cursors, and give the states that changed."""
        changed: dict[str, DeviceState] = {}
        cursors: dict[str, str] = {}
        with self._store.transaction():
            for batch in batches:
                cursors |= batch.cursors
                if batch.device is not None:
                    state = self._known(batch.device, changed)
                    changed[batch.device.dev_eui] = self._read(state, batch)
            for state in changed.values():
                self._store.put_state(state)
            self._store.put_cursors(cursors)
        self.states |= changed
        self.cursors |= cursors
        return changed

    def meet(self, devices: Iterable[Device]) -> dict[str, DeviceState]:
        """Take over the inventory, and give the states that changed."""
        changed: dict[str, DeviceState] = {}
        with self._store.transaction():
            for device in devices:
                before = self.states.get(device.dev_eui)
                if before is None or before.device != device:
                    state = self._chosen_anew(self._known(device, {}))
                    changed[device.dev_eui] = state
                    self._store.put_state(state)
        self.states |= changed
        return changed

    def forget(self, dev_euis: Iterable[str]) -> None:
        """Forget devices that no longer exist."""
        gone = set(dev_euis)
        with self._store.transaction():
            for dev_eui in gone:
                self._store.forget_device(dev_eui)
        self.states = {k: v for k, v in self.states.items() if k not in gone}
        self.cursors = {k: v for k, v in self.cursors.items() if k not in gone}

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _known(self, device: Device, changed: Mapping[str, DeviceState]) -> DeviceState:
        """Give the state of a device as it is listed now; a poll may not tell its catalogue."""
        state = changed.get(device.dev_eui) or self.states.get(device.dev_eui)
        if state is None:
            return DeviceState(device=device)
        catalogue = device.catalogue or state.device.catalogue
        return replace(state, device=replace(device, catalogue=catalogue))

    def _chosen_anew(self, state: DeviceState) -> DeviceState:
        """Apply the present choice of codec and settings to what is kept."""
        codec = self._choices.codec(state.device)
        dev_eui = state.device.dev_eui
        if state.codec and (codec is None or codec.key != state.codec):
            self._store.forget_readings(dev_eui)
            self.cursors.pop(dev_eui, None)
            state = DeviceState(
                device=state.device, settings=state.settings, heard=state.heard, lost=state.lost
            )
        if codec is not None and (state.problem or not state.codec):
            state = self._read(
                state,
                Batch(device=state.device, uplinks=tuple(self._store.take_undecoded(dev_eui))),
            )
        state = self._valued(state, codec)
        self._store.put_state(state)
        return state

    def _read(self, state: DeviceState, batch: Batch) -> DeviceState:
        """Read the uplinks of one batch into the state of their device."""
        codec = self._choices.codec(state.device)
        readings: list[Reading] = []
        for uplink in sorted(batch.uplinks, key=lambda u: u.received_at):
            state = _heard(state, uplink, joined=batch.joined)
            if uplink.payload:
                found, problem = self._decoded(uplink, codec, state)
                state = replace(state, problem=problem)
                readings += found
        state = replace(state, codec="" if codec is None else codec.key)
        if codec is not None:
            state = self._totalled(_newest(state, readings), readings, codec)
        return self._valued(state, codec)

    def _decoded(
        self, uplink: Uplink, codec: Codec | None, state: DeviceState
    ) -> tuple[list[Reading], str]:
        """Give the readings of an uplink, or keep it and say why there are none."""
        if uplink.encrypted:
            self._store.put_undecoded(uplink)
            return [], ENCRYPTED
        if codec is None:
            self._store.put_undecoded(uplink)
            return [], ""
        try:
            frame = tuple(codec.decode(replace(uplink, settings=self._settings(state))))
        except DecodeError as error:
            problem = str(error)
        except Exception as error:  # one faulty codec must not stop the others
            _LOGGER.exception("Decoder %s failed on a payload", codec.key)
            problem = type(error).__name__
        else:
            return list(place(frame, uplink.received_at)), ""
        self._store.put_undecoded(uplink)
        return [], problem

    def _totalled(
        self, state: DeviceState, readings: Sequence[Reading], codec: Codec
    ) -> DeviceState:
        """Continue the totals of all registers that were read."""
        medium = self._medium(state, codec)
        registers = dict(state.registers)
        decisions = list(state.decisions)
        for key, samples in _samples(readings).items():
            limits = replace(limits_of(key[0], medium), modulus=codec.modulus.get(key[0]))
            register, made = self._continued(state.device.dev_eui, key, samples, limits, registers)
            if register is not None:
                registers[key] = register
                decisions += [(key, decision) for decision in made]
        return replace(state, registers=registers, decisions=tuple(decisions[-DECISIONS_KEPT:]))

    def _continued(
        self,
        dev_eui: str,
        key: Key,
        samples: list[Sample],
        limits: Limits,
        registers: Mapping[Key, Register],
    ) -> tuple[Register | None, tuple[Decision, ...]]:
        """Continue one register; samples that came late are put where they belong."""
        before = registers.get(key)
        base = before.base if before else None
        if base is not None:
            samples = [sample for sample in samples if sample.at > base.last.at]
        if not samples:
            return before, ()
        self._store.add_samples(dev_eui, key, samples)
        if before is not None and all(s.at > _newest_at(before.total) for s in samples):
            total, made = fold(before.total, samples, limits)
        else:
            total, made = fold(base, self._store.samples(dev_eui, key), limits)
        if total is None:  # pragma: no cover  # a fold over samples always gives a total
            return before, ()
        base = self._pruned(dev_eui, key, base, total.last.at - SAMPLES_KEPT, limits)
        floor = before.shown if before is not None else total.value
        return Register(total, base, floor), made

    def _pruned(
        self, dev_eui: str, key: Key, base: Total | None, before: datetime, limits: Limits
    ) -> Total | None:
        """Fold samples that no late uplink can precede into the base."""
        oldest = self._store.oldest_sample(dev_eui, key)
        if oldest is None or oldest >= before - PRUNE_STEP:
            return base
        old = [s for s in self._store.samples(dev_eui, key) if s.at < before]
        self._store.forget_samples(dev_eui, key, before)
        return fold(base, old, limits)[0]

    def _valued(self, state: DeviceState, codec: Codec | None) -> DeviceState:
        """Derive what entities show."""
        if codec is None:
            return replace(state, values={})
        values = {
            key: Value(reading.value, reading.at)
            for key, reading in state.latest.items()
            if reading.at is not None
        }
        for key, register in state.registers.items():
            last = register.total.last
            display = None if last.value == register.shown else last.value
            values[key] = Value(register.shown, last.at, display)
        weighed = self._weighed(state, codec)
        quantity = QUANTITY_OF_MEDIUM.get(self._medium(state, codec))
        for channel, pulses in weighed.items():
            register = state.registers[Quantity.PULSES, channel]
            if quantity is not None and (quantity, channel) not in values:
                values[quantity, channel] = Value(pulses.at(register.shown), register.total.last.at)
        return replace(state, weighed=weighed, values=values)

    def _weighed(self, state: DeviceState, codec: Codec) -> dict[int, Weighed]:
        weight = pulse_weight(self._settings(state).get(Setting.PULSE_WEIGHT))
        if weight is None or Setting.PULSE_WEIGHT not in codec.settings:
            return {}
        return {
            channel: weigh(state.weighed.get(channel), weight, register.shown)
            for (quantity, channel), register in state.registers.items()
            if quantity is Quantity.PULSES
        }

    def _settings(self, state: DeviceState) -> dict[str, str]:
        return {**state.tags, **self._choices.settings(state.device.dev_eui)}

    def _medium(self, state: DeviceState, codec: Codec) -> Medium:
        chosen = self._settings(state).get(Setting.MEDIUM, "").strip().lower()
        if Setting.MEDIUM in codec.settings and chosen in Medium:
            return Medium(chosen)
        return codec.medium

    def medium(self, state: DeviceState) -> Medium:
        """Give the medium of a device, unknown where it has no decoder."""
        codec = self._choices.codec(state.device)
        return Medium.UNKNOWN if codec is None else self._medium(state, codec)


def _heard(state: DeviceState, uplink: Uplink, *, joined: bool) -> DeviceState:
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


def _newest(state: DeviceState, readings: Iterable[Reading]) -> DeviceState:
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


def _samples(readings: Sequence[Reading]) -> dict[Key, list[Sample]]:
    """Sort the registers' readings by register."""
    restarts = {r.at for r in readings if r.quantity is Quantity.RESTART}
    samples: dict[Key, list[Sample]] = {}
    for reading in readings:
        if reading.quantity.kind is Kind.REGISTER and reading.at is not None:
            samples.setdefault((reading.quantity, reading.channel), []).append(
                Sample(reading.at, reading.value, reading.meter, reading.at in restarts)
            )
    return samples


def _newest_at(total: Total) -> datetime:
    return max(total.last, total.suspect).at if total.suspect else total.last.at
