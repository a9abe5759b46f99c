"""Steps that set one device: its decoder, what that needs to know, its pulse inputs."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.util import dt as dt_util

from ..const import CONF_CODEC, CONF_DEVICES, CONF_PROFILES
from ..decoders import find
from ..ledger.places import Display, Places
from ..ledger.settings import OF_INPUTS, medium_of, merged, of_input, settings_of
from ..ledger.state import suffix_of
from ..metering.pulses import QUANTITY_OF_MEDIUM, positive
from ..model import Codec, Device, Quantity, Setting
from .base import LoadedOptionsFlow
from .decoders import device_label
from .forms import (
    CONF_START,
    INPUT_SCHEMA,
    fields_of,
    kept_beside,
    of_one_input,
    read_form,
    settings_schema,
    suggested,
)
from .settings import decoder_name, layout_words


class DeviceOptionsFlow(LoadedOptionsFlow):
    """Settings of one device."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._devices: dict[str, Device] = {}
        self._dev_eui = ""
        self._shown: Codec | None = None
        self._inputs: list[int] = []
        self._inputs_left: list[int] = []
        self._kept: dict[str, str] = {}
        self._displays: list[Display] = []

    async def async_step_device_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Set the decoder of one device, and what that decoder needs to know."""
        device = self._devices[self._dev_eui]
        errors: dict[str, str] = {}
        why = ""
        if user_input is None:
            values = suggested(self._own)
            self._shown = self._codec(device, values)
            self._inputs = self._seen_inputs()
        else:
            values = user_input
            codec = self._codec(device, values)
            names = fields_of(codec, self._inputs)
            kept, errors, why = read_form(values, names, codec)
            kept |= kept_beside(self._own, names, codec)
            kept |= {CONF_CODEC: values[CONF_CODEC]} if values.get(CONF_CODEC) else {}
            errors |= self._take_start(codec, kept, (self._inputs or [0])[0], values)
            if not errors and set(names) <= set(fields_of(self._shown, self._inputs)):
                self._kept = kept
                several = len(self._inputs) > 1 and Setting.PULSE_WEIGHT in settings_of(codec)
                self._inputs_left = list(self._inputs) if several else []
                return await self.async_step_input()
            # Another decoder was chosen, which needs to know more: ask for that.
            self._shown = self._shown if errors else codec
        return self.async_show_form(
            step_id="device_settings",
            data_schema=self.add_suggested_values_to_schema(
                settings_schema(self._shown, self._inputs), values
            ),
            errors=errors,
            description_placeholders={
                "device": device_label(device),
                "decoder": decoder_name(self._shown),
                **layout_words(self._shown, why),
            },
        )

    async def async_step_input(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Set the inputs of a pulse adapter that has several, one after the other."""
        errors: dict[str, str] = {}
        if user_input is not None:
            channel = self._inputs_left[0]
            kept, errors, _ = read_form(user_input, OF_INPUTS, self._shown)
            others = {f"{name}_{channel}" for name in OF_INPUTS}
            now = {name: value for name, value in self._kept.items() if name not in others}
            now |= {f"{name}_{channel}": value for name, value in kept.items()}
            errors |= self._take_start(self._shown, now, channel, user_input)
            if not errors:
                self._kept = now
                self._inputs_left.pop(0)
        if not self._inputs_left:
            return self._async_keep_device()
        values = user_input if errors else of_one_input(self._kept, self._inputs_left[0])
        return self.async_show_form(
            step_id="input",
            data_schema=self.add_suggested_values_to_schema(INPUT_SCHEMA, values),
            errors=errors,
            description_placeholders={
                "device": device_label(self._devices[self._dev_eui]),
                "input": str(self._inputs_left[0]),
            },
            last_step=len(self._inputs_left) == 1,
        )

    @property
    def _own(self) -> Mapping[str, str]:
        devices: Mapping[str, Mapping[str, str]] = self.config_entry.options.get(CONF_DEVICES, {})
        return devices.get(self._dev_eui, {})

    def _seen_inputs(self) -> list[int]:
        """Give the inputs whose pulses were counted."""
        coordinator = self._coordinator
        state = None
        if coordinator is not None:
            state = coordinator.states.get(coordinator.ledger.places.place(self._dev_eui))
        return sorted(ch for q, ch in (state.registers if state else ()) if q is Quantity.PULSES)

    def _take_start(
        self, codec: Codec | None, kept: Mapping[str, str], channel: int, values: Mapping[str, Any]
    ) -> dict[str, str]:
        """Note the number on a display, or tell why that cannot be."""
        coordinator = self._coordinator
        value = values.get(CONF_START)
        if value is None or coordinator is None or codec is None:
            return {}
        settings = merged(coordinator.settings(self._dev_eui), kept)
        quantity = QUANTITY_OF_MEDIUM.get(medium_of(settings, channel, codec.medium))
        if quantity is None or not positive(of_input(settings, Setting.PULSE_WEIGHT, channel)):
            return {CONF_START: "start_value_open"}
        place = coordinator.ledger.places.place(self._dev_eui)
        total = suffix_of((quantity, channel))
        self._displays.append(Display(place, total, dt_util.utcnow(), value))
        return {}

    def _async_keep_device(self) -> ConfigFlowResult:
        """Keep the settings of the device, or forget it where all is left to be found."""
        devices = self.config_entry.options.get(CONF_DEVICES, {})
        others = {eui: kept for eui, kept in devices.items() if eui != self._dev_eui}
        changed: dict[str, Any] = {
            CONF_DEVICES: {**others, self._dev_eui: self._kept} if self._kept else others
        }
        if self._displays:
            places = Places.from_options(self.config_entry.options)
            for display in self._displays:
                places = places.with_display(display)
            changed |= places.to_options()
        return self._async_keep_options(changed)

    def _codec(self, device: Device, values: Mapping[str, Any]) -> Codec | None:
        """Give the codec of a device, should these values be chosen for it."""
        chosen = values.get(CONF_CODEC)
        by_device = {device.dev_eui: chosen} if chosen else {}
        return find(device, by_device, self.config_entry.options.get(CONF_PROFILES, {})).codec
