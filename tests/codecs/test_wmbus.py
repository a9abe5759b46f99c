"""wM-Bus and OMS: layers, encryption, compact telegrams, and bridges that pass them on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.codecs._bridged import assembled
from custom_components.bernau_smartcity.codecs._kamstrup import state
from custom_components.bernau_smartcity.codecs._mbus import parse
from custom_components.bernau_smartcity.codecs._times import clock_error
from custom_components.bernau_smartcity.codecs._wmbus import (
    WITHOUT_HEADER,
    Content,
    Keys,
    layers,
    remember_format,
    telegram,
    whole,
)
from custom_components.bernau_smartcity.codecs._wmbus.checksums import crc, without_checksums
from custom_components.bernau_smartcity.model import (
    DecodeError,
    Medium,
    Missing,
    Quantity,
    Reading,
    Remember,
    WaitingError,
)

from .vectors import uplink

ADDRESS = "2d2c785634121606"
LINK = "44" + ADDRESS
RECORDS = "0413e8030000"
"""1 m³."""
KEY = "000102030405060708090A0B0C0D0E0F"


def keys(memory: Mapping[str, str] | None = None, key: str = "", *, is_bridge: bool = True) -> Keys:
    """Give the keys of a device, or of the meter behind it."""
    known = {"key_12345678" if is_bridge else "key": key} if key else {}
    return Keys(uplink(b"", 1, settings=known, memory=memory), is_bridge=is_bridge)


def framed(rest: str) -> bytes:
    """Give a telegram with its length before it."""
    body = bytes.fromhex(LINK + rest)
    return bytes((len(body),)) + body


def with_checksums(frame: bytes) -> bytes:
    """Give a telegram as it is on the air in frame format A."""
    blocks = [frame[:10], *(frame[at : at + 16] for at in range(10, len(frame), 16))]
    return b"".join(block + crc(block).to_bytes(2) for block in blocks)


def test_checksum_of_the_standard() -> None:
    """The check value that catalogues of checksums give for CRC-16/EN-13757."""
    assert crc(b"123456789") == 0xC2B7


@pytest.mark.parametrize("length", [0, 1, 5, 6, 7, 22, 23, 100])
def test_checksums_are_taken_out(length: int) -> None:
    """Whatever the length of the last block."""
    frame = framed("a0" * length)
    assert without_checksums(with_checksums(frame)) == frame
    assert without_checksums(frame) == frame


@pytest.mark.parametrize("damage", [0, 9, 10, 12, 28, -1])
def test_damaged_telegram_is_refused(damage: int) -> None:
    """A flipped bit anywhere breaks length or checksum."""
    frame = bytearray(with_checksums(framed("a0" * 30)))
    frame[damage] ^= 1
    with pytest.raises(DecodeError, match=r"\d+ bytes are no wM-Bus telegram"):
        without_checksums(bytes(frame))


def test_telegram_with_bytes_behind_it_is_refused() -> None:
    """It is not what its length says."""
    with pytest.raises(DecodeError, match="are no wM-Bus telegram"):
        without_checksums(with_checksums(framed("a0" * 30)) + b"\0")


def test_address() -> None:
    """Manufacturer, number and kind stand in the link header."""
    address, content = telegram(framed("78" + RECORDS), keys())
    assert (address.manufacturer, address.number) == ("KAM", "12345678")
    assert address.medium is Medium.WATER
    assert content.kind == WITHOUT_HEADER
    assert content.records.hex() == RECORDS


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("", id="no link layer"),
        pytest.param("8c2075", id="8C: access only"),
        pytest.param("8e2075 9315785634123303", id="8E: another address"),
        pytest.param("900200 00", id="authentication layer that tells nothing"),
        pytest.param("900f 002c25b30a0000 21924d4f2fb66e01", id="authentication layer"),
        pytest.param("9009 002a ff ffff 0a000000", id="with key information"),
    ],
)
def test_layers_before_plain_data(before: str) -> None:
    """They are read over."""
    content = layers(bytes.fromhex(before + "7a10000000" + RECORDS), keys())
    assert (content.status, content.records.hex(), content.is_proven) == (0, RECORDS, False)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("", "the telegram has no content"),
        ("8c2075", "the telegram has no content"),
        ("8c20", "link header of 2 bytes instead of 3"),
        ("8e2075 2d2c", "link header of 5 bytes instead of 11"),
        ("8d2075 00000000", "key_wrong"),
        ("8d2075 00000020 0000", "header_needed"),
        ("90", "the telegram has no content"),
        ("90 05 0000", "telegram is only a fragment"),
        ("90 02 0040 7a10000000", "telegram is only a fragment"),
        ("7a1000", "transport header of 3 bytes instead of 5"),
        ("72 78563412 2d2c", "transport header of 7 bytes instead of 13"),
        ("7a10000005", "header_needed"),
        ("a2", "no readable telegram: its layer 0xA2 is not one of the standard"),
    ],
)
def test_telegrams_that_cannot_be_read(data: str, error: str) -> None:
    """The error tells where it ends."""
    with pytest.raises(DecodeError) as caught:
        layers(bytes.fromhex(data), keys(is_bridge=False))
    assert str(caught.value) == error


@pytest.mark.parametrize("kind", ["8d", "8f"])
@pytest.mark.parametrize("control", [0x20, 0x30], ids=["direct", "through a repeater"])
def test_encrypted_link(kind: str, control: int) -> None:
    """AES-CTR from the session on; the bit of repeaters is not part of the vector."""
    plain = bytes.fromhex("78" + RECORDS)
    session = bytes.fromhex("01020320")
    vector = bytes.fromhex(ADDRESS + "20") + session + bytes(3)
    cipher = Cipher(AES(bytes.fromhex(KEY)), modes.CTR(vector)).encryptor()
    sealed = cipher.update(crc(plain).to_bytes(2, "little") + plain)
    head = kind + f"{control:02x}75" + (ADDRESS if kind == "8f" else "") + session.hex()
    _, content = telegram(framed(head + sealed.hex()), keys(key=KEY))
    assert content.records.hex() == RECORDS
    with pytest.raises(WaitingError) as caught:
        telegram(framed(head + sealed.hex()), keys(key=KEY[2:] + "00"))
    assert caught.value.missing is Missing.RIGHT_KEY
    assert caught.value.meter == "12345678"


@pytest.mark.parametrize("session", ["01020300", "01020304"])
def test_link_with_a_session_but_plain(session: str) -> None:
    """Its checksum counts."""
    plain = bytes.fromhex("78" + RECORDS)
    data = bytes.fromhex("8d2075" + session) + crc(plain).to_bytes(2, "little") + plain
    assert layers(data, keys()).records.hex() == RECORDS


def encrypted(access: int, blocks: int, mode: int, plain: str, key: bytes, vector: bytes) -> str:
    """Give a short transport header and encrypted blocks behind it."""
    cipher = Cipher(AES(key), modes.CBC(vector)).encryptor()
    sealed = cipher.update(bytes.fromhex(plain))
    return f"7a{access:02x}00{blocks << 4:02x}{mode:02x}" + sealed.hex()


def test_security_mode_5_leaves_plain_what_follows() -> None:
    """Only so many blocks as the header tells are encrypted."""
    plain = "2f2f" + RECORDS + "2f" * 8
    data = encrypted(7, 1, 5, plain, bytes.fromhex(KEY), bytes.fromhex(ADDRESS + "07" * 8))
    address, content = telegram(framed(data + RECORDS), keys(key=KEY))
    assert content.is_proven
    assert content.records.hex() == plain + RECORDS
    assert address.number == "12345678"


@pytest.mark.parametrize("key", ["0123", "no key", KEY[::-1]])
def test_wrong_key_names_the_meter_behind_a_bridge(key: str) -> None:
    """The device's own key is not named by a meter."""
    data = encrypted(7, 1, 5, "2f" * 16, bytes.fromhex(KEY), bytes.fromhex(ADDRESS + "07" * 8))
    for is_bridge, meter in ((True, "12345678"), (False, "")):
        with pytest.raises(WaitingError) as caught:
            telegram(framed(data), keys(key=key, is_bridge=is_bridge))
        assert caught.value.missing is Missing.RIGHT_KEY
        assert caught.value.meter == meter
        assert key not in str(caught.value)


def test_radio_adapter_sends_for_a_meter() -> None:
    """The long header's address is that of the meter, and it counts for the key."""
    header = "72 88888888 2423 07 04 10 00 0000"
    address, _ = telegram(framed(header + RECORDS), keys())
    assert (address.number, address.manufacturer) == ("88888888", "HYD")


def compact(heads: str, full: str, data: str) -> Content:
    """Give a compact telegram."""
    head = crc(bytes.fromhex(heads)).to_bytes(2, "little")
    content = head + crc(bytes.fromhex(full)).to_bytes(2, "little") + bytes.fromhex(data)
    return telegram(framed("79" + content.hex()), keys())[1]


def test_compact_telegram_of_a_format_that_was_kept() -> None:
    """A full telegram tells the heads, text of variable length included."""
    full = "0413e8030000 0d7803313233 046d002cfd28"
    kept = remember_format(parse(bytes.fromhex(full)))
    told = compact("0413 0d78 046d", full, "e8030000 03313233 002cfd28")
    assert kept.text == "0413 0d78 046d"
    assert whole(told, keys({kept.name: kept.text})) == parse(bytes.fromhex(full))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("e8030000 03313233 002cfd", "compact telegram has 11 bytes of data instead of 12"),
        ("e8030000", "compact telegram has 4 bytes of data instead of 9"),
        ("e8030000 03313233 002cfd28 00", "compact telegram has 13 bytes of data instead of 12"),
        ("e9030000 03313233 002cfd28", "compact telegram is not of the format that it names"),
    ],
)
def test_compact_telegram_that_does_not_fit(data: str, error: str) -> None:
    """Its length, then its checksum."""
    full = "0413e8030000 0d7803313233 046d002cfd28"
    kept = remember_format(parse(bytes.fromhex(full)))
    told = compact("0413 0d78 046d", full, data)
    with pytest.raises(DecodeError) as caught:
        whole(told, keys({kept.name: kept.text}))
    assert str(caught.value) == error


def test_compact_telegram_of_an_unknown_format() -> None:
    """The full one must come first."""
    with pytest.raises(WaitingError) as caught:
        whole(compact("0413", RECORDS, "e8030000"), keys())
    assert caught.value.missing is Missing.HEADER
    assert caught.value.meter == "12345678"
    with pytest.raises(WaitingError):
        whole(layers(b"\x79\x01\x02\x03\x04", keys(is_bridge=False)), keys(is_bridge=False))
    with pytest.raises(DecodeError, match="compact telegram is cut off"):
        whole(layers(b"\x79\x01\x02\x03", keys()), keys())


def parts(count: int, memory: Mapping[str, str]) -> tuple[bytes, tuple[Remember, ...]]:
    """Give the last of three parts."""
    it = replace(uplink(b"", 1, memory=memory), f_cnt=count)
    return assembled(it, b"\x03", "x", is_first=False, is_last=True)


def test_telegram_in_three_parts() -> None:
    """Parts are kept for a week and given up when they were used."""
    memory: dict[str, str] = {}
    for count, part in ((4, b"\x01"), (5, b"\x02")):
        it = replace(uplink(b"", 1, memory=memory), f_cnt=count)
        telegram, told = assembled(it, part, "x", is_first=count == 4, is_last=False)
        assert not telegram
        assert [each.lifetime for each in told] == [timedelta(days=7)]
        memory |= {each.name: each.text for each in told}
    assert parts(6, memory) == (
        b"\x01\x02\x03",
        (Remember("part_x_5", ""), Remember("part_x_4", "")),
    )
    for lost in memory:
        kept = {name: text for name, text in memory.items() if name != lost}
        with pytest.raises(DecodeError, match="an earlier part of the telegram is missing"):
            parts(6, kept)


@pytest.mark.parametrize(
    ("clock", "missing"),
    [
        ("11:58:30", "0:00:00"),
        ("13:01:00", "-1:00:00"),
        ("09:47:00", "2:15:00"),
        ("11:37:00", "0:23:00"),
    ],
)
def test_error_of_a_clock(clock: str, missing: str) -> None:
    """Minutes are delay, quarter hours a zone, and all else a wrong clock."""
    true = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    shown = datetime.fromisoformat(f"2026-11-23T{clock}Z")
    hours, minutes, _ = missing.lstrip("-").split(":")
    expected = timedelta(hours=int(hours), minutes=int(minutes))
    assert clock_error(shown, true) == (-expected if missing.startswith("-") else expected)


def test_error_of_a_clock_that_was_never_set() -> None:
    """Years are no zone, so that they are made good to the second."""
    true = datetime(2026, 11, 23, 12, 0, 7, tzinfo=UTC)
    shown = datetime(2020, 1, 1, tzinfo=UTC)
    assert shown + clock_error(shown, true) == true


def test_states_that_header_and_flags_tell_count_as_of_now() -> None:
    """Either of them is enough."""
    records = parse(bytes.fromhex("02ff252100 02ff1bff0f 02ff1c2a00"))
    told = {reading.quantity: reading.value for reading in state(records, 0x04, "1")}
    assert told[Quantity.BATTERY_LOW] == told[Quantity.DRY] == 1
    assert told[Quantity.FAULT] == told[Quantity.LEAK] == 0
    assert told[Quantity.NOISE_LEVEL] == 42
    assert not [*state(parse(bytes.fromhex("22ff252100")), None, "1")]


def test_bridge_tells_of_a_meter_by_true_time() -> None:
    """The meter's clock is an hour slow: what it stored is put right by it."""
    heard = datetime(2023, 8, 29, 12, 0, tzinfo=UTC)
    data = framed("7a10000000 046d002cfd28 0413e8030000 426cff27 4413e7030000")
    message = uplink(
        b"\x03" + int(heard.timestamp()).to_bytes(5) + data, 101, heard + timedelta(hours=3)
    )
    told = [each for each in CODECS["lobaro_wmbus"].decode(message) if isinstance(each, Reading)]
    volumes = [reading for reading in told if reading.quantity is Quantity.VOLUME]
    month = datetime(2023, 8, 1, tzinfo=UTC)
    assert [(each.value, each.at) for each in volumes] == [(1.0, heard), (0.999, month)]
