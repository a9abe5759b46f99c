"""Tests of the simulated town."""
