"""Tests of the network servers."""
