"""A network in place of the model: thickness twelve hours later, from thickness and weather (Durand et al., 2024)."""
