"""Ensembles drawn from a trained network, and baselines without one."""
