"""scripts/decode prints what a payload says, without Home Assistant."""

from collections.abc import Mapping
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest

from custom_components.bernau_smartcity.codecs import CODECS

SCRIPT = Path(__file__).parents[2] / "scripts" / "decode.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program as scripts/decode does."""
    return subprocess.run(  # noqa: S603 - the program under test
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )


def test_list() -> None:
    """One model a line: key, maker, model."""
    result = run("--list")
    assert result.returncode == 0
    assert [tuple(line.split("\t")) for line in result.stdout.splitlines()] == [
        (key, codec.manufacturer, codec.model) for key, codec in sorted(CODECS.items())
    ]


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (
            ("milesight_em300_di", "85", "0175 5c 05c8 00010000"),
            {
                "quantity": "battery",
                "channel": 0,
                "value": 92,
                "unit": "%",
                "measured_at": None,
            },
        ),
        (
            ("Milesight EM300-DI", "85", "05c8", "00010000", "--set", "pulse_weight=0.01"),
            {"quantity": "pulses", "channel": 0, "value": 256, "unit": "", "measured_at": None},
        ),
        (
            ("elvaco_cmi4110", "2", "000c06384612000c7889478268046d32315423"),
            {
                "quantity": "clock",
                "channel": 0,
                "value": 1521564600,
                "unit": "s",
                "measured_at": "2018-03-20T17:50:00+01:00",
                "meter": "68824789",
            },
        ),
    ],
)
def test_readings(arguments: tuple[str, ...], first: Mapping[str, Any]) -> None:
    """A list of readings, the time only where the payload tells it."""
    result = run(*arguments)
    assert result.returncode == 0
    assert json.loads(result.stdout)[0] == first


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("klax", "3", ""), "0 bytes are too few"),
        (("klax", "3", "0x"), "payload is not hexadecimal"),
        (("clax", "3", "00"), "no model 'clax'; scripts/decode --list shows them"),
    ],
)
def test_error(arguments: tuple[str, ...], text: str) -> None:
    """The reason, as JSON too."""
    result = run(*arguments)
    assert result.returncode == 1
    assert json.loads(result.stdout) == {"error": text}


@pytest.mark.parametrize("arguments", [(), ("klax",), ("klax", "3", "00", "--set", "colour=red")])
def test_wrong_use(arguments: tuple[str, ...]) -> None:
    """The usage, and which names can be set."""
    result = run(*arguments)
    assert result.returncode == 2
    assert "usage: scripts/decode" in result.stderr


def test_home_assistant_is_not_loaded() -> None:
    """It would take seconds, and is not in the environment of the decoders."""
    program = (
        "import runpy, sys; sys.argv = ['decode', '--list'];"
        f"\ntry: runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
        "\nexcept SystemExit: pass"
        "\nprint(*(name for name in sys.modules if name.startswith('homeassistant')))"
    )
    result = subprocess.run(  # noqa: S603 - the program under test
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == ""
