"""Download product files from their providers."""
