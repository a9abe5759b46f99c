"""Beside Home Assistant's own LoRaWAN layer, and beside the least that a sensor can cost.

Each is a real Home Assistant in a process of its own, with a recorder on disk; each
network server is the simulator in another. All are measured in the same seconds, so
that whatever else the machine does concerns them alike. `bernau` and `own` read the
same devices (SenseCAP S2101, which Home Assistant knows) and show the same values;
`meters` is this integration with the town's meters and counters, instead of both. The
floor is plain sensors, as many as there are entities of this integration and as often
written, by nothing but a loop.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
import time
from typing import Any, Final

from ._options import Options
from ._processes import Home, entries, home, town
from ._subjects import FLOOR, SUBJECTS, Subject
from ._tables import markdown
from ._town import control, post

POLL: Final = 60.0
"""Seconds between two polls of ours; Home Assistant's own asks for the inventory every 30."""
STATISTICS: Final = 300.0
"""Seconds from one full five minutes to the next, at which the recorder compiles statistics."""
COMPILING: Final = 60.0
"""Seconds after which that is surely done, with the ten that the recorder waits before."""
SETTLING: Final = 5.0
"""Seconds after which an interface that has fallen silent is idle."""
COMPARED: Final[Sequence[str]] = (
    "first start until all values are in, s",
    "restart until all values are in, s",
    "processor for 1,000 uplinks, s",
    "processor for 1,000 states, s",
    "memory for a device, kB",
)


@dataclass
class Side:
    """A subject with all that belongs to it."""

    subject: Subject
    config: Path
    asked: dict[str, Any]
    place: Mapping[str, Any] | None = None
    figures: dict[str, float] = field(default_factory=dict)
    windows: list[dict[str, Any]] = field(default_factory=list)

    async def starts(self, here: Home, name: str) -> dict[str, Any]:
        """Wait until each device has a value, and tell what that cost."""
        at = (await here.ask("values"))["at"]
        self.figures[f"{name} until all values are in, s"] = at - here.began
        return await here.ask("mark")

    async def requests(self) -> tuple[int, int]:
        """Tell how many there were, and how many streams were open at most."""
        if self.place is None:
            return 0, 0
        found = await control(self.place, "requests")
        return found["total"], found["max_open_streams"]


async def measure(options: Options) -> dict[str, float]:
    """Measure with each number of devices, and give medians, ratios and how they grow."""
    empty = await _empty()
    found = {"memory of an empty Home Assistant, MB": empty}
    for count in options.devices:
        found |= await _measure(count, options, empty)
    least, most = min(options.devices), max(options.devices)
    for subject in (*_served(options), FLOOR):
        for name in COMPARED:
            small, large = (found.get(f"{n} {subject.name}: {name}") for n in (least, most))
            if small and large and most > least:
                found[f"{most} / {least} {subject.name}: {name}"] = large / small
    return found


def _served(options: Options) -> list[Subject]:
    return [SUBJECTS[name] for name in options.subjects]


async def _measure(count: int, options: Options, empty: float) -> dict[str, float]:
    """Measure all subjects with so many devices."""
    async with AsyncExitStack() as stack:
        sides = [
            await stack.enter_async_context(_side(s, count, options)) for s in _served(options)
        ]
        await _first_life(sides)
        ours = sides[0]
        folder = stack.enter_context(TemporaryDirectory())
        plain = {
            "meters": count,
            "sensors": round(ours.figures["entities"] / count),
            "writes": options.writes,
            "interval": options.interval,
        }
        floor = Side(FLOOR, Path(folder), {"devices": count, "floor": plain})
        await _first_life([floor])
        await _second_life([*sides, floor], options)
    found: dict[str, float] = {}
    known = {side.subject.name: _figures(side, count, options, empty) for side in (*sides, floor)}
    for name, figures in known.items():
        found |= {f"{count} {name}: {figure}": value for figure, value in figures.items()}
    for other in list(known)[1:]:
        found |= _ratios(
            f"{count} {ours.subject.name} / {other}", known[ours.subject.name], known[other]
        )
    return found


@asynccontextmanager
async def _side(subject: Subject, count: int, options: Options) -> AsyncGenerator[Side]:
    """Run the network server of a subject."""
    arguments = (f"--devices={count}", f"--uplink-interval={options.interval}")
    async with town(subject.town, *arguments) as place:
        given = await entries(subject, place)
        with TemporaryDirectory() as folder:
            yield Side(subject, Path(folder), {"devices": count, "entries": given}, place)


async def _first_life(sides: Sequence[Side]) -> None:
    """Begin with nothing, and watch what holds up the loop: the watch costs something itself."""
    async with AsyncExitStack() as stack:
        homes = await _begin(stack, sides, watched=True)
        starting = await asyncio.gather(
            *(side.starts(here, "first start") for side, here in zip(sides, homes, strict=True))
        )
        await _poll(homes[0])
        busy = await asyncio.gather(*(here.ask("mark") for here in homes))
        # What waits for the recorder now would be written in the next life.
        await asyncio.gather(*(here.ask("rows") for here in homes))
    for side, first, then in zip(sides, starting, busy, strict=True):
        side.figures |= {
            "entities": then["entities"],
            "loop held up while starting, ms": 1000 * first["blocked"],
            "loop held up while busy, ms": 1000 * then["blocked"],
            "longest garbage collection, ms": 1000 * max(first["collecting"], then["collecting"]),
        }


async def _second_life(sides: Sequence[Side], options: Options) -> None:
    """Begin with what is there, and count what is used from one window to the next."""
    async with AsyncExitStack() as stack:
        homes = await _begin(stack, sides, watched=False)
        await asyncio.gather(
            *(side.starts(here, "restart") for side, here in zip(sides, homes, strict=True))
        )
        await _window(homes[0])
        rows = await asyncio.gather(*(here.ask("rows") for here in homes))
        await asyncio.gather(*(here.ask("mark") for here in homes))
        before = [await side.requests() for side in sides]
        for _ in range(options.runs):
            await _window(homes[0])
            found = await asyncio.gather(*(here.ask("mark") for here in homes))
            for side, each in zip(sides, found, strict=True):
                side.windows.append(each)
        for side, here, (calls, _), kept in zip(sides, homes, before, rows, strict=True):
            after, streams = await side.requests()
            written = (await here.ask("rows"))["rows"] - kept["rows"]
            states = sum(window["writes"] for window in side.windows)
            minutes = sum(window["seconds"] for window in side.windows) / 60
            side.figures |= {
                "rows for a state": written / max(1, states),
                "requests in a minute, busy": (after - calls) / minutes,
                "most open streams, busy": streams,
            }
        await _idle([*zip(sides, homes, strict=True)])


async def _begin(stack: AsyncExitStack, sides: Sequence[Side], *, watched: bool) -> list[Home]:
    """Start all at the same time."""
    starting = [home(side.config, watched=watched, **side.asked) for side in sides]
    return list(await asyncio.gather(*map(stack.enter_async_context, starting)))


async def _poll(ours: Home) -> float:
    """Wait until ours has just polled once more, where there is none as long; tell when."""
    if "at" not in await ours.ask("polled"):
        await asyncio.sleep(POLL)
    return time.time()


async def _window(ours: Home) -> None:
    """Wait for the first poll after the statistics were compiled once more.

    Compiling goes over all sensors, of whatever use they are: shorter windows would
    hold it or not by chance, for more processor time than all that is measured.
    """
    compiled = (time.time() // STATISTICS + 1) * STATISTICS + COMPILING
    while await _poll(ours) < compiled:
        pass


async def _idle(all_of_them: Sequence[tuple[Side, Home]]) -> None:
    """Let no device send any more, and see what is asked all the same."""
    served = [(side, here, side.place) for side, here in all_of_them if side.place is not None]
    for _, _, place in served:
        await post(place, "faults", {"kind": "silent"})
    await asyncio.sleep(SETTLING)  # for what was sent shortly before
    for _, here, _ in served:
        await here.ask("poll")
    await asyncio.sleep(SETTLING)
    for _, here, place in served:
        await post(place, "requests/reset", {})
        await here.ask("mark")
    await asyncio.sleep(POLL + SETTLING)
    for side, here, _ in served:
        cost = await here.ask("mark")
        calls, streams = await side.requests()
        minutes = cost["seconds"] / 60
        side.figures |= {
            "requests in a minute, idle": calls / minutes,
            "most open streams, idle": streams,
            "processor in a minute, idle, s": cost["processor"] / minutes,
        }


def _figures(side: Side, count: int, options: Options, empty: float) -> dict[str, float]:
    """Give the medians of all windows beside what was measured once."""

    def middle(figure: str, share: str = "", less: float = 1.0) -> float:
        parts = (max(1, window[share]) * less if share else 1 for window in side.windows)
        return median(
            float(window[figure]) / part for window, part in zip(side.windows, parts, strict=True)
        )

    memory = middle("resident") / 2**20
    sent = count / options.interval / 1000
    return {
        **side.figures,
        "processor for 1,000 uplinks, s": middle("processor", "seconds", sent),
        "processor for 1,000 states, s": middle("processor", "writes", 1 / 1000),
        "states written for an uplink": middle("writes", "seconds", sent * 1000),
        "most that waits for the recorder": middle("queued"),
        "memory, MB": memory,
        "memory for a device, kB": 1024 * (memory - empty) / count,
    }


def _ratios(pair: str, one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Give how many times as much one takes as another: machines differ less in that."""
    return {f"{pair}: {name}": one[name] / other[name] for name in COMPARED if other[name] > 0}


async def _empty() -> float:
    """Give the memory in MB of a Home Assistant that has a recorder and ten sensors."""
    plain = {"meters": 10, "sensors": 1, "writes": 1, "interval": 60.0}
    with TemporaryDirectory() as folder:
        async with home(Path(folder), devices=10, watched=False, floor=plain) as here:
            await here.ask("values")
            await asyncio.sleep(SETTLING)
            found = await here.ask("mark")
    return float(found["resident"]) / 2**20


def table(figures: Mapping[str, float]) -> str:
    """Give a table in Markdown for each number of devices, and one for what it comes to."""
    groups: dict[str, dict[str, dict[str, float]]] = {}
    for name, value in figures.items():
        who, _, figure = name.rpartition(": ")
        group = "ratios" if "/" in who else who.partition(" ")[0]
        groups.setdefault(group, {}).setdefault(figure, {})[who] = value
    return "\n\n".join(markdown(rows) for rows in groups.values())
