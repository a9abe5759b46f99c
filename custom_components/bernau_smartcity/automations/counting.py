"""Triggers on what totals count: consumption, visitors, and limits of their own."""

from collections.abc import Iterator
from typing import Any, ClassVar, cast, override

from homeassistant.const import CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers.trigger import (
    NotTriggeredInfo,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType
import probatio

from ..coordinator import SmartCityCoordinator
from ..ledger.state import DeviceState
from ..ledger.watcher import COUNTED
from ..metering.limits import Span
from ..model import Medium, Quantity
from .amounts import (
    CONF_MEDIA,
    CONF_PERIOD,
    CONF_THRESHOLD,
    CONSUMPTION,
    VISITORS,
    Question,
    check_units,
)
from .flags import CONF_PERIODS, PERIODS_OPTION
from .following import Edge, Follow
from .targeted import TargetTrigger
from .targets import (
    Of,
    Target,
    is_consumption,
    totals_of,
)
from .thresholds import UnusableError, edge_of, present


class CountTrigger(Trigger):
    """A total has counted more than a threshold, once in each period."""

    question: ClassVar[Question]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Refuse what can never be."""
        config = cast(ConfigType, cls.question.schema()(config))
        check_units(hass, config)
        return config

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Begin without knowing anything."""
        super().__init__(hass, config)
        options = config.options or {}
        self._target = Target(hass, config.target or {})
        self._threshold: dict[str, Any] = options[CONF_THRESHOLD]["value"]
        self._span: Span = options[CONF_PERIOD]
        self._media: list[str] = options.get(CONF_MEDIA, [])

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Follow the totals that are meant."""

        def edges(of: Of) -> Iterator[Edge]:
            limit = present(self._hass, self._threshold)
            edge = edge_of(limit, of.key[0].unit)
            yield self._span, edge, limit.unit if of.key[0].unit else None

        def failed(error: UnusableError) -> None:
            if did_not_trigger is not None:
                did_not_trigger(NotTriggeredInfo(error.reason, {**self._threshold}))

        def meant(coordinator: SmartCityCoordinator, state: DeviceState) -> Iterator[Of]:
            for of in totals_of(coordinator, state, self._target.chosen, self.question.wanted):
                if not self._media or of.medium in self._media:
                    yield of

        follow = Follow(self._hass, (self._span,), meant, edges, run_action, failed)
        return follow.async_begin(self._target)


class ConsumptionTrigger(CountTrigger):
    """A meter has counted more than a threshold in an hour, a day or a month."""

    question = CONSUMPTION


class VisitorsTrigger(CountTrigger):
    """More people have come than a threshold says."""

    question = VISITORS


class LimitTrigger(TargetTrigger):
    """A meter has counted more than its own limit, once in each period."""

    schema = TargetTrigger.schema.extend(
        {probatio.Required(CONF_OPTIONS, default=dict): PERIODS_OPTION}
    )

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take which limits are meant."""
        super().__init__(hass, config)
        self._target = Target(hass, config.target or {})
        self._spans: list[Span] = (config.options or {})[CONF_PERIODS] or list(Span)

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Follow the totals that are meant."""

        def edges(of: Of) -> Iterator[Edge]:
            limits = of.state.watched.limits
            for span in self._spans:
                limited = limits.get((of.key, span))
                yield span, None if limited is None else limited.limit, None

        def meant(coordinator: SmartCityCoordinator, state: DeviceState) -> Iterator[Of]:
            return totals_of(coordinator, state, self._target.chosen, has_limits)

        def failed(_error: UnusableError) -> None:
            """Limits are always usable."""

        follow = Follow(self._hass, self._spans, meant, edges, run_action, failed)
        return follow.async_begin(self._target)


def has_limits(medium: Medium, quantity: Quantity) -> bool:
    """Tell whether somebody may have set a limit of a total."""
    return is_consumption(medium, quantity) or quantity in COUNTED
