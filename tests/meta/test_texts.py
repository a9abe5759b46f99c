"""Texts are complete: nothing is missing, nothing is left over."""

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module
import re
from typing import Any

from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.entity import EntityDescription
import probatio
import pytest

from custom_components.bernau_smartcity.ledger.checks import Refusal
from custom_components.bernau_smartcity.model import Reason
from tests.texts import LANGUAGES, TEXTS, missing, missing_in_step, placeholders

from .source import PACKAGE, calls, modules, strings, tree

PLATFORMS = ("binary_sensor", "event", "number", "sensor")

SECTIONS = {
    "conditions",
    "config",
    "config_subentries",
    "entity",
    "exceptions",
    "issues",
    "options",
    "selector",
    "services",
    "system_health",
    "title",
    "triggers",
}

NAMED_BY_KEY = {"FLAGS", "VALUES"}
"""Tables whose rows are named by their key."""

GRAMMAR = {
    "abort",
    "data",
    "data_description",
    "description",
    "entry_type",
    "error",
    "fields",
    "fix_flow",
    "info",
    "initiate_flow",
    "menu_option_descriptions",
    "menu_options",
    "message",
    "name",
    "options",
    "sections",
    "state",
    "state_attributes",
    "step",
    "title",
    "unit_of_measurement",
}
"""Keys by which Home Assistant orders texts."""

OF_HOME_ASSISTANT = {
    "already_configured",
    "already_in_progress",
    "config_entry_id",
    "device_id",
    "entity_id",
    "off",
    "on",
    "reconfigure_successful",
    "unknown",
}
"""Keys that Home Assistant's own helpers bring up, or that are named by its constants."""


def flat(texts: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Give each text with its path."""
    for key, value in texts.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}{key}/")
        else:
            yield f"{path}{key}", value


FLAT = {language: dict(flat(texts)) for language, texts in TEXTS.items()}
WORDS = {word for path in modules(PACKAGE) for word in strings(path)}
CALLS = {path.stem: list(calls(path)) for path in PACKAGE.glob("*.py")}


def test_languages_have_the_same_keys() -> None:
    """What one language says, the other says as well, in the same order."""
    assert list(FLAT["de"]) == list(FLAT["en"])


@pytest.mark.parametrize("path", FLAT["en"])
def test_languages_have_the_same_placeholders(path: str) -> None:
    """A name that is filled in one language is filled in the other."""
    assert placeholders(FLAT["de"][path]) == placeholders(FLAT["en"][path])


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_well_formed(language: str) -> None:
    """Plain texts, none blank; references to other texts do not work outside of core."""
    for path, text in FLAT[language].items():
        assert isinstance(text, str), path
        assert text == text.strip() != "", path
        assert "[%key:" not in text, path
        assert not re.search(r"<[a-z/]", text), path
        assert "  " not in text, path


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_are_well_formed(language: str) -> None:
    """Known sections; keys as hassfest wants them."""
    assert set(TEXTS[language]) <= SECTIONS
    for path in FLAT[language]:
        for key in path.split("/"):
            assert re.fullmatch(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", key), path


def test_languages_differ() -> None:
    """Nobody forgot to translate: only names and symbols are the same in both."""
    same = [path for path, text in FLAT["en"].items() if FLAT["de"][path] == text]
    assert len(same) < len(FLAT["en"]) / 8, same


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_field_is_described(language: str) -> None:
    """Each field of a form has a name and says what to enter."""
    paths = FLAT[language]
    fields = [path for path in paths if re.search(r"/step/.*/data/[^/]+$", path)]
    assert fields
    assert not [
        path for path in fields if path.replace("/data/", "/data_description/") not in paths
    ]
    described = [path for path in paths if re.search(r"/step/.*/data_description/[^/]+$", path)]
    assert not [
        path for path in described if path.replace("/data_description/", "/data/") not in paths
    ]


def test_each_key_is_used() -> None:
    """Nothing is left of what the code no longer says: each key is a word of the code."""
    described = " ".join(
        (PACKAGE / f"{kind}.yaml").read_text("utf-8")
        for kind in ("conditions", "services", "triggers")
    )
    known = (
        WORDS
        | set(re.findall(r"\w+", described))
        | GRAMMAR
        | SECTIONS
        | OF_HOME_ASSISTANT
        | set(PLATFORMS)
    )
    ending = re.compile(r"(_today|_yesterday|_this_month)?(_channel)?$")
    keys = {key for path in FLAT["en"] for key in path.split("/")} - known
    assert sorted({ending.sub("", key, count=1) for key in keys} - known) == []


FLOWS = {
    "config": "configflow",
    "config_subentries": "configsubentryflow",
    "options": "optionsflow",
}
"""By the section of their texts: in what the names of their classes end."""


def steps_shown() -> Iterator[tuple[str, str]]:
    """Give the steps that each flow shows, by the section of its texts."""
    for path in modules(PACKAGE):
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef):
                bases = " ".join(map(ast.unparse, node.bases)).lower()
                for section, base in FLOWS.items():
                    if base in bases:
                        yield from ((section, step) for step in texts_of(node, "step_id"))


def texts_of(part: ast.AST, argument: str) -> set[str]:
    """Give the text constants that calls are given for a keyword argument."""
    return {
        keyword.value.value
        for node in ast.walk(part)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == argument
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    }


def test_each_step_has_texts_and_each_text_a_step() -> None:
    """The steps shown are the steps described."""
    described = {
        (section, step)
        for section in ("config", "options")
        for step in TEXTS["en"][section]["step"]
    } | {
        ("config_subentries", step)
        for texts in TEXTS["en"]["config_subentries"].values()
        for step in texts["step"]
    }
    assert set(steps_shown()) == described
    assert ("config", "user") in described


@pytest.mark.parametrize("reason", Reason)
def test_each_refusal_of_a_server_has_its_texts(reason: Reason) -> None:
    """While setting up, while changing, and later while polling."""
    given = {"server": ""}
    for path in (
        f"config/error/{reason}",
        f"options/error/{reason}",
        f"exceptions/{reason}/message",
    ):
        assert not list(missing(path, given))


@pytest.mark.parametrize("refusal", Refusal)
def test_each_refusal_of_a_correction_has_its_texts(refusal: Refusal) -> None:
    """As an action, and in the flow."""
    assert f"exceptions/{refusal}/message" in FLAT["en"]
    assert f"options/error/{refusal}" in FLAT["en"] or f"options/abort/{refusal}" in FLAT["en"]


def paths_in_calls() -> Iterator[str]:
    """Give the path of each text that a call names in so many words."""
    for module, named in CALLS.items():
        for name, words in named:
            key = words.get("translation_key")
            if reason := words.get("reason"):
                yield f"config/abort/{reason}"
            if key is None:
                continue
            if name == "async_create_issue":
                yield f"issues/{key}/title"
            elif name.endswith("Description") or module in PLATFORMS:
                yield f"entity/{module}/{key}/name"
            elif name.endswith("SelectorConfig"):
                yield f"selector/{key}/options"
            else:
                yield f"exceptions/{key}/message"


@pytest.mark.parametrize("path", sorted(set(paths_in_calls())))
def test_each_text_named_in_a_call_exists(path: str) -> None:
    """What the code asks for is there."""
    assert any(known == path or known.startswith(f"{path}/") for known in FLAT["en"])


def descriptions(value: object) -> Iterator[EntityDescription]:
    """Find entity descriptions in a table."""
    if isinstance(value, EntityDescription):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from descriptions(part)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from descriptions(part)


def entity_keys() -> Iterator[tuple[str, str]]:
    """Give platform and translation key of each entity that a table describes."""
    for platform in PLATFORMS:
        if (PACKAGE / f"{platform}.py").exists():
            module = import_module(f"custom_components.bernau_smartcity.{platform}")
            for name, table in vars(module).items():
                for row in descriptions(table) if name.isupper() else ():
                    if row.translation_key:
                        yield platform, row.translation_key
                    elif name in NAMED_BY_KEY:
                        yield platform, str(row.key)
                    yield from (
                        (platform, key) for key, _ in (getattr(row, "media", None) or {}).values()
                    )


@pytest.mark.parametrize(("platform", "key"), sorted(set(entity_keys())))
def test_each_entity_has_a_name(platform: str, key: str) -> None:
    """Each row of a table has a name in each language."""
    assert not list(missing(f"entity/{platform}/{key}/name"))


def test_a_name_with_a_channel_has_one_without() -> None:
    """A device with one channel and a device with two use the same words."""
    for platform, names in TEXTS["en"]["entity"].items():
        for key in names:
            if key.endswith("_channel"):
                assert key.removesuffix("_channel") in names, f"{platform}.{key}"
                assert not list(missing(f"entity/{platform}/{key}/name", {"channel": "1"}))


def test_missing_texts_are_noticed() -> None:
    """The watch over flows in all other tests can fail."""
    result = {
        "type": FlowResultType.FORM,
        "step_id": "credentials",
        "errors": {"base": "nothing_like_it"},
        "data_schema": probatio.Schema({probatio.Required("no_such_field"): str}),
    }
    found = "\n".join(missing_in_step("config", result))
    assert "de: config/error/nothing_like_it is missing" in found
    assert "en: config/step/credentials/data/no_such_field is missing" in found
    assert "config/step/credentials/title wants ['server']" in found
