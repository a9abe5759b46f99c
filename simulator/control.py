"""HTTP interface on loopback that tells the truth about the town and lets things go wrong.

Times are ISO 8601 in UTC; all answers are JSON.

GET    /truth          {"now", "devices": [{"dev_eui", "name", "building", "application", "codec",
                       "leaks", "last_uplink_at", "values": [{"quantity", "channel", "value",
                       "measured_at"}]}]}: what the newest readable uplink of each device said, in
                       kWh, m³, °C, W, m³/h, %, V and people. A device that was not heard yet has
                       null and no values. `?dev_eui=` asks for one.
GET    /truth/hours    ?dev_eui=…&from=…&to=…  {"dev_eui", "hours": [{"at", "values": [{"quantity",
                       "channel", "value"}]}]}: what the registers really showed at each full hour,
                       whether it was sent or not.
GET    /truth/people   ?from=…&to=…  what people truly did: {"visits", "zones": [{"zone", "entered",
                       "left", "present" (at the end), "mean_stay_minutes"}], "gates": [{"name",
                       "origin", "target", "mode", "swapped", "counter", "dev_eui", "channel",
                       "forward", "backward"}], "flows" and "journeys": [{"origin", "target",
                       "people"}], "arrivals": {mode: people}, "paths": [{"zones", "people"}]}.
                       Outside is "*".
                       Zones are empty at 3 o'clock in the morning.
GET    /requests       {"calls": {"DeviceService/List": 3, …}, "total", "open_streams",
                       "max_open_streams"}
POST   /requests/reset  begins to count at zero.
GET    /faults         [{"id", "kind", "devices", "application", "methods", "since", "until",
                       "probability", "seconds", "value"}], past ones included.
POST   /faults         adds one: {"kind": …} and any of the other fields; see `faults.Kind`.
                       Answers with the fault.
DELETE /faults         ends all; DELETE /faults/{id} ends one. What they did in the past stays.
GET    /clock          {"now", "behind"}
POST   /clock          {"behind": seconds}: how far the town's clock runs behind the wall clock.
                       Lowering it lets the missed time happen at once.
POST   /devices        {"count": N}: from now on the town has N devices, null: the named ones.
GET    /devices        {"count": N}

A bad request is answered with 400 and {"error": …}.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
import json
from typing import Any

from aiohttp import web

from .build import inventory
from .clock import iso, parse
from .inventory import Device
from .moments import Value
from .people.told import told
from .servers import Server
from .town import Town

_AT_A_TIME = 200
"""Devices whose truth is told before others get a turn."""


def _values(values: Iterable[Value]) -> list[dict[str, Any]]:
    return [
        {
            "quantity": value.quantity,
            "channel": value.channel,
            "value": value.value,
            "measured_at": iso(value.at),
        }
        for value in values
    ]


def _device(town: Town, device: Device) -> dict[str, Any]:
    truth = town.truth(device)
    return {
        "dev_eui": device.dev_eui,
        "name": device.name,
        "building": device.building,
        "application": device.application.name,
        "codec": device.codec,
        "leaks": any(load.leaks(town.clock.now()) for load in device.loads[:1]),
        "last_uplink_at": iso(truth.at) if truth else None,
        "values": _values(truth.values) if truth else [],
    }


def _refusal(error: object) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(
        text=json.dumps({"error": str(error)}), content_type="application/json"
    )


def _span(request: web.Request) -> tuple[float, float]:
    try:
        return parse(request.query["from"]), parse(request.query["to"])
    except (KeyError, ValueError) as error:
        raise _refusal(error) from error


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as error:
        raise _refusal(error) from error
    if not isinstance(body, dict):
        msg = "Expected an object"
        raise _refusal(msg)
    return body


class Control:
    """The handlers, with what they are about."""

    def __init__(self, server: Server, seed: int, interval: float | None) -> None:
        """Tell about a server and its town; `seed` and `interval` are for further devices."""
        self._server = server
        self._town = server.town
        self._seed = seed
        self._interval = interval

    def application(self) -> web.Application:
        """Give the web application."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/truth", self._truth),
                web.get("/truth/hours", self._hours),
                web.get("/truth/people", self._people),
                web.get("/requests", self._requests),
                web.post("/requests/reset", self._reset_requests),
                web.get("/faults", self._faults),
                web.post("/faults", self._add_fault),
                web.delete("/faults", self._end_faults),
                web.delete("/faults/{id}", self._end_fault),
                web.get("/clock", self._clock),
                web.post("/clock", self._set_clock),
                web.get("/devices", self._count),
                web.post("/devices", self._set_count),
            ]
        )
        return app

    def _one(self, request: web.Request) -> Device:
        device = self._town.all_devices.get(request.query.get("dev_eui", "").lower())
        if device is None:
            msg = "dev_eui is none of the town's"
            raise _refusal(msg)
        return device

    async def _truth(self, request: web.Request) -> web.Response:
        asked = [self._one(request)] if "dev_eui" in request.query else None
        devices = []
        for place, device in enumerate(asked or list(self._town.all_devices.values())):
            if self._town.device(device.dev_eui):
                devices.append(_device(self._town, device))
            if place % _AT_A_TIME == 0:
                await asyncio.sleep(0)
        return web.json_response({"now": iso(self._town.clock.now()), "devices": devices})

    async def _hours(self, request: web.Request) -> web.Response:
        device = self._one(request)
        begin, end = _span(request)
        hours = [
            {"at": iso(truth.at), "values": _values(truth.values)}
            for truth in self._town.hours(device, begin, end)
        ]
        return web.json_response({"dev_eui": device.dev_eui, "hours": hours})

    async def _people(self, request: web.Request) -> web.Response:
        begin, end = _span(request)
        try:
            found = told(self._town, begin, min(end, self._town.clock.now()))
        except ValueError as error:
            raise _refusal(error) from error
        return web.json_response(found)

    async def _requests(self, _: web.Request) -> web.Response:
        return web.json_response(self._server.requests.as_json())

    async def _reset_requests(self, request: web.Request) -> web.Response:
        self._server.requests.reset()
        return await self._requests(request)

    async def _faults(self, _: web.Request) -> web.Response:
        return web.json_response([fault.as_json() for fault in self._town.faults])

    async def _add_fault(self, request: web.Request) -> web.Response:
        body = await _body(request)
        try:
            fault = self._town.faults.add(**body)
        except (TypeError, ValueError) as error:
            raise _refusal(error) from error
        await self._server.settle()
        return web.json_response(fault.as_json())

    async def _end_faults(self, request: web.Request) -> web.Response:
        self._town.faults.end_all()
        await self._server.settle()
        return await self._faults(request)

    async def _end_fault(self, request: web.Request) -> web.Response:
        try:
            self._town.faults.end(request.match_info["id"])
        except KeyError as error:
            raise web.HTTPNotFound from error
        await self._server.settle()
        return await self._faults(request)

    async def _clock(self, _: web.Request) -> web.Response:
        clock = self._town.clock
        return web.json_response({"now": iso(clock.now()), "behind": clock.behind})

    async def _set_clock(self, request: web.Request) -> web.Response:
        body = await _body(request)
        try:
            self._town.clock.behind = float(body["behind"])
        except (KeyError, TypeError, ValueError) as error:
            raise _refusal(error) from error
        return await self._clock(request)

    async def _count(self, _: web.Request) -> web.Response:
        return web.json_response({"count": len(self._town.all_devices)})

    async def _set_count(self, request: web.Request) -> web.Response:
        body = await _body(request)
        try:
            count = body["count"]
            devices = inventory(
                self._seed, None if count is None else int(count), interval=self._interval
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _refusal(error) from error
        self._town.all_devices = {device.dev_eui: device for device in devices}
        return await self._count(request)


@asynccontextmanager
async def control(
    server: Server, *, seed: int = 1, interval: float | None = None, port: int = 0
) -> AsyncIterator[str]:
    """Run the interface; gives its address."""
    app = Control(server, seed, interval).application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host, taken = runner.addresses[0][:2]
        yield f"http://{host}:{taken}"
    finally:
        await runner.cleanup()
