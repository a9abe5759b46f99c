"""What every call passes first: counting, and the faults of the server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
import inspect
from typing import Any, override

import grpc

from ..faults import Faults, Kind
from ..requests import Requests
from .access import Context, refuse


class Gate(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # not generic at run time
    """Counts each call and lets the faults of the server have their way."""

    def __init__(
        self, faults: Faults, requests: Requests, close: Callable[[], Awaitable[None]]
    ) -> None:
        """Count into `requests`; `close` cuts all connections."""
        self._faults = faults
        self._requests = requests
        self._close = close

    @override
    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Put the gate in front of the method."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        name = handler_call_details.method.removeprefix("/api.")
        form = handler.request_deserializer, handler.response_serializer
        if handler.response_streaming:
            method = self._stream(name, handler.unary_stream)
            return grpc.unary_stream_rpc_method_handler(method, *form)
        return grpc.unary_unary_rpc_method_handler(self._single(name, handler.unary_unary), *form)

    async def _enter(self, name: str, context: Context) -> None:
        self._requests.calls[name] += 1
        if fault := self._faults.method(Kind.SLOW, name):
            await asyncio.sleep(fault.seconds)
        if self._faults.method(Kind.HANG, name):
            await asyncio.Event().wait()
        if self._faults.method(Kind.CONNECTION_RESET, name):
            await self._close()
            await asyncio.Event().wait()
        if self._faults.method(Kind.REJECT_KEY, name):
            await refuse(context)
        if fault := self._faults.method(Kind.ERROR, name):
            code = next(code for code in grpc.StatusCode if code.value[0] == fault.value)
            await context.abort(code, "simulated")

    def _single(self, name: str, method: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any, context: Context) -> Any:
            await self._enter(name, context)
            try:
                answer = method(request, context)
                return await answer if inspect.isawaitable(answer) else answer
            except NotImplementedError:
                await context.abort(grpc.StatusCode.UNIMPLEMENTED, "")

        return call

    def _stream(self, name: str, method: Callable[..., Any]) -> Callable[..., AsyncIterator[Any]]:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            with self._requests.stream():
                await self._enter(name, context)
                try:
                    async with aclosing(method(request, context)) as items:
                        async for item in items:
                            yield item
                except NotImplementedError:
                    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "")

        return call
