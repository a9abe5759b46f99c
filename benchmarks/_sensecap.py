"""A town of SenseCAP S2101, which Home Assistant's own LoRaWAN layer can read: `--devices N`.

The frames are those of the maker: records of seven bytes (channel, number of the
measurement and value in thousandths, little-endian) and two bytes at the end.
https://sensecap-docs.seeed.cc/measurement_list.html
"""

import argparse
import asyncio
import json
import signal
import sys
from typing import Final

from simulator import frames, weather
from simulator.chirpstack import Options, serve
from simulator.clock import Clock
from simulator.control import control
from simulator.inventory import Application, Device, Model, Profile, Vendor, device_salt
from simulator.moments import Frame, Moment, Value
from simulator.noise import text_salt, unit, uuid
from simulator.town import Town

F_PORT: Final = 2
MODEL: Final = Model(
    id="fc455aa2-01cf-492b-9359-a5d8c9a0e1b3",
    name="SenseCAP S2101",
    vendor=Vendor(id=uuid(text_salt("SenseCAP")), name="SenseCAP", number=744),
)
"""As in ChirpStack's own catalogue (github.com/chirpstack/lorawan-device-profiles)."""
PROFILE: Final = Profile(
    id=uuid(text_salt("profile S2101")), name="SenseCAP S2101", model=MODEL, decodes=True
)
FIELDS: Final = '{"temperature":["temperature",0,"°C"],"humidity":["humidity",0,"%"]}'
"""What the fields mean that the network server decodes."""
LARGE: Final = 1000
"""Devices in an application."""
_CODEC: Final = "sensecap_s2101"
_TEMPERATURE, _HUMIDITY = 4097, 4098


def encode(celsius: float, percent: float) -> bytes:
    """Give a frame with both measurements."""
    return b"".join((_record(_TEMPERATURE, celsius), _record(_HUMIDITY, percent), bytes(2)))


def _record(number: int, value: float) -> bytes:
    thousandths = round(value * 1000).to_bytes(4, "little", signed=True)
    return bytes((1,)) + number.to_bytes(2, "little") + thousandths


def _frame(moment: Moment) -> Frame:
    """Give what is measured: never the same twice, so that each uplink is a change."""
    at, salt = moment.at, moment.device.salt
    celsius = round(weather.outdoor(at) + 9 * unit(salt, 601, moment.number), 1)
    percent = round(40 + 50 * unit(salt, 602, moment.number), 1)
    values = (Value("temperature", celsius, at), Value("humidity", percent, at))
    decoded = {"temperature": celsius, "humidity": percent}
    return Frame(F_PORT, encode(celsius, percent), values, decoded)


def _application(number: int) -> Application:
    """Give one of those into which a large town puts its devices."""
    name = f"Liegenschaften {number + 1}"
    return Application(id=uuid(text_salt(name)), name=name, description="")


def devices(count: int, interval: float) -> list[Device]:
    """Make so many."""
    made = []
    for place in range(count):
        dev_eui = f"2cf7f1{place:010x}"
        made.append(
            Device(
                dev_eui=dev_eui,
                name=f"Klima {place + 1}",
                building=f"Liegenschaft {place // 8 + 1}",
                application=_application(place // LARGE),
                profile=PROFILE,
                codec=_CODEC,
                interval=interval,
                loads=(),
                tags={"building": f"Liegenschaft {place // 8 + 1}"},
                salt=device_salt(1, dev_eui),
            )
        )
    return made


async def _run(count: int, interval: float, behind: float, history: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    vars(frames)["FRAMES"] = {**frames.FRAMES, _CODEC: _frame}
    town = Town(devices(count, interval), clock=Clock(behind))
    async with serve(town, Options(history=history)) as server, control(server) as address:
        told = {"url": server.url, "control": address, "credentials": server.credentials}
        sys.stdout.write(f"{json.dumps(told)}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Run until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, required=True)
    parser.add_argument("--uplink-interval", type=float, required=True)
    parser.add_argument("--behind", type=float, default=0.0)
    parser.add_argument("--history", type=int, default=10)
    chosen = parser.parse_args()
    asyncio.run(_run(chosen.devices, chosen.uplink_interval, chosen.behind, chosen.history))


if __name__ == "__main__":
    main()
