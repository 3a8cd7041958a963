"""Scores of ensembles, their tables, and the choice among trainings."""
