"""Killed at any point, under any traffic: every uplink is delivered, and none is forgotten."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from hypothesis import Phase, given, settings, strategies as st

from tests.network.homes import QUICK, Home, home
from tests.network.scripted import Script, item, row, up

EUIS: Final = tuple(f"70b3d5e75e00000{n}" for n in range(6))
ORDERED: Final = replace(QUICK, page=4, first_page=2, streams=3, streams_old=2)
UNORDERED: Final = replace(ORDERED, page=7, first_page=7)
"""Fewer devices in a page could stand in order by chance."""


@dataclass(frozen=True)
class Sent:
    """A device sends; the server may be slow to list it, or to store it."""

    device: int
    gap: float
    listed_late: bool = False
    stored_late: bool = False
    joins: bool = False


@dataclass(frozen=True)
class Polled:
    """A poll that is broken off after some batches, or not."""

    stop_after: int | None


@dataclass
class Traffic:
    """The server's side: what was sent, and when each of it becomes visible."""

    script: Script
    now: float = 1_790_000_000.0
    heard: dict[str, float] = field(default_factory=dict)
    f_cnt: Counter[str] = field(default_factory=Counter)
    sent: set[str] = field(default_factory=set)
    late: list[Sent] = field(default_factory=list)

    def send(self, step: Sent) -> None:
        """Let a device send."""
        self.store()
        self.now += step.gap
        eui = EUIS[step.device]
        # A server of the cluster that lags behind commits up to two minutes late.
        heard = max(self.heard.get(eui, 0) + 6, self.now - 100 if step.listed_late else self.now)
        self.now = max(self.now, heard)
        self.heard[eui] = heard
        self.f_cnt[eui] = 0 if step.joins else self.f_cnt[eui] + 1
        self.script.rows = [one for one in self.script.rows if one.dev_eui != eui]
        self.script.rows.append(row(eui, heard))
        if step.joins:
            self.script.items[eui].append(item(heard - 1, "join"))
        if step.stored_late:
            self.late.append(step)
        else:
            self._keep(eui)

    def store(self) -> None:
        """Store what is late."""
        for step in self.late:
            self._keep(EUIS[step.device])
        self.late.clear()

    def _keep(self, eui: str) -> None:
        made = up(eui, self.heard[eui], self.f_cnt[eui], deduplicationId=f"{eui} {len(self.sent)}")
        self.sent.add(f"{eui} {len(self.sent)}")
        self.script.items[eui] += [made, item(self.heard[eui] + 1, "log")]


STEPS: Final = st.lists(
    st.builds(
        Sent,
        device=st.integers(0, len(EUIS) - 1),
        gap=st.sampled_from([0.0, 1.0, 30.0, 150.0, 900.0]),
        listed_late=st.booleans(),
        stored_late=st.booleans(),
        joins=st.booleans(),
    )
    | st.builds(Polled, stop_after=st.none() | st.integers(0, 4)),
    max_size=25,
)


# Without shrinking: each example starts a server, so that would take minutes.
@settings(max_examples=40, deadline=None, phases=set(Phase) - {Phase.shrink, Phase.explain})
@given(steps=STEPS, ordered=st.booleans())
async def test_any_traffic_any_interruption(
    steps: list[Sent | Polled],
    ordered: bool,  # noqa: FBT001  # drawn by hypothesis
) -> None:
    """Uplinks and cursors are kept together, so each uplink comes exactly once."""
    script = Script(rows=[row(eui, None) for eui in EUIS], ordered=ordered)
    script.items = {eui: [] for eui in EUIS}
    traffic = Traffic(script)
    async with home(script, pace=ORDERED if ordered else UNORDERED) as town:
        polls = 0
        for step in steps:
            if isinstance(step, Sent):
                traffic.send(step)
                continue
            await town.poll(stop_after=step.stop_after)
            polls += 1
            if polls % 3 == 0:
                traffic.store()
        traffic.store()
        await settle(town)
    assert town.uplinks == dict.fromkeys(traffic.sent, 1)


async def settle(town: Home) -> None:
    """Poll until there is nothing to read any more."""
    for _ in range(8):
        if all(batch.device is None for batch in await town.poll()):
            return
    raise AssertionError
