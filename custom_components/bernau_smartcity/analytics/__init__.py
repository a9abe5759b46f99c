"""Visitor analytics in Home Assistant: counters at gates between zones."""
