"""Files, command lines, settings, provenance, devices and processes: what every package may use."""
