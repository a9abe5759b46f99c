"""Coverage-guided search for messages that a decoder cannot stand.

`python -m tests.fuzz` (or `scripts/fuzz`) searches; the tests here try what the
search begins with, and that the work grows no faster than the message.
"""
