"""Readers of model files and satellite products, a module for each provider."""
