"""Byte-exact frames of the device models, written from the makers' formats."""
