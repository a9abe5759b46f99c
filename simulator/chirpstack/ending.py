"""How a gRPC server ends."""

import asyncio
from typing import Any

import grpc

_CALLS = ("rpc_task", "HandleExceptions")
"""With these begin the names of the tasks in which gRPC runs a call."""
_TURNS = 3
"""Turns of the loop until a stream that nobody reads any more is being closed."""


async def end(server: grpc.aio.Server) -> None:
    """End all calls, stop listening, and wait for the tasks that gRPC leaves behind."""
    await server.stop(grace=None)
    while left := await _left():
        await asyncio.wait(left)


async def _left() -> list[asyncio.Task[Any]]:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    return [task for task in asyncio.all_tasks() if _is_left(task)]


def _is_left(task: asyncio.Task[Any]) -> bool:
    closing = type(task.get_coro()).__name__ == "async_generator_athrow"
    return closing or task.get_name().startswith(_CALLS)
