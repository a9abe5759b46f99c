"""Tests of everything that this repository holds."""
