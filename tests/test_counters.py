"""Visitor counters, radars and parking spaces as Home Assistant shows them."""

from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import ATTR_FRIENDLY_NAME, ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.ledger.state import TOTAL_OF
from custom_components.bernau_smartcity.model import Codec, Device, Kind, Medium

from .fake_network import AT, DOOR, FakeNetwork
from .homes import entity_id, poll, set_up, state_of
from .recorder_time import HOUR
from .texts import TEXTS

TCR = "be02021cc0000000a0000108000000000000000000000000000000000000000000"
"""One slow vehicle: ZennerIoT/element-parsers lib/parametric_tcr.ex."""
POC = "00050304020100ffffff"
"""Five people in five zones: actility/device-catalog vendors/terabee/drivers/tb-poc."""


def at_place(codec: str) -> Device:
    """Give a device of a model."""
    return replace(DOOR, name="Ort", profile_name="", tags={"model": codec})


@pytest.mark.parametrize(
    ("codec", "f_port", "payload", "suffix", "shown"),
    [
        ("parametric_tcr", 15, TCR, "vehicles_in_1", "1 vehicles Vehicles inbound class 1"),
        ("parametric_tcr", 15, TCR, "vehicles_out_4", "0 vehicles Vehicles outbound class 4"),
        ("parametric_tcr", 15, TCR, "speed_in_1", "8.0 km/h Average speed inbound class 1"),
        ("nwave_ncc405", 1, "06aa", "vehicles", "1706 vehicles Vehicles"),
        ("nwave_nps405", 1, "94", "parked_time", "74.0 min Last parking time"),
        ("nwave_nps405", 1, "95", "vacant_time", "74.0 min Last vacant for"),
        ("nwave_nps405", 1, "95", "occupied", "on Parking space"),
        ("nwave_nps405", 1, "94", "occupied", "off Parking space"),
        ("nwave_nps405", 2, "017c14", "battery_low", "on Battery low"),
        ("terabee_poc", 83, POC, "people", "5 people People present"),
        ("terabee_poc", 83, POC, "people_1", "3 people People present area 1"),
        ("terabee_l_xl", 1, "00000002000000030f", "fault", "on Device fault"),
        ("terabee_l_xl", 1, "000000c8000001c800", "people_in", "200 people Entries"),
        ("milesight_vs121", 85, "05cc02000100", "people_in", "2 people Entries"),
        ("milesight_vs121", 85, "06cd05", "people_max", "5 people Most people present"),
        (
            "milesight_vs133",
            85,
            "03d24800000004d2c8000000",
            "people_out_1",
            "200 people Exits line 1",
        ),
        (
            "milesight_vs133",
            85,
            "10e4013c007800",
            "dwell_time_1",
            "1.0 min Average dwell time area 1",
        ),
        ("milesight_vs133", 85, "50fc000001", "obstructed", "on View obstructed"),
        ("milesight_vs340", 85, "030001", "occupied", "on Occupied"),
        ("pipiot_peoplesense", 1, "008d00090000400801008001", "passages", "9 people Passages"),
        ("esp32_paxcounter", 1, "07000300", "devices_wifi", "7 devices Devices in range (Wi-Fi)"),
        ("elsys_ers_eye", 5, "05061101", "movements", "6 movements Movements"),
    ],
)
async def test_appearance(  # a row of the table
    hass: HomeAssistant,
    server: FakeNetwork,
    codec: str,
    f_port: int,
    payload: str,
    suffix: str,
    shown: str,
) -> None:
    """Value, unit and name."""
    device = at_place(codec)
    server.inventory = [device]
    server.send(device, bytes.fromhex(payload), f_port=f_port)
    state = state_of(hass, await set_up(hass), device, suffix)
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    name = state.attributes[ATTR_FRIENDLY_NAME].removeprefix("Ort ")
    assert " ".join(filter(None, (state.state, unit, name))) == shown


async def test_sum_of_what_was_counted(
    hass: HomeAssistant, server: FakeNetwork, freezer: FrozenDateTimeFactory
) -> None:
    """It tells how many messages are missing, and stays while the server is silent."""
    device = at_place("parametric_tcr")
    server.inventory = [device]
    server.send(device, bytes.fromhex(TCR), f_port=15, f_cnt=7)
    entry = await set_up(hass)
    server.send(device, bytes.fromhex(TCR), AT + HOUR, f_port=15, f_cnt=10)
    await poll(hass, freezer)
    state = state_of(hass, entry, device, "vehicles_in_1")
    assert state.state == "2"
    assert state.attributes["state_class"] == "total_increasing"
    assert state.attributes["messages_lost"] == 2
    assert state.attributes["measured_at"] == (AT + HOUR).isoformat()
    assert "display" not in state.attributes
    assert state_of(hass, entry, device, "vehicles_in_1_today").state == "1"


@pytest.mark.parametrize(
    ("codec", "payload", "suffix"),
    [
        ("milesight_vs133", "11d205000000", "children_in_1"),
        ("milesight_vs121", "09da0001000200000000", "people_flow_11"),
        ("milesight_vs121", "05cc02000100", "people_in_period"),
    ],
)
async def test_what_few_people_need_is_off(
    hass: HomeAssistant, server: FakeNetwork, codec: str, payload: str, suffix: str
) -> None:
    """It is there to be switched on."""
    device = at_place(codec)
    server.inventory = [device]
    server.send(device, bytes.fromhex(payload))
    entry = await set_up(hass)
    registered = er.async_get(hass).async_get(entity_id(hass, entry, device, suffix))
    assert registered is not None
    assert registered.disabled


@pytest.mark.parametrize(
    "codec",
    [c for c in CODECS.values() if c.medium in {Medium.TRAFFIC, Medium.PARKING}],
    ids=lambda codec: codec.key,
)
@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS.keys())
def test_nobody_takes_vehicles_for_people(codec: Codec, texts: dict[str, Any]) -> None:
    """Neither what they count nor its unit says so."""
    sensors = texts["entity"]["sensor"]
    people = sensors["people_in"]["unit_of_measurement"]
    for quantity in codec.quantities:
        if quantity.kind in {Kind.REGISTER, Kind.PERIOD, Kind.GAUGE}:
            for name in (quantity, TOTAL_OF.get(quantity, quantity)):
                assert sensors.get(name, {}).get("unit_of_measurement") != people
