"""The synthetic Arctic: model files and satellite products with known truth."""
