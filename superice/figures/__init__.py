"""The figures: each function takes what was read from files and returns a matplotlib figure."""
