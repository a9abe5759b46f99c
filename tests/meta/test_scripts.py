"""The scripts, the pinned requirements and the workflows hang together."""

from os import environ
from pathlib import Path
import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from .source import ROOT

SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.suffix in {"", ".sh"})
COMMANDS = [path for path in SCRIPTS if not path.suffix] + [ROOT / ".ci" / "run"]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GROUPS: dict[str, list[Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
    "dependency-groups"
]
BASH = shutil.which("bash") or "bash"


def name_of(path: Path) -> str:
    """Name a test by its file."""
    return path.name


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_bash_understands_each_script(path: Path) -> None:
    """Also the lines that are seldom reached."""
    subprocess.run([BASH, "-n", path], check=True)  # noqa: S603  # our own files


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_commands_can_be_run_and_stop_at_the_first_failure(path: Path) -> None:
    """A failed step must not be followed by the next."""
    lines = path.read_text("utf-8").splitlines()
    assert path.stat().st_mode & 0o111
    assert lines[0] == "#!/usr/bin/env bash"
    assert any(re.fullmatch(r"set -e(uo pipefail)?", line) for line in lines[:6])


def test_ci_is_the_demo_and_the_tests() -> None:
    """Machines check just what people check."""
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[-2:] == ["scripts/demo --check --kills 20", "scripts/test"]


def direct(group: str) -> list[str]:
    """Give the requirements of a group, with those of the groups that it includes."""
    return [
        requirement
        for item in GROUPS[group]
        for requirement in (direct(item["include-group"]) if isinstance(item, dict) else [item])
    ]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=name_of)
def test_requirements_are_pinned_and_name_no_place(path: Path) -> None:
    """Every package with its version, from wherever the machine gets its packages."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[\w.+!]+( ; .+)?", line), line


@pytest.mark.parametrize("name", ["2026.10", "2026.11", "decode", "demo", "fuzz"])
def test_requirements_are_those_of_the_project(name: str) -> None:
    """After a change of pyproject.toml, `scripts/setup --lock` was run."""
    locked = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").lower().replace("_", "-")
    for requirement in direct(name):
        package, _, version = requirement.lower().replace("_", "-").partition("==")
        assert re.search(rf"^{re.escape(package)}=={re.escape(version)}", locked, re.MULTILINE), (
            requirement
        )


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_workflows_have_few_rights(path: Path) -> None:
    """Nothing by default; each job says what it needs, and how long it may take."""
    workflow = yaml.safe_load(path.read_text("utf-8"))
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert set(job["permissions"]) == {"contents"}
        assert job["timeout-minutes"] <= 90


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Copy what the set-up needs."""
    for folder in ("scripts", "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def bash(house: Path, command: str, path: str) -> subprocess.CompletedProcess[str]:
    """Run a command after sourcing the library."""
    return subprocess.run(  # noqa: S603  # our own files
        [BASH, "-c", f"set -euo pipefail; source scripts/lib.sh; {command}"],
        cwd=house,
        env={**environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a PATH with the plain tools of every system, but no Python, uv or apt."""
    folder = tmp_path_factory.mktemp("bin")
    for name in "bash cat chmod dirname flock grep mkdir rm sed sha256sum tail".split():  # noqa: SIM905  # reads better
        tool = shutil.which(name)
        assert tool
        (folder / name).symlink_to(tool)
    return str(folder)


def finish(house: Path) -> Path:
    """Make something that looks like a finished environment."""
    venv = house / ".cache" / "venv-decode"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(BASH)
    bash(house, 'key_for decode >"$CACHE/venv-decode/stamp"', environ["PATH"])
    return venv


def test_finished_environment_is_used_at_once(house: Path, bare: str) -> None:
    """Nothing is asked of the network, nothing is printed."""
    venv = finish(house)
    done = bash(house, 'ensure_env decode; echo "$PYTHON $VIRTUAL_ENV"', bare)
    assert done.stdout.split() == [str(venv / "bin" / "python"), str(venv)]
    assert done.stderr == ""


@pytest.mark.parametrize("spoil", ["requirements", "stamp", "python", "moved"])
def test_unfinished_environment_is_made_anew(house: Path, bare: str, spoil: str) -> None:
    """Changed requirements, an interrupted set-up, a Python that went away, a moved folder."""
    venv = finish(house)
    match spoil:
        case "requirements":
            (house / "requirements" / "decode.txt").write_text("other==1\n")
        case "stamp":
            (venv / "stamp").unlink()
        case "python":
            (venv / "bin" / "python").unlink()
        case "moved":
            house = house.rename(house.with_name("moved"))
    done = bash(house, "ensure_env decode; echo ready", bare)
    assert "Setting up the environment 'decode'" in done.stderr
    assert "No Python 3.14.2 or newer could be found or fetched." in done.stderr
    assert "ready" not in done.stdout
    assert done.returncode == 1


def test_unknown_environment_is_refused(house: Path, bare: str) -> None:
    """With the names that there are."""
    done = bash(house, "ensure_env nothing; echo ready", bare)
    assert done.returncode == 1
    assert "There is no environment 'nothing'. Choose: demo," in done.stderr
    assert done.stdout == ""


def test_mirrors_are_read_from_both_formats(house: Path) -> None:
    """The machine's own mirrors, without disabled ones, source packages and foreign components."""
    etc = house / "etc"
    (etc / "sources.list.d").mkdir(parents=True)
    (etc / "sources.list").write_text(
        "# deb http://commented.example/debian stable main\n"
        "deb cdrom:[Debian]/ stable main\n"
        "deb-src http://source.example/debian stable main\n"
        "deb [arch=amd64 signed-by=/k.gpg] http://classic.example/debian stable main contrib\n"
    )
    (etc / "sources.list.d" / "system.sources").write_text(
        "Types: deb deb-src\nURIs: http://one.example/debian http://two.example/debian\n"
        "Suites: stable\nComponents: main\n\n"
        "# a comment\nTypes: deb\nURIs: http://one.example/debian\n"
        "Suites: stable-updates\nComponents: contrib main\n\n"
        "Enabled: no\nTypes: deb\nURIs: http://disabled.example\nSuites: x\nComponents: main\n\n"
        "Types: deb\nURIs: http://foreign.example\nSuites: x\nComponents: cloud\n"
    )
    command = f'source scripts/lib-setup.sh; mirrors "{etc}"'
    done = bash(house, command, environ["PATH"])
    assert done.stdout.split() == [
        "http://one.example/debian",
        "http://two.example/debian",
        "http://classic.example/debian",
    ]
