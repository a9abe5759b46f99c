"""Many things, a few at a time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

import pytest

from custom_components.bernau_smartcity.network._parallel import in_parallel


async def collect(
    work: Callable[[int], Awaitable[int | None]], jobs: Sequence[int], limit: int
) -> list[int]:
    """Do all jobs."""
    async with aclosing(in_parallel(work, jobs, limit)) as results:
        return [result async for result in results]


async def test_every_result_once() -> None:
    """None is no result; no job, no result."""

    async def odd(number: int) -> int | None:
        await asyncio.sleep(0)
        return number if number % 2 else None

    assert sorted(await collect(odd, range(20), 3)) == list(range(1, 20, 2))
    assert await collect(odd, [], 3) == []


async def test_results_come_as_soon_as_they_are_there() -> None:
    """And never more than a few jobs are done at a time."""
    gates = {number: asyncio.Event() for number in range(10)}
    doing: Counter[str] = Counter()

    async def wait(number: int) -> int:
        doing["now"] += 1
        doing["most"] = max(doing["most"], doing["now"])
        await gates[number].wait()
        doing["now"] -= 1
        return number

    async with aclosing(in_parallel(wait, range(10), 4)) as results:
        gates[3].set()
        assert await anext(results) == 3
        for gate in gates.values():
            gate.set()
        assert sorted([result async for result in results]) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert doing["most"] == 4


async def test_work_waits_for_who_takes_the_results() -> None:
    """Results do not pile up."""
    done: list[int] = []

    async def note(number: int) -> int:
        done.append(number)
        return number

    async with aclosing(in_parallel(note, range(100), 2)) as results:
        assert await anext(results) == 0
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(done) < 10


async def test_the_first_error_ends_all() -> None:
    """It comes as it is, behind the results before it."""
    cancelled: list[int] = []

    async def fail(number: int) -> int:
        if number == 0:
            return number
        if number == 1:
            await asyncio.sleep(0)
            raise LookupError(number)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(number)
        return number

    async with aclosing(in_parallel(fail, range(9), 3)) as results:
        assert await anext(results) == 0
        with pytest.raises(LookupError):
            await anext(results)
    assert cancelled


async def test_closing_ends_the_work() -> None:
    """As does cancelling who waits for results."""
    running: Counter[str] = Counter()
    both = asyncio.Event()

    async def forever(number: int) -> int:
        running["now"] += 1
        if running["now"] == 2:
            both.set()
        try:
            if number:
                await asyncio.Event().wait()
        finally:
            running["now"] -= 1
        return number

    async with aclosing(in_parallel(forever, range(5), 5)) as results:
        assert await anext(results) == 0
        assert running["now"] == 4
    assert running["now"] == 0

    both.clear()
    waiting = asyncio.create_task(collect(forever, [1, 2], 2))
    await both.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert running["now"] == 0
