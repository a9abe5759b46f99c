"""Any bytes end in readings or in the one error."""

from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.model import Codec, Reading, Setting

from . import invariants
from .vectors import VECTORS, Vector, uplink

F_PORTS = sorted({vector.content["f_port"] for vector in VECTORS})
BEGINNINGS = sorted({vector.content["payload"][:8] for vector in VECTORS})


def decode(codec: Codec, payload: bytes, f_port: int, **known: str) -> tuple[Reading, ...]:
    """Decode, and check what must hold for every frame."""
    return invariants.decode(codec, uplink(payload, f_port, settings=known))


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_cut_offs_and_flipped_bits(vector: Vector) -> None:
    """A damaged payload is readings or an error, whichever bit or end is hit."""
    payload, f_port = vector.uplink.payload, vector.uplink.f_port
    for length in range(len(payload)):
        decode(vector.codec, payload[:length], f_port)
    for bit in range(8 * len(payload)):
        damaged = bytearray(payload)
        damaged[bit // 8] ^= 1 << bit % 8
        decode(vector.codec, bytes(damaged), f_port)


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.key)
def test_noise(codec: Codec) -> None:
    """The longest payload of LoRaWAN, full of noise, on every fPort in use."""
    random = Random(20261123)  # noqa: S311 - no secret
    for f_port in F_PORTS:
        for _ in range(20):
            decode(codec, random.randbytes(255), f_port)
        for beginning in BEGINNINGS:
            noise = bytes.fromhex(beginning) + random.randbytes(60)
            decode(codec, noise, f_port)


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.key)
def test_empty_payload_gives_no_value(codec: Codec) -> None:
    """LoRaWAN allows empty messages."""
    for f_port in F_PORTS:
        assert not decode(codec, b"", f_port)


@given(
    payload=st.binary(max_size=255),
    f_port=st.integers(0, 255) | st.sampled_from(F_PORTS),
    interval=st.text(max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_on_any_port(payload: bytes, f_port: int, interval: str) -> None:
    """Whatever comes, on whatever fPort, whatever a person wrote into the settings."""
    for codec in CODECS.values():
        decode(codec, payload, f_port, **{Setting.INTERVAL: interval})


@given(beginning=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_bytes_behind_a_real_beginning(beginning: str, rest: bytes) -> None:
    """Noise that passes the first checks."""
    for codec in CODECS.values():
        for f_port in (3, 14, 85, 100):
            decode(codec, bytes.fromhex(beginning) + rest, f_port)
