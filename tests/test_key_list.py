"""A list of keys is read as people paste it, as a whole or not at all."""

import pytest

from custom_components.bernau_smartcity.flows.key_list import Flaw, KeyListError, Owners, read_keys
from custom_components.bernau_smartcity.ledger.bridges import identity_of

from .small_codecs import EUI, KEY, WRONG

OWNERS = Owners({EUI: EUI, identity_of("1ESY4711"): EUI}, others=False)
ALSO_OTHERS = Owners(OWNERS.known, others=True)


@pytest.mark.parametrize(
    "text",
    [
        f"{EUI};{KEY}",
        f"{EUI.upper()}\t{KEY.upper()}",
        f"DevEUI,AppKey\n{EUI},{KEY}\n",
        f"\ufeffZähler;Schlüssel;\r\n\r\n;;\r\n1ESY 4711;{' '.join(KEY)};\r\n",
        f'"00-11-22-33-44-55-66-77";"{KEY}"\n1esy4711;{KEY}',
    ],
)
def test_keys_of_known_devices(text: str) -> None:
    """In any spelling, with headings and without."""
    assert read_keys(text, OWNERS) == {EUI: KEY}


def test_meters_that_were_not_heard_yet() -> None:
    """Where there is a bridge; a DevEUI that nobody knows is a mistake all the same."""
    assert read_keys(f"12345678;{KEY}", ALSO_OTHERS) == {identity_of("12345678"): KEY}
    for text, owners in (("0011223344556600", ALSO_OTHERS), ("12345678", OWNERS), ("", OWNERS)):
        with pytest.raises(KeyListError) as error:
            read_keys(f"{text};{KEY}", owners)
        assert error.value.flaw is Flaw.UNKNOWN


def test_nothing_is_entered() -> None:
    """That is no mistake."""
    assert read_keys(" \n\n", OWNERS) == {}


@pytest.mark.parametrize(
    ("text", "flaw", "lines"),
    [
        (EUI, Flaw.LINE, [1]),
        (f"{EUI};{KEY};7", Flaw.LINE, [1]),
        (f"{EUI};{KEY}\n\n{EUI};{KEY[1:]}\n{EUI};0x{KEY}", Flaw.KEY, [3, 4]),
        (f"{EUI};{KEY}\n{EUI};{WRONG}", Flaw.TWICE, [2]),
        (f"4712;{KEY}\n{EUI};?\n4713;{KEY}\nx", Flaw.LINE, [4]),
        (f"4712;{KEY}\n{EUI};{KEY}\n4713;{KEY}", Flaw.UNKNOWN, [1, 3]),
    ],
)
def test_lines_that_cannot_be_used(text: str, flaw: Flaw, lines: list[int]) -> None:
    """Each is told by its number, without what stands in it."""
    with pytest.raises(KeyListError) as error:
        read_keys(text, OWNERS)
    assert (error.value.flaw, error.value.lines) == (flaw, lines)
    assert KEY not in str(error.value)
