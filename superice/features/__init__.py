"""Network inputs on the target grid, from the model or from observations."""
