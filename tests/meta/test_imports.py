"""The house: who may import whom."""

from pathlib import Path
import sys

import pytest

from .source import PACKAGE, ROOT, imports, modules

HOUSE = "custom_components.bernau_smartcity"
MODEL = f"{HOUSE}.model"

PURE = {
    "codecs": {"cryptography"},
    "mapping": set(),
    "metering": set(),
    "network": {"aiohttp", "chirpstack_api", "google", "grpc"},
    "visitors": set(),
}
"""The pure packages, and the libraries that each may use."""

DEVELOPMENT = {"benchmarks", "demo", "simulator", "tests"}
"""What is never installed."""


def is_below(name: str, package: str) -> bool:
    """Tell whether a module is a package or lies in it."""
    return name == package or name.startswith(f"{package}.")


def pure_modules() -> list[tuple[str, Path]]:
    """Give every module of the pure packages."""
    return [(package, path) for package in PURE for path in modules(PACKAGE / package)]


def name_of(value: Path | str) -> str:
    """Name a test by its file."""
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else value


def test_pure_packages_exist() -> None:
    """The tests below look at something."""
    assert {package for package, _ in pure_modules()} >= {"codecs", "metering", "network"}


@pytest.mark.parametrize(("package", "path"), pure_modules(), ids=name_of)
def test_pure_packages_import_only_the_model_and_libraries(package: str, path: Path) -> None:
    """Neither Home Assistant nor each other."""
    allowed = {*sys.stdlib_module_names, *PURE[package]}
    strangers = {
        name
        for name in imports(path)
        if not is_below(name, MODEL)
        and not is_below(name, f"{HOUSE}.{package}")
        and name.partition(".")[0] not in allowed
    }
    assert not strangers


def test_model_imports_only_the_standard_library() -> None:
    """Everything rests on it, so it rests on nothing; aiohttp only names a type."""
    roots = {name.partition(".")[0] for name in imports(PACKAGE / "model.py")}
    assert roots - {"aiohttp"} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", modules(PACKAGE / "ledger"), ids=name_of)
def test_ledger_knows_no_home_assistant(path: Path) -> None:
    """What is kept, and what follows from it, can be tried without it."""
    assert "homeassistant" not in {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", modules(PACKAGE), ids=name_of)
def test_integration_imports_nothing_of_development(path: Path) -> None:
    """What is installed stands alone."""
    assert not {name.partition(".")[0] for name in imports(path)} & DEVELOPMENT


@pytest.mark.parametrize("path", modules(PACKAGE), ids=name_of)
def test_integration_names_itself_relatively(path: Path) -> None:
    """It need not know under which name it was loaded."""
    assert "custom_components" not in path.read_text("utf-8").replace("/custom_components/", "")


@pytest.mark.parametrize(
    "path", [*modules(ROOT / "simulator"), *modules(ROOT / "demo")], ids=name_of
)
def test_simulator_and_demo_know_nothing_of_the_integration(path: Path) -> None:
    """A simulator that shared code with what it tests would share its errors."""
    roots = {name.partition(".")[0] for name in imports(path)}
    assert not roots & {"custom_components", "homeassistant", "tests"}
