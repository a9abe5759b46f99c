"""A simulated town behind real network-server APIs; for development only, never installed."""
