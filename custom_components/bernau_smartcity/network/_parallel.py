"""Do many things, a few at a time, and give each result as soon as it is there."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence


async def in_parallel[T, R](
    work: Callable[[T], Awaitable[R | None]], jobs: Sequence[T], limit: int
) -> AsyncGenerator[R]:
    """Give what `work` makes of each job, None left out; its first error ends all.

    Work waits while results are not taken, and ends when the generator is closed.
    """
    results: asyncio.Queue[R] = asyncio.Queue(limit)
    working = asyncio.create_task(_work(work, jobs, limit, results))
    try:
        while True:
            try:
                result = await results.get()
            except asyncio.QueueShutDown:
                break
            yield result
        await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _work[T, R](
    work: Callable[[T], Awaitable[R | None]],
    jobs: Sequence[T],
    limit: int,
    results: asyncio.Queue[R],
) -> None:
    """Let workers share the jobs; ends with the first error itself, not a group of it."""
    waiting = iter(jobs)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in jobs[:limit]:
                group.create_task(_worker(work, waiting, results))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        results.shutdown()


async def _worker[T, R](
    work: Callable[[T], Awaitable[R | None]], jobs: Iterator[T], results: asyncio.Queue[R]
) -> None:
    for job in jobs:
        result = await work(job)
        if result is not None:
            await results.put(result)
