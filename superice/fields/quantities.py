"""Units and physical ranges of the fields of sea ice."""

from __future__ import annotations

SECONDS_PER_DAY = 86400.0

# Lowest and highest value, and the unit. The limit of the divergence catches files in day-1 or in percent per day:
# 1e-3 s-1 is 86 day-1, which no field of 3 km reaches.
RANGES = {
    "sic": (0.0, 1.0, "1"),
    "sit": (0.0, 20.0, "m"),
    "u": (-3.0, 3.0, "m s-1"),
    "v": (-3.0, 3.0, "m s-1"),
    "divergence": (-1e-3, 1e-3, "s-1"),
}
