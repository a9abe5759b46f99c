"""Action that lists devices with their state of health."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio

from ..automations.targets import TARGET_SCHEMA, about, coordinators, nothing, resolve
from ..automations.wrong import Wrong
from ..const import DOMAIN
from ..coordinator import SmartCityCoordinator
from ..ledger.bridges import is_meter
from ..ledger.decoding import status_of
from ..ledger.state import DeviceState
from ..metering.silence import grace, loss
from ..model import Quantity

ATTR_PROBLEMS_ONLY: Final = "problems_only"
LOW_BATTERY: Final = 20
"""Percent; where a device tells by itself that its battery is low, that counts as well."""
HIGH_LOSS: Final = 0.2
"""Share of messages: more than what a thunderstorm or a parked lorry takes."""

_LIST: Final = probatio.Schema(
    {**TARGET_SCHEMA, probatio.Optional(ATTR_PROBLEMS_ONLY, default=False): cv.boolean}
)


@callback
def async_register_device_actions(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(
        DOMAIN, "list_devices", _async_list, schema=_LIST, supports_response=SupportsResponse.ONLY
    )


async def _async_list(call: ServiceCall) -> ServiceResponse:
    """Give the devices of a target, or all, the longest unheard first."""
    problems_only = call.data[ATTR_PROBLEMS_ONLY]
    selection = {name: value for name, value in call.data.items() if name != ATTR_PROBLEMS_ONLY}
    chosen = resolve(call.hass, selection) if selection else None
    if chosen is not None and not chosen.devices:
        raise nothing(chosen, Wrong.TARGET_WITHOUT_DEVICES)
    found = [
        {**about(call.hass, coordinator, state), **_health(coordinator, state)}
        for coordinator in coordinators(call.hass).values()
        for state in coordinator.states.values()
    ]
    devices: list[dict[str, Any]] = sorted(
        (
            device
            for device in found
            if (chosen is None or device["device_id"] in chosen.devices)
            and (device["problems"] or not problems_only)
        ),
        key=lambda device: (device["last_reading"] or "", device["device"]),
    )
    answer: dict[str, Any] = {
        "devices": devices,
        "count": len(devices),
        "silent": sum(device["silent"] is True for device in devices),
        "with_problems": sum(bool(device["problems"]) for device in devices),
    }
    return answer


def _health(coordinator: SmartCityCoordinator, state: DeviceState) -> dict[str, Any]:
    """Give how a device is."""
    heard = state.heard
    lost = None if is_meter(state.device.dev_eui) else loss(state.rhythm)
    battery = state.latest.get((Quantity.BATTERY, 0))
    figures = {
        "network_server": coordinator.name,
        "model": state.device.profile_name,
        "last_reading": _local(heard.at) if heard else None,
        "silent": coordinator.silence.is_silent(state.device.dev_eui),
        "expected_after_hours": round(grace(state.rhythm).total_seconds() / 3600, 1),
        "battery_percent": state.device.battery if battery is None else battery.value,
        "battery_low": _is_low(state),
        "lost_percent": None if lost is None else round(lost * 100, 1),
        "rssi": heard.rssi if heard else None,
        "message_status": status_of(state.problem) if state.codec else "no_decoder",
    }
    return {**figures, "problems": list(_problems(figures))}


def _is_low(state: DeviceState) -> bool | None:
    """Tell whether a device says that its battery is low, None where it says nothing of it."""
    told = state.latest.get((Quantity.BATTERY_LOW, 0))
    return None if told is None else bool(told.value)


def _problems(figures: dict[str, Any]) -> Iterator[str]:
    """Name what somebody should look after."""
    if figures["silent"]:
        yield "silent"
    percent = figures["battery_percent"]
    if figures["battery_low"] or (percent is not None and percent < LOW_BATTERY):
        yield "battery_low"
    if (figures["lost_percent"] or 0) > HIGH_LOSS * 100:
        yield "messages_lost"
    if figures["message_status"] != "ok":
        yield str(figures["message_status"])


def _local(at: datetime) -> str:
    return dt_util.as_local(at).isoformat(timespec="seconds")
