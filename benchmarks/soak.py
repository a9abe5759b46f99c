"""Two days of the town in minutes: what grows in memory and in storage, and what is left over."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ._processes import OURS, entries, home, town
from ._subjects import METERS
from ._town import post

DEVICES: Final = 100
HOURS: Final = 48.0
STEPS: Final = 192
"""Polls in that time."""
WARM: Final = STEPS // 2
"""Polls after which all has been seen once and what is kept in memory for speed is full."""


async def measure() -> dict[str, float]:
    """Let 100 meters and counters live through two days, polled every quarter of an hour."""
    behind = HOURS * 3600
    arguments = (f"--devices={DEVICES}", f"--behind={behind}", "--history=20", "--pause=0.05")
    resident: list[float] = []
    left: list[dict[str, float]] = []
    with TemporaryDirectory() as folder:
        config = Path(folder)
        async with town(METERS.town, *arguments) as place:
            given = await entries(METERS, place)
            async with home(config, devices=DEVICES, watched=False, entries=given) as here:
                await here.ask("values")
                for step in range(STEPS):
                    await post(place, "clock", {"behind": behind * (1 - (step + 1) / STEPS)})
                    left.append(await here.ask("poll"))
                    resident.append((await here.ask("mark"))["resident"] / 2**20)
                rows = (await here.ask("rows"))["rows"]
        kept = config / ".storage" / f"bernau_smartcity.{OURS}.db"
        size = kept.stat().st_size / 2**20
    return {
        "polls": STEPS,
        "memory after the first day, MB": resident[WARM],
        "memory after the second day, MB": resident[-1],
        "memory that an hour of the second day adds, MB": slope(resident[WARM:]) * STEPS / HOURS,
        "tasks that are left over": left[-1]["tasks"] - left[WARM]["tasks"],
        "listeners that are left over": left[-1]["listeners"] - left[WARM]["listeners"],
        "own storage, MB": size,
        "rows of the recorder": rows,
    }


def slope(values: list[float]) -> float:
    """Give by how much a value grows from one to the next, by least squares."""
    count = len(values)
    middle, mean = (count - 1) / 2, sum(values) / count
    spread = sum((place - middle) ** 2 for place in range(count))
    return sum((n - middle) * (value - mean) for n, value in enumerate(values)) / spread
