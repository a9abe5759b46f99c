"""Notes which texts Home Assistant would want from this integration and not find.

Home Assistant's own test suite does so for its integrations; the harness for
custom ones does not. The fixture in conftest.py lets it watch every test.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import reduce
from json import loads
from operator import getitem
from pathlib import Path
import string
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntriesFlowManager, ConfigSubentryFlowManager
from homeassistant.core import DOMAIN as CORE, HomeAssistant
from homeassistant.data_entry_flow import FlowManager, FlowResultType, section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.issue_registry import IssueRegistry
from homeassistant.helpers.selector import SelectSelector

DOMAIN = "bernau_smartcity"
PACKAGE = Path(__file__).parent.parent / "custom_components" / DOMAIN
LANGUAGES = ("de", "en")
TEXTS: dict[str, dict[str, Any]] = {
    language: loads((PACKAGE / "translations" / f"{language}.json").read_text("utf-8"))
    for language in LANGUAGES
}


def placeholders(text: str) -> set[str]:
    """Give the names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def missing(path: str, given: Mapping[str, str] | None = None) -> Iterator[str]:
    """Tell in which language a text is missing, or has a name that is not given to it."""
    for language, texts in TEXTS.items():
        try:
            text: Any = reduce(getitem, path.split("/"), texts)
        except KeyError:
            yield f"{language}: {path} is missing"
            continue
        if unknown := placeholders(text) - set(given or {}):
            yield f"{language}: {path} wants {sorted(unknown)}"


def missing_in_step(section_of: str, result: Mapping[str, Any]) -> Iterator[str]:
    """Tell what is missing for a form, a menu or an end of a flow."""
    given = result.get("description_placeholders") or {}
    if result["type"] is FlowResultType.ABORT:
        if result.get("translation_domain", DOMAIN) != CORE:
            yield from missing(f"{section_of}/abort/{result['reason']}", given)
        return
    if result["type"] not in {FlowResultType.FORM, FlowResultType.MENU}:
        return
    step = f"{section_of}/step/{result['step_id']}"
    yield from missing(f"{step}/title", given)
    yield from missing(f"{step}/description", given) if given else ()
    for error in (result.get("errors") or {}).values():
        yield from missing(f"{section_of}/error/{error}", given)
    for option in result.get("menu_options") or ():
        yield from missing(f"{step}/menu_options/{option}", given)
        yield from missing(f"{step}/menu_option_descriptions/{option}", given)
    schema = result.get("data_schema")
    if result["type"] is FlowResultType.FORM and schema is not None:
        yield from missing_in_form(step, schema.schema, given)


def missing_in_form(
    step: str, schema: Mapping[Any, Any], given: Mapping[str, str]
) -> Iterator[str]:
    """Tell what is missing for the fields of a form."""
    for marker, selector in schema.items():
        field = str(marker.schema)
        if isinstance(selector, section):
            yield from missing(f"{step}/sections/{field}/name", given)
            inner = selector.schema.schema
            yield from missing_in_form(f"{step}/sections/{field}", inner, given)
        elif field.isidentifier():  # else named by what only the network server knows
            yield from missing(f"{step}/data/{field}", given)
            yield from missing(f"{step}/data_description/{field}", given)
        if isinstance(selector, SelectSelector) and (key := selector.config.get("translation_key")):
            for option in selector.config["options"]:
                # An option with a label of its own needs a text only if the label is its value.
                label = option if isinstance(option, str) else option["label"]
                if isinstance(option, str) or label == option["value"]:
                    yield from missing(f"selector/{key}/options/{label}")


def missing_for_entities(hass: HomeAssistant) -> Iterator[str]:
    """Tell which entities have no name."""
    for entry in er.async_get(hass).entities.values():
        if entry.platform == DOMAIN and (key := entry.translation_key):
            yield from missing(f"entity/{entry.domain}/{key}/name", {"channel": "", "zone": ""})
            state = hass.states.get(entry.entity_id)
            if state is not None and (reason := state.attributes.get("reason")):
                yield from missing(
                    f"entity/{entry.domain}/{key}/state_attributes/reason/state/{reason}"
                )


def section_of(manager: FlowManager[Any, Any, Any], flow: Any) -> str:
    """Give where the texts of a flow stand."""
    if isinstance(manager, ConfigSubentryFlowManager):
        _, kind = flow.handler
        return f"config_subentries/{kind}"
    return "config" if isinstance(manager, ConfigEntriesFlowManager) else "options"


@contextmanager
def watched(found: list[str]) -> Iterator[None]:
    """Add to the list what is missing while flows, errors and issues come up."""
    handle = FlowManager._async_handle_step  # noqa: SLF001  # where every step of every flow passes
    create = IssueRegistry.async_get_or_create
    begin = HomeAssistantError.__init__

    async def handle_step(manager: FlowManager[Any, Any, Any], flow: Any, *args: Any) -> Any:
        result = await handle(manager, flow, *args)
        if type(flow).__module__.startswith(f"custom_components.{DOMAIN}."):
            found.extend(missing_in_step(section_of(manager, flow), result))
        return result

    def create_issue(registry: IssueRegistry, domain: str, issue_id: str, **more: Any) -> Any:
        if domain == DOMAIN:
            given = more.get("translation_placeholders")
            for part in ("title", "description"):
                found.extend(missing(f"issues/{more['translation_key']}/{part}", given))
        return create(registry, domain, issue_id, **more)

    def raise_error(error: HomeAssistantError, *args: Any, **more: Any) -> None:
        begin(error, *args, **more)
        if error.translation_domain == DOMAIN:
            path = f"exceptions/{error.translation_key}/message"
            found.extend(missing(path, error.translation_placeholders))

    with ExitStack() as stack:
        for owner, name, replacement in (
            (FlowManager, "_async_handle_step", handle_step),
            (IssueRegistry, "async_get_or_create", create_issue),
            (HomeAssistantError, "__init__", raise_error),
        ):
            stack.enter_context(patch.object(owner, name, replacement))
        yield
