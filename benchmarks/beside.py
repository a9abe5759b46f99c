"""Beside Home Assistant's own LoRaWAN layer, and beside the least that a sensor can cost.

Each is a real Home Assistant in a process of its own, with a recorder on disk; the
network server is the simulator in another. `bernau` and `own` read the same devices
(SenseCAP S2101, which Home Assistant knows) and show the same values; `meters` is
this integration with the town's meters and counters; the floors are plain sensors,
as many and as often written as in `bernau` and in `meters`, by nothing but a loop.
"""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
from statistics import median
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any, Final, cast

import aiohttp

from demo.process import free_port

from ._options import Options
from ._sensecap import FIELDS, PROFILE
from ._town import ROOT, control, post

OURS: Final = "01BERNAU00000000000000000A"
THEIRS: Final = "01CHIRPSTACK0000000000000A"
SENSECAP: Final = "01SENSECAP000000000000000A"
POLL: Final = 60.0
"""Seconds between two polls of ours; theirs asks for the inventory every 30."""
POLLS: Final = 3
"""As many as a window holds: one poll may read what came in two."""
SETTLING: Final = 10.0
"""Seconds after a start in which nothing is measured."""
LIMIT: Final = 600.0
"""Seconds until all values have to be in."""


@dataclass(frozen=True)
class Subject:
    """What is measured."""

    name: str
    town: str = ""
    """Module that runs the network server, if one is needed."""
    beside: str = ""
    """Of which subject it is the floor."""


SUBJECTS: Final = (
    Subject("bernau", town="benchmarks._sensecap"),
    Subject("own", town="benchmarks._sensecap"),
    Subject("floor", beside="bernau"),
    Subject("meters", town="benchmarks._further"),
    Subject("meters' floor", beside="meters"),
)


@dataclass
class Home:
    """A Home Assistant that answers commands."""

    process: Process
    began: float

    async def ask(self, command: str) -> dict[str, Any]:
        """Send a command and give the answer."""
        cast("asyncio.StreamWriter", self.process.stdin).write(f"{command}\n".encode())
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        """Read the next line that is an answer."""
        output = cast("asyncio.StreamReader", self.process.stdout)
        async with asyncio.timeout(LIMIT):
            while line := await output.readline():
                if line.startswith(b"{"):
                    return cast("dict[str, Any]", json.loads(line))
        message = "Home Assistant ended by itself"
        raise RuntimeError(message)


@asynccontextmanager
async def home(config: Path, **asked: object) -> AsyncGenerator[Home]:
    """Run a Home Assistant until the context ends."""
    told = json.dumps({"config": str(config), "entries": [], "floor": None, **asked})
    command = (sys.executable, "-m", "benchmarks._home", told)
    began = time.time()
    # For the pages that nobody asks for.
    env = {**os.environ, "SETUP_PORT": str(free_port(None, 0))}
    with (config / "log.txt").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=log, cwd=ROOT, env=env
        )
    try:
        found = Home(process, began)
        await found.answer()
        yield found
        cast("asyncio.StreamWriter", process.stdin).write(b"stop\n")
        async with asyncio.timeout(LIMIT):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def town(module: str, *arguments: str) -> AsyncGenerator[dict[str, Any]]:
    """Run a network server until the context ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=PIPE, cwd=ROOT
    )
    try:
        output = cast("asyncio.StreamReader", process.stdout)
        yield json.loads(await output.readline())
    finally:
        process.terminate()
        await process.wait()


async def entries(subject: Subject, place: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the config entries with which a subject reads a town."""
    fields = place["credentials"]
    told = (await control(place, "truth"))["devices"]
    scopes = sorted(await _scopes(fields))
    if subject.name == "own":
        data = {
            "endpoint": fields["url"],
            "api_key": fields["api_key"],
            "tenant_id": fields["tenant"],
            "application_ids": scopes,
        }
        return [
            _entry("chirpstack", THEIRS, "ChirpStack", data),
            _entry("sensecap_lorawan", SENSECAP, "SenseCAP", {}),
        ]
    mapped = {PROFILE.id: {"mapping": FIELDS}}
    options = {
        "scopes": scopes,
        "profiles": {PROFILE.id: "decoded"},
        "profile_settings": mapped,
        "devices": {each["dev_eui"]: {"codec": each["codec"]} for each in told}
        if subject.name == "meters"
        else {},
    }
    data = {"server": "chirpstack", **fields}
    return [{**_entry("bernau_smartcity", OURS, "Bernau", data), "options": options}]


def _entry(domain: str, entry_id: str, title: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "domain": domain,
        "entry_id": entry_id,
        "title": title,
        "data": dict(data),
        "options": {},
    }


async def _scopes(fields: Mapping[str, str]) -> list[str]:
    from custom_components.bernau_smartcity.network import SERVERS  # noqa: PLC0415  # loads gRPC

    async with aiohttp.ClientSession() as session:
        connection = SERVERS["chirpstack"].connect(fields, session)
        try:
            return list(await connection.scopes())
        finally:
            await connection.close()


async def _read(
    subject: Subject, count: int, options: Options, floor: Mapping[str, float] | None
) -> dict[str, float]:
    """Measure one subject once."""
    interval = options.interval
    with TemporaryDirectory() as folder:
        config = Path(folder)
        if floor is not None:
            plain = {
                "meters": count,
                "sensors": round(floor["sensors"] / count),
                "writes": max(1, round(floor["states written for an uplink"])),
                "interval": interval,
            }
            return await _boots(config, None, count, options, {"floor": plain})
        arguments = (f"--devices={count}", f"--uplink-interval={interval}")
        async with town(subject.town, *arguments) as place:
            given = await entries(subject, place)
            return await _boots(config, place, count, options, {"entries": given})


async def _boots(
    config: Path,
    place: Mapping[str, Any] | None,
    count: int,
    options: Options,
    asked: Mapping[str, Any],
) -> dict[str, float]:
    """Start twice: once to see what holds up the loop, once to see what it costs."""
    found: dict[str, float] = {}
    window = options.interval * max(1, round(POLLS * POLL / options.interval))
    async with home(config, devices=count, watched=True, **asked) as first:
        at = (await first.ask("values"))["at"]
        found["first start until all values are in, s"] = at - first.began
        starting = await first.ask("mark")
        await asyncio.sleep(window)
        busy = await first.ask("mark")
        found["loop held up while starting, ms"] = 1000 * starting["blocked"]
        found["loop held up while busy, ms"] = 1000 * busy["blocked"]
        found["longest garbage collection, ms"] = 1000 * max(
            starting["collecting"], busy["collecting"]
        )
    async with home(config, devices=count, watched=False, **asked) as second:
        at = (await second.ask("values"))["at"]
        found["restart until all values are in, s"] = at - second.began
        await asyncio.sleep(SETTLING)
        await second.ask("mark")
        rows = (await second.ask("rows"))["rows"]
        before = await _requests(place)
        await asyncio.sleep(window)
        busy = await second.ask("mark")
        after = await _requests(place)
        uplinks = count * window / options.interval
        minutes = busy["seconds"] / 60
        found |= {
            "entities": busy["entities"],
            "sensors": busy["sensors"],
            "processor for 1,000 uplinks, s": 1000 * busy["processor"] / uplinks,
            "processor for 1,000 states, s": 1000 * busy["processor"] / max(1, busy["writes"]),
            "states written for an uplink": busy["writes"] / uplinks,
            "rows for an uplink": ((await second.ask("rows"))["rows"] - rows) / uplinks,
            "most that waits for the recorder": busy["queued"],
            "memory, MB": busy["resident"] / 2**20,
            "busy: requests in a minute": (after[0] - before[0]) / minutes,
            "busy: most open streams": after[1],
        }
        if place is not None:
            await post(place, "faults", {"kind": "silent"})
            await asyncio.sleep(POLL + SETTLING)
            await post(place, "requests/reset", {})
            await second.ask("mark")
            await asyncio.sleep(POLL)
            idle = await second.ask("mark")
            calls, streams = await _requests(place)
            found |= {
                "idle: requests in a minute": calls / (idle["seconds"] / 60),
                "idle: most open streams": streams,
                "idle: processor in a minute, s": idle["processor"] / (idle["seconds"] / 60),
            }
    return found


async def _requests(place: Mapping[str, Any] | None) -> tuple[int, int]:
    if place is None:
        return 0, 0
    found = await control(place, "requests")
    return found["total"], found["max_open_streams"]


async def measure(options: Options) -> dict[str, float]:
    """Measure all subjects with each number of devices, and give medians and ratios."""
    found: dict[str, float] = {}
    empty = await _empty(options)
    found["memory of an empty Home Assistant, MB"] = empty["memory, MB"]
    for count in options.devices:
        known: dict[str, dict[str, float]] = {}
        for subject in SUBJECTS:
            if options.subjects and subject.name not in options.subjects:
                continue
            floor = known.get(subject.beside)
            if subject.beside and floor is None:
                continue
            runs = [await _read(subject, count, options, floor) for _ in range(options.runs)]
            middle = {name: median(run[name] for run in runs) for name in runs[0]}
            own = middle["memory, MB"] - empty["memory, MB"]
            middle["memory for a device, kB"] = 1024 * own / count
            known[subject.name] = middle
            found |= {f"{count} {subject.name}: {name}": value for name, value in middle.items()}
        found |= _ratios(count, known)
    return found


async def _empty(options: Options) -> dict[str, float]:
    """Measure a Home Assistant that has a recorder and ten sensors."""
    plain = {"meters": 10, "sensors": 1, "writes": 1, "interval": options.interval}
    with TemporaryDirectory() as folder:
        async with home(Path(folder), devices=10, watched=False, floor=plain) as here:
            await here.ask("values")
            await asyncio.sleep(5)
            found = await here.ask("mark")
    return {"memory, MB": found["resident"] / 2**20}


COMPARED: Final[Sequence[str]] = (
    "first start until all values are in, s",
    "restart until all values are in, s",
    "processor for 1,000 uplinks, s",
    "processor for 1,000 states, s",
    "memory for a device, kB",
)
PAIRS: Final = (
    ("bernau", "floor"),
    ("bernau", "own"),
    ("own", "floor"),
    ("meters", "meters' floor"),
)


def _ratios(count: int, known: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Give how many times as much one takes as another: machines differ less in that."""
    return {
        f"{count} {one} / {other}: {name}": known[one][name] / known[other][name]
        for one, other in PAIRS
        if one in known and other in known
        for name in COMPARED
        if known[other][name] > 0
    }
