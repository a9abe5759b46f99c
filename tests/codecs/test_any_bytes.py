"""Any bytes end in readings or in the one error."""

from itertools import groupby
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.model import Codec, Reading, Setting

from . import invariants
from .vectors import VECTORS, Vector, module_of, uplink

F_PORTS = sorted({vector.content["f_port"] for vector in VECTORS})
BEGINNINGS = sorted({vector.content["payload"][:8] for vector in VECTORS})
BY_MODULE = {
    module: (
        sorted({vector.content["f_port"] for vector in vectors}),
        sorted({vector.content["payload"][:8] for vector in vectors}),
    )
    for module, group in groupby(VECTORS, key=lambda vector: vector.module)
    for vectors in (tuple(group),)
}
"""The fPorts that a module knows, and how its payloads begin."""
FURTHER = 40
"""Combinations of any fPort and any beginning that a codec is tried with as well."""


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
    """Payloads full of noise: behind all that the codec knows, and much that it does not."""
    random = Random(codec.key)  # noqa: S311 - no secret
    ports, beginnings = BY_MODULE[module_of(codec)]
    tries = [(port, beginning) for port in ports for beginning in ("", *beginnings)]
    tries += [(random.choice(F_PORTS), random.choice(BEGINNINGS)) for _ in range(FURTHER)]
    for f_port, beginning in tries:
        start = bytes.fromhex(beginning)
        decode(codec, start + random.randbytes(60), f_port)
        decode(codec, start + random.randbytes(255 - len(start)), f_port)


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.key)
def test_empty_payload_gives_no_value(codec: Codec) -> None:
    """LoRaWAN allows empty messages."""
    for f_port in F_PORTS:
        assert not decode(codec, b"", f_port)


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.key)
@given(
    payload=st.binary(max_size=255),
    f_port=st.integers(0, 255) | st.sampled_from(F_PORTS),
    beginning=st.sampled_from(BEGINNINGS) | st.just(""),
    setting=st.sampled_from(Setting),
    value=st.text(max_size=8),
)
@settings(max_examples=20, deadline=None)
def test_any_bytes_on_any_port(  # drawn by hypothesis
    codec: Codec, payload: bytes, f_port: int, beginning: str, setting: Setting, value: str
) -> None:
    """Whatever comes, on whatever fPort, whatever a person wrote into the settings."""
    decode(codec, bytes.fromhex(beginning) + payload, f_port, **{setting: value})
