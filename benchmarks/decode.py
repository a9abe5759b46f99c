"""Decoding: against the M-Bus library in use, against writing states, and its import."""

from collections.abc import Callable, Iterable
from functools import partial
import os
from statistics import median
import subprocess
import sys
import time
from typing import Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import async_initialize_recorder
from homeassistant.setup import async_setup_component
import meterbus
from pytest_homeassistant_custom_component.common import MockEntityPlatform

from custom_components.bernau_smartcity.codecs._mbus import parse
from custom_components.bernau_smartcity.model import Kind, Reading
from tests.codecs.vectors import VECTORS, Vector

from ._town import ROOT, home_assistant

MODELS: Final = (
    "axioma_qalcosonic_w1",
    "elvaco_cmi4110",
    "kamstrup_flowiq",
    "klax",
    "milesight_em300_di",
)
"""The five most common models."""

METERS: Final = ("elvaco_cmi4110", "sontex_supercal_739", "engelmann_sensostar")
"""Models that send bare M-Bus records, the first of them behind a byte."""

_HEADER: Final = bytes.fromhex("080172 78563412 2d2c 16 04 01 00 0000")
_BEHIND_A_BYTE: Final = "elvaco_cmi4110"
_ROUNDS: Final = 5
_TIMES: Final = 200
_IMPORTS: Final = 5
_IMPORT: Final = """
import sys, time, types
parent = types.ModuleType("parent")
parent.__path__ = ["custom_components/bernau_smartcity"]
sys.modules["parent"] = parent
import parent.model
began = time.process_time()
import parent.codecs
print(time.process_time() - began)
"""
"""Imports the decoders without the rest of the integration."""


async def measure() -> dict[str, float]:
    """Compare on the same data; times are the best of some rounds."""
    ours, theirs = _mbus()
    async with home_assistant() as hass:
        async_initialize_recorder(hass)
        url = f"sqlite:///{hass.config.path('home-assistant.db')}"
        await async_setup_component(hass, "recorder", {"recorder": {"db_url": url}})
        await hass.async_start()
        shares = {model: await _share(hass, model) for model in MODELS}
    return {
        "M-Bus records, µs": ours * 1e6,
        "the same with pyMeterBus, µs": theirs * 1e6,
        "times as fast as pyMeterBus": theirs / ours,
        **{f"{model}, % of writing its states": share for model, share in shares.items()},
        "median of the five models, %": median(shares.values()),
        "importing all decoders, ms": min(_import() for _ in range(_IMPORTS)) * 1000,
    }


def _first(model: str) -> Vector:
    """Give the first real message of a model that says something."""
    return next(v for v in VECTORS if v.codec.key == model and v.readings)


def _seconds(work: Callable[[], object]) -> float:
    """Give how long it takes, at best: other processes only ever make it longer."""
    rounds = []
    for _ in range(_ROUNDS):
        began = time.thread_time()
        for _ in range(_TIMES):
            work()
        rounds.append((time.thread_time() - began) / _TIMES)
    return min(rounds)


def _mbus() -> tuple[float, float]:
    """Read the same records with our parser, and with pyMeterBus as a telegram on the wire."""
    ours = theirs = 0.0
    for model in METERS:
        records = _first(model).uplink.payload[model == _BEHIND_A_BYTE :]
        telegram = wired(records)
        ours += _seconds(partial(parse, records))
        theirs += _seconds(partial(_values, telegram))
    return ours, theirs


def wired(records: bytes) -> bytes:
    """Give the telegram of a wired meter that has these records."""
    body = _HEADER + records
    head = bytes((0x68, len(body), len(body), 0x68))
    return head + body + bytes((sum(body) & 0xFF, 0x16))


def _values(telegram: bytes) -> list[object]:
    return [record.parsed_value for record in meterbus.load(telegram).records]


class _Sensor(SensorEntity):
    """One of a device's states."""

    _attr_should_poll = False

    def __init__(self, reading: Reading, place: int) -> None:
        self._attr_unique_id = f"{reading.quantity}_{reading.channel}_{place}"
        self._attr_native_unit_of_measurement = reading.quantity.unit or None
        is_register = reading.quantity.kind is Kind.REGISTER
        self._attr_state_class = (
            SensorStateClass.TOTAL_INCREASING if is_register else SensorStateClass.MEASUREMENT
        )
        self._attr_native_value = float(reading.value)

    def write(self) -> None:
        """Show the next value."""
        self._attr_native_value = float(str(self._attr_native_value)) + 1
        self.async_write_ha_state()


async def _share(hass: HomeAssistant, model: str) -> float:
    """Give what decoding costs, in percent of writing the states that follow from it.

    Those are each present value, what each total counted today and this month,
    and when the device was heard.
    """
    vector = _first(model)
    decode, uplink = vector.codec.decode, vector.uplink
    decoding = _seconds(lambda: tuple(decode(uplink)))
    present = {(each.quantity, each.channel): each for each in vector.readings or ()}
    totals = [each for each in present.values() if each.quantity.kind is Kind.REGISTER]
    shown = [*present.values(), *totals, *totals, next(iter(present.values()))]
    sensors = [_Sensor(reading, place) for place, reading in enumerate(shown)]
    await MockEntityPlatform(hass, platform_name=model).async_add_entities(sensors)
    writing = min([await _writing(hass, sensors) for _ in range(_ROUNDS)])
    return 100 * decoding / writing


async def _writing(hass: HomeAssistant, sensors: Iterable[_Sensor]) -> float:
    """Give the processor time of writing states once, until they are in the database."""
    began = time.process_time()
    for _ in range(_TIMES):
        _write(sensors)
    await hass.async_block_till_done()
    await hass.async_add_executor_job(get_instance(hass).block_till_done)
    return (time.process_time() - began) / _TIMES


def _write(sensors: Iterable[_Sensor]) -> None:
    for sensor in sensors:
        sensor.write()


def _import() -> float:
    """Give how long a new interpreter takes that has the shared words already.

    The first to do so compiles, as Home Assistant does once after an update.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(ROOT / ".cache" / "pycache")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    run = subprocess.run(  # noqa: S603 - the program is ours
        [sys.executable, "-c", _IMPORT],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    return float(run.stdout)
