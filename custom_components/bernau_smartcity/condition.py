"""Conditions for people who look after buildings: consumption, limits, leaks, silence, visitors."""

from collections.abc import Collection, Iterator
from typing import Any, ClassVar, Final, Unpack, cast, override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.const import CONF_OPTIONS, CONF_TARGET, STATE_ON
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
    EntityConditionBase,
    EntityNumericalConditionBase,
)
from homeassistant.helpers.typing import ConfigType
import probatio

from .automations.amounts import (
    CONF_MEDIA,
    CONF_PERIOD,
    CONF_THRESHOLD,
    CONSUMPTION,
    VISITORS,
    Question,
    amounts,
    check_units,
)
from .automations.flags import CONF_PERIODS, LEAK, PERIODS_OPTION, SILENT, flags, limits_of_periods
from .automations.people import people_entities
from .automations.targeted import check_target
from .automations.targets import resolve, totals
from .automations.thresholds import Limit, UnusableError, edge_of, present
from .metering.limits import Span

_BEHAVIOR: Final[dict[probatio.Marker, Any]] = {
    probatio.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): probatio.In(
        [BEHAVIOR_ANY, BEHAVIOR_ALL]
    )
}


class OwnCondition(EntityConditionBase):
    """A condition on entities of this integration."""

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Refuse what is no target."""
        config = await super().async_validate_config(hass, config)
        check_target(hass, config[CONF_TARGET])
        return config


class FlagCondition(OwnCondition):
    """There is a problem at a meter."""

    _domain_specs = {BINARY_SENSOR: DomainSpec()}  # noqa: RUF012  # Home Assistant's name for it
    _primary_entities_only = False

    names: ClassVar[Collection[str]]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Give the binary sensors of the problem."""
        return flags(self._hass, entities, self.names)

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        """Tell whether there is the problem."""
        return entity_state.state == STATE_ON


class LeakCondition(FlagCondition):
    """A leak is suspected."""

    names = LEAK


class SilentCondition(FlagCondition):
    """A device was not heard for longer than it usually pauses."""

    names = SILENT


class LimitCondition(FlagCondition):
    """A meter has counted more than its own limit."""

    _schema = ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL.extend(
        {probatio.Required(CONF_OPTIONS, default=dict): PERIODS_OPTION}
    )

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take which limits are meant."""
        super().__init__(hass, config)
        self._periods: list[Span] = (config.options or {})[CONF_PERIODS]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Give the binary sensors of the limits that are meant."""
        return flags(self._hass, entities, limits_of_periods(self._periods))


class PeopleCondition(OwnCondition, EntityNumericalConditionBase):
    """More or fewer people are there than a threshold says."""

    _domain_specs = {SENSOR: DomainSpec()}  # noqa: RUF012  # Home Assistant's name for it

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Give the sensors that tell how many people are there."""
        return people_entities(self._hass, entities)


class CountCondition(Condition):
    """Totals have counted more than a threshold in the present period."""

    question: ClassVar[Question]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Refuse what can never be."""
        config = cast(ConfigType, cls.question.schema(_BEHAVIOR)(config))
        check_units(hass, config)
        return config

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take what is asked."""
        super().__init__(hass, config)
        options = config.options or {}
        self._selection = config.target or {}
        self._threshold: dict[str, Any] = options[CONF_THRESHOLD]["value"]
        self._span: Span = options[CONF_PERIOD]
        self._media: list[str] = options.get(CONF_MEDIA, [])
        self._all = options[ATTR_BEHAVIOR] == BEHAVIOR_ALL

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Compare what is known of each total that is meant; of none nothing is true."""
        try:
            limit = present(self._hass, self._threshold)
        except UnusableError:
            return False
        verdicts = list(self._verdicts(limit))
        return bool(verdicts) and (all if self._all else any)(verdicts)

    def _verdicts(self, limit: Limit) -> Iterator[bool]:
        chosen = resolve(self._hass, self._selection)
        for of in totals(self._hass, chosen, self.question.wanted):
            edge = edge_of(limit, of.key[0].unit)
            if edge is not None and (not self._media or of.medium in self._media):
                present_one = next(amounts(of.state, of.key, self._span), None)
                yield present_one is not None and present_one.value > edge


class ConsumptionCondition(CountCondition):
    """Meters have counted more than a threshold in this hour, today, this month."""

    question = CONSUMPTION


class VisitorsCondition(CountCondition):
    """More people have come than a threshold says."""

    question = VISITORS


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "consumption_is_above": ConsumptionCondition,
    "device_is_silent": SilentCondition,
    "leak_is_suspected": LeakCondition,
    "limit_is_exceeded": LimitCondition,
    "people_are_present": PeopleCondition,
    "visitors_are_above": VisitorsCondition,
}


async def async_get_conditions(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant calls it with this
) -> dict[str, type[Condition]]:
    """Give the conditions of this integration."""
    return CONDITIONS
