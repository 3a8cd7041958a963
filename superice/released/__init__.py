"""The released weights, one file, and their data card beside it."""
