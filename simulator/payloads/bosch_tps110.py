"""Bosch TPS110 parking sensor: state of the space, and in newer firmware the temperature."""

CHANGE, ALIVE = 1, 2
"""fPorts of a change and of the daily sign of life."""


def encode(*, taken: bool, celsius: int) -> bytes:
    """Encode state and whole degrees."""
    return bytes((taken, celsius & 0xFF))
