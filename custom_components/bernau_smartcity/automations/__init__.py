"""What triggers, conditions and actions ask of the meters and counters that are meant."""
