"""A small town in which all that goes into a zone comes out of it."""

from typing import Final

from custom_components.bernau_smartcity.visitors.flows import Edge

TOWN: Final[dict[Edge, float]] = {
    ("*", "A"): 300,
    ("A", "*"): 280,
    ("*", "B"): 120,
    ("B", "*"): 110,
    ("*", "C"): 60,
    ("C", "*"): 90,
    ("A", "B"): 200,
    ("B", "A"): 180,
    ("B", "C"): 90,
    ("C", "B"): 60,
}
