"""The package of a run: what people take away, with a manifest, a data card, licences and descriptions for machines."""
