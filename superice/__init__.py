"""SuperIce: 30-member ensembles of 3 km Arctic sea-ice thickness from coarse fields."""

__version__ = "0.1.0"
