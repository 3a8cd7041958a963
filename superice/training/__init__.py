"""Training: stored days, samples and the training loop."""
