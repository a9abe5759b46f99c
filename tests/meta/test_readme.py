"""The README tells what is true of the code."""

from pathlib import Path
import subprocess
import sys

from custom_components.bernau_smartcity.codecs import CODECS
from custom_components.bernau_smartcity.metering.pulses import QUANTITY_OF_MEDIUM
from custom_components.bernau_smartcity.model import Setting

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_table_of_devices_is_that_of_the_codecs() -> None:
    """Made by `scripts/decode --table`, which is to be run after each new codec."""
    program = [sys.executable, str(ROOT / "scripts" / "decode.py"), "--table"]
    table = subprocess.run(program, capture_output=True, check=True, encoding="utf-8").stdout  # noqa: S603  # our own program
    assert table.count("\n") == len(CODECS) + 2
    begin, end = README.index("<!-- devices"), README.index("<!-- /devices -->")
    shown = README[begin:end].split("\n", 1)[1]
    assert shown.strip() == table.strip()


def test_every_tag_is_explained() -> None:
    """Whoever keeps an inventory on the network server finds the names here."""
    elsewhere = {Setting.KEY, Setting.MAPPING}
    for name in (*(set(Setting) - elsewhere), "building", "model", "meter_number"):
        assert f"| `{name}` |" in README
    for medium in QUANTITY_OF_MEDIUM:
        assert f"`{medium}`" in README


def test_pictures_and_links_lead_somewhere() -> None:
    """Everything that is linked within the repository is there."""
    targets = [part.split(")")[0] for part in README.split("](")[1:]]
    local = [target for target in targets if "://" not in target]
    assert local
    headings = {
        "#" + line.lstrip("# ").lower().replace(" ", "-")
        for line in README.splitlines()
        if line.startswith("#")
    }
    for target in local:
        assert target in headings if target.startswith("#") else (ROOT / target).exists(), target
