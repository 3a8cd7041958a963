"""Downloads of product files from their providers."""
