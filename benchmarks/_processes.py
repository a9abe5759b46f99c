"""Home Assistants and network servers, each in a process of its own."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import sys
import time
from typing import Any, Final, cast

import aiohttp

from demo.process import free_port

from ._sensecap import FIELDS, PROFILE
from ._subjects import METERS, OWN, Subject
from ._town import ROOT, control

OURS: Final = "01BERNAU000000000000000000"
THEIRS: Final = "01CHIRPSTACK0000000000000A"
SENSECAP: Final = "01SENSECAP000000000000000A"
LIMIT: Final = 900.0
"""Seconds until all values have to be in."""


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
    scopes = sorted(await _scopes(fields))
    if subject is OWN:
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
    told = (await control(place, "truth"))["devices"] if subject is METERS else ()
    options = {
        "profiles": {PROFILE.id: "decoded"},
        "profile_settings": {PROFILE.id: {"mapping": FIELDS}},
        "devices": {each["dev_eui"]: {"codec": each["codec"]} for each in told},
    }
    data = {"server": "chirpstack", **fields}
    # Home Assistant allows an entry 10,000 entities: a large town needs several.
    return [
        {
            **_entry("bernau_smartcity", f"{OURS[:-2]}{number:02}", f"Bernau {number}", data),
            "options": {**options, "scopes": those},
        }
        for number, those in enumerate([scopes] if told else [[scope] for scope in scopes])
    ]


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
