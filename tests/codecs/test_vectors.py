"""Each codec says of known payloads what they mean."""

from pathlib import Path

import pytest

from custom_components.bernau_smartcity import codecs
from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.model import (
    Codec,
    DecodeError,
    Meter,
    Remember,
    readings_of,
)

from .vectors import FOLDER, VECTORS, Vector

MODULES = sorted(
    path.stem for path in Path(codecs.__file__).parent.glob("[!_]*.py") if path.stem != "__init__"
)


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_vector(vector: Vector) -> None:
    """The readings are those expected, or the frame is refused for the reason expected."""
    if vector.readings is None:
        with pytest.raises(DecodeError) as caught:
            tuple(vector.codec.decode(vector.uplink))
        assert str(caught.value) == vector.content["error"]
    else:
        told = tuple(vector.codec.decode(vector.uplink))
        assert tuple(readings_of(told)) == vector.readings
        assert tuple(each for each in told if isinstance(each, Meter)) == vector.meters
        remembered = {each.name: each.text for each in told if isinstance(each, Remember)}
        assert remembered == vector.content.get("remember", {})


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_vector_is_well_formed(vector: Vector) -> None:
    """Every payload has a source, and says either something or why not."""
    assert vector.content["source"]
    assert ("readings" in vector.content) != ("error" in vector.content)
    assert vector.content.keys() <= {
        *("name", "source", "codec", "f_port", "payload", "received_at", "settings"),
        *("memory", "meters", "remember", "readings", "error", "note"),
    }


def test_every_module_has_vectors_and_the_reverse() -> None:
    """A codec without vectors is not finished."""
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == MODULES


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.key)
def test_vectors_show_all_that_is_declared(codec: Codec) -> None:
    """Nothing is declared in vain, and nothing else is given."""
    shown = {
        reading.quantity
        for vector in VECTORS
        if vector.codec is codec
        for reading in vector.readings or ()
    }
    assert shown == codec.quantities


@pytest.mark.parametrize("module", MODULES)
def test_vectors_show_what_is_refused(module: str) -> None:
    """Each format has payloads that it must refuse."""
    assert [v for v in VECTORS if v.module == module and v.readings is None]
