"""Training: stored days, samples, input noise and the training loop."""
