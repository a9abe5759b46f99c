"""People who walk through a town: where they come from, where they stay, how they leave."""
