"""From what counters show to how many people went where."""
