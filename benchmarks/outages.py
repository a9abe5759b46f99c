"""What an outage leaves: readings that are missing, hours that are wrong, here and with others."""

import asyncio
from collections.abc import Mapping
import json
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from typing import Final, cast

from ._tables import markdown
from ._town import ROOT

OPTIONS: Final = ("-q", "-x", "-p", "no:cacheprovider", "--show-capture=no")


async def measure() -> dict[str, float]:
    """Let Home Assistant, the network server or both fail for 2 and for 8 hours.

    Both integrations run in the same Home Assistant and read the same gauges, each
    with a message in a quarter of an hour. Figures are for a gauge.
    """
    with TemporaryDirectory() as folder:
        figures = Path(folder, "figures.json")
        lives = Path(__file__).with_name("_outage_lives.py")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", *OPTIONS, str(lives)),
            cwd=ROOT,
            stdout=sys.stderr,
            env={**os.environ, "FIGURES": str(figures)},
        )
        if await process.wait():
            message = "An outage could not be lived through"
            raise RuntimeError(message)
        found = json.loads(await asyncio.to_thread(figures.read_text, "utf-8"))
        return cast("dict[str, float]", found)


def table(figures: Mapping[str, float]) -> str:
    """Give a table in Markdown, with a column for each."""
    rows: dict[str, dict[str, float]] = {}
    for name, value in figures.items():
        who, _, figure = name.partition(": ")
        rows.setdefault(figure, {})[who] = value
    return markdown(rows)
