"""How long the event loop is held up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import gc
import time
from typing import Any

BEAT = 0.002
"""Seconds between two looks."""


@dataclass
class Held:
    """The longest time for which the loop's thread computed without a pause."""

    seconds: float = 0.0
    """Without Python's garbage collection, which goes by all objects of the process."""
    collecting: float = 0.0
    """The longest garbage collection."""


@asynccontextmanager
async def watched() -> AsyncIterator[Held]:
    """Watch the running loop, by the processor time of its thread.

    Wall-clock time would also count what other processes of the machine do.
    """
    held = Held()
    collected = began = 0.0

    def collect(phase: str, _: dict[str, Any]) -> None:
        nonlocal began, collected
        if phase == "start":
            began = time.thread_time()
            return
        seconds = time.thread_time() - began
        collected += seconds
        held.collecting = max(held.collecting, seconds)

    async def beat() -> None:
        nonlocal collected
        while True:
            collected, since = 0.0, time.thread_time()
            await asyncio.sleep(BEAT)
            held.seconds = max(held.seconds, time.thread_time() - since - collected)

    gc.callbacks.append(collect)
    beating = asyncio.create_task(beat())
    try:
        yield held
    finally:
        beating.cancel()
        gc.callbacks.remove(collect)
