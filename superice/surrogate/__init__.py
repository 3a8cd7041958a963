"""An emulator of neXtSIM sea-ice thickness."""
