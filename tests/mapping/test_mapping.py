"""Decoded objects become readings by the names of their fields, and never by a guess.

The objects are those that public codecs give; each names where it is published.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.bernau_smartcity.mapping import (
    CHOICES,
    DECODED,
    Assignment,
    Why,
    beside,
    continues,
    fields,
    in_channels,
    medium_of,
    proposals,
    read,
    reduced,
    written,
)
from custom_components.bernau_smartcity.mapping.fields import DEPTH, FIELDS
from custom_components.bernau_smartcity.mapping.names import SPELLINGS
from custom_components.bernau_smartcity.mapping.units import _SPELLINGS, scale_of, spelled
from custom_components.bernau_smartcity.model import (
    DecodeError,
    Kind,
    Medium,
    Missing,
    Quantity,
    Reading,
    Uplink,
    WaitingError,
)

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
Q = Quantity


def uplink(decoded: Mapping[str, Any] | None, mapping: str = "") -> Uplink:
    """Give an uplink with a decoded object and an approved mapping."""
    settings = {"mapping": mapping} if mapping else {}
    return Uplink(
        dev_eui="00" * 8,
        id="1",
        received_at=AT,
        f_port=1,
        f_cnt=1,
        payload=b"\x01",
        decoded=decoded,
        settings=settings,
    )


def proposed(*objects: Mapping[str, Any]) -> dict[str, tuple[Quantity, int, str] | Why]:
    """Give what is proposed for each field, or why nothing is."""
    return {
        each.path: tuple(each.assignment) if each.assignment else each.why  # type: ignore[misc]  # three fields
        for each in proposals([objects])
    }


@pytest.mark.parametrize(
    ("decoded", "found"),
    [
        ({"a": {"b": [1, {"c": 2.5}]}}, {"a.b[0]": (1, ""), "a.b[1].c": (2.5, "")}),
        ({"e": {"value": "1500.60", "unit": "kWh"}}, {"e": (1500.6, "kWh")}),
        ({"e": {"data": 3, "unit": "Wh"}}, {"e": (3, "Wh")}),
        ({"value": 5, "unit": "m3"}, {"value": (5, "m3")}),
        ({"energy": 5, "energy_unit": "MWh", "x": 1}, {"energy": (5, "MWh"), "x": (1, "")}),
        ({"counter": 5, "Unit": "l"}, {"counter": (5, "l")}),
        ({"a": 5, "b": 6, "unit": "l"}, {"a": (5, ""), "b": (6, "")}),
        (
            {"a": "12,5 m3", "b": "1,500", "c": "50 %", "d": "4500124C"},
            {"a": (12.5, "m3"), "c": (50, "%")},
        ),
        ({"on": True, "off": False}, {"on": (1, ""), "off": (0, "")}),
        (
            {"r": [{"obis": "1-0:1.8.0", "value": 7, "unit": "Wh"}, {"name": 5, "value": 8}]},
            {"r[1-0:1.8.0]": (7, "Wh"), "r[1]": (8, "")},
        ),
        ({"log": [1, 2, 3, 4, 5], "few": [1, 2]}, {"few[0]": (1, ""), "few[1]": (2, "")}),
        ({"mac": "a0:b1", "text": "", "no": None, "nan": float("nan"), "inf": 1e300}, {}),
        ({"huge": "9" * 400}, {}),
    ],
)
def test_numbers_are_found(
    decoded: Mapping[str, Any], found: Mapping[str, tuple[float, str]]
) -> None:
    """Nested, in lists, as texts, with their units; and what is kept of them reads the same."""
    assert {path: tuple(field) for path, field in fields(decoded).items()} == found
    assert fields(reduced(decoded)) == fields(decoded)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=40,
)


@given(decoded=st.dictionaries(st.text(max_size=8), JSON, max_size=8))
def test_any_object_is_read(decoded: dict[str, Any]) -> None:
    """Nothing that a server may send raises, and what is kept is small and tells the same."""
    found = fields(decoded)
    assert len(found) <= FIELDS
    assert fields(json.loads(json.dumps(reduced(decoded)))) == found
    for each in proposals([[decoded]]):
        if each.assignment is not None:
            assert each.assignment.scale is not None


def test_objects_without_end_are_cut() -> None:
    """In breadth and in depth."""
    assert len(fields({f"f{n}": n for n in range(FIELDS + 9)})) == FIELDS
    deep: dict[str, Any] = {"a": 1}
    for _ in range(DEPTH + 2):
        deep = {"a": deep}
    assert fields(deep) == {}
    listed: list[Any] = [1]
    for _ in range(DEPTH + 2):
        listed = [listed]
    assert fields({"a": listed}) == {}


@pytest.mark.parametrize(
    ("decoded", "expected"),
    [
        pytest.param(
            {
                "total_volume_m3": 5.1,
                "current_volume_m3": 6.0,
                "delta_1_m3": 0.1,
                "log_volume_m3": 5.9,
            },
            {
                "total_volume_m3": (Q.VOLUME, 0, "m³"),
                "current_volume_m3": Why.TOO_FEW,
                "delta_1_m3": Why.PERIOD_UNKNOWN,
                "log_volume_m3": Why.STORED,
            },
            id="github.com/TheThingsNetwork/lorawan-devices vendor/axioma",
        ),
        pytest.param(
            {"activeEnergyImportL123T1": {"data": 50_859_780, "unit": "Wh"}},
            {"activeEnergyImportL123T1": (Q.ENERGY, 1, "Wh")},
            id="github.com/TheThingsNetwork/lorawan-devices vendor/yobiiq em4301",
        ),
        pytest.param(
            {"Active Energy Import T1": {"value": 1810, "unit": "Wh"}, "serial": "x", "crc": 1},
            {"Active Energy Import T1": (Q.ENERGY, 1, "Wh"), "crc": Why.ASIDE},
            id="github.com/TheThingsNetwork/lorawan-devices vendor/emu professional-ii",
        ),
        pytest.param(
            {
                "energy": 894_137,
                "energy_unit": "kWh",
                "power": 10_800,
                "power_unit": "W",
                "flow": 0.162,
                "flow_unit": "m³/h",
                "supply_temperature": 95.4,
                "return_temperature": 37.9,
            },
            {
                "energy": Why.TOO_FEW,
                "power": (Q.POWER, 0, "W"),
                "flow": (Q.FLOW, 0, "m³/h"),
                "supply_temperature": (Q.FLOW_TEMPERATURE, 0, "°C"),
                "return_temperature": (Q.RETURN_TEMPERATURE, 0, "°C"),
            },
            id="github.com/ZennerIoT/element-parsers lib/elvaco.ex",
        ),
        pytest.param(
            {"battery": 92, "temperature": 30.8, "humidity": 50.5, "pulse": 256},
            {
                "battery": (Q.BATTERY, 0, "%"),
                "temperature": (Q.TEMPERATURE, 0, "°C"),
                "humidity": (Q.HUMIDITY, 0, "%"),
                "pulse": Why.TOO_FEW,
            },
            id="github.com/Milesight-IoT/SensorDecoders em300-di",
        ),
        pytest.param(
            {"counter_a": 0, "counter_b": 1, "total_counter_a": 37, "total_counter_b": 31},
            {
                "counter_a": Why.TOO_FEW,  # a count of the period there, a total with others
                "counter_b": Why.TOO_FEW,
                "total_counter_a": (Q.PEOPLE_IN, 0, ""),
                "total_counter_b": (Q.PEOPLE_OUT, 0, ""),
            },
            id="github.com/TheThingsNetwork/lorawan-devices vendor/imbuildings",
        ),
        pytest.param(
            {"line_1": {"total_in": 72, "period_in": 1}, "line_2": {"total_in": 9, "period_in": 0}},
            {
                "line_1.total_in": (Q.PEOPLE_IN, 1, ""),
                "line_1.period_in": (Q.PEOPLE_IN_PERIOD, 1, ""),
                "line_2.total_in": (Q.PEOPLE_IN, 2, ""),
                "line_2.period_in": (Q.PEOPLE_IN_PERIOD, 2, ""),
            },
            id="github.com/TheThingsNetwork/lorawan-devices vendor/milesight-iot vs133",
        ),
        pytest.param(
            {"Energy_Data": {"Energy_Counter": [10.024], "Power": [1.5]}, "battery": 3.294},
            {
                "Energy_Data.Energy_Counter[0]": Why.NO_UNIT,
                "Energy_Data.Power[0]": Why.NO_UNIT,
                "battery": Why.NO_UNIT,
            },
            id="github.com/TheThingsNetwork/lorawan-devices vendor/elv lw-esi",
        ),
        pytest.param(
            {"0_0_0_energy_Wh": 1000, "0_0_0_power_W": 0, "0_0_0_flow_m³/h": 1},
            {
                "0_0_0_energy_Wh": Why.TOO_FEW,
                "0_0_0_power_W": (Q.POWER, 0, "W"),
                "0_0_0_flow_m³/h": (Q.FLOW, 0, "m³/h"),
            },
            id="github.com/ZennerIoT/element-parsers lib/sontex.ex",
        ),
    ],
)
def test_published_objects(
    decoded: Mapping[str, Any], expected: Mapping[str, tuple[Quantity, int, str] | Why]
) -> None:
    """What the names of public codecs say, and what they leave open."""
    assert proposed(decoded) == expected


@pytest.mark.parametrize(
    ("decoded", "expected"),
    [
        ({"1-0:1.8.0": {"value": 7, "unit": "Wh"}}, (Q.ENERGY, 0, "Wh")),
        ({"1_8_0_kWh": 7}, Why.TOO_FEW),
        ({"1_8_0": {"value": 7, "unit": "kWh"}}, (Q.ENERGY, 0, "kWh")),
        ({"ID_OBIS_1_8_2": {"value": 7, "unit": "kWh"}}, (Q.ENERGY, 2, "kWh")),
        ({"1_0_2_8_1_255": {"value": 7, "unit": "kWh"}}, (Q.ENERGY_EXPORT, 1, "kWh")),
        ({"1-0:2.8.1*255": {"value": 7, "unit": "kWh"}}, (Q.ENERGY_EXPORT, 1, "kWh")),
        ({"1-0:52.7.0": 231}, (Q.VOLTAGE, 2, "V")),
        ({"1-0:16.7.0": 231}, Why.NO_UNIT),
        ({"6-0:1.0.0": {"value": 7, "unit": "MWh"}}, (Q.ENERGY, 0, "MWh")),
        ({"6-0:1.9.0": 7}, Why.UNKNOWN),
        ({"8-0:1.0.0": {"value": 7, "unit": "m3"}}, (Q.VOLUME, 0, "m³")),
        ({"1-0:99.8.0": 7}, Why.UNKNOWN),
        ({"a": {"1-0:1.8.0": {"value": 7, "unit": "Wh"}}}, (Q.ENERGY, 0, "Wh")),
        ({"r": [{"code": "1-0:1.8.0", "value": 7, "unit": "Wh"}]}, (Q.ENERGY, 0, "Wh")),
        ({"r": [{"code": "1.8.0", "reading": {"value": 7, "unit": "Wh"}}]}, Why.TOO_FEW),
        ({"metering": {"water": {"total": {"value": 7, "unit": "l"}}}}, (Q.VOLUME, 0, "l")),
        ({"water": {"value": 7, "unit": "l"}}, Why.TOO_FEW),
        ({"water": {"now": 7}}, Why.TOO_FEW),
        ({"heat": {"energy": {"total": {"value": 7, "unit": "Wh"}}}}, (Q.ENERGY, 0, "Wh")),
        ({"liters": 12}, Why.TOO_FEW),
        ({"kWh": 12}, Why.TOO_FEW),
        ({"consumption_kWh_total": 12}, Why.UNKNOWN),
        ({"reading_total": {"value": 1, "unit": "m³"}}, (Q.VOLUME, 0, "m³")),
        ({"flow_l_h": 12}, (Q.FLOW, 0, "l/h")),
        ({"inlet_c": 12}, (Q.TEMPERATURE, 0, "°C")),
        ({"channel_c": 12}, Why.UNKNOWN),
        ({"volume": {"value": 1, "unit": "kWh"}}, Why.OTHER_UNIT),
        ({"battery": {"value": 3.6, "unit": "V"}}, (Q.BATTERY_VOLTAGE, 0, "V")),
        ({"max_flow": {"value": 3.6, "unit": "m3/h"}}, Why.ASIDE),
        ({"power": {"value": 3, "unit": "mW"}}, Why.NO_UNIT),
        ({"counterB": 3, "pulse_count_2": 4}, Why.TOO_FEW),
    ],
)
def test_names_and_units(
    decoded: Mapping[str, Any], expected: tuple[Quantity, int, str] | Why
) -> None:
    """OBIS numbers, names of several words, units in names and beside them."""
    assert set(proposed(decoded).values()) == {expected}


def test_history_decides_what_names_leave_open() -> None:
    """What only rose is a total; what fell is none, whatever its name says."""
    rising = [{"volume_m3": 1 + n, "total_m3_h": 3, "x": 1} for n in range(3)]
    assert proposed(*rising)["volume_m3"] == (Q.VOLUME, 0, "m³")
    assert proposals([rising])[0].why is Why.ONLY_ROSE
    assert proposals([rising[:2]])[0].is_open
    falling = [{"total_volume_m3": 2}, {"total_volume_m3": 1}]
    assert proposed(*falling) == {"total_volume_m3": Why.FELL}
    apart = proposals([[{"volume_m3": 5}], [{"volume_m3": 1}, {"y": 1}]])  # of two devices
    assert apart[0].why is Why.TOO_FEW
    assert proposals([]) == []


def test_several_of_a_kind_are_numbered() -> None:
    """From 1 where they would be the same, as their names tell where they are not."""
    same = {"a": Assignment(Q.TEMPERATURE, 0, "°C"), "b": Assignment(Q.TEMPERATURE, 0, "°C")}
    assert [each.channel for each in in_channels(same).values()] == [1, 2]
    named = {"a": Assignment(Q.PULSES, 2), "b": Assignment(Q.PULSES, 1)}
    assert in_channels(named) == named


@pytest.mark.parametrize(
    ("decoded", "medium"),
    [
        ({"water_total_m3": 1, "battery": 90}, Medium.WATER),
        ({"energy": 1, "return_temperature": 30}, Medium.HEAT),
        ({"1-0:1.8.0": 1}, Medium.ELECTRICITY),
        ({"7-0:3.0.0": 1}, Medium.GAS),
        ({"water_total_m3": 1, "gas_total_m3": 1}, Medium.UNKNOWN),
        ({"battery": 90}, Medium.UNKNOWN),
        ({"water_id": 90}, Medium.UNKNOWN),
    ],
)
def test_medium_is_told_by_names(decoded: Mapping[str, Any], medium: Medium) -> None:
    """Unless they tell of several."""
    assert medium_of(proposals([[decoded]])) is medium


MAPPED = {
    "energy": Assignment(Q.ENERGY, 1, "MWh"),
    "leak": Assignment(Q.LEAK),
    "pulse": Assignment(Q.PULSES),
}


def test_approved_fields_are_read() -> None:
    """By the unit that stands with the number, else by the approved one."""
    text = written(MAPPED)
    assert read(text) == MAPPED
    given = {"energy": "1.5", "leak": 7, "pulse": 12, "other": 5}
    assert list(DECODED.decode(uplink(given, text))) == [
        Reading(Q.ENERGY, 1_500, 1),
        Reading(Q.LEAK, 1),
        Reading(Q.PULSES, 12),
    ]
    told = {"energy": {"value": 36, "unit": "GJ"}}
    assert list(DECODED.decode(uplink(told, text))) == [Reading(Q.ENERGY, 10_000, 1)]
    unknown = {"energy": {"value": 36, "unit": "Ws"}, "pulse": {"value": 1, "unit": "l"}}
    assert list(DECODED.decode(uplink(unknown, text))) == [
        Reading(Q.ENERGY, 36_000, 1),
        Reading(Q.PULSES, 1),
    ]
    assert list(DECODED.decode(uplink({"frame": "boot"}, text))) == []
    with pytest.raises(DecodeError, match="energy is in m³ now"):
        list(DECODED.decode(uplink({"energy": {"value": 36, "unit": "m³"}}, text)))
    with pytest.raises(DecodeError, match="no decoded object"):
        list(DECODED.decode(uplink(None, text)))


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "[]", "{}", "null", '{"a":1}', '{"a":["energy"]}', '{"a":["energy",0,""]}'),
        *('{"a":["energy",0,"m³"]}', '{"a":["energy",-1,"kWh"]}', '{"a":["clock",0,"s"]}'),
        *('{"a":["magic",0,""]}', '{"a":["pulses",0,""],"b":["pulses",0,""]}'),
        *('{"a":["pulses",0,"l"]}', '{"a":["pulses",0.5,""]}'),
    ],
)
def test_without_an_approved_mapping_uplinks_wait(text: str) -> None:
    """Nothing is read by what cannot be understood."""
    with pytest.raises(WaitingError) as told:
        list(DECODED.decode(uplink({"a": 1}, text)))
    assert told.value.missing is Missing.MAPPING


def test_a_mapping_with_more_fields_continues_another() -> None:
    """So that nothing need be read again."""
    more = MAPPED | {"flow": Assignment(Q.FLOW, 0, "l/h")}
    other = MAPPED | {"energy": Assignment(Q.ENERGY, 1, "kWh")}
    assert continues(written(MAPPED), written(more))
    assert not continues(written(more), written(MAPPED))
    assert not continues(written(MAPPED), written(other))
    assert not continues("", written(MAPPED))


def test_every_unit_can_be_chosen() -> None:
    """Whatever its spelling, it is one of the list."""
    for scale in _SPELLINGS.values():
        assert scale_of(spelled(scale)) == scale


def test_new_fields_leave_approved_channels_as_they_are() -> None:
    """An entity keeps its identity when another field of its quantity comes."""
    kept = {"a": Assignment(Q.TEMPERATURE, 0, "°C"), "b": Assignment(Q.PULSES, 1)}
    new = {
        "c": Assignment(Q.TEMPERATURE, 0, "°C"),
        "a": Assignment(Q.TEMPERATURE, 5, "K"),
        "b": Assignment(Q.MOVEMENTS),
    }
    assert {path: each.key for path, each in beside(kept, new).items()} == {
        "a": (Q.TEMPERATURE, 0),
        "c": (Q.TEMPERATURE, 1),
        "b": (Q.MOVEMENTS, 0),
    }


def test_tables_are_sound() -> None:
    """Each choice of a unit is one of the quantity; no name has two meanings; moments are none."""
    for unit, choices in CHOICES.items():
        assert {scale.unit for each in choices if (scale := scale_of(each))} == {unit}
        assert choices[0] == unit
    assert all(each.quantity.kind is not Kind.MOMENT for each in SPELLINGS.values())
    assert not any(set(name) - set("abcdefghijklmnopqrstuvwxyz#") for name in SPELLINGS)
