"""M-Bus records (EN 13757-3): every kind of data, header and qualifier."""

from datetime import datetime, time, timedelta, timezone
from fractions import Fraction
import struct

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.codecs._mbus import (
    Function,
    Record,
    What,
    clock,
    error_flags,
    meter_number,
    parse,
    readings,
)
from custom_components.bernau_smartcity.model import DecodeError, Medium, Quantity, Reading

CET = timezone(timedelta(hours=1))
SUMMER = timezone(timedelta(hours=2))
NOON = datetime(2023, 8, 29, 12, 0, tzinfo=CET)
CLOCK = "046d002cfd28"
"""2023-08-29 12:00; hour with century 1."""


def records(text: str) -> list[Record]:
    """Parse records written in hex."""
    return parse(bytes.fromhex(text))


def one(text: str) -> Record:
    """Parse a single record."""
    (record,) = records(text)
    return record


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0013", None),  # no data
        ("0813", None),  # selection for readout
        ("011385", Fraction(-123, 1000)),
        ("011380", None),  # not available
        ("02130080", None),
        ("0213ffff", Fraction(-1, 1000)),
        ("0313010000", Fraction(1, 1000)),
        ("0413ffffff7f", Fraction(2**31 - 1, 1000)),
        ("05130000003f", Fraction(1, 2000)),
        ("05130000c07f", None),  # not a number
        ("0513ffff7f7f", None),  # beyond all meters
        ("0613010000000000", Fraction(1, 1000)),
        ("07130100000000000000", Fraction(1, 1000)),
        ("091312", Fraction(12, 1000)),
        ("0a133412", Fraction(1234, 1000)),
        ("0b13563412", Fraction(123456, 1000)),
        ("0b133200f0", Fraction(-32, 1000)),
        ("0b132c00f0", None),  # no decimal digits
        ("0c1378563412", Fraction(12345678, 1000)),
        ("0e13127856341290", Fraction(901234567812, 1000)),
        ("0d13c112", Fraction(12, 1000)),
        ("0d13d112", Fraction(-12, 1000)),
        ("0d13d11a", None),
        ("0d13c0", None),
        ("0d13f40000003f", Fraction(1, 2000)),
        ("0d13f8000000000000e03f", Fraction(1, 2000)),
        ("0d13f8ffffffffffffef7f", None),
        ("0d13f2003f", None),  # half precision is not defined
        ("0d13e20102", b"\x01\x02"),
        ("0d78044e475250", "PRGN"),
        ("0d7803003141", "A1"),
    ],
)
def test_data(text: str, value: object) -> None:
    """Values are exact; what is not available is none."""
    expected = float(value) if isinstance(value, Fraction) else value
    assert one(text).value == expected


@pytest.mark.parametrize(
    ("text", "what", "value"),
    [
        ("040364000000", What.ENERGY, Fraction(1, 10)),  # 1 Wh
        ("040664000000", What.ENERGY, 100),  # 1 kWh
        ("040764000000", What.ENERGY, 1000),
        ("040e24000000", What.ENERGY, 10),  # 1 MJ
        ("04fb0001000000", What.ENERGY, 100),  # 0.1 MWh
        ("04fb0101000000", What.ENERGY, 1000),
        ("04fb0824000000", What.ENERGY, 1000),  # 0.1 GJ
        ("04fb0924000000", What.ENERGY, 10000),
        ("04fb0d01000000", What.ENERGY, Fraction("1.163")),  # 1 Mcal
        ("04fb2001000000", What.VOLUME, Fraction("0.028316846592")),  # 1 ft³
        ("04fb2101000000", What.VOLUME, Fraction("0.0028316846592")),
        ("02fb2b2c01", What.PHASE_ANGLE, 30),
        ("02fb760a00", What.TEMPERATURE_LIMIT, 1),
        ("02fb7b0a00", What.POWER_MAXIMUM, 10),
        ("02fdfd020c00", What.BATTERY_LEFT, 365 * 86400 + 20952),
        ("02fdfd030100", What.BATTERY_LEFT, 365 * 86400 + 20952),
        ("02fdfd7f0100", What.UNKNOWN, 1),
        ("02fd030500", What.CREDIT, 5),
        ("02fd3d0500", What.SENDING_INTERVAL, 300),
        ("041001000000", What.VOLUME, Fraction(1, 10**6)),
        ("041701000000", What.VOLUME, 10),
        ("04fb1001000000", What.VOLUME, 100),
        ("041b01000000", What.MASS, 1),
        ("042001000000", What.ON_TIME, 1),
        ("042301000000", What.ON_TIME, 86400),
        ("042601000000", What.OPERATING_TIME, 1),  # hours
        ("022b0100", What.POWER, 1),
        ("022e0100", What.POWER, 1000),
        ("02316801", What.POWER, 1),  # 10 J/h
        ("02fb280100", What.POWER, 100_000),
        ("02fb300100", What.POWER, Fraction(10**8, 3600)),
        ("023b0100", What.FLOW, Fraction(1, 1000)),
        ("02470100", What.FLOW, 60),  # 1 m³/min
        ("024f0100", What.FLOW, 36),  # 10 l/s
        ("02530100", What.MASS_FLOW, 1),
        ("02590a1a", What.FLOW_TEMPERATURE, Fraction("66.66")),
        ("025e0100", What.RETURN_TEMPERATURE, Fraction(1, 10)),
        ("02610100", What.TEMPERATURE_DIFFERENCE, Fraction(1, 100)),
        ("0265f6ff", What.TEMPERATURE, Fraction(-1, 10)),
        ("02fb1a0102", What.HUMIDITY, Fraction("51.3")),
        ("026b0100", What.PRESSURE, 1),
        ("026e0100", What.HEAT_COST, 1),
        ("02710100", What.AVERAGING, 60),
        ("02740100", What.ACTUALITY, 1),
        ("02fd170300", What.ERROR_FLAGS, 3),
        ("02fd460100", What.VOLTAGE, Fraction(1, 1000)),
        ("02fd5c0100", What.CURRENT, 1),
        ("02fd740100", What.BATTERY_LEFT, 86400),
        ("02fb2c0100", What.FREQUENCY, Fraction(1, 1000)),
        ("02fb020100", What.REACTIVE_ENERGY, 1),
        ("02fd3a0100", What.COUNT, 1),
        ("026f0100", What.UNKNOWN, 1),
        ("02fb400100", What.UNKNOWN, 1),
        ("02ff220100", What.MANUFACTURER, 1),
        ("027c034852250100", What.TEXT_UNIT, 1),
        ("02fc0348522574440d", What.TEXT_UNIT, Fraction("33.96")),
        ("04937301000000", What.VOLUME, Fraction(1, 10**6)),  # a thousandth
        ("04937d01000000", What.VOLUME, 1),  # thousandfold
    ],
)
def test_units(text: str, what: What, value: Fraction) -> None:
    """Every number is in the unit of its kind."""
    record = one(text)
    assert (record.head.what, record.value) == (what, float(value))
    assert record.head.qualifiers in {(), (0x22,)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("046d32315423", datetime(2018, 3, 20, 17, 50, tzinfo=CET)),
        ("046d32115423", datetime(2018, 3, 20, 17, 50, tzinfo=CET)),  # no century
        ("046d32919437", datetime(2028, 7, 20, 17, 50, tzinfo=SUMMER)),
        ("046d321154c3", datetime(1998, 3, 20, 17, 50, tzinfo=CET)),
        ("046db2315423", None),  # flag "invalid"
        ("046d3c315423", None),  # minute 60
        ("046d32315420", None),  # month 0
        ("046dffffffff", None),
        ("046d00000000", None),
        ("066d1e3231542300", datetime(2018, 3, 20, 17, 50, 30, tzinfo=CET)),
        ("066d5e3231542300", datetime(2018, 3, 20, 17, 50, 30, tzinfo=SUMMER)),
        ("066d1eb231542300", None),
        ("066d3e3e31542300", None),
        ("026c5423", datetime(2018, 3, 20, tzinfo=CET)),
        ("026ce1f1", None),  # 2127: never set
        ("026cffff", None),
        ("036d1e3211", time(17, 50, 30)),
        ("036d3c3211", None),
        ("016d01", None),
        ("0d6dc432315423", None),
        ("02fd705423", datetime(2018, 3, 20, tzinfo=CET)),
    ],
)
def test_times(text: str, value: datetime | time | None) -> None:
    """Clocks of meters have no zone; German ones stand on UTC+1 unless they say otherwise."""
    assert one(text).value == value
    if isinstance(value, datetime):
        found = one(text).value
        assert isinstance(found, datetime)
        assert found.utcoffset() == value.utcoffset()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0c7889478268", "68824789"),
        ("0c7889470200", "00024789"),
        ("047839300000", "12345"),
        ("047800000000", ""),
        ("0c78ffffffff", ""),
        ("077989478268a5114004", "68824789"),
        ("0779a9478268a5114004", ""),
        ("0c7989478268", "68824789"),
        ("0d78083938373635343332", "23456789"),
        ("0dfd100231410c7889478268", "68824789"),  # behind a text
        ("3c7889478268", ""),  # during an error
        ("0c78ffffffff077989478268a5114004", "68824789"),
        ("040601000000", ""),
    ],
)
def test_meter_number(text: str, number: str) -> None:
    """As it stands on the plate."""
    assert meter_number(records(text)) == number


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("0413", (0, 0, 0)),
        ("4413", (1, 0, 0)),
        ("840113", (2, 0, 0)),
        ("c40113", (3, 0, 0)),
        ("848a0113", (2 * 0x0A + 2**5, 0, 0)),
        ("841013", (0, 1, 0)),
        ("84b02013", (0, 0b1011, 0)),
        ("844013", (0, 0, 1)),
        ("84804013", (0, 0, 2)),
        ("84c04013", (0, 0, 3)),
    ],
)
def test_storage_tariff_and_subunit(text: str, place: tuple[int, int, int]) -> None:
    """Their bits are spread over the header."""
    record = one(text + "01000000")
    assert (record.head.storage, record.head.tariff, record.head.subunit) == place


def test_function() -> None:
    """A value during an error is no value of the meter."""
    text = "041301000000 141302000000 241303000000 341304000000"
    assert [record.head.function for record in records(text)] == list(Function)
    assert [reading.value for reading in readings(records(text), Medium.WATER)] == [0.001]


def test_fillers_and_manufacturer_data_are_passed() -> None:
    """Fillers stand anywhere, the manufacturer's data at the end."""
    assert len(records("2f2f 041301000000 2f 7f 041302000000 0f deadbeef")) == 2
    assert len(records("041301000000 1f ff")) == 1
    assert records("") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("04", "cut off"),
        ("0413", "cut off"),
        ("0413010000", "cut off"),
        ("84", "cut off"),
        ("0493", "cut off"),
        ("04fb", "cut off"),
        ("0d13", "cut off"),
        ("0d130512", "cut off"),
        ("027c05", "cut off"),
        ("3f", "no data field 0x3F"),
        ("8f", "no data field 0x8F"),
        ("0d13ca", "no coding 0xCA"),
        ("0d13fb", "no coding 0xFB"),
        ("84" + "80" * 10 + "001301000000", "does not end"),
        ("0493" + "f0" * 10 + "7001000000", "does not end"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    """Records that cannot be read to their end make the rest unreadable."""
    with pytest.raises(DecodeError, match=reason):
        records(text)


@pytest.mark.parametrize(
    ("text", "medium", "quantity"),
    [
        ("040601000000", Medium.HEAT, Quantity.ENERGY),
        ("04863b01000000", Medium.ELECTRICITY, Quantity.ENERGY),
        ("04863c01000000", Medium.ELECTRICITY, Quantity.ENERGY_EXPORT),
        ("04863c01000000", Medium.HEAT, Quantity.ENERGY_COOLING),
        ("0486ff0201000000", Medium.HEAT, Quantity.ENERGY_COOLING),
        ("04933c01000000", Medium.WATER, Quantity.VOLUME_REVERSE),
        ("04933b01000000", Medium.WATER, Quantity.VOLUME),
        ("02ab3b0100", Medium.ELECTRICITY, Quantity.POWER),
        ("02ab3c0100", Medium.ELECTRICITY, None),  # of what is fed in
        ("02fb823b0100", Medium.ELECTRICITY, Quantity.ENERGY_REACTIVE),
        ("02fb823c0100", Medium.ELECTRICITY, Quantity.ENERGY_REACTIVE_EXPORT),
        ("02fb140100", Medium.ELECTRICITY, Quantity.POWER_REACTIVE),
        ("02fb340100", Medium.ELECTRICITY, Quantity.POWER_APPARENT),
        ("02fd480100", Medium.ELECTRICITY, Quantity.VOLTAGE),
        ("02fd590100", Medium.ELECTRICITY, Quantity.CURRENT),
        ("02fb2f3200", Medium.ELECTRICITY, Quantity.FREQUENCY),
        ("02690100", Medium.WATER, Quantity.PRESSURE),
        ("026e0100", Medium.HEAT, Quantity.HEAT_COST),
        ("02260100", Medium.HEAT, Quantity.OPERATING_TIME),
        ("02fb1a0100", Medium.UNKNOWN, Quantity.HUMIDITY),
        ("02650100", Medium.UNKNOWN, Quantity.TEMPERATURE),
        ("02610100", Medium.HEAT, Quantity.TEMPERATURE_DIFFERENCE),
        ("04937801000000", Medium.WATER, None),  # a correction that is added
        ("04937e01000000", Medium.WATER, None),  # a future value
        ("0486ff0301000000", Medium.HEAT, None),
        ("0493ff7301000000", Medium.WATER, None),  # the manufacturer's own, no scale
        ("04ff0701000000", Medium.HEAT, None),
        ("02fd170100", Medium.HEAT, None),
        ("026f0100", Medium.HEAT, None),
        ("441301000000", Medium.WATER, None),  # stored, at no known time
        ("84b0301301000000", Medium.WATER, None),  # a tariff too many
        ("0d7803414141", Medium.WATER, None),
        ("0d13e101", Medium.WATER, None),
    ],
)
def test_quantity(text: str, medium: Medium, quantity: Quantity | None) -> None:
    """What is not known for sure is left out."""
    found = [reading.quantity for reading in readings(records(text), medium)]
    assert found == ([quantity] if quantity else [])


def test_readings_of_a_telegram() -> None:
    """Stored values have the time of their storage number, others that of the clock."""
    text = f"0c7889478268 {CLOCK} 041364000000 426c5423 441332000000 841013 0a000000"
    found = list(readings(records(text), Medium.WATER))
    stored = datetime(2018, 3, 20, tzinfo=CET)
    assert found == [
        Reading(Quantity.CLOCK, NOON.timestamp(), 0, NOON, "68824789"),
        Reading(Quantity.VOLUME, 0.1, 0, NOON, "68824789"),
        Reading(Quantity.VOLUME, 0.05, 0, stored, "68824789"),
        Reading(Quantity.VOLUME, 0.01, 1, NOON, "68824789"),
    ]
    assert clock(records(text)) == NOON


def test_of_equal_records_the_first_counts() -> None:
    """Some meters send the same register in two resolutions."""
    found = list(readings(records("040664000000 04fb0001000000"), Medium.HEAT))
    assert [reading.value for reading in found] == [100]


def test_pulse_inputs_and_tariffs_are_channels() -> None:
    """Tens for the input, ones for the tariff."""
    text = "840013 01000000 844013 01000000 84d000 13 01000000"
    found = readings(records(text), Medium.WATER)
    assert [reading.channel for reading in found] == [0, 10, 11]


def test_phases_are_channels() -> None:
    """What is told of one conductor."""
    text = "02fdc8fc01 e600 02fdc8fc02 e700 02fdc8fc03 e800 02fdc8fc04 0100 02fd48 e500"
    found = readings(records(text), Medium.ELECTRICITY)
    assert [(reading.channel, reading.value) for reading in found] == [
        (1, 23.0),
        (2, 23.1),
        (3, 23.2),
        (0, 22.9),
    ]


def test_operating_time_is_in_hours() -> None:
    """Whatever unit the meter sends."""
    found = readings(records("0225 7800 0227 0200"), Medium.HEAT)
    assert [reading.value for reading in found] == [2.0]


def test_stored_values_at_the_time_of_receipt() -> None:
    """A codec may know that a storage number is now."""
    found = list(readings(records("4413ec000000"), Medium.WATER, {1: None}))
    assert found == [Reading(Quantity.VOLUME, 0.236)]


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("02fd170300", 3),
        ("04fd1700000080", 1 << 31),
        ("42fd170300 01fd1704", 4),
        ("00fd17", None),
        ("041301000000", None),
    ],
)
def test_error_flags(text: str, flags: int | None) -> None:
    """Those of now, as bits."""
    assert error_flags(records(text)) == flags


def test_a_clock_of_a_tariff_is_not_the_clock() -> None:
    """Nor is one with a qualifier, nor a time of day."""
    assert clock(records("84106d002cfd28 04ed39002cfd28 036d1e3211 346d002cfd28")) is None


PROFILE = "446d002cfd28 4413c1aa7700"
"""Storage 1: its time, and a volume of 7842.497 m³."""


@pytest.mark.parametrize(
    ("profile", "values"),
    [
        # From a published frame: 295 and 290 litres, hour by hour.
        ("06 62 01 27012201", [7842.202, 7841.912]),
        ("06 62 01 2701ffff", [7842.202]),
        ("04 52 3c 2701", [7842.202]),
        ("04 a2 01 2701", [7842.792]),
    ],
)
def test_inverse_compact_profile(profile: str, values: list[float]) -> None:
    """Hourly differences, newest first."""
    found = list(readings(records(f"{PROFILE} 4d9313 {profile}"), Medium.WATER))
    assert found == [
        Reading(Quantity.VOLUME, value, 0, NOON - timedelta(hours=hours))
        for hours, value in enumerate([7842.497, *values])
    ]


def test_profile_that_ends_within_a_value() -> None:
    """It is damaged, and so is the telegram."""
    with pytest.raises(DecodeError, match="ends within a value"):
        list(readings(records(f"{PROFILE} 4d9313 05 62 01 270100"), Medium.WATER))


@pytest.mark.parametrize(
    ("head", "element", "value"),
    [
        ("61", "05", 95.0),  # increase
        ("a1", "05", 105.0),  # decrease
        ("e1", "fb", 105.0),  # signed
        ("21", "05", 5.0),  # absolute
        ("62", "0500", 95.0),
        ("63", "050000", 95.0),
        ("64", "05000000", 95.0),
        ("66", "050000000000", 95.0),
        ("67", "0500000000000000", 95.0),
    ],
)
def test_profile_elements(head: str, element: str, value: float) -> None:
    """Every mode and size of the differences."""
    size = len(element) // 2 + 2
    text = f"446d002cfd28 441664000000 4d9613 {size:02x} {head} 01 {element}"
    *_, last = readings(records(text), Medium.WATER)
    assert (last.value, last.at) == (value, NOON - timedelta(hours=1))


@pytest.mark.parametrize(
    "elements", ["61 01 ff 05", "e1 01 80 05", "21 01 ff 05", "a2 01 ffff 0500"]
)
def test_profile_ends(elements: str) -> None:
    """All ones, or the most negative number, mean that nothing follows."""
    size = len(bytes.fromhex(elements))
    text = f"446d002cfd28 441664000000 4d9613 {size:02x} {elements}"
    assert len(list(readings(records(text), Medium.WATER))) == 1


@pytest.mark.parametrize(
    ("head", "spacing", "before"),
    [
        ("41", "0a", timedelta(seconds=10)),
        ("51", "0f", timedelta(minutes=15)),
        ("61", "02", timedelta(hours=2)),
        ("71", "01", timedelta(days=1)),
        ("71", "fe", timedelta(days=31)),  # a month
        ("61", "fe", timedelta(days=92)),  # three months
        ("51", "fe", timedelta(days=182)),  # half a year, to the end of February
        ("41", "fe", None),
        ("61", "00", None),
        ("61", "fb", None),
        ("65", "01", None),  # floating point differences
    ],
)
def test_profile_spacing(head: str, spacing: str, before: timedelta | None) -> None:
    """From seconds to half a year; unknown forms are left out."""
    text = f"446d002cfd28 441664000000 4d9613 03 {head} {spacing} 05"
    found = list(readings(records(text), Medium.WATER))
    assert [NOON - (reading.at or NOON) for reading in found[1:]] == ([before] if before else [])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("446d002cfd28 4d9613 03 61 01 05", 0),  # no base
        ("441664000000 4d9613 03 61 01 05", 0),  # no time
        ("446d002cfd28 4d16c164 4d9613 03 61 01 05", 1),  # base of variable length
        ("446d002cfd28 441664000000 4d9613 01 61", 1),  # no spacing
        ("446d002cfd28 44963c64000000 4d96bc13 03 61 01 05", 2),
        ("446d002cfd28 441664000000 4d96bc13 03 61 01 05", 1),  # base of another register
    ],
)
def test_profile_needs_its_base(text: str, count: int) -> None:
    """A profile without a base is left out, the rest is kept."""
    assert len(list(readings(records(text), Medium.WATER))) == count


def test_months_keep_to_the_calendar() -> None:
    """The last day of a month goes with the last day of a shorter one."""
    end_of_march = struct.pack("<BBBB", 0, 0x2C, 31 | 24 << 5 & 0xE0, 3 | 24 >> 3 << 4).hex()
    text = f"446d{end_of_march} 441664000000 4d9613 04 71 fe 05 05"
    found = [reading.at for reading in readings(records(text), Medium.WATER)]
    assert [at and (at.month, at.day) for at in found] == [(3, 31), (2, 29), (1, 31)]


@given(st.binary(max_size=255))
@settings(max_examples=500, deadline=None)
def test_any_bytes(data: bytes) -> None:
    """Any bytes are records or the one error, never more records than bytes."""
    try:
        found = parse(data)
        given_readings = list(readings(found, Medium.WATER))
    except DecodeError:
        return
    assert len(found) <= len(data)
    assert len(given_readings) <= len(data) + 1
    assert all(isinstance(reading.value, float) for reading in given_readings)


@given(
    sizes=st.sampled_from([(1, 1), (2, 2), (3, 3), (4, 4), (6, 6), (7, 8)]),
    unit=st.integers(0x10, 0x17),
    data=st.data(),
)
def test_any_integer_is_exact(sizes: tuple[int, int], unit: int, data: st.DataObject) -> None:
    """No digit is lost on the way."""
    field, size = sizes
    number = data.draw(st.integers(-(2 ** (8 * size - 1)) + 1, 2 ** (8 * size - 1) - 1))
    raw = number.to_bytes(size, "little", signed=True)
    record = one(bytes((field, unit, *raw)).hex())
    assert record.value == float(number * Fraction(10) ** (unit - 0x16))


@given(
    sizes=st.sampled_from([(0x9, 1), (0xA, 2), (0xB, 3), (0xC, 4), (0xE, 6)]),
    data=st.data(),
)
def test_any_decimal_is_exact(sizes: tuple[int, int], data: st.DataObject) -> None:
    """Negative ones have an F in front."""
    field, size = sizes
    number = data.draw(st.integers(-(10 ** (2 * size - 1)) + 1, 10 ** (2 * size) - 1))
    digits = f"{number:0{2 * size}d}" if number >= 0 else f"f{-number:0{2 * size - 1}d}"
    raw = bytes.fromhex(digits)[::-1]
    assert one(bytes((field, 0x16, *raw)).hex()).value == number
