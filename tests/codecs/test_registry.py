"""Codecs are found by themselves, and assigned by what is known of a device."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from custom_components.bernau_smartcity.codecs import (
    CODECS,
    NO_CODEC,
    Assignment,
    Source,
    assign,
    find,
    register,
)
from custom_components.bernau_smartcity.model import (
    Codec,
    DecodeError,
    Device,
    Medium,
    Reading,
    Setting,
    Uplink,
)

from .vectors import FOLDER


def silent(uplink: Uplink) -> Iterable[Reading]:
    """Decode to nothing."""
    del uplink
    return ()


def codec(key: str, model: str, **identities: tuple[str, ...]) -> Codec:
    """Give a codec that says nothing."""
    return Codec(
        key=key,
        manufacturer="Maker",
        model=model,
        medium=Medium.WATER,
        quantities=frozenset(),
        decode=silent,
        names=identities.get("names", ()),
        catalogue=identities.get("catalogue", ()),
    )


NAMES = ("device", "profile", "catalogue", "tag", "name")
BY_DEVICE, BY_PROFILE, BY_CATALOGUE, BY_TAG, BY_NAME = (
    codec(f"key_{name}", f"Model {name}", names=(f"Alias {name}",), catalogue=(f"id/{name}",))
    for name in NAMES
)
REGISTRY = register((BY_DEVICE, BY_PROFILE, BY_CATALOGUE, BY_TAG, BY_NAME))
EUI = "0123456789abcdef"
KNOWN: dict[Source, Codec] = {
    Source.DEVICE: BY_DEVICE,
    Source.PROFILE: BY_PROFILE,
    Source.CATALOGUE: BY_CATALOGUE,
    Source.TAG: BY_TAG,
    Source.PROFILE_NAME: BY_NAME,
}


def device(sources: Iterable[Source]) -> Device:
    """Give a device of which the server knows what these sources tell."""
    known = set(sources)
    return Device(
        dev_eui=EUI,
        name="Water meter",
        scope="1",
        profile="p",
        profile_name="Model name" if Source.PROFILE_NAME in known else "LoRaWAN class A",
        catalogue="id/catalogue" if Source.CATALOGUE in known else "",
        tags={"model": "Model tag"} if Source.TAG in known else {},
    )


@pytest.mark.parametrize(
    "sources",
    [sources for count in range(6) for sources in combinations(KNOWN, count)],
    ids=lambda sources: "+".join(source.name for source in sources) or "nothing",
)
def test_first_known_source_decides(sources: tuple[Source, ...]) -> None:
    """The user's choice is above what the server knows, the narrower above the wider."""
    found = REGISTRY.find(
        device(sources),
        {EUI: "key_device"} if Source.DEVICE in sources else {},
        {"p": "key_profile"} if Source.PROFILE in sources else {},
    )
    first = next((source for source in KNOWN if source in sources), Source.NOTHING)
    assert found == Assignment(KNOWN.get(first), first)
    assert found.is_chosen == (first in {Source.DEVICE, Source.PROFILE})
    assert found.is_detected == (first in {Source.CATALOGUE, Source.TAG, Source.PROFILE_NAME})


def test_catalogue_may_give_the_name_of_the_model() -> None:
    """Where each server has identities of its own, as ChirpStack has."""
    named = replace(device(()), catalogue="Maker Model tag")
    assert REGISTRY.find(named, {}, {}) == Assignment(BY_TAG, Source.CATALOGUE)


@pytest.mark.parametrize("choice", [NO_CODEC, "", "key_of_a_codec_that_is_gone", "Model device"])
def test_choice_of_nothing_is_final(choice: str) -> None:
    """What the server knows does not come back through the rear door."""
    everything = device(KNOWN)
    assert REGISTRY.find(everything, {EUI: choice}, {}) == Assignment(None, Source.DEVICE)
    assert REGISTRY.find(everything, {}, {"p": choice}) == Assignment(None, Source.PROFILE)
    assert not REGISTRY.find(everything, {}, {"p": choice}).is_detected


@pytest.mark.parametrize(
    "name",
    [
        *("key_tag", "KEY_TAG", "Model tag", "model TAG", " Model  tag ", "Maker Model tag"),
        *("maker model tag", "Alias tag"),
    ],
)
def test_names_are_exact_but_for_case_and_blanks(name: str) -> None:
    """In a tag as in the name of a profile."""
    plain = device(())
    tagged = replace(plain, tags={"model": name})
    named = replace(plain, profile_name=name)
    assert REGISTRY.find(tagged, {}, {}) == Assignment(BY_TAG, Source.TAG)
    assert REGISTRY.find(named, {}, {}) == Assignment(BY_TAG, Source.PROFILE_NAME)


@pytest.mark.parametrize("name", ["", "Model", "Model tag V2", "tag", "Maker", "None", "none"])
def test_other_names_are_no_guess(name: str) -> None:
    """A name that only resembles one assigns nothing."""
    unknown = replace(device(()), tags={"model": name}, profile_name=name, catalogue="")
    assert REGISTRY.find(unknown, {}, {}) == Assignment(None, Source.NOTHING)


@pytest.mark.parametrize(
    "other",
    [
        codec("key_tag", "Other"),
        codec("other", "Model tag"),
        codec("other", "MODEL  TAG"),
        codec("other", "Other", names=("alias tag",)),
        codec("other", "Other", names=("key_tag",)),
        codec("other", "Other", catalogue=("id/tag",)),
    ],
)
def test_identity_belongs_to_one_codec(other: Codec) -> None:
    """Two claims to the same identity are found when the program starts."""
    with pytest.raises(ValueError, match="both claim"):
        register((BY_TAG, other))


def test_real_codecs_are_assigned() -> None:
    """The module's own functions use the codecs that were found."""
    meter = replace(device(()), profile_name="Elvaco CMi4110")
    assert assign(meter, {}, {}) is CODECS["elvaco_cmi4110"]
    assert assign(meter, {EUI: "klax"}, {}) is CODECS["klax"]
    assert assign(meter, {EUI: NO_CODEC}, {}) is None
    assert find(meter, {}, {}).source is Source.PROFILE_NAME


def test_keys_begin_with_the_name_of_their_file() -> None:
    """Whoever looks for a codec by its key finds its file."""
    modules = [path.stem for path in FOLDER.glob("*.json")]
    for key, found in CODECS.items():
        module = (
            found.decode.func.__module__
            if hasattr(found.decode, "func")
            else (found.decode.__module__)
        )
        assert Path(module.replace(".", "/")).name in modules
        assert key.startswith(module.rpartition(".")[2])
        assert key == found.key
        assert key == key.lower()
        assert key.isidentifier()


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.key)
def test_layouts_can_be_judged(codec: Codec) -> None:
    """Whoever asks a person for a layout can tell a good one from nonsense."""
    assert (codec.layout is not None) is (Setting.LAYOUT in codec.settings)
    if codec.layout is not None:
        codec.layout.check(codec.layout.example)
        for nonsense in ("", "nonsense", "1 = nonsense", "x" * 2000):
            with pytest.raises(DecodeError):
                codec.layout.check(nonsense)
