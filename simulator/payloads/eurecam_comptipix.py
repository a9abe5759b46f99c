"""Eurecam ComptiPix camera: five numbers for each line and the time, as JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
import json

F_PORT = 1


def encode(*, lines: Sequence[Sequence[int]], clock: float) -> bytes:
    """Encode the numbers of each line; what they are is chosen on the camera."""
    told: dict[str, object] = {
        f"line_counting_{number}": list(numbers) for number, numbers in enumerate(lines, 1)
    }
    at = datetime.fromtimestamp(clock, UTC)
    told["rtc_utc_time"] = at.strftime("%Y-%m-%d %H:%M:%S")
    return json.dumps(told, separators=(",", ":")).encode()
