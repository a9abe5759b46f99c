"""Decode one uplink without Home Assistant; called by scripts/decode."""  # noqa: INP001 - a program, not a package

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
import json
from pathlib import Path
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from custom_components.bernau_smartcity.codecs import Registry
    from custom_components.bernau_smartcity.model import Reading

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGE = "custom_components.bernau_smartcity"


def _load(name: str) -> ModuleType:
    """Import a pure module under empty parents: the integration's own needs Home Assistant."""
    path = _ROOT
    for parent in ("custom_components", _PACKAGE):
        path /= parent.rpartition(".")[2]
        stub = ModuleType(parent)
        stub.__path__ = [str(path)]
        sys.modules.setdefault(parent, stub)
    return import_module(f"{_PACKAGE}.{name}")


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    known = [str(setting) for setting in _load("model").Setting]
    if not sign or name not in known:
        msg = f"expected NAME=VALUE, where NAME is one of {', '.join(known)}"
        raise argparse.ArgumentTypeError(msg)
    return name, value


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/decode",
        description="Decode one uplink and print its readings as JSON.",
        epilog="Example: scripts/decode milesight_em300_di 85 01755c05c800010000",
    )
    parser.add_argument("--list", action="store_true", help="list the models: key, maker, model")
    parser.add_argument("--table", action="store_true", help="print the README's table of devices")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="NAME=VALUE",
        help="what is known of the device otherwise, such as interval=60",
    )
    parser.add_argument("model", nargs="?", metavar="MODEL", help="key or name of the model")
    parser.add_argument("f_port", nargs="?", type=int, metavar="FPORT")
    parser.add_argument("payload", nargs="*", metavar="HEX", help="payload, spaces allowed")
    return parser


def _printable(reading: Reading) -> dict[str, Any]:
    """Give what a reading tells."""
    told = {"meter": reading.meter} if reading.meter else {}
    return {
        "quantity": str(reading.quantity),
        "channel": reading.channel,
        "value": reading.value,
        "unit": reading.quantity.unit,
        "measured_at": reading.at.isoformat() if reading.at else None,
        **told,
    }


def _table(registry: Registry) -> str:
    """Give the models as the table in the README."""
    told = {_load("model").Kind.MOMENT, _load("model").Kind.PERIOD}
    rows = [
        (
            codec.manufacturer,
            codec.model,
            "" if codec.medium == "unknown" else str(codec.medium),
            ", ".join(
                str(quantity).replace("_", " ")
                for quantity in _load("model").Quantity
                if quantity in codec.quantities and quantity.kind not in told
            ),
            f"`{codec.key}`",
        )
        for codec in registry.by_key.values()
    ]
    head = ("Maker", "Model", "Medium", "What is read", "Key")
    lines = [head, ("---",) * len(head), *sorted(rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _decode(
    registry: Registry, name: str, f_port: int, payload: str, settings: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Decode one payload; raises `DecodeError` or `ValueError` with a text for people."""
    model = _load("model")
    codec = registry.by_name.get(" ".join(name.casefold().split()))
    if codec is None:
        msg = f"no model {name!r}; scripts/decode --list shows them"
        raise ValueError(msg)
    try:
        content = bytes.fromhex(payload)
    except ValueError as error:
        msg = "payload is not hexadecimal"
        raise ValueError(msg) from error
    uplink = model.Uplink(
        dev_eui="0" * 16,
        id="",
        received_at=datetime.now(UTC),
        f_port=f_port,
        f_cnt=0,
        payload=content,
        settings=settings,
    )
    return [_printable(each) for each in model.readings_of(codec.decode(uplink))]


def main() -> int:
    """Print the models, or the readings of one payload; 1 if there are none to print."""
    parser = _arguments()
    arguments = parser.parse_intermixed_args()
    codecs = _load("codecs")
    registry: Registry = codecs.REGISTRY
    if arguments.list:
        for key, codec in sorted(registry.by_key.items()):
            sys.stdout.write(f"{key}\t{codec.manufacturer}\t{codec.model}\n")
        return 0
    if arguments.table:
        sys.stdout.write(f"{_table(registry)}\n")
        return 0
    if arguments.f_port is None:
        parser.error("MODEL, FPORT and HEX are needed")
    result: Any
    try:
        result = _decode(
            registry,
            arguments.model,
            arguments.f_port,
            "".join(arguments.payload),
            dict(arguments.set),
        )
    except (_load("model").DecodeError, ValueError) as error:
        result = {"error": str(error)}
    sys.stdout.write(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return isinstance(result, dict)


if __name__ == "__main__":
    sys.exit(main())
