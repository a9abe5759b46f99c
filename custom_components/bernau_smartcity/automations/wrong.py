"""What is wrong with what an action, a trigger or a condition is given."""

from datetime import datetime
from enum import StrEnum

from homeassistant.exceptions import ServiceValidationError

from ..const import DOMAIN
from ..words import spoken


class Wrong(StrEnum):
    """Why something cannot be done; each has a text with the next step."""

    LIMIT_ABSURD = "limit_absurd"
    LIMIT_NEGATIVE = "limit_negative"
    LIMIT_OTHER_UNIT = "limit_other_unit"
    LIMIT_PERIOD_UNKNOWN = "limit_period_unknown"
    LIMIT_WITHOUT_UNIT = "limit_without_unit"
    PERIOD_EMPTY = "period_empty"
    PERIOD_IN_FUTURE = "period_in_future"
    PERIOD_UNCLEAR = "period_unclear"
    PERIOD_UNKNOWN = "period_unknown"
    TARGET_UNKNOWN = "target_unknown"
    TARGET_WITHOUT_DEVICES = "target_without_devices"
    TARGET_WITHOUT_METERS = "target_without_meters"


def invalid(wrong: Wrong, **words: str | float | datetime) -> ServiceValidationError:
    """Give it in the words of the user."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=wrong, translation_placeholders=spoken(words)
    )
