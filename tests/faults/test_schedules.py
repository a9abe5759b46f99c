"""Random schedules of faults: whatever happens when, nothing is missing and every hour is true.

Each schedule is drawn by hypothesis: the same ones each time, new ones with
`--hypothesis-profile=search`. One that fails is made as short as possible and printed.
`FAULT_SCHEDULES` in the environment sets how many there are behind each server.
"""

from dataclasses import dataclass
from os import environ
from typing import Final

from homeassistant.core import HomeAssistant
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
import pytest

from simulator.faults import Kind

from .servers import FACES, Face
from .world import DEVICES, IMPATIENT, World, worlds

SCHEDULES: Final = int(environ.get("FAULT_SCHEDULES", "42"))
CALLS: Final = st.integers(0, 12)
"""Calls of the network server in a poll, after which something happens."""


@dataclass(frozen=True)
class Pass:
    """Time passes."""

    minutes: int


@dataclass(frozen=True)
class Begin:
    """A fault begins."""

    kind: Kind
    devices: frozenset[int]
    """Which devices it concerns; none: all."""


@dataclass(frozen=True)
class During:
    """A fault begins while the server is being read."""

    fault: Begin
    calls: int


@dataclass(frozen=True)
class Poll:
    """What is new is read."""


@dataclass(frozen=True)
class Inventory:
    """The inventory is read."""


@dataclass(frozen=True)
class End:
    """All faults end."""


@dataclass(frozen=True)
class Restart:
    """The reader ends and begins anew, perhaps in the middle of a poll."""

    calls: int | None
    kill: bool


type Step = Pass | Begin | During | Poll | Inventory | End | Restart


def steps(face: Face) -> st.SearchStrategy[list[Step]]:
    """Draw a schedule."""
    begin = st.builds(
        Begin, st.sampled_from(face.kinds), st.frozensets(st.integers(0, DEVICES - 1), max_size=3)
    )
    step: st.SearchStrategy[Step] = st.one_of(
        st.builds(Pass, st.sampled_from([2, 15, 40, 120, 420])),
        begin,
        st.just(Poll()),
        st.builds(During, begin, CALLS),
        st.builds(Restart, st.none() | CALLS, st.booleans()),
        st.just(End()),
        st.just(Inventory()),
    )
    return st.lists(step, min_size=1, max_size=14)


async def take(step: Step, world: World) -> None:
    """Let one step happen."""
    euis = list(world.town.all_devices)

    def fault(begin: Begin) -> tuple[Kind, list[str]]:
        return begin.kind, [euis[place % len(euis)] for place in sorted(begin.devices)]

    match step:
        case Pass(minutes):
            world.town.clock.advance(60 * minutes)
        case Begin():
            await world.trouble.begin(*fault(step))
        case During(begin, calls):
            await world.poll([fault(begin)], calls)
        case Poll():
            await world.poll()
        case Inventory():
            await world.reader.take_inventory()
        case End():
            await world.trouble.end()
        case Restart(calls, kill):
            await world.restart(calls, kill=kill)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("server", FACES)
@settings(
    max_examples=SCHEDULES,
    deadline=None,
    phases=set(Phase) - {Phase.explain},
    # One Home Assistant for all: each schedule has an entry of its own, removed at its end.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_any_schedule_of_faults(
    hass: HomeAssistant, server: str, data: st.DataObject
) -> None:
    """What is kept is what another one keeps who reads all at once when everything is over."""
    face = FACES[server]
    schedule = data.draw(steps(face), "schedule")
    async with worlds(hass, face, IMPATIENT) as (world, witness):
        for step in schedule:
            await take(step, world)
        assert await world.verdict(witness) == []
