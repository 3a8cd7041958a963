"""Figures of the report."""

import os

# A terminal of a notebook names a backend that is not installed here, and matplotlib then refuses to be imported at all.
os.environ["MPLBACKEND"] = "Agg"
