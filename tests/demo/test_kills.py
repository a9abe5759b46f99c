"""When the demo kills."""

from demo.kills import IDLE, Kills, Usual

USUAL = Usual(start=8.0, reading=10.0)


def test_the_same_number_gives_the_same_moments() -> None:
    """A failure can be repeated."""
    assert Kills(20, 1).moments(USUAL) == Kills(20, 1).moments(USUAL)
    assert Kills(20, 1).moments(USUAL) != Kills(20, 2).moments(USUAL)


def test_every_phase_has_its_kills() -> None:
    """Spread evenly over each, in an order that does not follow the time."""
    found = Kills(20, 7).moments(USUAL)
    assert found != sorted(found)
    starting = sorted(moment.seconds for moment in found if not moment.asked)
    assert [int(seconds / USUAL.start * 5) for seconds in starting] == [*range(5)]
    reading = sorted(moment.seconds for moment in found if moment.asked)
    length = USUAL.reading * (1 + IDLE)
    assert [int(seconds / length * 15) for seconds in reading] == [*range(15)]
    assert Kills(0, 1).moments(USUAL) == []
