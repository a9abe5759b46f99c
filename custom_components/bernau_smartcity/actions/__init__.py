"""Actions for automations and scripts; `services.yaml` describes them."""
