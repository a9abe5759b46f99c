"""Bernau between station and old town: zones, gates, and who walks there."""

from functools import cache

from .quarter import Quarter
from .ways import OUTSIDE, Eye, Gate, Group

STATION, OLD_TOWN, MARKET, PARK = "Bahnhofsplatz", "Altstadt", "Marktplatz", "Stadtpark"
TOWN_HALL, LIBRARY, CLUB = "Rathaus", "Stadtbibliothek", "Treff 23"
GALLERY, INFORMATION, HALL = "Galerie Bernau", "Tourist-Information", "Stadthalle"

_WIDE = Eye(missed=0.021, doubled=0.006, turned=0.002)
"""Crowds at a station hide each other."""
_DOOR = Eye(missed=0.008, doubled=0.004, turned=0.001)
_RADAR = Eye(missed=0.014, doubled=0.007, turned=0.002)
_WRONG_WAY = Eye(missed=0.011, doubled=0.006, turned=0.001, swapped=True)
"""Mounted on the wrong side."""

GATES = (
    Gate("train", OUTSIDE, STATION, "train", _WIDE),
    Gate("train_side", OUTSIDE, STATION, "train", _WIDE),
    Gate("yard", OUTSIDE, STATION, "train", _DOOR),
    Gate("platform", OUTSIDE, STATION, "train", _WIDE),
    Gate("bicycles", OUTSIDE, STATION, "bike", _RADAR),
    Gate("bus_1", OUTSIDE, STATION, "bus", _DOOR),
    Gate("bus_2", OUTSIDE, STATION, "bus", _DOOR),
    Gate("garage", OUTSIDE, STATION, "car", _DOOR),
    Gate("east", OUTSIDE, STATION, "walk", _DOOR),
    Gate("mill_gate", STATION, OLD_TOWN, "", _RADAR),
    Gate("stone_gate", OUTSIDE, OLD_TOWN, "walk", _RADAR),
    Gate("kings_gate", OUTSIDE, OLD_TOWN, "walk", _WRONG_WAY),
    Gate("wash_park", OUTSIDE, OLD_TOWN, "car", _RADAR),
    Gate("wall_park", OUTSIDE, OLD_TOWN, "car", _RADAR),
    Gate("market", OLD_TOWN, MARKET, "", _RADAR),
    Gate("town_hall", MARKET, TOWN_HALL, "", _DOOR),
    Gate("library", OLD_TOWN, LIBRARY, "", _DOOR),
    Gate("gallery", OLD_TOWN, GALLERY, "", _DOOR),
    Gate("gallery_yard", OLD_TOWN, GALLERY, "", _DOOR),
    Gate("club", OLD_TOWN, CLUB, "", _DOOR),
    Gate("information", MARKET, INFORMATION, "", _DOOR),
    Gate("park", OLD_TOWN, PARK, "", _RADAR),
    Gate("hall", PARK, HALL, "", _DOOR),
)

_THROUGH_STATION = (
    # to the train in the morning, back in the afternoon: people in the busiest hour of each
    ("east", 150, 140),
    ("bicycles", 95, 88),
    ("garage", 130, 120),
    ("bus_1", 120, 110),
    ("bus_2", 85, 80),
)
_BY_TRAIN = ("train", "platform", "train_side", "yard")

GROUPS = (
    *(
        Group("leaving", people, f"{gate} 7 {_BY_TRAIN[n % 4]}")
        for n, (gate, people, _) in enumerate(_THROUGH_STATION)
    ),
    *(
        Group("returning", people, f"{_BY_TRAIN[n % 4]} 6 {gate}")
        for n, (gate, _, people) in enumerate(_THROUGH_STATION)
    ),
    # who works in town comes and goes the same way
    Group("work", 170, "train 5 mill_gate 490 mill_gate 8 train"),
    Group("work", 60, "bus_1 4 mill_gate 480 mill_gate 9 bus_1"),
    Group("work", 24, "train 5 mill_gate 6 market 2 town_hall 495 town_hall 2 market 6 "
                      "mill_gate 8 train"),
    Group("work", 60, "wash_park 470 wash_park"),
    Group("work", 9, "wall_park 9 library 465 library 8 wall_park"),
    # strolling, shopping
    Group("strolling", 45, "stone_gate 14 kings_gate"),
    Group("strolling", 40, "kings_gate 15 stone_gate"),
    Group("strolling", 36, "kings_gate 12 market 25 market 15 stone_gate"),
    Group("strolling", 34, "stone_gate 10 market 30 market 18 mill_gate 12 train_side"),
    Group("strolling", 26, "platform 9 mill_gate 20 park 45 park 25 mill_gate 14 platform"),
    Group("strolling", 22, "stone_gate 12 park 40 park 10 kings_gate"),
    Group("strolling", 46, "wash_park 12 market 35 market 20 wash_park"),
    Group("strolling", 38, "wall_park 14 market 30 market 16 wall_park"),
    Group("strolling", 15, "stone_gate 15 gallery 35 gallery 20 stone_gate"),
    Group("strolling", 9, "wash_park 10 gallery 30 gallery_yard 10 wash_park"),
    # errands
    Group("errands", 26, "kings_gate 5 market 3 town_hall 28 town_hall 10 market 8 kings_gate"),
    Group("errands", 16, "bus_2 5 mill_gate 6 market 3 town_hall 26 town_hall 6 market 8 "
                         "mill_gate 9 bus_2"),
    Group("errands", 14, "train 6 mill_gate 8 market 4 information 16 information 25 market 12 "
                         "mill_gate 10 train"),
    Group("reading", 22, "stone_gate 7 library 55 library 9 stone_gate"),
    Group("reading", 12, "bus_1 4 mill_gate 8 library 65 library 9 mill_gate 8 bus_1"),
    Group("reading", 14, "kings_gate 5 club 110 club 5 kings_gate"),
    Group("evening", 42, "wall_park 7 park 6 hall 135 hall 4 park 7 wall_park"),
    Group("evening", 26, "train 6 mill_gate 9 park 6 hall 140 hall 4 park 9 mill_gate 15 train"),
    # Wednesdays and Saturdays
    Group("market", 170, "stone_gate 8 market 32 market 12 stone_gate"),
    Group("market", 140, "wash_park 9 market 36 market 14 wash_park"),
    Group("market", 95, "bus_1 4 mill_gate 8 market 34 market 12 mill_gate 9 bus_1"),
    Group("market", 90, "kings_gate 6 market 28 market 9 kings_gate"),
)  # fmt: skip


@cache
def quarter(seed: int) -> Quarter:
    """Give the quarter of the town with this seed."""
    return Quarter(GATES, GROUPS, seed)
