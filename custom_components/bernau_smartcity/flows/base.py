"""What all steps have in common that need the entry to be loaded."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlowWithReload

from ..coordinator import SmartCityCoordinator
from ..ledger.checks import Refusal

NOT_LOADED: Final = Refusal.NOT_LOADED.value


class LoadedOptionsFlow(OptionsFlowWithReload):
    """Steps that look at what is kept."""

    @property
    def _coordinator(self) -> SmartCityCoordinator | None:
        entry = self.config_entry
        return entry.runtime_data if entry.state is ConfigEntryState.LOADED else None

    def _async_keep_options(self, changed: Mapping[str, Any]) -> ConfigFlowResult:
        """Keep some options beside the others."""
        return self.async_create_entry(data={**self.config_entry.options, **changed})
