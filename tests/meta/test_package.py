"""What hassfest, HACS and the Marketplace want of an integration, checked without them."""

from json import loads
from pathlib import Path
import re
import struct
import tomllib
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.loader import BLOCKED_CUSTOM_INTEGRATIONS
import pytest
import yaml

from tests.texts import TEXTS

from .source import PACKAGE, ROOT

MANIFEST: dict[str, Any] = loads((PACKAGE / "manifest.json").read_text("utf-8"))
HACS: dict[str, Any] = loads((ROOT / "hacs.json").read_text("utf-8"))

MANIFEST_KEYS = {
    "after_dependencies",
    "codeowners",
    "config_flow",
    "dependencies",
    "documentation",
    "domain",
    "import_executor",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "loggers",
    "name",
    "quality_scale",
    "requirements",
    "single_config_entry",
    "version",
}
HACS_KEYS = {
    "content_in_root",
    "country",
    "filename",
    "hacs",
    "hide_default_branch",
    "homeassistant",
    "name",
    "persistent_directory",
    "render_readme",
    "zip_release",
}
VERSIONS = [
    AwesomeVersionStrategy.CALVER,
    AwesomeVersionStrategy.SEMVER,
    AwesomeVersionStrategy.SIMPLEVER,
    AwesomeVersionStrategy.BUILDVER,
    AwesomeVersionStrategy.PEP440,
]


def optional(name: str) -> dict[str, Any]:
    """Read a file of the integration, should it have one."""
    path = PACKAGE / name
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
    return loaded


def test_manifest_has_the_keys_that_are_wanted() -> None:
    """Domain and name first, the others by alphabet, none unknown."""
    assert set(MANIFEST) <= MANIFEST_KEYS
    assert set(MANIFEST) >= {"codeowners", "documentation", "iot_class", "issue_tracker", "version"}
    assert list(MANIFEST) == ["domain", "name", *sorted(set(MANIFEST) - {"domain", "name"})]


def test_manifest_values() -> None:
    """Each as hassfest wants it."""
    assert MANIFEST["domain"] == PACKAGE.name
    assert MANIFEST["domain"] not in BLOCKED_CUSTOM_INTEGRATIONS
    assert MANIFEST["name"].strip() == MANIFEST["name"] != ""
    assert MANIFEST["config_flow"] is (PACKAGE / "config_flow.py").exists()
    assert MANIFEST["integration_type"] in {"device", "hub", "service"}
    assert re.fullmatch(
        r"(assumed|calculated|cloud|local)_(polling|push|state)", MANIFEST["iot_class"]
    )
    assert all(re.fullmatch(r"@[\w/-]+", owner) for owner in MANIFEST["codeowners"])
    for key in ("documentation", "issue_tracker"):
        assert MANIFEST[key].startswith("https://")
        assert not MANIFEST[key].startswith("https://www.home-assistant.io/integrations")
    for key in ("dependencies", "after_dependencies", "requirements", "loggers"):
        assert MANIFEST.get(key, []) == sorted(set(MANIFEST.get(key, []))), key


def test_requirements_are_pinned_and_are_those_of_the_tests() -> None:
    """What users get is what was tested."""
    locked = (ROOT / "requirements" / "2026.11.txt").read_text("utf-8").splitlines()
    for requirement in MANIFEST["requirements"]:
        assert re.fullmatch(r"[\w.-]+==[\w.]+", requirement)
        assert requirement in locked


def test_version_can_be_read_and_is_the_one_of_the_project() -> None:
    """The Marketplace refuses what it cannot compare."""
    AwesomeVersion(MANIFEST["version"], ensure_strategy=VERSIONS)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == MANIFEST["version"]
    assert f"## {MANIFEST['version']}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_custom_integrations_have_no_strings_json() -> None:
    """Their texts are in translations/ alone."""
    assert not (PACKAGE / "strings.json").exists()
    assert {path.name for path in (PACKAGE / "translations").iterdir()} == {"de.json", "en.json"}


def test_hacs_json() -> None:
    """Known keys; the archive is the one that the release workflow makes."""
    assert set(HACS) <= HACS_KEYS
    assert HACS["name"] == MANIFEST["name"]
    assert HACS["zip_release"] is True
    assert HACS["filename"] == f"{MANIFEST['domain']}.zip"
    assert HACS["filename"] in (ROOT / ".github/workflows/release.yml").read_text("utf-8")


def test_oldest_version_of_home_assistant_is_tested() -> None:
    """The version that hacs.json promises is one that the tests run on."""
    oldest = ".".join(HACS["homeassistant"].split(".")[:2])
    assert f"homeassistant=={oldest}." in (ROOT / "requirements" / f"{oldest}.txt").read_text(
        "utf-8"
    )


def png_size(path: Path) -> tuple[int, int]:
    """Read width and height from the head of a PNG file."""
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:24])
    return width, height


@pytest.mark.parametrize("name", ["icon.png", "dark_icon.png", "icon@2x.png", "dark_icon@2x.png"])
def test_icons(name: str) -> None:
    """Square, of exactly the size that Home Assistant's brands have."""
    size = 512 if "@2x" in name else 256
    assert png_size(PACKAGE / "brand" / name) == (size, size)


def test_brand_holds_what_home_assistant_serves() -> None:
    """Known names only; the shorter side of a logo as Home Assistant's brands have it."""
    for path in (PACKAGE / "brand").iterdir():
        assert re.fullmatch(r"(dark_)?(icon|logo)(@2x)?\.png", path.name)
        low, high = (256, 512) if "@2x" in path.name else (128, 256)
        assert low <= min(png_size(path)) <= high


def test_icons_are_of_known_entities() -> None:
    """An icon for a key that has no name would never be seen."""
    icons = optional("icons.json")
    assert set(icons) <= {"conditions", "entity", "services", "triggers"}
    for platform, keys in icons.get("entity", {}).items():
        assert keys.keys() <= TEXTS["en"]["entity"][platform].keys()
        assert list(keys) == sorted(keys)
        for icon in keys.values():
            assert icon["default"].startswith("mdi:")


@pytest.mark.parametrize("kind", ["services", "triggers", "conditions"])
def test_actions_triggers_and_conditions_have_texts_and_icons(kind: str) -> None:
    """Each in all three files, each field with name and description."""
    described = {k: v for k, v in optional(f"{kind}.yaml").items() if not k.startswith(".")}
    texts = TEXTS["en"].get(kind, {})
    assert described.keys() == texts.keys() == optional("icons.json").get(kind, {}).keys()
    for key, value in described.items():
        fields = (value or {}).get("fields", {})
        assert fields.keys() == texts[key].get("fields", {}).keys()
        assert all(
            {"name", "description"} <= set(text) for text in texts[key].get("fields", {}).values()
        )


def test_quality_scale_gives_reasons() -> None:
    """Each rule is done, to do, or exempt for a reason."""
    for rule, status in optional("quality_scale.yaml").get("rules", {}).items():
        word = status if isinstance(status, str) else status["status"]
        assert word in {"done", "exempt", "todo"}, rule
        assert word != "exempt" or status["comment"], rule
