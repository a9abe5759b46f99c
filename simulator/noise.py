"""Randomness that is a pure function of its arguments: the same after every restart."""

from uuid import UUID

_MASK = (1 << 64) - 1


def mix(a: int, b: int = 0, c: int = 0) -> int:
    """Scatter three integers over 64 bits (SplitMix64's finaliser)."""
    x = (a * 0x9E3779B97F4A7C15 + b * 0xD1B54A32D192ED03 + c * 0xAEF17502108EF2D9) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def unit(a: int, b: int = 0, c: int = 0) -> float:
    """Give a number from 0 up to, not including, 1."""
    return (mix(a, b, c) >> 11) / (1 << 53)


def text_salt(text: str) -> int:
    """Turn a text into an integer to mix with."""
    salt = 0
    for byte in text.encode():
        salt = mix(salt, byte)
    return salt


def uuid(a: int, b: int = 0, c: int = 0) -> str:
    """Give the text of a random-looking version 4 UUID."""
    return str(UUID(int=mix(a, b, c) << 64 | mix(c, a, b + 1), version=4))
