"""When the demo kills."""

from demo.kills import IDLE, Kills


def test_the_same_number_gives_the_same_moments() -> None:
    """A failure can be repeated."""
    assert Kills(20, 1).moments() == Kills(20, 1).moments() != Kills(20, 2).moments()


def test_every_phase_has_its_kill() -> None:
    """One in each share of the time, in an order that does not follow the time."""
    found = Kills(20, 7).moments()
    shares = sorted(moment / (1 + IDLE) for moment in found)
    assert all(number <= share * 20 < number + 1 for number, share in enumerate(shares))
    assert found != sorted(found)
    assert Kills(0, 1).moments() == []
