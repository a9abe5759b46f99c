"""Run the simulated town: `python -m simulator --help`."""

import argparse
import asyncio
from collections.abc import Sequence
import json
from pathlib import Path
import signal
import sys

from .build import build
from .chirpstack import Options
from .clock import Clock
from .control import control
from .servers import CHIRPSTACK, devices_for, names, serving


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A simulated town behind a network server's interface, on loopback.",
    )
    defaults = Options()
    add = parser.add_argument
    add("--server", choices=names(), default=CHIRPSTACK, help="kind of network server")
    add("--port", type=int, default=0, help="of the network server; 0: a free one")
    add("--control-port", type=int, default=0, help="of the control interface; 0: a free one")
    add("--seed", type=int, default=1, help="another seed is another town")
    add("--devices", type=int, help="how many; without: all that have names")
    add("--history", type=int, default=defaults.history, help="events kept per device")
    add("--event-ttl", type=float, default=defaults.event_ttl, help="seconds they are kept")
    add("--pause", type=float, default=defaults.pause, help="seconds between reads of a stream")
    add("--behind", type=float, default=0.0, help="seconds behind the wall clock")
    add("--old-server", action="store_true", help="behave like ChirpStack 4.10")
    add("--uplink-interval", type=float, help="seconds, for every device")
    add("--tls-certificate", type=Path, help="PEM file; with --tls-key: serve https")
    add("--tls-key", type=Path, help="PEM file")
    chosen = parser.parse_args(arguments)
    if (chosen.tls_certificate is None) != (chosen.tls_key is None):
        parser.error("--tls-certificate and --tls-key belong together")
    return chosen


async def _run(chosen: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    seed, interval = chosen.seed, chosen.uplink_interval
    town = build(seed, chosen.devices, clock=Clock(chosen.behind), interval=interval)
    town.all_devices = devices_for(chosen.server, town.all_devices)
    options = Options(
        history=chosen.history,
        event_ttl=chosen.event_ttl,
        pause=chosen.pause,
        old=chosen.old_server,
    )
    tls = (chosen.tls_certificate, chosen.tls_key) if chosen.tls_key else None
    async with (
        serving(chosen.server, options, tls=tls)(town, port=chosen.port) as server,
        control(server, seed=seed, interval=interval, port=chosen.control_port) as address,
    ):
        introduction = {
            "url": server.url,
            "control": address,
            "credentials": server.credentials,
        }
        sys.stdout.write(f"{json.dumps(introduction)}\n")
        sys.stdout.flush()
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until told to stop."""
    asyncio.run(_run(_arguments(arguments)))


if __name__ == "__main__":
    main()
