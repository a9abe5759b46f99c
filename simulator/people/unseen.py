"""Towns that nobody has drawn: random zones, gates, ways of people, and errors of counters."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from .quarter import Quarter
from .ways import OUTSIDE, Eye, Gate, Group

_MODES = ("train", "bus", "car", "bike", "walk")
_FEWEST, _MOST = 3, 9
"""Zones."""
_DETOURS = 0.35
"""How often there is a second way between zones."""
_OPEN = 0.55
"""How often a zone has a gate to the outside."""
_LONGEST = 7
"""Zones through which somebody strolls before he goes home."""
_LEAVES = 0.3
"""How often somebody who strolls leaves where he can."""
_RETURNS = 0.7
"""How often visitors of the market leave as they came."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The gates of a town, and what leads where."""

    gates: Sequence[Gate]

    def next_to(self, zone: str) -> list[tuple[Gate, str]]:
        """Give the gates of a zone, and what lies behind each."""
        return [
            (gate, gate.target if gate.origin == zone else gate.origin)
            for gate in self.gates
            if zone in {gate.origin, gate.target}
        ]

    @property
    def entrances(self) -> list[Gate]:
        """The gates to the outside."""
        return [gate for gate in self.gates if gate.origin == OUTSIDE]

    def shortest(self, origin: str, goal: Callable[[str], bool]) -> list[Gate]:
        """Give the gates on the shortest way from a zone to where somebody wants."""
        waiting: deque[tuple[str, list[Gate]]] = deque([(origin, [])])
        known = {origin}
        while waiting:
            zone, gates = waiting.popleft()
            if goal(zone):
                return gates
            for gate, behind in self.next_to(zone):
                if behind not in known and (behind != OUTSIDE or goal(OUTSIDE)):
                    known.add(behind)
                    waiting.append((behind, [*gates, gate]))
        message = f"nothing leads out of {origin}"
        raise ValueError(message)


def plan(random: Random) -> Plan:
    """Draw zones and gates."""
    zones = [f"zone_{n}" for n in range(random.randint(_FEWEST, _MOST))]
    pairs = [(random.choice(zones[:n]), zones[n]) for n in range(1, len(zones))]
    pairs += [
        (one, other)
        for n, one in enumerate(zones)
        for other in zones[n + 1 :]
        if random.random() < _DETOURS / len(zones)
    ]
    doors = [zone for zone in zones if random.random() < _OPEN]
    doors += random.choices(zones, k=2)
    inner = [
        Gate(f"inner_{n}", one, other, "", _eye(random)) for n, (one, other) in enumerate(pairs)
    ]
    outer = [
        Gate(f"outer_{n}", OUTSIDE, zone, random.choice(_MODES), _eye(random))
        for n, zone in enumerate(doors)
    ]
    return Plan((*outer, *inner))


def _eye(random: Random) -> Eye:
    return Eye(
        missed=random.uniform(0, 0.03),
        doubled=random.uniform(0, 0.012),
        turned=random.uniform(0, 0.004),
    )


def _text(gates: Sequence[Gate], minutes: Iterable[float]) -> str:
    words = [gates[0].name]
    for gate, stay in zip(gates[1:], minutes, strict=False):
        words += (f"{stay:.0f}", gate.name)
    return " ".join(words)


def _there(town: Plan, random: Random) -> tuple[list[Gate], str]:
    """Draw where somebody comes in, and where he goes."""
    door = random.choice(town.entrances)
    goal = random.choice([zone for gate in town.gates for zone in (gate.target,)])
    return [door, *town.shortest(door.target, goal.__eq__)], goal


def commuters(town: Plan, random: Random) -> Group:
    """Let people go to work, and leave by the way they came."""
    gates, _ = _there(town, random)
    way = [*gates, *reversed(gates)]
    minutes = [random.uniform(4, 9) for _ in way]
    minutes[len(gates) - 1] = random.uniform(440, 500)
    return Group("work", random.uniform(15, 120), _text(way, minutes))


def passers(town: Plan, random: Random) -> Group:
    """Let people only walk through, or change from bus to train."""
    door = random.choice(town.entrances)
    others = [gate for gate in town.entrances if gate is not door] or [door]
    last = random.choice(others)
    way = [door, *town.shortest(door.target, last.target.__eq__), last]
    minutes = [random.uniform(3, 9) for _ in way]
    return Group(
        random.choice(("leaving", "returning")), random.uniform(15, 110), _text(way, minutes)
    )


def strollers(town: Plan, random: Random) -> Group:
    """Let people drift from zone to zone until they happen to leave."""
    door = random.choice(town.entrances)
    way, zone = [door], door.target
    for _ in range(_LONGEST):
        steps = town.next_to(zone)
        out = [gate for gate, behind in steps if behind == OUTSIDE]
        if out and random.random() < _LEAVES:
            break
        inner = [step for step in steps if step[1] != OUTSIDE]
        gate, zone = random.choice(inner)
        way.append(gate)
    way += town.shortest(zone, OUTSIDE.__eq__)
    minutes = [random.uniform(8, 45) for _ in way]
    return Group("strolling", random.uniform(4, 30), _text(way, minutes))


def market(town: Plan, random: Random, *, where: str) -> Group:
    """Let people go to the market; most leave as they came."""
    door = random.choice(town.entrances)
    there = [door, *town.shortest(door.target, where.__eq__)]
    back = [*reversed(there)]
    if random.random() > _RETURNS:
        last = random.choice(town.entrances)
        back = [*town.shortest(where, last.target.__eq__), last]
    minutes = [random.uniform(5, 12) for _ in (*there, *back)]
    minutes[len(there) - 1] = random.uniform(20, 40)
    return Group("market", random.uniform(30, 140), _text([*there, *back], minutes))


def staff(town: Plan, random: Random) -> Group:
    """Let a few come early and leave late."""
    gates, _ = _there(town, random)
    minutes = [random.uniform(2, 4) for _ in range(2 * len(gates))]
    minutes[len(gates) - 1] = random.uniform(470, 520)
    return Group("work", random.uniform(2, 6), _text([*gates, *reversed(gates)], minutes))


type Behaviour = Callable[[Plan, Random], Group]

BEHAVIOURS: Mapping[str, tuple[Behaviour, int]] = {
    "commuters": (commuters, 14),
    "strollers": (strollers, 60),
    "passers": (passers, 10),
    "staff": (staff, 4),
}
"""With the number of groups."""
MARKET = 16
"""Groups that go to the market."""


def town(seed: int, behaviours: Iterable[str]) -> Quarter:
    """Draw a town and its people; of each behaviour groups, the market if it is named."""
    random = Random(seed)  # noqa: S311  # no secret
    drawn = plan(random)
    groups: list[Group] = []
    for name in behaviours:
        if name == "market":
            visit = partial(market, where=random.choice(drawn.gates).target)
            groups += (visit(drawn, random) for _ in range(MARKET))
        else:
            behave, number = BEHAVIOURS[name]
            groups += (behave(drawn, random) for _ in range(number))
    return Quarter(drawn.gates, groups, seed)
