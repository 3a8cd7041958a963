"""A run of the workflow: its configuration, sources and progress."""
