"""A simulated town in a real Home Assistant: to look at, and to prove that it works."""
