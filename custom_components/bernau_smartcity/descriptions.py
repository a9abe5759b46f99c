"""How the quantities that are numbers appear as sensors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    LIGHT_LUX,
    EntityCategory,
    UnitOfApparentPower,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfLength,
    UnitOfPower,
    UnitOfPressure,
    UnitOfRatio,
    UnitOfReactiveEnergy,
    UnitOfReactivePower,
    UnitOfSpeed,
    UnitOfTemperature,
    UnitOfTime,
    UnitOfVolume,
    UnitOfVolumeFlowRate,
)

from .model import Kind, Medium, Quantity


@dataclass(frozen=True, kw_only=True)
class ValueDescription(SensorEntityDescription):
    """How a quantity appears."""

    media: Mapping[str, tuple[str, SensorDeviceClass]] | None = None
    """Translation key and device class where they depend on the medium."""


def _total(
    quantity: Quantity, device_class: SensorDeviceClass, unit: str, **more: Any
) -> ValueDescription:
    return ValueDescription(
        key=quantity,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=SensorStateClass.TOTAL_INCREASING,
        **more,
    )


def _count(quantity: Quantity, **more: Any) -> ValueDescription:
    return ValueDescription(key=quantity, state_class=SensorStateClass.TOTAL_INCREASING, **more)


def _gauge(
    quantity: Quantity, device_class: SensorDeviceClass | None, unit: str | None, **more: Any
) -> ValueDescription:
    return ValueDescription(
        key=quantity,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=SensorStateClass.MEASUREMENT,
        **more,
    )


_TEMPERATURE: Final = (SensorDeviceClass.TEMPERATURE, UnitOfTemperature.CELSIUS)
_KWH: Final = UnitOfEnergy.KILO_WATT_HOUR
_M3: Final = UnitOfVolume.CUBIC_METERS
_DIAGNOSTIC: Final = EntityCategory.DIAGNOSTIC

VALUES: Final = {
    description.key: description
    for description in (
        _total(
            Quantity.ENERGY,
            SensorDeviceClass.ENERGY,
            _KWH,
            suggested_display_precision=1,
            media={
                Medium.HEAT: ("energy_heat", SensorDeviceClass.ENERGY),
                Medium.GAS: ("energy_gas", SensorDeviceClass.ENERGY),
            },
        ),
        _total(
            Quantity.ENERGY_EXPORT, SensorDeviceClass.ENERGY, _KWH, suggested_display_precision=1
        ),
        _total(
            Quantity.ENERGY_COOLING, SensorDeviceClass.ENERGY, _KWH, suggested_display_precision=1
        ),
        _total(
            Quantity.VOLUME,
            SensorDeviceClass.VOLUME,
            _M3,
            suggested_display_precision=2,
            media={
                Medium.WATER: ("volume_water", SensorDeviceClass.WATER),
                Medium.GAS: ("volume_gas", SensorDeviceClass.GAS),
                Medium.HEAT: ("volume_heat", SensorDeviceClass.VOLUME),
            },
        ),
        _total(
            Quantity.VOLUME_REVERSE,
            SensorDeviceClass.VOLUME,
            _M3,
            suggested_display_precision=2,
            entity_category=_DIAGNOSTIC,
        ),
        _count(Quantity.PULSES, entity_category=_DIAGNOSTIC),
        _count(Quantity.PEOPLE_IN),
        _count(Quantity.PEOPLE_OUT),
        _total(
            Quantity.ENERGY_REACTIVE,
            SensorDeviceClass.REACTIVE_ENERGY,
            UnitOfReactiveEnergy.KILO_VOLT_AMPERE_REACTIVE_HOUR,
            entity_category=_DIAGNOSTIC,
        ),
        _total(
            Quantity.ENERGY_REACTIVE_EXPORT,
            SensorDeviceClass.REACTIVE_ENERGY,
            UnitOfReactiveEnergy.KILO_VOLT_AMPERE_REACTIVE_HOUR,
            entity_category=_DIAGNOSTIC,
        ),
        _count(Quantity.CHARGE, native_unit_of_measurement=Quantity.CHARGE.unit),
        *map(
            _count,
            (
                Quantity.HEAT_COST,
                Quantity.PASSAGES,
                Quantity.MOVEMENTS,
                Quantity.VEHICLES,
                Quantity.VEHICLES_IN,
                Quantity.VEHICLES_OUT,
            ),
        ),
        *(
            _count(quantity, entity_registry_enabled_default=False)
            for quantity in (Quantity.CHILDREN_IN, Quantity.CHILDREN_OUT, Quantity.PEOPLE_FLOW)
        ),
        *(_gauge(quantity, None, None) for quantity in Quantity if quantity.kind is Kind.PERIOD),
        _gauge(Quantity.PEOPLE, None, None),
        _gauge(Quantity.PEOPLE_MAX, None, None),
        _gauge(Quantity.DEVICES_WIFI, None, None),
        _gauge(Quantity.DEVICES_BLUETOOTH, None, None),
        *(
            _gauge(
                quantity,
                SensorDeviceClass.DURATION,
                UnitOfTime.SECONDS,
                suggested_unit_of_measurement=UnitOfTime.MINUTES,
                suggested_display_precision=1,
            )
            for quantity in (
                *(Quantity.DWELL_TIME, Quantity.DWELL_TIME_MAX, Quantity.OCCUPIED_TIME),
                *(Quantity.PARKED_TIME, Quantity.VACANT_TIME),
            )
        ),
        *(
            _gauge(quantity, SensorDeviceClass.SPEED, UnitOfSpeed.KILOMETERS_PER_HOUR)
            for quantity in (Quantity.SPEED, Quantity.SPEED_IN, Quantity.SPEED_OUT)
        ),
        _gauge(
            Quantity.POWER,
            SensorDeviceClass.POWER,
            UnitOfPower.WATT,
            suggested_unit_of_measurement=UnitOfPower.KILO_WATT,
            suggested_display_precision=2,
        ),
        _gauge(
            Quantity.POWER_REACTIVE,
            SensorDeviceClass.REACTIVE_POWER,
            UnitOfReactivePower.VOLT_AMPERE_REACTIVE,
        ),
        _gauge(
            Quantity.POWER_APPARENT,
            SensorDeviceClass.APPARENT_POWER,
            UnitOfApparentPower.VOLT_AMPERE,
        ),
        _gauge(Quantity.POWER_FACTOR, SensorDeviceClass.POWER_FACTOR, None),
        _gauge(Quantity.VOLTAGE, SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT),
        _gauge(Quantity.CURRENT, SensorDeviceClass.CURRENT, UnitOfElectricCurrent.AMPERE),
        _gauge(Quantity.FREQUENCY, SensorDeviceClass.FREQUENCY, UnitOfFrequency.HERTZ),
        _gauge(Quantity.PRESSURE, SensorDeviceClass.PRESSURE, UnitOfPressure.BAR),
        _gauge(Quantity.ILLUMINANCE, SensorDeviceClass.ILLUMINANCE, LIGHT_LUX),
        _gauge(Quantity.DISTANCE, SensorDeviceClass.DISTANCE, UnitOfLength.METERS),
        _gauge(Quantity.VALVE_OPENING, None, UnitOfRatio.PERCENTAGE),
        _gauge(Quantity.NOISE_LEVEL, None, None, entity_category=_DIAGNOSTIC),
        _gauge(
            Quantity.OPERATING_TIME,
            SensorDeviceClass.DURATION,
            UnitOfTime.HOURS,
            entity_category=_DIAGNOSTIC,
        ),
        _gauge(
            Quantity.FLOW,
            SensorDeviceClass.VOLUME_FLOW_RATE,
            UnitOfVolumeFlowRate.CUBIC_METERS_PER_HOUR,
            suggested_display_precision=3,
        ),
        _gauge(Quantity.TEMPERATURE, *_TEMPERATURE),
        _gauge(Quantity.FLOW_TEMPERATURE, *_TEMPERATURE),
        _gauge(Quantity.RETURN_TEMPERATURE, *_TEMPERATURE),
        _gauge(
            Quantity.TEMPERATURE_DIFFERENCE,
            SensorDeviceClass.TEMPERATURE_DELTA,
            UnitOfTemperature.KELVIN,
        ),
        _gauge(
            Quantity.HUMIDITY,
            SensorDeviceClass.HUMIDITY,
            UnitOfRatio.PERCENTAGE,
            suggested_display_precision=0,
        ),
        _gauge(
            Quantity.BATTERY,
            SensorDeviceClass.BATTERY,
            UnitOfRatio.PERCENTAGE,
            entity_category=_DIAGNOSTIC,
            suggested_display_precision=0,
        ),
        _gauge(
            Quantity.BATTERY_VOLTAGE,
            SensorDeviceClass.VOLTAGE,
            UnitOfElectricPotential.VOLT,
            entity_category=_DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        _gauge(
            Quantity.SOLAR_POWER,
            SensorDeviceClass.POWER,
            UnitOfPower.WATT,
            entity_category=_DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
    )
}
"""How each quantity that is a number appears."""


def appearance(quantity: Quantity, medium: Medium) -> tuple[str, SensorDeviceClass | None]:
    """Give translation key and device class of a quantity in a meter of a medium."""
    description = VALUES[quantity]
    plain = (description.key, description.device_class)
    return (description.media or {}).get(medium, plain)


def unit_of(quantity: Quantity) -> str | None:
    """Give the unit in which a quantity is shown."""
    return VALUES[quantity].native_unit_of_measurement
