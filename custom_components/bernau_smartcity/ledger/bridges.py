"""Meters behind bridges: who they are, and what is known of them.

A meter behind a bridge is one by its number, within an entry: two bridges that
hear it read the same meter. It is kept like a device, under an identity that is
no DevEUI.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ..metering.silence import heard_again
from ..model import Codec, Device, Medium, Meter, Reading
from .state import DeviceState, Found, Heard, updated

FOUND_KEPT: Final = 200
"""Meters that a bridge has heard, the newest ones."""

_PREFIX: Final = "meter"


def identity_of(number: str) -> str:
    """Give what stands in place of a DevEUI: never change it."""
    return _PREFIX + "".join(filter(str.isalnum, number)).lower()


def is_meter(identity: str) -> bool:
    """Tell whether this is a meter behind a bridge; no hexadecimal number begins like that."""
    return identity.startswith(_PREFIX)


@dataclass(frozen=True, slots=True)
class Taken:
    """Which meters behind bridges are read."""

    chosen: Mapping[str, bool] = field(default_factory=dict)
    """By identity, what a person decided."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Whoever enters the key of a meter wants to read it."""

    def of(self, number: str, codec: Codec | None) -> bool:
        """Tell it of a meter that a codec names: what hangs on a cable is one's own."""
        identity = identity_of(number)
        wired = codec is not None and codec.wired
        return self.chosen.get(identity, wired or identity in self.keys)


@dataclass(slots=True)
class News:
    """What messages told of one meter behind a bridge."""

    meter: Meter
    at: datetime
    """Of the newest message."""
    missing: str = ""
    """What that waits for."""
    readings: list[Reading] = field(default_factory=list)

    def hear(self, meter: Meter, at: datetime, missing: str) -> None:
        """Take over what a message says, if it is no older one."""
        if at >= self.at:
            known = meter.medium is not Medium.UNKNOWN or not self.meter.manufacturer
            self.meter = meter if known else self.meter
            self.at, self.missing = at, missing


def found_by(state: DeviceState, news: Iterable[News]) -> tuple[DeviceState, set[str]]:
    """Give a bridge with the meters that it heard, and the numbers for which there is no room."""
    found = dict(state.found)
    for each in news:
        meter = each.meter
        before = found.get(meter.number)
        if before is None or each.at >= before.at:
            known = before if meter.medium is Medium.UNKNOWN and before is not None else None
            medium = known.medium if known else meter.medium
            maker = meter.manufacturer or (known.maker if known else "")
            found[meter.number] = Found(each.at, medium, maker, each.missing)
    order = sorted(found, key=lambda number: (found[number].at, number), reverse=True)
    kept = {number: found[number] for number in sorted(order[:FOUND_KEPT])}
    return updated(state, found=kept), set(order[FOUND_KEPT:])


def behind(bridge: DeviceState, news: News, before: DeviceState | None) -> DeviceState:
    """Give the state of a meter that a bridge has heard."""
    number = news.meter.number
    state = before or DeviceState(device=Device(dev_eui=identity_of(number), name="", scope=""))
    found = bridge.found.get(number, Found(news.at, news.meter.medium))
    dev_eui = bridge.device.dev_eui
    at = max(news.at, state.via.get(dev_eui, news.at))
    state = replace(state, codec=bridge.codec, meter=number, via={**state.via, dev_eui: at})
    if state.judged is not None and news.at < state.judged:
        return state
    rhythm = state.rhythm
    if state.heard is not None and state.heard.at < news.at:
        rhythm = heard_again(rhythm, state.heard.at, news.at, lost=0)
    maker = found.maker or state.maker
    medium = state.medium if found.medium is Medium.UNKNOWN else found.medium
    return replace(
        state,
        device=replace(state.device, name=f"{maker} {number}".strip()),
        settings={"building": bridge.building} if bridge.building else {},
        heard=Heard(news.at, 0),
        rhythm=rhythm,
        judged=news.at,
        problem=news.missing,
        medium=medium or Medium.UNKNOWN,
        maker=maker,
    )


def released(known: Mapping[str, DeviceState], bridge: str) -> dict[str, DeviceState]:
    """Give the meters that a bridge has heard, as if it had not."""
    return {
        identity: replace(state, via={k: at for k, at in state.via.items() if k != bridge})
        for identity, state in known.items()
        if bridge in state.via
    }


def unread(
    known: Mapping[str, DeviceState], taken: Taken, codec_of: Callable[[Device], Codec | None]
) -> set[str]:
    """Give the meters that are read through no bridge."""
    return {
        identity
        for identity, state in known.items()
        if is_meter(identity)
        and not any(
            taken.of(state.meter, codec_of(known[bridge].device))
            for bridge in state.via
            if bridge in known
        )
    }
