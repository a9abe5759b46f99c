"""Measurements, each against the real parts; `scripts/bench` prints them."""
