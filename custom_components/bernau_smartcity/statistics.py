"""Long-term statistics of totals."""

from homeassistant.components.recorder import (
    DOMAIN as RECORDER_DOMAIN,
    get_instance,
    is_entity_recorded,
)
from homeassistant.components.recorder.models import StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics, get_metadata
from homeassistant.components.sensor import SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_conversion import EnergyConverter, VolumeConverter

_UNIT_CLASSES = {
    unit: converter.UNIT_CLASS
    for converter in (EnergyConverter, VolumeConverter)
    for unit in converter.VALID_UNITS
}


async def async_announce(hass: HomeAssistant, total: SensorEntity) -> None:
    """Make a new total known to the recorder before its first five minutes are over.

    Until then the Energy dashboard would complain that it has no statistics.
    Statistics that exist are never touched: a second announcement could change
    the unit in which they are stored.
    """
    if RECORDER_DOMAIN not in hass.config.components or not is_entity_recorded(
        hass, total.entity_id
    ):
        return
    known = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids={total.entity_id})
    )
    if known:
        return
    unit = total.unit_of_measurement
    async_import_statistics(
        hass,
        StatisticMetaData(
            mean_type=StatisticMeanType.NONE,
            has_sum=True,
            name=None,
            source=RECORDER_DOMAIN,
            statistic_id=total.entity_id,
            unit_class=_UNIT_CLASSES.get(unit) if unit else None,
            unit_of_measurement=unit,
        ),
        [],
    )
