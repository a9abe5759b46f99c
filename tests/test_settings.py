"""Settings as text: who wins, which names there are, which values are believed."""

from dataclasses import replace

import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.flows.settings_list import (
    Entry,
    Flaw,
    ListError,
    applied,
    read_list,
)
from custom_components.bernau_smartcity.ledger.settings import (
    decoding,
    medium_of,
    merged,
    of_input,
    read_value,
    reads_on,
    settings_of,
    split,
)
from custom_components.bernau_smartcity.model import Codec, DecodeError, Layout, Medium, Setting

GAS = "24e124136b000001"
DOOR = "24e124136b000002"


def _check(text: str) -> None:
    if text != "A=1":
        msg = f"{text!r} is no layout"
        raise DecodeError(msg)


LAID_OUT: Codec = replace(
    CODECS["milesight_em300_di"], settings=(Setting.LAYOUT,), layout=Layout("A=1", _check)
)
DEVICES = {GAS: CODECS["milesight_em300_di"], DOOR: LAID_OUT, "0" * 16: None}


def test_later_layers_win() -> None:
    """A plain name holds for all inputs, whatever an earlier layer said of one."""
    server = {"medium_1": "water", "medium": "gas", "building": "Rathaus", "meter_number": "7"}
    assert merged(server, {"medium_2": "heat"}) == {**server, "medium_2": "heat"}
    assert merged(server, {"medium": "heat"}) == {
        "medium": "heat",
        "building": "Rathaus",
        "meter_number": "7",
    }


def test_an_input_has_its_own_value_or_that_of_all() -> None:
    """An empty one says nothing."""
    given = {"medium": " Gas", "medium_2": "water", "medium_3": ""}
    assert [medium_of(given, n, Medium.UNKNOWN) for n in range(4)] == [
        Medium.GAS,
        Medium.GAS,
        Medium.WATER,
        Medium.GAS,
    ]
    assert medium_of({"medium": "beer"}, 0, Medium.HEAT) is Medium.HEAT
    assert of_input({}, Setting.PULSE_WEIGHT, 1) == ""


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("medium", (Setting.MEDIUM, "")),
        ("pulse_weight", (Setting.PULSE_WEIGHT, "")),
        ("pulse_weight_2", (Setting.PULSE_WEIGHT, "2")),
        ("calorific_value_1", (Setting.CALORIFIC_VALUE, "1")),
        ("key", (Setting.KEY, "")),
        ("key_12345678", (Setting.KEY, "12345678")),
        ("key_", None),
        ("medium_0", None),
        ("medium_65", None),
        ("medium_x", None),
        ("interval_2", None),
        ("building", None),
        ("", None),
    ],
)
def test_names(name: str, found: tuple[Setting, str] | None) -> None:
    """A setting, perhaps of one input, or the key of one meter."""
    assert split(name) == found


@pytest.mark.parametrize(
    ("setting", "text", "kept"),
    [
        (Setting.MEDIUM, "Gas", "gas"),
        (Setting.MEDIUM, "people", None),
        (Setting.PULSE_WEIGHT, "0,0100", "0.01"),
        (Setting.PULSE_WEIGHT, "0", None),
        (Setting.INTERVAL, "15.0", "15"),
        (Setting.INTERVAL, "15.5", None),
        (Setting.INTERVAL, "0", None),
        (Setting.INTERVAL, "nan", None),
        (Setting.KEY, "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeeff"),
        (Setting.KEY, "00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE", None),
        (Setting.UNIT, "M³", "m³"),
        (Setting.UNIT, "gallons", None),
        (Setting.BYTE_ORDER, "BIG", "big"),
        (Setting.SWAP, "perhaps", None),
        (Setting.LAYOUT, " anything ", "anything"),
        (Setting.CALORIFIC_VALUE, "11,2 | 1.1.2026 11,40", "11.2 | 2026-01-01 11.4"),
        (Setting.CALORIFIC_VALUE, "112", None),
        (Setting.STATE_NUMBER, "0,9627", "0.9627"),
    ],
)
def test_values(setting: Setting, text: str, kept: str | None) -> None:
    """As people write them; what cannot be is refused."""
    if kept is None:
        with pytest.raises(ValueError):  # noqa: PT011  # whatever stands in it
            read_value(setting, text)
    else:
        assert read_value(setting, text) == kept


def test_a_layout_is_judged_by_its_codec() -> None:
    """The codec knows its form; without it, or without a form, anything may be one."""
    assert read_value(Setting.LAYOUT, "A=1", LAID_OUT) == "A=1"
    with pytest.raises(ValueError, match="'B' is no layout"):
        read_value(Setting.LAYOUT, "B", LAID_OUT)
    assert read_value(Setting.LAYOUT, "B", replace(LAID_OUT, layout=None)) == "B"


def test_forms_ask_gas_meters_for_their_factors() -> None:
    """And whatever may become one."""
    assert settings_of(None) == ()
    assert Setting.STATE_NUMBER in settings_of(CODECS["milesight_em300_di"])
    assert Setting.STATE_NUMBER not in settings_of(CODECS["klax"])
    assert Setting.STATE_NUMBER in settings_of(replace(CODECS["klax"], medium=Medium.GAS))


@pytest.mark.parametrize(
    "text",
    [
        f"{GAS};medium;gas;pulse_weight;0,01\n{DOOR};layout;A=1",
        (
            f"\ufeffDevEUI;Setting;Value\r\n\r\n{GAS};Medium;Gas;Pulse weight;0.01;\r\n"
            f"{DOOR};layout;A=1;;"
        ),
        f"deveui\tmedium\tpulse-weight\tvalue\tlayout\n{GAS}\tgas\t0.01\tx\n{DOOR}\t\t\t\tA=1\n",
        f'{GAS},medium,gas,pulse_weight,"0,01"\n24-E1-24-13-6B-00-00-02,layout,A=1',
    ],
)
def test_lists(text: str) -> None:
    """Pairs or a table, from whatever spreadsheet."""
    found = [(each.dev_eui, each.name, each.value) for each in read_list(text, DEVICES)]
    assert found == [
        (GAS, "medium", "gas"),
        (GAS, "pulse_weight", "0.01"),
        (DOOR, "layout", "A=1"),
    ]


def test_keys_in_lists() -> None:
    """The number of a meter stays as it is written."""
    (found,) = read_list(f"{GAS};KEY_1Esy12;{'0F' * 16}", DEVICES)
    assert (found.line, found.name, found.value) == (1, "key_1Esy12", "0f" * 16)


@pytest.mark.parametrize(
    ("line", "flaw", "word"),
    [
        ("24e124136b00000;medium;gas", Flaw.DEV_EUI, "24e124136b00000"),
        ("24e124136b00000x;medium;gas", Flaw.DEV_EUI, "24e124136b00000x"),
        ("24e124136b0000ff;medium;gas", Flaw.DEVICE, "24e124136b0000ff"),
        (f"{GAS};colour;red", Flaw.SETTING, "colour"),
        (f"{GAS};medium;beer", Flaw.VALUE, "medium"),
        (f"{GAS};key;{'0F' * 15}", Flaw.VALUE, "key"),
        (f"{DOOR};layout;B", Flaw.VALUE, "layout"),
        (f"{DOOR};medium;water", Flaw.TWICE, "medium"),
        (f"{GAS};medium", Flaw.PAIRS, ""),
        (GAS, Flaw.PAIRS, ""),
        pytest.param(f"{GAS};layout;{'x' * 200_000}", Flaw.PAIRS, "", id="endless"),
    ],
)
def test_the_first_flaw_is_told(line: str, flaw: Flaw, word: str) -> None:
    """With its line, and never with a key."""
    with pytest.raises(ListError) as told:
        read_list(f"{DOOR};medium;gas\n\n{line}", DEVICES)
    assert (told.value.flaw, told.value.line, told.value.word) == (flaw, 3, word)
    assert "0F0F" not in str(told.value)


def test_flaws_of_a_table_and_of_nothing() -> None:
    """A cell without a heading belongs nowhere; a list without a value was hardly meant."""
    with pytest.raises(ListError) as told:
        read_list(f"DevEUI;medium\n{GAS};gas;0.01", DEVICES)
    assert (told.value.flaw, told.value.line) == (Flaw.PAIRS, 2)
    for text in ("", "\n", "DevEUI;medium\n"):
        with pytest.raises(ListError) as told:
            read_list(text, DEVICES)
        assert told.value.flaw is Flaw.NOTHING


def test_a_list_is_applied() -> None:
    """An empty value takes a setting back; a device without any is forgotten."""
    entries = [
        Entry(1, GAS, "medium", ""),
        Entry(2, DOOR, "medium", "water"),
        Entry(3, DOOR, "interval", ""),
    ]
    options = {"devices": {GAS: {"medium": "gas"}, DOOR: {"codec": "klax"}}, "scopes": ["x"]}
    devices = {DOOR: {"codec": "klax", "medium": "water"}}
    assert applied(options, entries) == {"devices": devices}


def test_keys_of_a_list_are_kept_apart() -> None:
    """Of devices by DevEUI, of meters behind bridges by their identity."""
    entries = [
        Entry(1, GAS, "key", "0f" * 16),
        Entry(2, DOOR, "key_12-AB", "1f" * 16),
        Entry(3, DOOR, "key", ""),
    ]
    assert applied({"keys": {DOOR: "2f" * 16}}, entries) == {
        "devices": {},
        "keys": {GAS: "0f" * 16, "meter12ab": "1f" * 16},
    }


def test_what_was_read_stays_true() -> None:
    """With the same settings, or with more fields of a decoded object."""
    before, more = '{"a":["pulses",0,""]}', '{"a":["pulses",0,""],"b":["flow",0,"l/h"]}'
    assert reads_on(None, {"unit": "l"})
    assert reads_on({"unit": "l"}, {"unit": "l"})
    assert not reads_on({"unit": "l"}, {})
    assert reads_on({"mapping": before}, {"mapping": more})
    assert not reads_on({"mapping": more}, {"mapping": before})
    assert not reads_on({"mapping": before, "unit": "l"}, {"mapping": more})


def test_only_settings_of_a_codec_change_what_it_reads() -> None:
    """And only some of them: a medium says nothing about a payload."""
    given = {"interval": "15", "medium": "gas", "unit": "l", "swap": ""}
    assert decoding(given, CODECS["klax"]) == {"interval": "15"}
    assert decoding(given, None) == {}
