"""The published data set: its files, names and attributes."""
