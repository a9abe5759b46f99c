"""How the demo fills in the forms of the config flow."""

from typing import Any

import pytest

from demo.flow import answer, suggestions

KNOWN = {"url": "http://127.0.0.1:1", "api_key": "key"}


def choice(name: str, *options: str, **more: Any) -> dict[str, Any]:
    """Describe a list as Home Assistant does."""
    select = {"options": [{"value": option, "label": option.upper()} for option in options]}
    return {"name": name, "selector": {"select": {**select, **more}}}


@pytest.mark.parametrize(
    ("field", "filled"),
    [
        ({"name": "url", "required": True, "selector": {"text": {}}}, {"url": KNOWN["url"]}),
        ({"name": "note", "selector": {"text": {}}}, {}),
        ({"name": "port", "default": 1700, "selector": {"number": {}}}, {"port": 1700}),
        (choice("scopes", "a", "b", multiple=True), {"scopes": ["a", "b"]}),
        (
            {**choice("seen", "klax", "pcr2"), "description": {"suggested_value": "pcr2"}},
            {"seen": "pcr2"},
        ),
        (choice("unknown", "none", "pcr2", "klax"), {"unknown": "klax"}),
        (choice("other", "none", "pcr2"), {}),
        (choice("api_key", "secret/key", "other"), {"api_key": "secret/key"}),
        ({"name": "plain", "selector": {"select": {"options": ["klax"]}}}, {"plain": "klax"}),
    ],
)
def test_each_field_gets_what_a_person_would_give(
    field: dict[str, Any], filled: dict[str, Any]
) -> None:
    """A known value, everything, what is suggested, or what is left over."""
    assert answer([field], KNOWN, ["klax"]) == filled


def test_sections_are_filled_and_searched() -> None:
    """A section is a form in a form."""
    seen = {**choice("seen", "klax", "pcr2"), "description": {"suggested_value": "pcr2"}}
    form = [{"name": "open", "type": "expandable", "schema": [seen, choice("new", "klax")]}]
    assert suggestions(form) == {"pcr2"}
    assert answer(form, KNOWN, ["klax"]) == {"open": {"seen": "pcr2", "new": "klax"}}
